"""Reads a configuration file and cuts it into lines, whatever the bytes are.

Nothing here knows what the lines mean, but for their comments, which may be in any character set. A
line that is too long or is no text is reported and left out, so that the other lines still get
read. Line ends may be LF or CR LF.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.config.problems import FileProblems

MAX_LINE: Final = 5119  # characters: what a Heartbeat node reads of a line of ha.cf
MAX_FILE: Final = 1024 * 1024  # bytes: such a file was not written by a person

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    number: int
    text: str


def read_file(path: Path, problems: FileProblems, *, missing: str, empty: str) -> bytes | None:
    """The bytes of a regular file. ``missing`` and ``empty`` say what to do then."""
    try:
        # Only a regular file: opening a pipe would wait for its writer.
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - one call, one error to tell
            problems.error(None, "is not a regular file: put the configuration file there instead")
            return None
        with path.open("rb") as opened:
            data = opened.read(MAX_FILE + 1)
    except FileNotFoundError:
        problems.error(None, f"does not exist: {missing}")
        return None
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or str(fault)
        problems.error(None, f"cannot be read ({reason}): see to its owner and mode")
        return None
    if len(data) > MAX_FILE:
        problems.error(None, f"is longer than {MAX_FILE} bytes: is it the right file?")
        return None
    if not data.strip():
        problems.error(None, f"is empty: {empty}")
        return None
    return data


def cut_lines(data: bytes, problems: FileProblems, *, hash_cuts: bool = False) -> tuple[Line, ...]:
    """The lines that can be read, without their ends. Tells of those that cannot.

    A line that begins with ``#`` is a comment; ``hash_cuts``: so is what follows one elsewhere.
    """
    lines: list[Line] = []
    carriage_returns = False
    for number, raw in enumerate(data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), start=1):
        carriage_returns = carriage_returns or raw.endswith(b"\r")
        line = raw.removesuffix(b"\r")
        at = line.find(b"#") if hash_cuts or line.lstrip().startswith(b"#") else -1
        told = line if at < 0 else line[:at]
        text = _decode(told, line[len(told) :], number, problems)
        if text is not None:
            lines.append(Line(number=number, text=text))
    if carriage_returns:
        problems.warn(
            None,
            "has lines that end in CR LF; a Heartbeat node may stumble over them: "
            f"sed -i 's/\\r$//' {problems.file}",
        )
    return tuple(lines)


def _decode(raw: bytes, comment: bytes, number: int, problems: FileProblems) -> str | None:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        _tell_no_text(raw[fault.start], fault.start, number, problems)
        return None
    for column, character in enumerate(text):
        if ord(character) < ord(" ") and character != "\t":
            _tell_no_text(ord(character), column, number, problems)
            return None
    text += comment.decode("utf-8", "replace")
    if len(text) > MAX_LINE:
        problems.error(
            number,
            f"the line has {len(text)} characters; a Heartbeat node reads {MAX_LINE} of a line: "
            "write a shorter one",
        )
        return None
    return text


def _tell_no_text(byte: int, column: int, number: int, problems: FileProblems) -> None:
    problems.error(
        number,
        f"byte {column + 1} of the line is 0x{byte:02x}, which is no text: "
        "save the file as plain UTF-8 text",
    )
