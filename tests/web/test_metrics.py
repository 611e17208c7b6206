"""Every metric that is promised, scraped over HTTP and read by Prometheus' own parsers."""

import re
import shutil
import subprocess

import pytest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families

from sidecar import VERSION
from sidecar.core import occurrences
from sidecar.core.occurrences import (
    AddressAnnounced,
    BeatHeard,
    ConfigurationReloaded,
    GiveUpBegan,
    NodeDied,
    ReloadFailed,
    ServiceFailed,
    TakeoverBegan,
    TakeoverPhase,
)
from sidecar.core.terms import (
    MILLISECOND,
    SECOND,
    AddressState,
    ContainerState,
    LinkStatus,
    NodeStatus,
)
from sidecar.core.view import MaintenanceView, PingView
from tests.builders import (
    VIP,
    a_container,
    a_group,
    a_link,
    a_node,
    a_peer,
    a_standby_view,
    a_view,
    an_address,
)
from tests.web.serving import Served, Stage, serving

GROUP = "192.168.171.100/24/eth0:0"


class Scrape:
    """The samples of one scrape by name and labels."""

    def __init__(self, served: Served) -> None:
        answer = served.get("/metrics")
        assert answer.status == 200
        self.text = answer.body
        self.families = {one.name: one for one in text_string_to_metric_families(self.text)}
        self._values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in self.families.values()
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float | None:
        return self._values.get((name, frozenset(labels.items())))

    def by(self, name: str, label: str) -> dict[str, float]:
        return {
            dict(labels)[label]: value
            for (one, labels), value in self._values.items()
            if one == name
        }


@pytest.fixture
def served():
    with serving() as one:
        yield one


def scrape(**view_changes) -> Scrape:
    with serving(Stage(view=a_view(**view_changes))) as served:
        return Scrape(served)


def test_the_version_is_told(served: Served):
    assert Scrape(served).value("heartbeat_build_info", version=VERSION) == 1


@pytest.mark.parametrize("status", list(NodeStatus))
def test_a_node_has_one_status_and_not_the_others(status: NodeStatus):
    seen = scrape(nodes=(a_node(), a_peer(status=status)))
    for other in NodeStatus:
        value = seen.value("heartbeat_node_status", node="node-b", status=other.value)
        assert value == (other is status)
    assert seen.value("heartbeat_node_status", node="node-a", status="active") == 1


def test_a_link_is_up_or_not():
    links = (a_link(), a_link(name="ttyS0", medium="serial", status=LinkStatus.DEAD))
    seen = scrape(nodes=(a_node(), a_peer(links=links)))
    assert seen.value("heartbeat_link_up", node="node-b", link="eth1") == 1
    assert seen.value("heartbeat_link_up", node="node-b", link="ttyS0") == 0


def test_a_link_is_heard_by_the_peer_or_not_where_it_says():
    links = (
        a_link(heard_by_peer=True),
        a_link(name="eth2", heard_by_peer=False),
        a_link(name="eth3", heard_by_peer=None),
    )
    seen = scrape(nodes=(a_node(), a_peer(links=links)))
    assert seen.by("heartbeat_link_heard_by_peer", "link") == {"eth1": 1, "eth2": 0}


def test_ping_nodes_have_their_metric():
    targets = (PingView(name="192.168.17.1", up=True), PingView(name="routers", up=False))
    seen = scrape(ping=targets)
    assert seen.value("heartbeat_ping_up", target="192.168.17.1") == 1
    assert seen.value("heartbeat_ping_up", target="routers") == 0


@pytest.mark.parametrize("state", list(AddressState))
def test_an_address_is_held_only_when_it_is_there(state: AddressState):
    seen = scrape(groups=(a_group(resources=(an_address(state=state),)),))
    assert seen.value("heartbeat_address_held", address=VIP) == (state is AddressState.HELD)
    for other in AddressState:
        value = seen.value("heartbeat_resource_state", group=GROUP, resource=VIP, state=other.value)
        assert value == (other is state)


@pytest.mark.parametrize("state", list(ContainerState))
def test_a_container_has_one_state_and_not_the_others(state: ContainerState):
    seen = scrape(groups=(a_group(resources=(a_container(state=state),)),))
    assert seen.by("heartbeat_resource_state", "state") == {
        **{other.value: float(other is state) for other in ContainerState},
        "failed": 0.0,
    }


def test_a_container_that_cannot_be_mended_has_failed():
    broken = a_container(state=ContainerState.STOPPED, failed=True)
    states = scrape(groups=(a_group(resources=(broken,)),)).by("heartbeat_resource_state", "state")
    assert [state for state, value in states.items() if value] == ["failed"]


def test_a_group_is_held_or_not(served: Served):
    assert Scrape(served).value("heartbeat_group_held", group=GROUP) == 1
    served.stage.view = a_standby_view()
    assert Scrape(served).value("heartbeat_group_held", group=GROUP) == 0


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("heartbeat_ready", "ready"),
        ("heartbeat_stable", "stable"),
        ("heartbeat_split_brain_suspected", "split_brain"),
        ("heartbeat_docker_up", "engine_up"),
    ],
)
def test_yes_is_one_and_no_is_zero(name: str, key: str):
    assert scrape(**{key: True}).value(name) == 1
    assert scrape(**{key: False}).value(name) == 0


