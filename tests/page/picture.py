"""Makes docs/status-page.png of a screenshot: the upper part, in as few bytes as it needs.

    python -m tests.page.picture SCREENSHOT.png docs/status-page.png

A screenshot has three bytes for each dot, and hardly more colours than letters have edges. Here
each dot is the number of one of 256 colours. Format: PNG, third edition (W3C), sections 7, 9, 11.
"""

import struct
import sys
import zlib
from collections import Counter
from pathlib import Path
from typing import Final

HEIGHT_MAX: Final = 1150
"""Down to the last moves."""
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_COLOURS: Final = 256
_TRUECOLOUR: Final = 2
_INDEXED: Final = 3
_DOT: Final = 3
Colour = tuple[int, int, int]


def chunks(png: bytes) -> dict[bytes, bytes]:
    """By their type; those of one type are put together."""
    assert png.startswith(_SIGNATURE), "not a PNG file"
    found: dict[bytes, bytes] = {}
    at = len(_SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        found[kind] = found.get(kind, b"") + png[at + 8 : at + 8 + length]
        at += length + 12
    return found


def rows(png: bytes) -> tuple[int, list[bytearray]]:
    """The width in dots, and the bytes of each row without the filters."""
    parts = chunks(png)
    width, height, depth, kind = struct.unpack_from(">IIBB", parts[b"IHDR"])
    assert (depth, kind) == (8, _TRUECOLOUR), "not a screenshot of Chromium"
    packed = zlib.decompress(parts[b"IDAT"])
    size = width * _DOT
    above, made = bytearray(size), []
    for number in range(min(height, HEIGHT_MAX)):
        begin = number * (size + 1)
        row = bytearray(packed[begin + 1 : begin + 1 + size])
        _unfilter(packed[begin], row, above)
        made.append(row)
        above = row
    return width, made


def _unfilter(kind: int, row: bytearray, above: bytearray) -> None:
    for at in range(len(row) if kind else 0):
        left = row[at - _DOT] if at >= _DOT else 0
        corner = above[at - _DOT] if at >= _DOT else 0
        up = above[at]
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[at] = (row[at] + guess) & 0xFF


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda value: abs(estimate - value))


def indexed(width: int, lines: list[bytearray]) -> bytes:
    """A PNG file with the most frequent colours; each other one becomes the nearest of them."""
    dots = [list(zip(*(line[part::_DOT] for part in range(_DOT)), strict=True)) for line in lines]
    frequent = Counter(dot for line in dots for dot in line).most_common()
    palette = [colour for colour, _ in frequent[:_COLOURS]]
    number = {colour: place for place, colour in enumerate(palette)}
    for colour, _ in frequent[_COLOURS:]:
        number[colour] = min(range(len(palette)), key=lambda n: _apart(palette[n], colour))
    packed = b"".join(b"\0" + bytes(number[dot] for dot in line) for line in dots)
    header = struct.pack(">IIBBBBB", width, len(lines), 8, _INDEXED, 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", bytes(part for colour in palette for part in colour)),
            _chunk(b"IDAT", zlib.compress(packed, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _apart(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    source, target = map(Path, sys.argv[1:])
    target.write_bytes(indexed(*rows(source.read_bytes())))
    print(f"{target}: {target.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
