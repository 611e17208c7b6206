"""The nodes cannot hear each other although both live. A real Heartbeat then takes everything, and
restarts itself when they meet again; the sidecar asks who answers for the address, and stays.
"""

from tests.interop.duo import SETTLE_S, UNNOTICED_MS, Duo
from tests.interop.halog import DEATH, OVERHEARD, PARTITION, RETURN
from tests.interop.plan import OURS, REAL, Plan
from tests.interop.stage import scenario
from tests.testbed.waiting import wait_for

NOTICE_S = 5
ASKED_MS = 4000
"""It waits 3 s for a real node to say what it holds."""
YIELD_MS = 5000
"""The sidecar gives the real node 4 s to restart, then it lets go itself."""
HEAL_S = 40
"""The real node needs 2 s to decide, 4 s to restart, and may wait 10 s for the sidecar."""


def both_notice(duo: Duo) -> None:
    wait_for(lambda: duo.ours.peer().get("status") == "dead", seconds=NOTICE_S, what="a dead peer")
    wait_for(
        lambda: "node ours: is dead" in duo.real.log.read_text(),
        seconds=NOTICE_S,
        what="the real node noticing, too",
    )


def calls_itself_settled(duo: Duo) -> bool:
    """A lone real node does after 10 s, and says nothing more by itself."""
    return "resource transition completed" in duo.real.log.read_text()


@scenario()
def test_a_cut_heartbeat_makes_no_second_owner_while_the_real_node_serves(duo: Duo) -> None:
    duo.allow(*DEATH, *RETURN, *PARTITION)
    duo.serve()
    cable = duo.real.cables["eth1"]
    with duo.step("only the heartbeat is cut", outage_ms=UNNOTICED_MS):
        cable.drop()
        both_notice(duo)
        duo.page(REAL)
    with duo.step("the heartbeat is back; the real node restarts itself", outage_ms=2000):
        restarts = duo.tap.seen("shutdone", REAL)
        cable.restore()
        wait_for(
            lambda: len(duo.tap.seen("shutdone", REAL)) > len(restarts),
            seconds=HEAL_S,
            what="the restart of the real node",
        )
        duo.page(OURS)
        duo.at_rest(REAL)


@scenario(Plan(named="ours"), Plan(named="ours", failback="off"))
def test_a_serving_sidecar_serves_through_a_partition_and_its_end(duo: Duo) -> None:
    """The real node takes the address, too, on its side of the cut: it does not ask."""
    duo.allow(*DEATH, *RETURN, *PARTITION)
    duo.serve()
    with duo.step(
        "the real node is cut off from everything", outage_ms=UNNOTICED_MS, overlap_ms=20_000
    ):
        for cable in duo.real.cables.values():
            cable.drop()
        both_notice(duo)
        duo.page(OURS)
    with duo.step("the cut heals; the real node restarts", outage_ms=2000, overlap_ms=6_000):
        for cable in duo.real.cables.values():
            cable.restore()
        wait_for(lambda: duo.holder() == OURS, seconds=HEAL_S, what="one owner")
        duo.at_rest(OURS)


@scenario()
def test_a_real_node_that_was_cut_off_comes_back_to_a_serving_sidecar(duo: Duo) -> None:
    """Both serve on their side of the cut; in the end the preferred node does."""
    duo.allow(*DEATH, *RETURN, *PARTITION)
    duo.serve()
    with duo.step("the real node is cut off", outage_ms=2500, overlap_ms=20_000):
        for cable in duo.real.cables.values():
            cable.drop()
        both_notice(duo)
        duo.page(OURS)
    with duo.step("the cut heals; the real node restarts", outage_ms=2000, overlap_ms=6_000):
        for cable in duo.real.cables.values():
            cable.restore()
        wait_for(lambda: duo.holder() == OURS, seconds=HEAL_S, what="one owner")
        duo.at_rest(REAL)


@scenario()
def test_a_sidecar_that_hears_nothing_for_a_while_leaves_the_real_node_alone(duo: Duo) -> None:
    """The real node hears the sidecar all the time, so that it does not restart."""
    duo.allow(*OVERHEARD)
    duo.serve()
    cable = duo.ours.cables["eth1"]
    with duo.step("what the real node says is lost", outage_ms=UNNOTICED_MS):
        cable.drop("to_host")
        wait_for(
            lambda: duo.ours.peer().get("status") == "dead", seconds=NOTICE_S, what="a dead peer"
        )
        duo.page(REAL)
    with duo.step("it is heard again", outage_ms=UNNOTICED_MS):
        cable.restore()
        duo.at_rest(REAL)
    with duo.step("a move afterwards: hb_standby all", outage_ms=1500):
        duo.real.standby("all")
        duo.at_rest(OURS)


@scenario(Plan(named="ours"))
def test_a_real_node_that_hears_nothing_is_left_the_address_until_it_restarts(duo: Duo) -> None:
    """It takes the address and does not let go; the sidecar, which hears it, does in the end."""
    duo.allow(*DEATH, *RETURN, *PARTITION)
    duo.serve()
    cable = duo.real.cables["eth1"]
    with duo.step("what the sidecar says is lost", outage_ms=1500, overlap_ms=YIELD_MS):
        cable.drop("to_host")
        wait_for(lambda: duo.holder() == "ours+real", seconds=NOTICE_S, what="two owners")
        wait_for(lambda: duo.holder() == REAL, seconds=10, what="one owner")
        duo.page(REAL)
    with duo.step("it is heard again; the real node restarts", outage_ms=2000):
        cable.restore()
        duo.page(OURS, seconds=HEAL_S)
        wait_for(lambda: len(duo.tap.seen("starting", REAL)) > 1, seconds=HEAL_S, what="a new life")
        duo.at_rest(OURS)


@scenario(Plan(failback="off"))
def test_a_sidecar_that_starts_cut_off_leaves_a_serving_real_node_what_it_serves(duo: Duo) -> None:
    """To the real node it is one that has just started, and its first words are lost."""
    duo.allow(*DEATH, *PARTITION)
    duo.real.start()
    duo.page(REAL)
    with duo.step("the sidecar starts, cut off from everything", overlap_ms=20_000):
        for cable in duo.ours.cables.values():
            cable.drop()
        duo.ours.start()
        wait_for(lambda: duo.holder() == "ours+real", seconds=SETTLE_S, what="two owners")
        wait_for(lambda: calls_itself_settled(duo), seconds=SETTLE_S, what="a settled real node")
    with duo.step("the cut heals", outage_ms=UNNOTICED_MS, overlap_ms=ASKED_MS + YIELD_MS):
        # This one first: what is announced before the real node is heard draws the client away.
        duo.ours.cables["eth1"].restore()
        wait_for(lambda: duo.ours.peer().get("status") == "active", seconds=5, what="a peer")
        duo.ours.cables["eth0"].restore()
        wait_for(lambda: duo.holder() == REAL, seconds=15, what="one owner")
        duo.page(REAL)