def test_an_engine_that_was_never_heard_counts_as_down():
    assert scrape(engine_up=None).value("heartbeat_docker_up") == 0


def test_packets_are_counted_per_link():
    link = a_link(sent=11, received=9, rejected=(("bad_auth", 2), ("replay", 1)))
    seen = scrape(nodes=(a_node(), a_peer(links=(link,), packets_lost=3, late=4)))
    assert seen.value("heartbeat_packets_sent_total", link="eth1") == 11
    assert seen.value("heartbeat_packets_received_total", link="eth1") == 9
    assert seen.by("heartbeat_packets_rejected_total", "reason") == {
        "malformed": 0,
        "oversized": 0,
        "unknown_key": 0,
        "bad_auth": 2,
        "unsigned": 0,
        "foreign_node": 0,
        "same_name": 0,
        "replay": 1,
        "repeated": 0,
        "flood": 0,
    }
    assert seen.value("heartbeat_packets_lost_total", node="node-b") == 3
    assert seen.value("heartbeat_late_total", node="node-b") == 4


def test_what_comes_near_to_a_false_alarm_is_counted_and_deadtime_told():
    seen = scrape(nodes=(a_node(), a_peer(close_calls=2)), deadtime_ns=1500 * MILLISECOND)
    assert seen.value("heartbeat_close_calls_total", node="node-b") == 2
    assert seen.value("heartbeat_deadtime_seconds") == 1.5


def test_the_peers_clock_and_configuration_are_compared_where_it_says():
    seen = scrape(nodes=(a_node(), a_peer(clock_offset_s=-7, agrees=False)))
    assert seen.by("heartbeat_clock_offset_seconds", "node") == {"node-b": -7}
    assert seen.by("heartbeat_config_matches", "node") == {"node-b": 0}
    unsaid = scrape(nodes=(a_node(), a_peer(clock_offset_s=None, agrees=None)))
    assert unsaid.by("heartbeat_clock_offset_seconds", "node") == {}
    assert unsaid.by("heartbeat_config_matches", "node") == {}


def test_failures_of_a_container_are_counted(served: Served):
    assert Scrape(served).value("heartbeat_service_failures_total", container="nginx") == 0
    served.report(ServiceFailed(container="nginx", reason="it stopped", restarts_left=1))
    assert Scrape(served).value("heartbeat_service_failures_total", container="nginx") == 1


def test_what_a_reload_brings_is_counted_from_zero_and_what_it_takes_away_no_more(served: Served):
    brought = (an_address(name="2001:db8::100", label=None), a_container(name="redis"))
    served.stage.view = a_view(groups=(a_group(resources=brought),))
    served.report(ConfigurationReloaded(changes=("added and removed",)))
    seen = Scrape(served)
    assert seen.by("heartbeat_service_failures_total", "container") == {"redis": 0}
    assert seen.by("heartbeat_address_announcements_total", "address") == {"2001:db8::100": 0}


def test_what_stays_over_a_reload_keeps_its_count(served: Served):
    served.report(ServiceFailed(container="nginx", reason="it stopped", restarts_left=1))
    served.report(ConfigurationReloaded(changes=()))
    assert Scrape(served).value("heartbeat_service_failures_total", container="nginx") == 1


def test_a_link_that_both_nodes_show_is_counted_once():
    seen = scrape(nodes=(a_node(links=(a_link(),)), a_peer()))
    samples = seen.families["heartbeat_packets_sent"].samples
    assert [sample.labels for sample in samples] == [{"link": "eth1"}]


def test_losses_and_conflicts_of_an_address_are_counted():
    seen = scrape(groups=(a_group(resources=(an_address(lost=2, conflicts=5),)),))
    assert seen.value("heartbeat_address_lost_total", address=VIP) == 2
    assert seen.value("heartbeat_address_conflicts_total", address=VIP) == 5


def test_takeovers_and_giveups_are_counted_by_reason(served: Served):
    served.report(TakeoverBegan(groups=("a", "b"), reason="peer_dead", why="node-b is dead"))
    served.report(GiveUpBegan(groups=("a",), reason="conflict", why="two owners"))
    seen = Scrape(served)
    assert seen.value("heartbeat_takeovers_total", reason="peer_dead") == 1
    assert seen.value("heartbeat_takeovers_total", reason="start") == 0
    assert seen.value("heartbeat_giveups_total", reason="conflict") == 1
    assert seen.value("heartbeat_giveups_total", reason="standby") == 0


