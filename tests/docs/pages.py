"""The pages that people read, and where they are."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


def pages() -> list[Path]:
    """README, CHANGELOG and all of docs."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def all_text() -> str:
    return "\n".join(page.read_text() for page in pages())
