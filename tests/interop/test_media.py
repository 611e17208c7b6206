"""Every medium of ha.cf carries a pair, alone or beside another one; one of two may be cut."""

from tests.interop.duo import UNNOTICED_MS, Duo
from tests.interop.halog import DEATH, OVERTAKEN, PARTITION, RETURN
from tests.interop.plan import (
    BCAST,
    MCAST,
    OURS,
    REAL,
    SECOND_BCAST,
    SERIAL,
    UCAST,
    Plan,
)
from tests.interop.stage import scenario
from tests.testbed.waiting import wait_for

MOVE_MS = 1500
DEATH_MS = 3500
"""Here it counts that it is noticed; how soon is measured in test_death.py."""
NOTICE_S = 5
HEAL_S = 40
TWO_NETWORKS = Plan(media=(*UCAST, *SECOND_BCAST))
NETWORK_AND_LINE = Plan(media=(*UCAST, *SERIAL))


def until_both_say(duo: Duo, kind: str, status: str, *, times: int) -> None:
    """Of the link of this medium, whichever end of it is looked at."""
    device = {"ucast": "eth1", "bcast": "eth2", "serial": duo.real_tty}[kind]

    def real_says() -> bool:
        log = duo.real.log.read_text(errors="replace")
        return log.count(f"Link ours:{device} {status}.") >= times

    wait_for(
        lambda: duo.ours.links().get(kind) == status,
        seconds=NOTICE_S,
        what=lambda: f"the sidecar saying {kind} {status}; it says {duo.ours.links()}",
    )
    wait_for(real_says, seconds=NOTICE_S, what=f"the real node saying {device} {status}")


@scenario(Plan(media=BCAST), Plan(media=MCAST), Plan(media=SERIAL))
def test_one_medium_alone_carries_a_pair(duo: Duo) -> None:
    duo.allow(*DEATH, *(OVERTAKEN if duo.real_tty else ()))
    duo.serve()
    assert duo.ours.links() == {duo.plan.kinds[0]: "up"}
    with duo.step("hb_standby all on the real node", outage_ms=MOVE_MS):
        duo.real.standby("all")
        duo.at_rest(OURS)
    with duo.step("power cut of the sidecar's host", outage_ms=DEATH_MS):
        duo.ours.power_off()
        duo.page(REAL)


@scenario(TWO_NETWORKS, NETWORK_AND_LINE)
def test_one_of_two_links_is_cut_and_nothing_moves(duo: Duo) -> None:
    duo.allow(*(OVERTAKEN if duo.real_tty else ()))
    duo.serve(nobody_dies=True)
    for kind in duo.plan.kinds:
        (other,) = set(duo.plan.kinds) - {kind}
        with duo.step(f"{kind} is cut, {other} is not", outage_ms=UNNOTICED_MS):
            duo.link(kind).drop()
            until_both_say(duo, kind, "dead", times=1)
            assert duo.ours.links()[other] == "up"
            assert duo.ours.peer()["status"] == "active"
            assert "is dead" not in duo.real.log.read_text()
        with duo.step(f"{kind} is mended", outage_ms=UNNOTICED_MS):
            duo.link(kind).restore()
            until_both_say(duo, kind, "up", times=2)
            duo.at_rest(REAL)


@scenario(NETWORK_AND_LINE, long=True)
def test_both_links_are_cut_and_there_is_no_second_owner(duo: Duo) -> None:
    duo.allow(*DEATH, *RETURN, *PARTITION, *OVERTAKEN)
    duo.serve()
    with duo.step("both links are cut", outage_ms=UNNOTICED_MS):
        for kind in duo.plan.kinds:
            duo.link(kind).drop()
        wait_for(
            lambda: duo.ours.peer().get("status") == "dead", seconds=NOTICE_S, what="a dead peer"
        )
        wait_for(
            lambda: "node ours: is dead" in duo.real.log.read_text(),
            seconds=NOTICE_S,
            what="the real node noticing, too",
        )
        duo.page(REAL)
    with duo.step("both are mended; the real node restarts itself", outage_ms=2000):
        restarts = duo.tap.seen("shutdone", REAL)
        for kind in duo.plan.kinds:
            duo.link(kind).restore()
        wait_for(
            lambda: len(duo.tap.seen("shutdone", REAL)) > len(restarts),
            seconds=HEAL_S,
            what="the restart of the real node",
        )
        duo.page(OURS)
        duo.at_rest(REAL)
