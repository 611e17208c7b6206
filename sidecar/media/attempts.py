"""Whether a medium works: told once when that changes, and tried again after growing pauses."""

import asyncio
from collections.abc import Callable

from sidecar.core.events import LinkFailed, LinkOpened
from sidecar.core.terms import LinkName
from sidecar.media.base import BackOff, Emit


class Attempts:
    """``again`` is called, in the loop, when it is time for the next attempt after a failure."""

    def __init__(self, link: LinkName, emit: Emit, again: Callable[[], None]) -> None:
        self.back_off = BackOff()
        self._link = link
        self._emit = emit
        self._again = again
        self._reason: str | None = None
        self._retry: asyncio.Handle | None = None
        self._closed = False

    def works(self) -> None:
        """As far as can be seen without sending."""
        self._reason = None
        self._cancel_retry()
        self._tell(LinkOpened(link=self._link))

    def proved(self) -> None:
        """A packet left: the next failure is a new one."""
        self.back_off.reset()
        if self._reason is not None:
            self.works()

    def fail(self, reason: str) -> None:
        if reason != self._reason:  # said once, not at every attempt
            self._reason = reason
            self._tell(LinkFailed(link=self._link, reason=reason))
        if self._retry is None and not self._closed:
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(self.back_off.pause_s(), self._try_again)

    def close(self) -> None:
        """End: nothing is emitted or tried any more."""
        self._closed = True
        self._cancel_retry()

    def _try_again(self) -> None:
        self._retry = None
        self._again()

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _tell(self, event: LinkOpened | LinkFailed) -> None:
        # Not at once: ``send`` is called in the middle of the driver's turn.
        asyncio.get_running_loop().call_soon(self._tell_unless_closed, event)

    def _tell_unless_closed(self, event: LinkOpened | LinkFailed) -> None:
        if not self._closed:
            self._emit(event)
