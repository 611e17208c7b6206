"""A sidecar and a real Heartbeat node as one cluster, and a client that asks for its address.

``duo`` builds it for one scenario: nothing is shared between scenarios, so that several can run at
once. The nodes are made, not started: how they start is the scenario's business.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.interop import halog
from tests.interop.halog import Known
from tests.interop.line import Line, line
from tests.interop.ours import OurNode
from tests.interop.plan import (
    NODES,
    OURS,
    PLACES,
    PREFIXES,
    REAL,
    SECOND_VIP,
    VIP,
    NodeName,
    Plan,
)
from tests.interop.real import RealNode
from tests.interop.tap import MS, Tap, tap
from tests.netns import hosts
from tests.testbed.client import Client, client
from tests.testbed.network import Cable, network
from tests.testbed.owners import Owners, owners
from tests.testbed.waiting import now_ns, wait_for

CALM_NS = 300 * MS
SETTLE_S = 25
"""Two of Heartbeat's waits of 10 s, and something for a machine that does other things too."""
UNNOTICED_MS = 500
"""Nothing moves; what is missed all the same is the machine's doing, on which others work, too."""
LOOK_S = 0.003
"""Between two looks at who has the address: there are several scenarios at once."""
SAMPLING_NS = 5 * MS
"""Two holders for less than this are one holder after the other, as far as can be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: what was done, who served before and after, what the client missed."""

    scenario: str
    what: str
    way: str
    outage_ms: float | None
    limit_ms: float | None


@dataclass(kw_only=True, slots=True)
class Step:
    """One thing done to the cluster."""

    since_ns: int
    before: str
    after: str = ""


@dataclass(kw_only=True, slots=True)
class Duo:
    """Everything a scenario acts on and looks at."""

    scenario: str
    plan: Plan
    ours: OurNode
    real: RealNode
    client: Client
    owners: Owners
    tap: Tap
    arbiter: Cable
    """The ping node's plug in the heartbeat's network."""
    rows: list[Row]
    allowed: list[Known] = field(default_factory=list)
    dead_time_counts: bool = True

    def node(self, name: NodeName) -> OurNode | RealNode:
        return self.ours if name == OURS else self.real

    def allow(self, *known: Known) -> None:
        """What the real node may complain of in this scenario, beyond what it always says."""
        self.allowed.extend(known)

    # --- acting --------------------------------------------------------------------------------

    @contextmanager
    def step(
        self, what: str, *, outage_ms: float | None = None, overlap_ms: float = 0
    ) -> Iterator[Step]:
        """Do something; the client may miss its page for so long, and no more.

        ``overlap_ms``: how long both nodes may have the address, where that cannot be helped.
        """
        step = Step(since_ns=now_ns(), before=self.holder())
        yield step
        step.after = self.holder()
        measured = self.client.outage_ms(step.since_ns) if outage_ms is not None else None
        way = step.before if step.before == step.after else f"{step.before} > {step.after}"
        self.rows.append(
            Row(
                scenario=self.scenario,
                what=what,
                way=way,
                outage_ms=measured,
                limit_ms=outage_ms,
            )
        )
        overlaps = [o.length_ns for o in self.owners.overlaps(step.since_ns)]
        worst_ms = max((ns for ns in overlaps if ns > SAMPLING_NS), default=0) / MS
        assert worst_ms <= overlap_ms, f"{what}: both nodes held the address for {worst_ms:.0f} ms"
        if measured is not None and outage_ms is not None:
            said = f"{what}: the client missed its page for {measured:.0f} ms"
            assert measured <= outage_ms, f"{said}, at most {outage_ms} are expected"

    def link(self, kind: str) -> Cable | Line:
        """What a link of this medium can be cut by; the real node's end of it."""
        if kind == "serial":
            assert self.real.line is not None
            return self.real.line
        lines = [line for line in self.plan.media if line.startswith(kind)]
        return self.real.cables[lines[0].split()[1]]

    @property
    def real_tty(self) -> str:
        """The device of the real node's end of the serial line; empty without one."""
        return str(self.real.line.ends[REAL]) if self.real.line else ""

    def start_together(self) -> None:
        self.ours.start()
        self.real.start()

    def serve(self, *, nobody_dies: bool = False) -> None:
        """The quick way to two nodes at rest: the sidecar first, which needs no 10 s alone.

        ``nobody_dies``: the scenario does not depend on the dead time, for which a real node asks
        for more in its first five seconds.
        """
        self.dead_time_counts = not nobody_dies
        self.ours.start()
        self.page(OURS)
        self.real.start()
        self.at_rest(self.plan.named if self.plan.failback == "on" else OURS)

    # --- looking -------------------------------------------------------------------------------

    def holder(self) -> str:
        return "+".join(self.owners.now()) or "nobody"

    def second_holder(self) -> str:
        """Who has the second group's address."""
        return "+".join(n for n in NODES if self.node(n).net.has(SECOND_VIP)) or "nobody"

    def page(self, name: NodeName, *, seconds: float = SETTLE_S) -> None:
        """A request made from now on is answered by this node."""
        self.client.wait_for_page(name, seconds=seconds, since_ns=now_ns())

    def at_rest(self, holder: NodeName, *, second: NodeName | None = None) -> None:
        """Until both nodes are through with moving things, and the holder is the one expected;
        of the second group's address, too, where one is named.
        """

        def trouble() -> str:
            if self.holder() != holder:
                return f"held by {self.holder()}, not by {holder}"
            if second is not None and self.second_holder() != second:
                return f"{SECOND_VIP} is held by {self.second_holder()}, not by {second}"
            return self._unrest()

        wait_for(lambda: not trouble(), seconds=SETTLE_S, what=trouble)
        self.page(holder)

    def _unrest(self) -> str:
        for source in (OURS, REAL):
            # What mach_down says does not speak of it, and may come after what does.
            told = self.tap.last("resource", source, field="isstable")
            if told is None or told.get("isstable") != "1":
                return f"{source} does not call itself stable"
        beat = self.tap.last("status", REAL)
        if beat is None:
            return "the real node has not said anything of itself"
        if self.dead_time_counts and beat.hex_int("dt") != int(self.plan.deadtime) * 1000:
            return "the real node still asks for a longer dead time, as it does after a start"
        if not self.ours.status().get("stable"):
            return "the sidecar's own status is not stable"
        if self.tap.quiet_ns() < CALM_NS:
            return "words are still being exchanged"
        return ""