def test_the_gap_between_beats_is_a_histogram_in_seconds(served: Served):
    assert Scrape(served).value("heartbeat_gap_seconds_count", node="node-b") == 0
    served.report(BeatHeard(node="node-b", gap_ns=250 * MILLISECOND))
    seen = Scrape(served)
    assert seen.value("heartbeat_gap_seconds_count", node="node-b") == 1
    assert seen.value("heartbeat_gap_seconds_sum", node="node-b") == 0.25
    assert seen.value("heartbeat_gap_seconds_bucket", node="node-b", le="0.2") == 0
    assert seen.value("heartbeat_gap_seconds_bucket", node="node-b", le="0.3") == 1
    bounds = [float(bound) for bound in seen.by("heartbeat_gap_seconds_bucket", "le")]
    assert min(bounds) == 0.01
    assert sorted(bounds)[-2:] == [60.0, float("inf")]


def test_each_step_of_a_takeover_is_timed(served: Served):
    served.report(TakeoverPhase(group="web", phase="address", took_ns=SECOND))
    seen = Scrape(served)
    assert seen.value("heartbeat_takeover_phase_seconds_sum", phase="address") == 1.0
    assert seen.value("heartbeat_takeover_phase_seconds_count", phase="container") == 0


def test_announcements_are_counted_by_address_and_kind(served: Served):
    name = "heartbeat_address_announcements_total"
    assert Scrape(served).value(name, address=VIP, kind="arp") == 0
    served.report(AddressAnnounced(address=VIP, kind="arp"))
    assert Scrape(served).value(name, address=VIP, kind="arp") == 1


def test_an_address_of_ipv6_is_announced_by_neighbour_advertisement():
    seen = scrape(groups=(a_group(resources=(an_address(name="2001:db8::100"),)),))
    name = "heartbeat_address_announcements_total"
    assert seen.value(name, address="2001:db8::100", kind="na") == 0


def test_the_lag_of_the_loop_is_a_histogram(served: Served):
    served.counters.loop_lag(3 * MILLISECOND)
    seen = Scrape(served)
    assert seen.value("heartbeat_loop_lag_seconds_count") == 1
    assert seen.value("heartbeat_loop_lag_seconds_sum") == 0.003


def test_a_refused_configuration_shows(served: Served):
    assert Scrape(served).value("heartbeat_config_reload_successful") == 1
    served.report(ReloadFailed(problems=("ha.cf:3: unknown",)))
    assert Scrape(served).value("heartbeat_config_reload_successful") == 0
    served.report(ConfigurationReloaded(changes=()))
    assert Scrape(served).value("heartbeat_config_reload_successful") == 1


def test_what_nobody_counts_changes_nothing(served: Served):
    before = Scrape(served).text
    served.report(NodeDied(node="node-b", silence_ns=1, deadtime_ns=1, heard=True))
    assert Scrape(served).text == before


def test_every_reason_and_phase_shows_from_the_start(served: Served):
    seen = Scrape(served)
    for reason in occurrences.TAKEOVER_REASONS:
        assert seen.value("heartbeat_takeovers_total", reason=reason) == 0
    for reason in occurrences.GIVE_UP_REASONS:
        assert seen.value("heartbeat_giveups_total", reason=reason) == 0
    for phase in occurrences.TAKEOVER_PHASES:
        assert seen.value("heartbeat_takeover_phase_seconds_count", phase=phase) == 0


def test_no_series_is_counted_twice_by_its_time_of_creation(served: Served):
    assert "_created" not in Scrape(served).text


def test_openmetrics_is_spoken_to_who_asks_for_it(served: Served):
    answer = served.get(
        "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"}
    )
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    families = parse_openmetrics(answer.body)  # type: ignore[no-untyped-call]
    names = {family.name for family in families}
    assert {"heartbeat_takeovers", "heartbeat_node_status"} <= names


def test_every_metric_is_ours_explains_itself_and_keeps_the_naming_rules(served: Served):
    for name, family in Scrape(served).families.items():
        assert re.fullmatch(r"heartbeat(_[a-z]+)+", name)
        assert family.documentation.endswith(".")
        assert family.type in {"gauge", "counter", "histogram"}
        if family.type == "histogram":
            assert name.endswith("_seconds")
        for sample in family.samples:
            assert (family.type == "counter") == sample.name.endswith("_total")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing_to_mend(served: Served):
    lint = subprocess.run(
        ["promtool", "check", "metrics"],
        input=Scrape(served).text,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (lint.returncode, lint.stdout + lint.stderr) == (0, "")


def test_moves_and_flapping_are_told_for_each_group():
    seen = scrape(groups=(a_group(moves=5, flapping=True),))
    assert seen.value("heartbeat_moves_in_window", group=GROUP) == 5
    assert seen.value("heartbeat_flapping", group=GROUP) == 1
    assert scrape().value("heartbeat_flapping", group=GROUP) == 0


def test_maintenance_is_told_with_what_is_left_of_it():
    on = scrape(maintenance=MaintenanceView(left_ns=90 * SECOND, by="node-a", since_s=0))
    assert on.value("heartbeat_maintenance") == 1
    assert on.value("heartbeat_maintenance_left_seconds") == 90
    off = scrape()
    assert off.value("heartbeat_maintenance") == 0
    assert off.value("heartbeat_maintenance_left_seconds") == 0
