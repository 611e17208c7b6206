"""Marked blocks: text between ``<!-- begin: NAME -->`` and ``<!-- end: NAME -->`` in a page.

What stands there is made by the program of that name in content.py, and by nothing else.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

_BLOCK: Final = re.compile(
    r"(?P<begin><!-- begin: (?P<name>[a-z-]+) -->\n)(?P<body>.*?)(?P<end><!-- end: (?P=name) -->)",
    re.DOTALL,
)
_MARK: Final = re.compile(r"<!-- (?:begin|end): [^>]*-->")

Makers = Mapping[str, Callable[[], str]]


def names(text: str) -> Iterator[str]:
    return (found["name"] for found in _BLOCK.finditer(text))


def stray_marks(text: str) -> list[str]:
    """Marks that open or close nothing, such as a misspelt end."""
    return _MARK.findall(_BLOCK.sub("", text))


def renew(text: str, makers: Makers) -> str:
    """The page with each block as its maker makes it now."""

    def made(found: re.Match[str]) -> str:
        body = makers[found["name"]]().rstrip()
        return f"{found['begin']}{body}\n{found['end']}" if body else found["begin"] + found["end"]

    return _BLOCK.sub(made, text)
