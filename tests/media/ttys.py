"""A cable between two serial devices: pseudo terminals with a relay that can be slow or noisy.

``ends`` are paths that can be opened like /dev/ttyS0. The relay is a thread of this process.
"""

import contextlib
import os
import pty
import selectors
import threading
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Spoil = Callable[[bytes], bytes]
Overheard = Callable[[int, bytes], None]


class Cable:
    """Two ends at stable paths; ``spoil`` sees every piece that passes."""

    def __init__(self, folder: Path) -> None:
        self.ends = (folder / "ttyA", folder / "ttyB")
        self.spoil: Spoil = lambda data: data
        self.overheard: Overheard = lambda _end, _data: None
        """Told of each piece as it was said, and of the end that said it by a number of its own."""
        self.bytes_per_s: float | None = None
        self.stopped = False
        """Nothing is taken from either end."""
        self.passed = 0
        self._masters: dict[int, int] = {}
        self._allowed: dict[int, float] = {}
        self._earned_s = time.monotonic()
        self._selector = selectors.DefaultSelector()
        self._ended = False
        self._lock = threading.Lock()
        self.plug_in()
        self._thread = threading.Thread(target=self._relay, daemon=True)
        self._thread.start()

    def plug_in(self) -> None:
        """Make both devices."""
        with self._lock:
            pairs = [pty.openpty() for _ in self.ends]
            for (master, slave), path in zip(pairs, self.ends, strict=True):
                tty.setraw(slave)
                path.unlink(missing_ok=True)
                path.symlink_to(os.ttyname(slave))
                os.close(slave)
                os.set_blocking(master, False)
            (one, _), (other, _) = pairs
            self._masters = {one: other, other: one}
            for master in self._masters:
                self._selector.register(master, selectors.EVENT_READ)

    def unplug(self) -> None:
        """The devices go."""
        with self._lock:
            for path in self.ends:
                path.unlink(missing_ok=True)
            for master in self._masters:
                self._selector.unregister(master)
                os.close(master)
            self._masters = {}

    def end(self) -> None:
        self._ended = True
        self._thread.join()
        self.unplug()
        self._selector.close()

    def _relay(self) -> None:
        while not self._ended:
            self._earn()
            with self._lock:
                ready = [] if self.stopped else self._selector.select(timeout=0)
                for key, _ in ready:
                    self._pass_on(key.fd)
            time.sleep(0.002)

    def _pass_on(self, master: int) -> None:
        allowed = 4096 if self.bytes_per_s is None else int(self._allowed[master])
        if not allowed:
            return
        try:
            data = os.read(master, allowed)
        except OSError:  # nobody has the other side open
            return
        self.passed += len(data)
        self.overheard(master, data)
        self._allowed[master] = self._allowed.get(master, 0) - len(data)
        with contextlib.suppress(BlockingIOError):  # a full line loses what comes
            os.write(self._masters[master], self.spoil(data))

    def _earn(self) -> None:
        """Each direction may carry what time has brought."""
        now_s = time.monotonic()
        earned = (now_s - self._earned_s) * (self.bytes_per_s or 0)
        self._earned_s = now_s
        for master in self._masters:
            self._allowed[master] = min(self._allowed.get(master, 0) + earned, 64)


@contextmanager
def cable(folder: Path) -> Iterator[Cable]:
    made = Cable(folder)
    try:
        yield made
    finally:
        made.end()
