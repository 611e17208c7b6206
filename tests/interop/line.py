"""A serial line between the two nodes, which can be cut without either end noticing."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sidecar.wire.stream import Splitter
from tests.interop.plan import OURS, REAL, NodeName
from tests.media.ttys import Cable, cable


class Line:
    """Each node's end is a device. A cut line takes everything and carries nothing."""

    def __init__(self, cable: Cable, overheard: Callable[[bytes], None]) -> None:
        self._cable = cable
        self._overheard = overheard
        self._splitters: defaultdict[int, Splitter] = defaultdict(Splitter)
        cable.overheard = self._listen

    @property
    def ends(self) -> dict[NodeName, Path | None]:
        ours, real = self._cable.ends
        return {OURS: ours, REAL: real}

    def drop(self) -> None:
        self._cable.spoil = lambda _data: b""

    def restore(self) -> None:
        self._cable.spoil = lambda data: data

    def _listen(self, end: int, data: bytes) -> None:
        for frame in self._splitters[end].feed(data):
            self._overheard(frame)


@contextmanager
def line(folder: Path, overheard: Callable[[bytes], None]) -> Iterator[Line]:
    """``overheard`` gets every whole message that either end says, whether it arrives or not."""
    folder.mkdir()
    with cable(folder) as made:
        yield Line(made, overheard)
