"""A client that keeps requesting an address, and what it went through.

It has a namespace and a MAC of its own and keeps talking: only such a client notices that an
announcement was missing.
"""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile

from tests.netns import Host
from tests.testbed.compose import ROOT
from tests.testbed.waiting import now_ns, wait_for

MS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: when it began and ended, and the page that it got (empty: none in time)."""

    began_ns: int
    ended_ns: int
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """From the start of the first request that failed to the start of the next that did not."""

    since_ns: int
    length_ns: int
    lost: int
    """How many requests failed."""


class Client:
    """Reads the prober's lines as they come; every question is about the requests so far.

    A request that is still under way hides all that began after it, for its timeout at the most.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._requests: list[Request] = []
        self._stopped_ns = 0
        self._reader = threading.Thread(target=self._read, name="client")
        self._reader.start()

    def page(self) -> str:
        """What the last request got."""
        return self._requests[-1].page if self._requests else ""

    def requests(self, since_ns: int = 0) -> list[Request]:
        """Those that ended after the moment, in the order in which they began."""
        return [request for request in self._requests if request.ended_ns >= since_ns]

    def pages(self, since_ns: int = 0) -> list[str]:
        """The pages seen, in order, each change once; failures are left out."""
        seen: list[str] = []
        for request in self.requests(since_ns):
            if request.page and seen[-1:] != [request.page]:
                seen.append(request.page)
        return seen

    def failures(self, since_ns: int = 0) -> int:
        """How many requests were lost."""
        return sum(not request.page for request in self.requests(since_ns))

    def outages(self, since_ns: int = 0) -> list[Outage]:
        """Each stretch of failed requests; one that still lasts is counted up to now."""
        found: list[Outage] = []
        failed: list[int] = []
        for request in self.requests(since_ns):
            if not request.page:
                failed.append(request.began_ns)
            elif failed:
                found.append(_outage(failed, request.began_ns))
                failed = []
        if failed:
            found.append(_outage(failed, self._stopped_ns or now_ns()))
        return found

    def outage_ns(self, since_ns: int = 0) -> int:
        """The length of the longest outage after the moment; 0 without any."""
        return max((outage.length_ns for outage in self.outages(since_ns)), default=0)

    def outage_ms(self, since_ns: int = 0) -> float:
        return self.outage_ns(since_ns) / MS

    def wait_for_page(self, page: str, *, seconds: float, since_ns: int = 0) -> None:
        """Until a request that began after the moment gets this page."""
        wait_for(
            lambda: any(request.page == page for request in self._newest(since_ns)),
            seconds=seconds,
            what=lambda: f"page {page!r}; the client last got {self.page()!r}",
        )

    def wait_until_told(self, until_ns: int = 0) -> None:
        """Until all that began before the moment (now, if none is given) has ended."""
        until_ns = until_ns or now_ns()
        wait_for(
            lambda: bool(self._requests) and self._requests[-1].began_ns >= until_ns,
            seconds=10,
            what="the end of the requests under way",
        )

    def _newest(self, since_ns: int) -> Iterator[Request]:
        """Those that began after the moment, the last one first."""
        return takewhile(lambda request: request.began_ns >= since_ns, reversed(self._requests))

    def stop(self) -> None:
        self._stopped_ns = now_ns()
        self._process.kill()
        self._process.wait(10)
        self._reader.join(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if not line.endswith("\n"):
                break  # it was killed in the middle of a line
            began, ended, page = line.rstrip("\n").split(" ", 2)
            self._requests.append(Request(began_ns=int(began), ended_ns=int(ended), page=page))


def _outage(failed: list[int], until_ns: int) -> Outage:
    return Outage(since_ns=failed[0], length_ns=until_ns - failed[0], lost=len(failed))


@contextmanager
def client(
    host: Host, address: str, *, port: int = 80, every: float = 0.005, timeout: float = 0.5
) -> Iterator[Client]:
    """A client on the host that requests the address until the block ends."""
    options = (address, str(port), str(every), str(timeout))
    process = subprocess.Popen(
        (
            *("nsenter", f"--net=/var/run/netns/{host.name}"),
            *(sys.executable, "-S", "-m", "tests.testbed.prober", *options),
        ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    started = Client(process)
    try:
        yield started
    finally:
        started.stop()
