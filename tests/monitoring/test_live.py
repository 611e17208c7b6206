"""Real faults of a real pair, seen by the real programs: each alert comes, and goes when mended.

The pair is that of the end-to-end tests: two hosts with engines, the real compose file, short
timers. It is watched from a third machine of the service network.
"""

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from tests.monitoring.alerts import ALERTS
from tests.monitoring.faults import (
    FAKETIME,
    another_clock,
    another_user,
    configured,
    cut,
    dropped,
    garbage,
    hiccup,
    killed,
    parted,
    silent_engine,
    starved,
    unplugged,
    unseen,
)
from tests.monitoring.programs import WINDOW, Watching, need_programs, watching
from tests.monitoring.test_dashboards import DASHBOARDS, panel_queries
from tests.testbed.host import DockerHost
from tests.testbed.pair import ARBITER, VIP, Pair
from tests.testbed.waiting import wait_for

pytestmark = [pytest.mark.monitoring, pytest.mark.e2e, pytest.mark.timeout(240)]
# Slower than the other tests' pair: what is judged here is not its speed, and a loaded machine must
# not add faults of its own.
HA_CF = f"""\
keepalive 200ms
warntime 800ms
deadtime 2
initdead 5
udpport 694
ucast eth1 192.168.17.50
ucast eth1 192.168.17.51
ucast eth0 192.168.171.50
ucast eth0 192.168.171.51
ping {ARBITER}
deadping 2
auto_failback on
node masternginx
node slavenginx
"""
NODES = ("192.168.171.50", "192.168.171.51")
VARIABLES = {"NODE_A": NODES[0], "NODE_B": NODES[1], "VIP": VIP}