@contextmanager
def duo(scenario: str, plan: Plan, rows: list[Row]) -> Iterator[Duo]:
    """Two hosts, their networks, a client, and nothing running but the client and the pages."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="interop-")))
        nets = stack.enter_context(hosts(OURS, REAL, "client", "arbiter"))
        by_name = dict(zip((OURS, REAL, "client", "arbiter"), nets, strict=True))
        networks = {name: stack.enter_context(network(name)) for name in plan.interfaces}

        def plug(name: str, interface: str) -> Cable:
            address = f"{PREFIXES[interface]}.{PLACES[name]}/24"
            return networks[interface].plug(by_name[name], address)

        cables = {n: {name: plug(n, name) for name in plan.interfaces} for n in NODES}
        plug("client", "eth0")
        arbiter = plug("arbiter", "eth1")
        listening = stack.enter_context(tap(cables[OURS]["eth1"]))
        wire = None
        if "serial" in plan.kinds:
            wire = stack.enter_context(line(folder / "line", listening.note))
        ttys = wire.ends if wire else dict.fromkeys(NODES)
        ours = OurNode(plan, by_name[OURS], folder / OURS, ttys[OURS])
        stack.callback(ours.close)
        real = RealNode(plan, by_name[REAL], folder / REAL, ttys[REAL])
        stack.callback(real.close)
        for node in (ours, real):
            node.cables = cables[node.name]
            node.line = wire
        both = {str(node.name): node.net for node in (ours, real)}
        made = Duo(
            scenario=scenario,
            plan=plan,
            ours=ours,
            real=real,
            client=stack.enter_context(client(by_name["client"], VIP, every=0.025)),
            owners=stack.enter_context(owners(VIP, both, pause_s=LOOK_S)),
            tap=listening,
            arbiter=arbiter,
            rows=rows,
        )
        try:
            yield made
            halog.check(real.log, made.allowed)
        except BaseException as error:
            error.add_note(_evidence(made))
            if trouble := halog.own_trouble(real.log, listening.silences_ms(OURS)):
                raise halog.OwnTrouble(trouble) from error
            raise


def _evidence(made: Duo) -> str:
    logs = (made.ours.log, made.real.log)
    texts = [f"--- {log}\n{_end_of(log)}" for log in logs if log.exists()]
    return "\n".join(("--- on the heartbeat cable", made.tap.story(), *texts))


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-8000:]
