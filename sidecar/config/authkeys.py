"""Reads authkeys as a Heartbeat 3.0.6 node does (authkeys(5), protocol section 9.2).

Lines: blank, ``#...``, ``auth N``, or ``N METHOD [KEY]``. The key is one word; its bytes are taken
as they are. sha256 is ours, for a pair in which both nodes are sidecars. No message ever repeats a
key's text.

The file must not be open to others. Compose ignores the mode of a file that it hands in as a
secret, so under /run/secrets it is enough that not everybody may write to it. A secret named
authkeys is taken where the configuration folder has no such file.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sidecar.config.problems import FileProblems
from sidecar.config.textfile import Line, cut_lines, read_file
from sidecar.config.values import did_you_mean
from sidecar.wire.auth import Key, Keyring, Method

FILE: Final = "authkeys"
HIGHEST_NUMBER: Final = 15
SECRETS: Final = Path("/run/secrets")

_NUMBER = re.compile(r"[0-9]{1,2}", re.ASCII)
# Not what str.split takes for blanks: a no-break space belongs to the key, as on a Heartbeat node.
_WORD = re.compile(r"[^ \t]+")
_READABLE_BY_OTHERS: Final = 0o044
_WRITABLE_BY_OTHERS: Final = 0o022
_WRITABLE_BY_ALL: Final = 0o002
_EXAMPLE: Final = "`auth 1` and `1 sha1 KEY`"
# The keys of Heartbeat's own example file and of every guide that copied it.
_KNOWN_TO_ALL: Final = frozenset({b"hello!", b"HI!", b"Hello!", b"secret", b"password"})


def find(config_dir: Path, *, secrets: Path = SECRETS) -> Path:
    """The file to read: in the configuration folder, else among the secrets."""
    usual, secret = config_dir / FILE, secrets / FILE
    return secret if secret.exists() and not os.path.lexists(usual) else usual


def read(
    path: Path, problems: FileProblems, *, secrets: Path = SECRETS, any_mode: bool = False
) -> Keyring | None:
    """The keys of the file, if it is well formed and its mode keeps others out."""
    data = read_file(
        path,
        problems,
        missing="copy the other node's file, or make all files with `sidecar init`",
        empty=f"write {_EXAMPLE}, the same on both nodes, or use `sidecar init`",
    )
    if data is None:
        return None
    errors_before = problems.errors
    if not any_mode:
        check_mode(path, problems, secrets=secrets)
    keyring = parse(cut_lines(data, problems), problems)
    return keyring if problems.errors == errors_before else None


def check_mode(path: Path, problems: FileProblems, *, secrets: Path = SECRETS) -> None:
    """Tell if others can read the keys."""
    try:
        mode = path.stat().st_mode
    except OSError as fault:  # it was there a moment ago: somebody is putting another in its place
        problems.error(None, f"changes while it is read ({fault.strerror}): try again")
        return
    if path.resolve().is_relative_to(secrets):
        if mode & _WRITABLE_BY_ALL:
            problems.error(
                None,
                f"everybody may write to it (mode {mode & 0o777:04o}): "
                "chmod 600 the file that the secret is made from",
            )
    elif mode & (_READABLE_BY_OTHERS | _WRITABLE_BY_OTHERS):
        verb = "read" if mode & _READABLE_BY_OTHERS else "changed"
        problems.error(
            None,
            f"can be {verb} by others than its owner (mode {mode & 0o777:04o}): "
            f"chmod 600 {problems.file}",
        )


def parse(lines: Iterable[Line], problems: FileProblems) -> Keyring | None:
    """The keyring, or None where the lines make none."""
    reader = _Reader(problems)
    for line in lines:
        words = _WORD.findall(line.text)
        if words and not words[0].startswith("#"):
            reader.read(words, line.number)
    return reader.finish()


class _Reader:
    def __init__(self, problems: FileProblems) -> None:
        self._problems = problems
        self._keys: dict[int, Key] = {}
        self._lines: dict[int, int] = {}
        """Every key line by its number, also those that are wrong."""
        self._chosen: tuple[int, int] | None = None
        """The number that the auth line names, and that line."""
        self._auth_line_seen = False

    def read(self, words: list[str], line: int) -> None:
        if words[0] == "auth":
            self._auth_line_seen = True
            self._read_auth(words, line)
        elif _NUMBER.fullmatch(words[0]) and int(words[0]) <= HIGHEST_NUMBER:
            self._read_key(int(words[0]), words[1:], line)
        else:
            # Not repeated: whatever stands here may be a key.
            self._problems.error(
                line,
                f"begins neither with `auth` nor with a key number from 0 to {HIGHEST_NUMBER}: "
                f"write lines like {_EXAMPLE}",
            )

    def finish(self) -> Keyring | None:
        if self._chosen is None:
            if not self._auth_line_seen:
                first = min(self._lines, default=1)
                self._problems.error(
                    None, f"has no auth line: write `auth {first}` as the first line"
                )
            return None
        number, line = self._chosen
        if number not in self._lines:
            self._problems.error(
                line,
                f"auth names key {number}, but no line begins with {number}: "
                f"write `{number} sha1 KEY` below it",
            )
        current = self._keys.get(number)
        return None if current is None else Keyring(current, tuple(self._keys.values()))

    def _read_auth(self, words: list[str], line: int) -> None:
        if self._chosen is not None:
            self._problems.error(
                line, f"auth is already given in line {self._chosen[1]}: keep one of the two"
            )
        elif not (
            len(words) > 1 and _NUMBER.fullmatch(words[1]) and int(words[1]) <= HIGHEST_NUMBER
        ):
            self._problems.error(
                line,
                f"auth takes the number of one key from 0 to {HIGHEST_NUMBER}: "
                "write it like `auth 1`",
            )
        else:
            number = int(words[1])
            self._chosen = number, line
            if words[2:]:
                self._problems.warn(
                    line, "only the first word after auth is the number: remove the rest"
                )
            if number in self._lines:
                self._problems.error(
                    line,
                    f"auth {number} stands below the key that it names (line "
                    f"{self._lines[number]}), which a Heartbeat node refuses: "
                    "move the auth line to the top",
                )

    def _read_key(self, number: int, words: list[str], line: int) -> None:
        if number in self._lines:
            self._problems.error(
                line,
                f"key {number} is already given in line {self._lines[number]}: "
                "keep one of the two, or give this one another number",
            )
            return
        self._lines[number] = line
        if not words:
            self._problems.error(line, f"has no method: write it like `{number} sha1 KEY`")
            return
        try:
            method = Method(words[0])
        except ValueError:
            # Not repeated: where the method was forgotten, this is the key.
            self._problems.error(
                line,
                f"the word behind {number} is no method: write crc, md5, sha1 or sha256"
                f"{did_you_mean(words[0], Method)}",
            )
            return
        key = self._make_key(number, method, words[1:], line)
        if key is not None:
            self._keys[number] = key

    def _make_key(self, number: int, method: Method, words: list[str], line: int) -> Key | None:
        if method is Method.CRC:
            if words:
                self._problems.error(
                    line, f"crc takes no key: write `{number} crc`, or sha1 to use the key"
                )
                return None
            self._problems.warn(
                line,
                "crc keeps out damage, not people: anyone who can send to this node is believed; "
                f"write `{number} sha1 KEY` unless the link is a cable between the two nodes",
            )
            return Key(number, method, b"")
        if not words:
            self._problems.error(
                line, f"{method} needs a key: write `{number} {method} KEY`, or use `sidecar init`"
            )
            return None
        if len(words) > 1:
            self._problems.warn(
                line, "only the first word after the method is the key: remove the rest"
            )
        text = words[0].encode()
        if text in _KNOWN_TO_ALL:
            self._problems.warn(
                line,
                "this key stands in the documentation of Heartbeat, so everybody knows it: "
                "make one of your own, for instance with `openssl rand -hex 32`",
            )
        if method is Method.SHA256:
            self._problems.note(
                line, "sha256 is known to sidecars only: a Heartbeat 3 node refuses the file"
            )
        return Key(number, method, text)