@pytest.fixture(scope="module")
def watched(shared_pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    """The master serves, the slave stands by, and nothing is wrong."""
    need_programs()
    shared_pair.reset()
    shared_pair.configure(HA_CF)
    shared_pair.up()
    folder = tmp_path_factory.mktemp("watching")
    try:
        with watching(shared_pair.observer, folder, VARIABLES) as made:
            made.await_calm()
            yield made
    finally:
        shared_pair.reset()


# --- what is seen --------------------------------------------------------------------------------


def test_every_panel_finds_something(watched: Watching, shared_pair: Pair):
    """The phases of a takeover show when there was one: a planned move, and the way back."""
    shared_pair.master.sidecar("standby")
    wait_for(
        lambda: not unanswered(watched),
        seconds=10,
        what=lambda: "\n".join(["data for these queries:", *unanswered(watched)]),
        pause=0.5,
    )
    shared_pair.master.sidecar("takeover", check=False)
    watched.await_calm()


def unanswered(watched: Watching) -> list[str]:
    shown = {query for path in DASHBOARDS for query in panel_queries(json.loads(path.read_text()))}
    return [query for query in sorted(shown) if not watched.query(asked(query))]


def asked(query: str) -> str:
    """As Grafana asks it for the last minutes."""
    for variable, value in (("$cluster", ".*"), ("$__rate_interval", "5s"), ("$__range", "1m")):
        query = query.replace(variable, value)
    return query


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_is_a_question_that_prometheus_understands(watched: Watching, alert):
    watched.query(alert.expr)
    watched.query(f"({alert.expr}) ^ 0")
    for metric in re.findall(r"\b(?:heartbeat|probe)_\w+|\bup\b", alert.expr):
        wait_for(partial(watched.query, metric), seconds=5, what=f"a series of {metric}")


@pytest.mark.usefixtures("watched")
def test_what_is_scraped_follows_the_conventions(shared_pair: Pair):
    answer = shared_pair.master.get("/metrics")
    assert answer is not None
    command = ("promtool", "check", "metrics")
    done = subprocess.run(command, input=answer.text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_faults_that_move_nothing(watched: Watching, shared_pair: Pair):
    master, slave = shared_pair.master, shared_pair.slave
    with ExitStack() as faults:
        faults.enter_context(dropped(slave, "iifname eth1 udp dport 694"))
        faults.enter_context(dropped(master, f"ip saddr 192.168.171.61 ip daddr {VIP}"))
        faults.enter_context(configured(slave, "no directive\n"))
        watched.await_alerts("HeartbeatLinkOneWay", "HeartbeatUnreachable", "HeartbeatReloadFailed")
        another_user(shared_pair)
        garbage(shared_pair)
        hiccup(slave)
        master.net.run("ip", "addr", "del", f"{VIP}/24", "dev", "eth0")
        watched.await_alerts(
            "HeartbeatAddressConflict",
            "HeartbeatPacketsRejected",
            "HeartbeatBeatsLate",
            "HeartbeatAddressRemoved",
        )
        master.docker("kill", "nginx")
        watched.await_alerts("HeartbeatServiceFailing")
    watched.await_calm()


def test_faults_of_what_surrounds_the_standby(watched: Watching, shared_pair: Pair):
    slave = shared_pair.slave
    other = HA_CF.replace("auto_failback on", "auto_failback off")
    with unseen(slave), configured(slave, other), silent_engine(slave), unplugged(shared_pair):
        watched.await_alerts(
            "HeartbeatAddressUnseen",
            "HeartbeatConfigurationsDiffer",
            "HeartbeatDockerDown",
            "HeartbeatNotReady",
            "HeartbeatAllPingNodesLost",
            "HeartbeatLinkDown",
            seconds=25,
        )
    watched.await_calm()


def test_maintenance_that_is_forgotten(watched: Watching, shared_pair: Pair):
    alert = "HeartbeatMaintenanceLong"
    shared_pair.master.sidecar("maintenance", "on")
    watched.await_alerts(alert)
    alerts = [one for one in watched.alerts() if one["labels"]["alertname"] == alert]
    shared_pair.master.sidecar("maintenance", "off")
    watched.await_calm()
    assert alerts
    for texts in (one["annotations"] for one in alerts):
        assert texts["summary"].partition(" ")[0] in {f"{address}:9694" for address in NODES}
        assert f'id="{alert.lower()}"' in watched.page(texts["runbook_url"])


def test_a_cut_of_every_link_between_living_nodes(watched: Watching, shared_pair: Pair):
    with dropped(shared_pair.slave, "udp dport 694"):
        watched.await_alerts("HeartbeatSplitBrain", "HeartbeatPeerLost")
    watched.await_calm()


@pytest.mark.costly  # half a minute: for `just monitoring`, not for CI
def test_the_loss_of_one_node_and_then_of_both(watched: Watching, shared_pair: Pair):
    master, slave = shared_pair.master, shared_pair.slave
    with killed(master):
        watched.await_alerts("HeartbeatSidecarDown", "HeartbeatPeerLost", "HeartbeatTakeover")
        for phase in ("container", "address"):
            metric = f'heartbeat_takeover_phase_seconds_count{{phase="{phase}"}}'
            assert watched.query(f"increase({metric}[{WINDOW}]) > 0"), phase
    watched.await_calm()
    with killed(master, slave):
        watched.await_alerts("HeartbeatBothSidecarsDown")
        # Alone, a node waits for initdead.
        master.docker("start", "sidecar")
        watched.await_alerts("HeartbeatNobodyHolds")
    watched.await_calm()


@pytest.mark.costly  # a quarter of a minute, as each of those below
def test_both_nodes_hold_the_address(watched: Watching, shared_pair: Pair):
    with parted(shared_pair):
        watched.await_alerts("HeartbeatTwoHold", "HeartbeatPeerLost")
    watched.await_calm()


@pytest.mark.costly
def test_a_group_that_flaps(watched: Watching, shared_pair: Pair):
    """Its service cable is loose. Each move is a hand-over, and each second one a failback."""
    master, slave = shared_pair.master, shared_pair.slave
    cable = master.cables["eth0"]
    for _ in range(2):
        with cut(cable):
            await_holder(slave)
        await_holder(master)
    with cut(cable):
        watched.await_alerts("HeartbeatFlapping")
    master.sidecar("takeover")
    await_holder(master)
    watched.await_calm()


@pytest.mark.costly
def test_a_clock_that_is_wrong(watched: Watching, shared_pair: Pair):
    if not FAKETIME.exists():
        pytest.skip("needs another clock: apt-get install libfaketime")
    with another_clock(shared_pair.slave, seconds=60):
        watched.await_alerts("HeartbeatClocksDiffer")
        assert shared_pair.master.metric("heartbeat_clock_offset_seconds") == pytest.approx(
            60, abs=2
        )
    watched.await_calm()


@pytest.mark.costly
def test_a_node_that_gets_too_little_time(watched: Watching, shared_pair: Pair):
    busy = threading.Thread(target=partial(starved, shared_pair.slave, seconds=15))
    busy.start()
    try:
        watched.await_alerts("HeartbeatLoopLag", seconds=15)
    finally:
        busy.join()
    watched.await_calm()


def await_holder(node: DockerHost) -> None:
    wait_for(
        lambda: node.metric("heartbeat_group_held") == 1 or None,
        seconds=15,
        what=lambda: f"the group at {node.name}: {node.status()}",
    )
