"""A ping node arbitrates between ipfail of the real node and the sidecar's own (protocol section
7): who alone loses it hands over; what both lose moves nothing.
"""

from dataclasses import replace

from tests.interop.duo import UNNOTICED_MS, Duo
from tests.interop.halog import PING_LOST
from tests.interop.plan import NODES, Plan, other
from tests.interop.stage import scenario
from tests.testbed.waiting import wait_for

MOVE_MS = 1500
NOTICE_S = 8


def ping_node_up(duo: Duo) -> bool:
    """As the sidecar sees it."""
    return all(ping["up"] for ping in duo.ours.status().get("ping", []))


def until_said(duo: Duo, kind: str, source: str, since_ns: int) -> None:
    wait_for(
        lambda: duo.tap.seen(kind, source, since_ns),
        seconds=NOTICE_S,
        what=f"{kind} of {source or 'either node'}",
    )


@scenario(Plan(named="ours", ipfail=True), Plan(ipfail=True))
def test_who_alone_loses_the_ping_node_hands_over_and_gets_back(duo: Duo) -> None:
    duo.allow(*PING_LOST)
    loser = duo.plan.named
    duo.serve(nobody_dies=True)
    with duo.step(f"{loser} alone loses the ping node", outage_ms=MOVE_MS):
        duo.node(loser).lose_ping()
        duo.page(other(loser))
        duo.at_rest(other(loser))
    with duo.step(f"{loser} sees it again", outage_ms=MOVE_MS):
        duo.node(loser).restore_ping()
        duo.at_rest(loser)


PATIENT = Plan(ipfail=True, keepalive="2", warntime="3", deadping="5", deadtime="5", initdead="5")
"""Who notices first waits two beats for the other one, which asks the ping node once a beat, and
whose ipfail may look up to a second later."""


@scenario(PATIENT, replace(PATIENT, named="ours"))
def test_what_both_lose_moves_nothing(duo: Duo) -> None:
    duo.allow(*PING_LOST)
    duo.serve()
    with duo.step("the ping node is gone for both", outage_ms=UNNOTICED_MS) as step:
        duo.arbiter.drop()
        wait_for(lambda: not ping_node_up(duo), seconds=NOTICE_S, what="the sidecar noticing")
        for node in NODES:
            until_said(duo, "num_ping_nodes", node, step.since_ns)
        until_said(duo, "abort_giveup", "", step.since_ns)
        duo.at_rest(duo.plan.named)
    asked = duo.tap.seen("ask_resources", since_ns=step.since_ns)
    # The real ipfail, which has just met its peer, may still give back what is not its own anyway.
    assert all(one.message.get("rsc_hold") == "foreign" for one in asked)
    with duo.step("it is there again", outage_ms=UNNOTICED_MS) as step:
        duo.arbiter.restore()
        wait_for(lambda: ping_node_up(duo), seconds=NOTICE_S, what="the sidecar noticing")
        until_said(duo, "abort_giveup", "", step.since_ns)
        duo.at_rest(duo.plan.named)
