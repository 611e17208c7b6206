"""One life of a sidecar process: what runs in it, waits while it is frozen, and ends with it.

SIGSTOP stops the loop and every worker thread. The sockets go on filling until their buffer is
full. After SIGCONT asyncio reads what is readable before it looks at due timers, and the threads go
on where they stood: inside a system call, or between two.
"""

from random import Random
from typing import Final

from sidecar.core.terms import MILLISECOND
from tests.sim.world import Alarm, Callback, World

SOCKET_BUFFER: Final = 300
"""Packets that wait unread: 208 KiB of socket buffer, and a kernel's overhead for each."""

# How late a timer fires and a thread goes on; with the machine's own luck, not worse.
_TIMER_LATENCY_NS: Final = (MILLISECOND // 50, MILLISECOND // 3)
_THREAD_WAKE_NS: Final = MILLISECOND


class LoopTimer:
    """A timer of the loop. It may be due while the process is frozen, and be cancelled then."""

    __slots__ = ("_alarm", "callback")

    def __init__(self, callback: Callback) -> None:
        self.callback: Callback | None = callback
        self._alarm: Alarm | None = None

    def armed(self, alarm: Alarm) -> None:
        self._alarm = alarm

    def cancel(self) -> None:
        self.callback = None
        if self._alarm is not None:
            self._alarm.cancel()

    def fire(self) -> None:
        callback, self.callback = self.callback, None
        if callback is not None:
            callback()


class Life:
    """The gate through which everything enters a process."""

    def __init__(self, world: World, rng: Random) -> None:
        self.alive = True
        self.frozen = False
        self._world = world
        self._rng = rng
        self._readable: list[Callback] = []
        self._packets = 0
        self._threads: list[Callback] = []
        self._due: list[LoopTimer] = []

    @property
    def runs(self) -> bool:
        return self.alive and not self.frozen

    def loop(self, callback: Callback) -> None:
        """Something becomes readable in the loop: a socket, or a worker's answer."""
        if self.runs:
            callback()
        elif self.alive:
            self._readable.append(callback)

    def packet(self, callback: Callback) -> None:
        """A packet arrives; a full buffer drops it."""
        if self.runs:
            callback()
        elif self.alive and self._packets < SOCKET_BUFFER:
            self._packets += 1
            self._readable.append(callback)

    def thread(self, callback: Callback) -> None:
        """A worker thread goes on."""
        if self.runs:
            callback()
        elif self.alive:
            self._threads.append(callback)

    def thread_later(self, delay_ns: int, callback: Callback) -> None:
        self._world.call_later(delay_ns, lambda: self.thread(callback))

    def loop_later(self, delay_ns: int, callback: Callback) -> None:
        self._world.call_later(delay_ns, lambda: self.loop(callback))

    def timer_at(self, world_ns: int, callback: Callback) -> LoopTimer:
        timer = LoopTimer(callback)
        late_ns = self._rng.randrange(*_TIMER_LATENCY_NS)
        at_ns = max(world_ns, self._world.now_ns) + late_ns
        timer.armed(self._world.call_at(at_ns, lambda: self._timer_due(timer)))
        return timer

    def freeze(self) -> None:
        self.frozen = True

    def thaw(self) -> None:
        """Go on: threads wake within a moment, the loop reads first and then looks at timers."""
        if not self.frozen:
            return
        self.frozen = False
        threads, self._threads = self._threads, []
        for callback in threads:
            self.thread_later(self._rng.randrange(_THREAD_WAKE_NS), callback)
        readable, self._readable = self._readable, []
        self._packets = 0
        for callback in readable:
            if self.alive:
                callback()
        due, self._due = self._due, []
        for timer in due:
            if self.alive:
                timer.fire()

    def end(self) -> None:
        """The process is gone: nothing of it runs any more."""
        self.alive = False
        self._readable.clear()
        self._threads.clear()
        self._due.clear()

    def _timer_due(self, timer: LoopTimer) -> None:
        if self.runs:
            timer.fire()
        elif self.alive:
            self._due.append(timer)
