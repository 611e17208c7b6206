"""What the datagram client went through: outage, who answered, and how exact the client itself was.

The prober's records are kept as they come and are read only when somebody asks, so that nothing is
worked out while something is being measured.
"""

import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tests.bench.prober import PATIENCE_NS, RECORD
from tests.netns import Host
from tests.testbed.compose import ROOT
from tests.testbed.waiting import now_ns, wait_for

MS: Final = 1_000_000
LATE_NS: Final = 20 * MS
"""An answer that took longer counts as none: it waited for a neighbour to be found."""
EVERY_US: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One datagram; ``answered_ns`` and ``host`` are 0 when no answer came."""

    sent_ns: int
    answered_ns: int
    host: int

    @property
    def good(self) -> bool:
        return bool(self.host) and self.answered_ns - self.sent_ns <= LATE_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """From the sending of the first datagram without an answer to the next answer."""

    since_ns: int
    length_ns: int
    lost: int


def outages(probes: Iterable[Probe]) -> list[Outage]:
    """Each stretch without answers; one that still lasts ends with the last datagram."""
    found: list[Outage] = []
    failed: list[Probe] = []
    for probe in probes:
        if not probe.good:
            failed.append(probe)
        elif failed:
            found.append(_outage(failed, probe.answered_ns))
            failed = []
    if failed:
        found.append(_outage(failed, failed[-1].sent_ns))
    return found


def _outage(failed: list[Probe], until_ns: int) -> Outage:
    # What waited for a neighbour arrives at once when it is found: that ends the outage.
    late = (probe.answered_ns for probe in failed if probe.host)
    since_ns = failed[0].sent_ns
    until_ns = min((until_ns, *late))
    return Outage(since_ns=since_ns, length_ns=until_ns - since_ns, lost=len(failed))


def first_answer_ns(probes: Iterable[Probe], host: int) -> int | None:
    """When this host was first heard."""
    return min((p.answered_ns for p in probes if p.host == host), default=None)


def worst_gap_ns(probes: Iterable[Probe]) -> int:
    """By how much the client was late with a datagram: its own error."""
    sent = [probe.sent_ns for probe in probes]
    gaps = (later - earlier for earlier, later in pairwise(sent))
    return max((gap - EVERY_US * 1000 for gap in gaps), default=0)


class Probes:
    """The records so far."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._records = bytearray()
        self._reader = threading.Thread(target=self._read, name="probes")
        self._reader.start()

    def since(self, since_ns: int, until_ns: int | None = None) -> list[Probe]:
        """What was sent from the moment on, up to the other one (now), once all is known of it."""
        until_ns = until_ns or now_ns()
        wait_for(
            lambda: self._last_ns() >= until_ns, seconds=10, what="the end of what is under way"
        )
        found: list[Probe] = []
        whole = len(self._records) // RECORD.size
        for place in range(whole - 1, -1, -1):
            sent_ns, answered_ns, host = RECORD.unpack_from(self._records, place * RECORD.size)
            if sent_ns < since_ns:
                break
            if sent_ns <= until_ns:
                found.append(Probe(sent_ns=sent_ns, answered_ns=answered_ns, host=host))
        found.reverse()
        return found

    def forget(self) -> None:
        """What is known is not asked for again."""
        whole = len(self._records) // RECORD.size
        del self._records[: max(0, whole - 1) * RECORD.size]

    def wait_for_host(self, host: int, *, seconds: float, since_ns: int = 0) -> int:
        """Until this host answers to what was sent from the moment on; returns when it did.

        It is known about 0.1 s later.
        """

        def heard() -> int | None:
            whole = len(self._records) // RECORD.size
            for place in range(whole - 1, -1, -1):
                sent_ns, answered_ns, by = RECORD.unpack_from(self._records, place * RECORD.size)
                if sent_ns < since_ns:
                    return None
                if by == host:
                    return int(answered_ns)
            return None

        return wait_for(heard, seconds=seconds, what=f"an answer of host {host}")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _last_ns(self) -> int:
        whole = len(self._records) // RECORD.size
        return int(RECORD.unpack_from(self._records, (whole - 1) * RECORD.size)[0]) if whole else 0

    def _read(self) -> None:
        assert self._process.stdout is not None
        while data := self._process.stdout.read1(65536):  # type: ignore[attr-defined]
            self._records += data


PATIENCE_MS: Final = PATIENCE_NS / MS


@contextmanager
def probes(host: Host, address: str, port: int) -> Iterator[Probes]:
    """A client on the host that sends a datagram every millisecond until the block ends."""
    process = subprocess.Popen(
        (
            *("nsenter", f"--net=/var/run/netns/{host.name}", sys.executable, "-S"),
            *("-m", "tests.bench.prober", address, str(port), str(EVERY_US)),
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    started = Probes(process)
    try:
        yield started
    finally:
        started.stop()
