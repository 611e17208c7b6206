"""One fault and what it cost: a row of the table of ``just safety``.

Two hosts answer at once when a bystander on the service network gets ARP answers of both within the
same time; what the kernels of the two think is no part of it, since no client asks them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.e2e.round import Record, Round
from tests.e2e.scene import Scene
from tests.testbed.client import MS
from tests.testbed.host import DockerHost
from tests.testbed.owners import Owners
from tests.testbed.waiting import now_ns

HEAD = ("fault", "outage ms", "bound", "two answer ms", "bound", "lost", "reported", "verdict")
LONGEST_REPORT = 90


@dataclass(slots=True, kw_only=True)
class Row:
    """A fault, its bounds, and what was measured. All times in milliseconds."""

    fault: str
    outage_bound_ms: float
    two_answer_bound_ms: float = 0
    outage_ms: float = 0
    two_answer_ms: float = 0
    lost: int = 0
    reported: list[str] = field(default_factory=list)
    trouble: str = ""
    """Why the fault did not end as it should; empty when it did."""

    @property
    def excess(self) -> str:
        """What is beyond its bound, or went wrong otherwise; empty when all is well."""
        found = [self.trouble] if self.trouble else []
        if self.outage_ms > self.outage_bound_ms:
            found.append(f"outage {self.outage_ms:.0f} ms, bound {self.outage_bound_ms:.0f} ms")
        if self.two_answer_ms > self.two_answer_bound_ms:
            found.append(
                f"two answered for {self.two_answer_ms:.0f} ms, "
                f"bound {self.two_answer_bound_ms:.0f} ms"
            )
        if not self.reported:
            found.append("nothing was reported")
        return "; ".join(found)

    def cells(self) -> tuple[str, ...]:
        return (
            self.fault,
            f"{self.outage_ms:.0f}",
            f"{self.outage_bound_ms:.0f}",
            f"{self.two_answer_ms:.0f}",
            f"{self.two_answer_bound_ms:.0f}",
            str(self.lost),
            "; ".join(self.reported),
            f"BEYOND: {self.excess}" if self.excess else "within",
        )


class Fault:
    """The row while its fault lasts."""

    def __init__(self, row: Row, made: Round) -> None:
        self._row = row
        self._round = made

    def told(self, node: DockerHost, sentence: str, *, seconds: float = 30) -> Record:
        """This node must say so in its log; the line stands in the table."""
        record = self._round.wait_for_word(node, sentence, seconds=seconds)
        said = " ".join(record["message"].split())
        short = said if len(said) <= LONGEST_REPORT else f"{said[:LONGEST_REPORT]}…"
        self._row.reported.append(f"{node.name}: {short}")
        return record

    def measured(self, node: DockerHost, name: str, **labels: str) -> float:
        """How far a counter of the node has moved; it stands in the table if it has."""
        moved = self._round.moved(node, name, **labels)
        if moved:
            inner = ", ".join(f'{key}="{value}"' for key, value in labels.items())
            self._row.reported.append(f"{node.name}: {name}{{{inner}}} +{moved:.0f}")
        return moved

    def shows(self, node: DockerHost, name: str, value: float) -> None:
        """The metric of the node has this value now; it stands in the table."""
        shown = node.metric(name)
        assert shown == value, f"{name} of {node.name} is {shown}"
        self._row.reported.append(f"{node.name}: {name} {value:g}")

    def wait_for_page(self, page: str, *, seconds: float = 15) -> None:
        self._round.wait_for_page(page, seconds=seconds)

    @property
    def pages(self) -> Sequence[str]:
        """The pages that the client got, in order; known when the fault is over."""
        return self._round.cost.pages


class Safety:
    """The two hosts, the bystander, and the rows so far."""

    def __init__(self, scene: Scene, answers: Owners, rows: list[Row]) -> None:
        self.scene = scene
        self.master = scene.master
        self.slave = scene.slave
        self.answers = answers
        self._rows = rows

    def begin(self, ha_cf: str) -> None:
        """With these timers and links, on hosts on which nothing runs."""
        self.scene.configure(ha_cf)
        self.scene.pair.up()
        self.scene.at_rest(self.master)

    @contextmanager
    def fault(self, what: str, *, outage_ms: float, two_answer_ms: float = 0) -> Iterator[Fault]:
        """Let something happen in this block, and wait there for its end and its reports."""
        row = Row(fault=what, outage_bound_ms=outage_ms, two_answer_bound_ms=two_answer_ms)
        self._rows.append(row)
        began_ns = now_ns()
        try:
            with self.scene.round(what) as made:
                yield Fault(row, made)
        except BaseException as error:
            row.trouble = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise
        finally:
            row.outage_ms = self.scene.client.outage_ms(began_ns)
            row.lost = self.scene.client.failures(began_ns)
            overlaps = self.answers.overlaps(began_ns)
            row.two_answer_ms = sum(overlap.length_ns for overlap in overlaps) / MS
        assert not row.excess, f"{what}: {row.excess}"


def table(rows: list[Row]) -> Iterator[str]:
    """In Markdown, so that it can be put into a document as it is."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for number, line in enumerate(cells):
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield f"| {' | '.join(padded)} |"
        if not number:
            yield f"|{'|'.join('-' * (width + 2) for width in widths)}|"
