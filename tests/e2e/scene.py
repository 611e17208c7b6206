"""The reference pair at work: the real engines, the real compose file, a client that never stops.

The timers are short, so that a whole failure takes a second; all else is as in the reference. The
two heartbeat links are the heartbeat's own network and the service network.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.metrics import Samples, scrape
from tests.e2e.round import Round, records
from tests.e2e.table import Cost
from tests.testbed.client import Client
from tests.testbed.host import DockerHost
from tests.testbed.owners import Owners
from tests.testbed.pair import AUTHKEYS, HARESOURCES, VIP, Pair
from tests.testbed.waiting import now_ns, wait_for

GROUP = f"{VIP}/24/eth0:0"
ROUNDS = int(os.environ.get("E2E_ROUNDS", "5"))
"""How often what is judged by its median is done: more for a measurement than for a test."""
KEEPALIVE_MS, WARNTIME_MS, DEADTIME_MS = 100, 250, 500
HA_CF = f"""\
keepalive {KEEPALIVE_MS}ms
warntime {WARNTIME_MS}ms
deadtime {DEADTIME_MS}ms
initdead 5
udpport 694
ucast eth1 192.168.17.50
ucast eth1 192.168.17.51
ucast eth0 192.168.171.50
ucast eth0 192.168.171.51
auto_failback on
node masternginx
node slavenginx
"""
SECOND = 1_000_000_000
Status = dict[str, Any]


class Scene:
    """Both hosts, the client and the watch of the address, for as long as the tests run."""

    def __init__(
        self,
        pair: Pair,
        client: Client,
        owners: Owners,
        costs: list[Cost],
        *,
        ha_cf: str = HA_CF,
    ) -> None:
        self.pair = pair
        self.master = pair.master
        self.slave = pair.slave
        self.client = client
        self.owners = owners
        self._costs = costs
        self._ha_cf = ha_cf
        """What a test begins with."""
        self._clean = False

    # --- before a test -------------------------------------------------------------------------

    def ready(self) -> None:
        """The master serves and the slave stands by: as left by the last test, or started anew."""
        if not (self._clean and self._is_as_started()):
            self.clear()
            self.configure(self._ha_cf)
            self.pair.up()
        self._clean = False
        self.at_rest(self.master)

    def left_clean(self) -> None:
        """The test has passed, so that the next one may go on with the same containers."""
        self._clean = True

    def clear(self) -> None:
        """Nothing runs on either host."""
        self._clean = False
        self.pair.reset()
        for node in self.pair.nodes:
            node.variables["LOG_FORMAT"] = "json"
            # The tests move the group more often than any flapping pair.
            node.variables["SIDECAR_MAX_MOVES"] = "0"

    def configure(
        self, ha_cf: str = HA_CF, haresources: str = HARESOURCES, authkeys: str = AUTHKEYS
    ) -> None:
        self.pair.configure(ha_cf, haresources, authkeys)

    def reload(self, node: DockerHost, name: str, text: str) -> None:
        """As an administrator does it: change the file, tell the sidecar, which takes it over."""
        (node.config / name).write_text(text)
        told = node.sidecar("reload")
        assert "configuration reloaded: " in told

    def _is_as_started(self) -> bool:
        return all((node.config / "ha.cf").read_text() == self._ha_cf for node in self.pair.nodes)

    # --- looking -------------------------------------------------------------------------------

    def other(self, node: DockerHost) -> DockerHost:
        return self.slave if node is self.master else self.master

    def metrics(self, node: DockerHost) -> Samples:
        return wait_for(lambda: scrape(node), seconds=5, what=f"metrics of {node.name}")

    def status(self, node: DockerHost) -> Status:
        return wait_for(node.status, seconds=5, what=f"status of {node.name}")

    def at_rest(self, holder: DockerHost, *, seconds: float = 20) -> None:
        """Until this node alone holds and serves, both say so, and the other could take over."""
        wait_for(
            lambda: not self._unrest(holder),
            seconds=seconds,
            what=lambda: f"rest at {holder.name}: {self._unrest(holder)}\n{self._story()}",
        )
        moment_ns = now_ns()
        self.client.wait_for_page(holder.page, seconds=5, since_ns=moment_ns)
        self.client.wait_until_told()
        assert self.owners.now() == [holder.name]

    def stays(self, holder: DockerHost, *, seconds: float) -> None:
        """For so long this node alone has the address."""
        until_ns = now_ns() + int(seconds * SECOND)
        while now_ns() < until_ns:
            assert self.owners.now() == [holder.name], self._story()
            time.sleep(0.02)

    def _unrest(self, holder: DockerHost) -> str:
        if self.owners.now() != [holder.name]:
            return f"{self.owners.now()} have the address"
        for node in self.pair.nodes:
            status = node.status()
            if status is None:
                return f"{node.name} does not answer"
            wrong = not_at_rest(status, held=node is holder)
            if wrong:
                return f"{node.name}: {wrong}"
        return ""

    def _story(self) -> str:
        """The last words of both sidecars, in the order of time."""
        said = [
            (r["time"], node.name, r["message"]) for node in self.pair.nodes for r in records(node)
        ]
        last = "\n".join(" ".join(line) for line in sorted(said)[-80:])
        nodes = (f"{n.name}: {(n.status() or {}).get('summary')}" for n in self.pair.nodes)
        return "\n".join((*nodes, last))

    # --- a round -------------------------------------------------------------------------------

    @contextmanager
    def round(self, scenario: str) -> Iterator[Round]:
        """Do something in this block; what it costs until its end goes into the table."""
        made = Round(scenario, self.pair, self.client, self.owners)
        self.client.wait_until_told(made.since_ns)
        try:
            yield made
        except BaseException as error:
            error.add_note(self._story())
            raise
        self._costs.append(made.finish())

    def restore(self, node: DockerHost) -> None:
        for cable in node.cables.values():
            cable.restore()


def not_at_rest(status: Status, *, held: bool) -> str:
    """What is wrong with a node at rest; nothing in the usual case."""
    groups = status["groups"]
    resources = [resource for group in groups for resource in group["resources"]]
    containers = {r["name"]: r["state"] for r in resources if r["kind"] == "container"}
    expected = {
        "stable": True,
        "ready": True,
        "split_brain": False,
        "nodes": ["active", "active"],
        "links": {"up"},
        "held": {held},
        "nginx": "running" if held else "paused",
    }
    found = {
        "stable": status["stable"],
        "ready": status["ready"],
        "split_brain": status["split_brain"],
        "nodes": [node["status"] for node in status["nodes"]],
        "links": {link["status"] for node in status["nodes"] for link in node["links"]},
        "held": {group["held"] for group in groups},
        "nginx": containers["nginx"],
    }
    wrong = {name: found[name] for name, value in expected.items() if found[name] != value}
    if not status["ready"]:
        wrong["reasons"] = status["reasons"]
    return ", ".join(f"{name} is {value}" for name, value in wrong.items())
