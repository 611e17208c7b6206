"""An operator moves the groups, on either node, with the node's own commands.

``local`` and ``foreign`` are meant as seen from the node that the command is given to: local are
the groups whose line in haresources begins with its name.
"""

from tests.interop.duo import UNNOTICED_MS, Duo
from tests.interop.plan import OURS, REAL, Plan
from tests.interop.stage import scenario
from tests.testbed.waiting import wait_for

MOVE_MS = 1500


@scenario()
def test_a_real_node_goes_standby_and_the_sidecar_gives_back(duo: Duo) -> None:
    duo.serve()
    for theirs, ours in (("all", "all"), ("local", "foreign"), ("all", "failback")):
        with duo.step(f"hb_standby {theirs} on the real node", outage_ms=MOVE_MS):
            duo.real.standby(theirs)
            duo.at_rest(OURS)
        with duo.step(f"sidecar standby {ours}", outage_ms=MOVE_MS):
            duo.ours.standby(ours)
            duo.at_rest(REAL)


@scenario(Plan(named="ours", failback="off"))
def test_a_sidecar_goes_standby_and_the_real_node_gives_back(duo: Duo) -> None:
    duo.serve()
    for ours, theirs in (("all", "all"), ("local", "foreign"), ("all", "failback")):
        with duo.step(f"sidecar standby {ours}", outage_ms=MOVE_MS):
            duo.ours.standby(ours)
            duo.at_rest(REAL)
        with duo.step(f"hb_standby {theirs} on the real node", outage_ms=MOVE_MS):
            duo.real.standby(theirs)
            duo.at_rest(OURS)


@scenario()
def test_takeover_of_the_real_nodes_own_group_works_both_ways(duo: Duo) -> None:
    duo.serve()
    for ours, theirs in (("all", "all"), ("foreign", "local"), ("all", "failback")):
        with duo.step(f"sidecar takeover {ours}", outage_ms=MOVE_MS):
            duo.ours.takeover(ours)
            duo.at_rest(OURS)
        with duo.step(f"hb_takeover {theirs} on the real node", outage_ms=MOVE_MS):
            duo.real.takeover(theirs)
            duo.at_rest(REAL)


@scenario(Plan(named="ours", failback="off"))
def test_takeover_of_the_sidecars_own_group_works_both_ways(duo: Duo) -> None:
    duo.serve()
    for theirs, ours in (("all", "all"), ("foreign", "local"), ("all", "failback")):
        with duo.step(f"hb_takeover {theirs} on the real node", outage_ms=MOVE_MS):
            duo.real.takeover(theirs)
            duo.at_rest(REAL)
        with duo.step(f"sidecar takeover {ours}", outage_ms=MOVE_MS):
            duo.ours.takeover(ours)
            duo.at_rest(OURS)


@scenario()
def test_a_standby_of_what_is_not_held_moves_nothing(duo: Duo) -> None:
    duo.serve()
    with duo.step("hb_standby foreign on the real node", outage_ms=UNNOTICED_MS) as step:
        duo.real.standby("foreign")
        wait_for(
            lambda: duo.tap.seen("ask_resources", REAL, step.since_ns), seconds=5, what="an offer"
        )
        duo.at_rest(REAL)
    with duo.step("sidecar standby local", outage_ms=UNNOTICED_MS):
        duo.ours.standby("local")
        duo.at_rest(REAL)
