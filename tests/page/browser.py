"""A real Chromium that reads the status page, and what it complains of.

It is Debian's, driven over a pipe; it keeps nothing, and asks nobody but the sidecars.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS = 20_000
"""A condition that does not come to be by then never does."""
Size = tuple[int, int]
Theme = Literal["light", "dark"]
DESKTOP: Size = (1200, 800)
PHONE: Size = (360, 740)
THEMES: tuple[Theme, ...] = ("light", "dark")
SIZES = {"desktop": DESKTOP, "phone": PHONE}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Its network is that of the host which the calling thread is on."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(OPTIONS))
        expect.set_options(timeout=WAIT_MS)
        try:
            yield browser
        finally:
            browser.close()


class Reader:
    """One page, open in a window of its own, and what went wrong in it."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._context = browser.new_context()
        self.page: Page = self._context.new_page()
        self._resize(DESKTOP)
        self.page.set_default_timeout(WAIT_MS)
        self.errors: list[str] = []
        self.asked: set[str] = set()
        """Hosts and ports of all requests."""
        self.paths: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._on_request)
        self.url = url

    def __enter__(self) -> Self:
        self.page.goto(self.url)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._context.close()

    @contextmanager
    def on(self, size: Size) -> Iterator[None]:
        """On a screen of this size until the block ends."""
        self._resize(size)
        try:
            yield
        finally:
            self._resize(DESKTOP)

    def looks(self) -> Iterator[tuple[str, Theme]]:
        """On a desktop and on a phone, light and dark, one after the other."""
        for device, size in SIZES.items():
            with self.on(size):
                for theme in THEMES:
                    self.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                    yield device, theme
        self.page.emulate_media(color_scheme="light")

    def shoot(self, file: Path) -> None:
        """The whole page as it is now."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.page.screenshot(full_page=True))

    def _resize(self, size: Size) -> None:
        self.page.set_viewport_size({"width": size[0], "height": size[1]})

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(f"{message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme != "data":
            self.asked.add(parts.netloc)
            self.paths.append(parts.path)
