"""One thing done to the pair, and all that came of it: for the client, in metrics, in the log."""

import json
from dataclasses import dataclass
from typing import Any

from tests.e2e.metrics import Samples, scrape
from tests.e2e.table import Cost
from tests.testbed.client import MS, Client
from tests.testbed.host import DockerHost
from tests.testbed.owners import Owners
from tests.testbed.pair import MASTER_PAGE, SLAVE_PAGE, Pair
from tests.testbed.waiting import now_ns, wait_for

PAGE_NAMES = {MASTER_PAGE: "master", SLAVE_PAGE: "slave"}
Record = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What one node had counted and told before the round."""

    samples: Samples
    told: int


class Round:
    """Begins when it is made; ``cost`` is known when it has ended."""

    cost: Cost

    def __init__(self, scenario: str, pair: Pair, client: Client, owners: Owners) -> None:
        self.scenario = scenario
        self._client = client
        self._owners = owners
        self._before = {
            node.name: Before(samples=scrape(node) or Samples(), told=len(records(node)))
            for node in pair.nodes
        }
        self.since_ns = now_ns()

    def restart_clock(self) -> None:
        """What is measured begins now, after some preparation."""
        self.since_ns = now_ns()

    # --- the client ----------------------------------------------------------------------------

    def wait_for_page(self, page: str, *, seconds: float = 15) -> None:
        self._client.wait_for_page(page, seconds=seconds, since_ns=self.since_ns)

    def finish(self) -> Cost:
        """The round ends when all requests under way have ended: what it cost is fixed."""
        self._client.wait_until_told()
        overlaps = self._owners.overlaps(self.since_ns)
        pages = self._client.pages(self.since_ns)
        self.cost = Cost(
            scenario=self.scenario,
            outage_ms=self._client.outage_ms(self.since_ns),
            lost=self._client.failures(self.since_ns),
            two_holders_ms=sum(overlap.length_ns for overlap in overlaps) / MS,
            pages=tuple(PAGE_NAMES.get(page, page) for page in pages),
        )
        return self.cost

    # --- metrics -------------------------------------------------------------------------------

    def moved(self, node: DockerHost, name: str, **labels: str) -> float:
        """How far a counter has moved in this round. The sidecar must have lived through it."""
        now = scrape(node)
        assert now is not None, f"{node.name} gives no metrics"
        return now.since(self._before[node.name].samples, name, **labels)

    # --- the log -------------------------------------------------------------------------------

    def told(self, node: DockerHost) -> list[Record]:
        """What the sidecar has logged in this round."""
        every = records(node)
        known = self._before[node.name].told
        # A new container has a new log.
        return every[known:] if len(every) >= known else every

    def wait_for_word(self, node: DockerHost, sentence: str, *, seconds: float = 5) -> Record:
        """The first record of this round whose message contains this."""

        def found() -> Record | None:
            said = self.told(node)
            return next((r for r in said if sentence in r.get("message", "")), None)

        def what() -> str:
            said = "\n".join(r.get("message", "") for r in self.told(node))
            return f"{node.name} telling {sentence!r}; it told:\n{said}"

        return wait_for(found, seconds=seconds, what=what)


def records(node: DockerHost) -> list[Record]:
    """The sidecar's log, one record a line."""
    lines = node.logs().splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]
