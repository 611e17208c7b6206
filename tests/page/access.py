"""What a person with a screen reader, a keyboard, weak eyes or a narrow screen needs of the page.

Each finding is a sentence. The rules follow WCAG 2.2, levels A and AA, as far as a program can
judge them: structure and names (1.3.1, 4.1.2), contrast (1.4.3), reflow (1.4.10), focus (2.4.7).
"""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

CONTRAST_MIN: Final = 4.5
"""1.4.3 for text of the usual size; nothing here is large enough for less."""

_LOOKS: Final = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def structure(page: Page) -> list[str]:
    """Landmarks, headings, names, lists, live regions."""
    found: list[str] = page.evaluate(f"{_LOOKS}.structure()")
    return found


def contrast(page: Page) -> list[str]:
    """Every visible text against what is behind it, from the computed styles."""
    answer = page.evaluate(f"{_LOOKS}.contrast({CONTRAST_MIN})")
    assert answer["judged"] > 20, "hardly any text was found: the check itself is at fault"
    found: list[str] = answer["found"]
    return found


def reflow(page: Page) -> list[str]:
    """What does not fit the width of the window."""
    found: list[str] = page.evaluate(f"{_LOOKS}.reflow()")
    return found


def focus(page: Page, *, steps: int) -> list[str]:
    """Go on through the page by the Tab key: each stop must be seen."""
    found = []
    for _ in range(steps):
        page.keyboard.press("Tab")
        stop = page.evaluate(f"{_LOOKS}.focus()")
        if not stop["visible"]:
            found.append(f"the focus is not seen on {stop['name']}")
    return found
