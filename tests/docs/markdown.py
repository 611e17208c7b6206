"""The little of Markdown that the pages use: tables to write; fences, code and links to read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN: Final = re.compile(r"`([^`\n]+)`")
_LINK: Final = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    language: str
    body: str


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def fenced(text: str, language: str = "") -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def fences(page: str) -> Iterator[Fence]:
    return (
        Fence(language=found["language"], body=found["body"]) for found in _FENCE.finditer(page)
    )


def spans(page: str) -> list[str]:
    """Code within a line."""
    return _SPAN.findall(_FENCE.sub("", page))


def links(page: str) -> list[str]:
    return _LINK.findall(_FENCE.sub("", page))


def anchors(page: str) -> set[str]:
    """Where a link into the page can lead: its headings, as GitHub names them."""
    return {slug(heading) for heading in _HEADING.findall(_FENCE.sub("", page))}


def slug(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
