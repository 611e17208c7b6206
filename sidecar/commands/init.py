"""`sidecar init`: writes ha.cf, haresources, authkeys and the compose .env of a new cluster.

Asks only on a terminal, and only what the flags leave open. Never overwrites without --force, and
writes nothing unless all files would pass `sidecar check` on both nodes. The key is 32 random bytes
from the system. Exit 0 when written, else 2.
"""

import argparse
import errno
import os
import secrets
import sys
from pathlib import Path
from typing import Final

from sidecar.commands import questions
from sidecar.config.problems import Problems, Severity
from sidecar.config.template import Answers, Files, check, render

_KEY_BYTES: Final = 32
_SECRET: Final = 0o600
_PUBLIC: Final = 0o644


def main(arguments: argparse.Namespace) -> int:
    if not questions.complete(arguments) and sys.stdin.isatty():
        try:
            arguments = questions.ask(arguments, input, sys.stdout.write)
        except EOFError:
            sys.stderr.write("\nthe answers ended before the questions: nothing was written\n")
            return 2
    answers = questions.from_flags(arguments)
    output = Path(arguments.output)
    files = render(answers, secrets.token_hex(_KEY_BYTES), output.resolve())
    problems = check(answers, files)
    problems.raise_errors()
    sys.stderr.writelines(f"{one}\n" for one in problems.having(Severity.WARNING))
    _write_all(output, files, force=arguments.force)
    sys.stdout.write(_next_steps(answers, output))
    return 0


def _write_all(output: Path, files: Files, *, force: bool) -> None:
    """All four or none. Raises ConfigError."""
    problems = Problems()
    contents = (
        (output / "ha.cf", files.ha_cf, _PUBLIC),
        (output / "haresources", files.haresources, _PUBLIC),
        (output / "authkeys", files.authkeys, _SECRET),
        (output / ".env", files.env, _PUBLIC),
    )
    if not force:
        for path, _text, _mode in contents:
            if os.path.lexists(path):
                problems.of(str(path)).error(
                    None, "exists already: give another --output, or --force to overwrite it"
                )
    problems.raise_errors()
    unfinished: list[Path] = []
    try:
        output.mkdir(parents=True, exist_ok=True)
        for path, text, mode in contents:
            unfinished.append(path.with_name(f".{path.name}.{secrets.token_hex(4)}"))
            _write(unfinished[-1], text, mode)
            if path.is_dir() and not path.is_symlink():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        # Only now: a full disk must not leave a new ha.cf beside the old key.
        for whole, (path, _text, _mode) in zip(unfinished, contents, strict=True):
            whole.replace(path)
    except OSError as fault:
        where = str(fault.filename2 or fault.filename or output)
        problems.of(where).error(None, f"cannot be written ({fault.strerror}): see to --output")
    finally:
        for path in unfinished:
            path.unlink(missing_ok=True)
    problems.raise_errors()


def _write(path: Path, text: str, mode: int) -> None:
    """At no time readable by more than ``mode`` allows."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)


def _next_steps(answers: Answers, output: Path) -> str:
    folder = output.resolve()
    return (
        f"Written to {folder}: ha.cf, haresources, authkeys, .env\n"
        "Next:\n"
        f"  1. the same four files to {answers.node_a} and to {answers.node_b}, with their modes:\n"
        f"     scp -p {folder}/{{ha.cf,haresources,authkeys,.env}} "
        f"root@{answers.node_b}:{folder}/\n"
        f"  2. on each: sidecar check --config-dir {folder}\n"
        f"  3. on each: let UDP {answers.udpport} through on {answers.interface}\n"
        "  4. on each: docker compose up -d, with .env beside node.yaml\n"
    )
