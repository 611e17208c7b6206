"""A thread for an adapter that may block: netlink writes, the Docker API.

A plain daemon thread with a bounded mailbox, not the loop's executor: a call that hangs must not
hold up the exit. Answers return to the loop in order. A worker that dies is a crash of the whole
daemon, never a silence: whoever made it hears of it. What the adapter needs is loaded and opened
on its thread, while the beats go on; actions wait for it in the mailbox.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Generic, TypeVar

from sidecar.core.events import Event

MAILBOX_MAX: Final = 4096
IDLE_S: Final = 0.2
"""What can wait begins only then: the loop is still busy with what the last action led to, and two
threads of one interpreter slow each other down."""
RESTLESS_MAX_S: Final = 1.0
"""So long at the most: leases that are renewed out of step leave no such pause."""
STACK_BYTES: Final = 512 * 1024

A = TypeVar("A")


class Worker(Generic[A]):
    """Performs one action after the other, each of which answers with an event."""

    def __init__(
        self,
        name: str,
        prepare: Callable[[], Callable[[A], Event]],
        *,
        emit: Callable[[Event], None],
        crashed: Callable[[BaseException], None],
        rest: Callable[[], None] = lambda: None,
    ) -> None:
        """``prepare`` is called once, on the thread, and gives what performs the actions.

        ``rest`` is called there when no action has come for a while, and from time to time where
        they never cease.
        """
        self._prepare = prepare
        self._rest = rest
        self._emit = emit
        self._crashed = crashed
        self._mailbox: queue.Queue[A | None] = queue.Queue(MAILBOX_MAX)
        self._stirred_s = time.monotonic()
        """When the first action came after the last rest."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, action: A) -> None:
        """Never waits. What a full mailbox drops, the core counts as unanswered in its time."""
        try:
            self._mailbox.put_nowait(action)
        except queue.Full:
            return

    def take_waiting(self) -> list[A]:
        """What it has not begun to perform, for another one to do."""
        waiting: list[A | None] = []
        with suppress(queue.Empty):
            while True:
                waiting.append(self._mailbox.get_nowait())
        return [action for action in waiting if action is not None]

    def stop(self, patience_s: float) -> None:
        """Perform nothing more; wait a little for what is under way."""
        self.take_waiting()
        self._mailbox.put_nowait(None)
        if self._thread.ident is not None:  # it was started
            self._thread.join(patience_s)

    def _work(self) -> None:
        try:
            perform = self._prepare()
            while (action := self._next()) is not None:
                self._call(self._emit, perform(action))
        except Exception as error:  # noqa: BLE001 - whatever it is ends the daemon, loudly
            self._call(self._crashed, error)

    def _next(self) -> A | None:
        may_wait = time.monotonic() - self._stirred_s < RESTLESS_MAX_S
        try:
            return self._mailbox.get(block=may_wait, timeout=IDLE_S)
        except queue.Empty:
            self._rest()
        action = self._mailbox.get()
        self._stirred_s = time.monotonic()
        return action

    def _call(self, function: Callable[..., None], argument: object) -> None:
        try:
            self._loop.call_soon_threadsafe(function, argument)
        except RuntimeError:
            return  # the loop is closed: nobody waits for an answer any more
