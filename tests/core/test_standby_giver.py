"""A planned hand-over, seen from the node that gives (protocol section 6.3)."""

import pytest

from sidecar.core import dialect
from sidecar.core.actions import ReleaseAddress
from sidecar.core.events import StandbyRequested
from sidecar.core.occurrences import GiveUpBegan, NodeQuiet, StandbyRefused
from sidecar.core.terms import MILLISECOND, SECOND, Holding, StandbyState
from sidecar.wire import fields
from tests.core.harness import NODE, PEER, VIP, VIP_OF_PEER, Wired, a_group, some_params
from tests.core.scenes import Scene, settled


def standby_asked(scene: Scene, which: str = "all") -> None:
    scene.node.step(StandbyRequested(request=1, which=which))


def asked(scene: Scene) -> list[tuple[str | None, str | None]]:
    return [(m.get("rsc_hold"), m.get("info")) for m in scene.node.said(fields.ASK_RESOURCES)]


def state(scene: Scene) -> StandbyState:
    return scene.node.cluster.takeover.standby.state


def answers(scene: Scene) -> list[bool]:
    return [answer.ok for answer in scene.node.answers]


def test_the_giver_offers_and_keeps_all_until_it_is_answered():
    """6.3: giver -> all: ask_resources rsc_hold=X info=me."""
    scene = settled()
    standby_asked(scene)
    scene.run(5 * SECOND)
    assert asked(scene) == [("all", "me")]
    assert scene.held == {VIP}
    assert state(scene) is StandbyState.ME


def test_other_makes_the_giver_say_what_remains_and_release():
    """6.3: giver -> resource REMAINING full isstable=0 info=standby, before the stop scripts."""
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "other")
    (remaining,) = scene.node.said(fields.RESOURCE)
    assert [remaining.get(name) for name in ("rsc_hold", "rtype", "isstable", "info")] == [
        "none",
        "full",
        "0",
        "standby",
    ]
    assert asked(scene) == [("all", "me")]
    scene.run(100 * MILLISECOND)
    assert scene.held == set()
    assert asked(scene) == [("all", "me"), ("all", "done")]


def test_an_answer_to_an_offer_of_other_groups_releases_nothing():
    """6.3: X is the same in all of them. It came late, and the offer it answers came to nothing."""
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("foreign", "other")
    scene.run(1 * SECOND)
    assert asked(scene) == [("all", "me")]
    assert scene.held == {VIP}


def test_the_end_of_another_hand_over_is_not_the_end_of_this_one():
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.run(200 * MILLISECOND)
    scene.peer.ask("foreign", "done")
    assert state(scene) is StandbyState.DONE


def test_done_is_said_only_when_the_address_has_gone():
    """6.3: giver stops the groups, and then -> done."""
    scene = settled()
    scene.node.hands.mute.add(ReleaseAddress)
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.run(1 * SECOND)
    assert ("all", "done") not in asked(scene)


def test_the_takers_done_ends_it_and_the_giver_says_that_it_is_stable():
    """6.3: giver -> resource REMAINING full isstable=1."""
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.run(200 * MILLISECOND)
    scene.node.forget()
    scene.peer.tell("all", stable=True)
    scene.peer.ask("all", "done")
    assert state(scene) is StandbyState.NOT
    last = scene.node.said(fields.RESOURCE)[-1]
    assert (last.get("rsc_hold"), last.get("isstable"), last.get("info")) == ("none", "1", None)
    assert answers(scene) == [True]


def test_the_takers_holdings_may_come_before_its_done():
    """4.2: resource can arrive before the ask_resources done that explains it."""
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.run(200 * MILLISECOND)
    done = scene.peer.seq + 1
    scene.peer.seq += 1
    scene.peer.tell("all", stable=True)
    scene.peer.say_again(done, fields.ASK_RESOURCES, rsc_hold="all", info="done")
    assert state(scene) is StandbyState.NOT
    assert scene.node.cluster.takeover.holdings.other is Holding.ALL


@pytest.mark.parametrize(
    ("which", "remains", "moves"), [("local", "none", True), ("all", "none", True)]
)
def test_the_giver_names_what_it_gives_from_its_own_point_of_view(
    which: str,
    remains: str,
    moves: bool,  # noqa: FBT001
):
    """6.3: rsc_hold names what is handed over, from the point of view of the giver."""
    scene = settled()
    standby_asked(scene, which)
    scene.peer.ask(which, "other")
    scene.run(200 * MILLISECOND)
    assert asked(scene) == [(which, "me"), (which, "done")]
    assert scene.node.said(fields.RESOURCE)[0].get("rsc_hold") == remains
    assert (scene.held == set()) is moves


def test_no_answer_within_10_s_cancels_it_and_nothing_has_moved():
    """6.3: no other within 10 s: cancelled."""
    scene = settled()
    standby_asked(scene)
    since_ns = scene.world.ns
    scene.world.run_to(since_ns + 10 * SECOND - 1)
    assert state(scene) is StandbyState.ME
    scene.run(1)
    assert scene.node.cluster.takeover.standby.idle
    assert answers(scene) == [False]
    assert scene.held == {VIP}
    (refused,) = scene.node.told_of(StandbyRefused)
    assert "did not answer within 10 s" in refused.why


def test_an_answer_that_comes_too_late_moves_nothing():
    scene = settled()
    standby_asked(scene)
    scene.run(10 * SECOND)
    scene.peer.ask("all", "other")
    scene.run(1 * SECOND)
    assert scene.held == {VIP}


def test_the_others_death_cancels_it():
    """6.3, R7: the other's death cancels it."""
    scene = settled()
    standby_asked(scene)
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    assert state(scene) is StandbyState.NOT
    assert answers(scene) == [False]
    assert scene.held == {VIP}


def test_the_others_death_after_the_release_brings_the_group_back():
    """R7: own bits become all; the taker died with the group on its way."""
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.run(200 * MILLISECOND)
    assert scene.held == set()
    scene.peer.fall_silent()
    scene.run(3 * SECOND)
    assert scene.held == {VIP}
    assert answers(scene) == [False]


def test_the_others_restart_cancels_it():
    scene = settled()
    standby_asked(scene)
    scene.peer.restart()
    scene.peer.beat()
    assert state(scene) is StandbyState.NOT
    assert scene.held == {VIP}


def test_a_second_offer_while_one_is_under_way_is_refused():
    """6.3: a second me while one is running is ignored with a WARN."""
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "me")
    assert asked(scene) == [("all", "me")]
    assert len(scene.node.told_of(StandbyRefused)) == 1
    scene.peer.ask("all", "other")
    scene.run(200 * MILLISECOND)
    assert asked(scene)[-1] == ("all", "done")


@pytest.mark.parametrize("info", ["other", "done"])
def test_a_step_without_an_offer_moves_nothing(info: str):
    """6.3: an unexpected info value is ignored."""
    scene = settled()
    scene.peer.ask("all", info)
    scene.run(1 * SECOND)
    assert scene.held == {VIP}
    assert state(scene) is StandbyState.NOT
    assert asked(scene) == []


def test_a_word_that_is_no_step_moves_nothing():
    """6.3: an unexpected info value logs ERROR "Ignored standby message"."""
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "perhaps")
    assert state(scene) is StandbyState.ME


def test_a_sidecar_is_told_why():
    scene = settled(sidecar=True)
    standby_asked(scene)
    assert scene.node.said(fields.ASK_RESOURCES)[0].get(dialect.WHY) == "standby"


def test_a_sidecar_that_is_not_ready_any_more_ends_the_offer_at_once():
    """Safety rule 6: never hand over to a peer that is not ready."""
    scene = settled(sidecar=True)
    standby_asked(scene)
    scene.peer.ready = False
    scene.peer.beat()
    assert state(scene) is StandbyState.NOT
    assert answers(scene) == [False]
    assert scene.held == {VIP}


def test_a_sidecar_that_takes_but_never_says_done_does_not_block_for_ever():
    """Between sidecars a step takes a minute at most; a real node has its hour (6.3)."""
    scene = settled(sidecar=True)
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.run(61 * SECOND)
    assert state(scene) is StandbyState.NOT


@pytest.mark.parametrize("taker", ["a sidecar", "a real node"])
def test_the_word_of_a_sidecar_that_takes_is_a_sign_of_life(taker: str):
    """It counts from there how long it may claim without a probe, and not from a status."""
    sidecar = taker == "a sidecar"
    scene = settled(sidecar=sidecar)
    scene.peer.fall_silent()
    scene.run(300 * MILLISECOND)  # the last beat has come
    standby_asked(scene)
    scene.run(400 * MILLISECOND)
    scene.peer.ask("all", "other")
    scene.run(990 * MILLISECOND)
    assert scene.node.cluster.peer.alive is sidecar
    scene.run(20 * MILLISECOND)
    assert not scene.node.cluster.peer.alive


def test_the_word_of_a_sidecar_that_takes_ends_a_silence_like_any_other():
    scene = settled(sidecar=True)
    scene.peer.fall_silent()
    scene.run(300 * MILLISECOND)  # the last beat has come
    standby_asked(scene)
    scene.run(400 * MILLISECOND)
    assert scene.node.cluster.peer.doubtful
    scene.peer.ask("all", "other")
    assert not scene.node.cluster.peer.doubtful
    scene.run(610 * MILLISECOND)
    silences = [quiet.silence_ns for quiet in scene.node.told_of(NodeQuiet)]
    assert silences == [600 * MILLISECOND, 600 * MILLISECOND], "each is one of its own"


def given() -> Scene:
    """A sidecar has accepted all, and was told that it is gone from here."""
    scene = settled(sidecar=True)
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.run(200 * MILLISECOND)
    return scene


def test_a_sidecar_that_holds_what_was_given_has_taken_it_though_it_never_says_done():
    """Seed 2446: it held the giver for dead meanwhile, and knows of no hand-over any more."""
    scene = given()
    scene.peer.tell("local", stable=True)
    assert state(scene) is StandbyState.DONE
    scene.peer.tell("all", stable=True)
    assert state(scene) is StandbyState.NOT
    assert answers(scene) == [True]


def test_a_sidecar_may_say_so_before_what_was_given_is_gone():
    scene = settled(sidecar=True)
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.peer.tell("all", stable=True)
    assert state(scene) is StandbyState.DONE
    scene.run(200 * MILLISECOND)
    assert asked(scene)[-1] == ("all", "done")
    assert state(scene) is StandbyState.NOT


def test_a_sidecar_that_offers_something_itself_has_ended_what_was_given_to_it():
    scene = given()
    scene.peer.ask("foreign", "me")
    assert state(scene) is StandbyState.OTHER
    assert answers(scene) == [True]
    scene.run(200 * MILLISECOND)
    assert asked(scene)[-1] == ("foreign", "other")


def test_the_last_word_of_one_hand_over_is_none_of_the_next():
    """Seed 4239: by another link, the taker's done came after the first word of its own offer."""
    scene = given()
    offer = scene.node.said(fields.ASK_RESOURCES)[-1].get(dialect.OFFER) or ""
    late = scene.peer.seq + 1
    scene.peer.seq += 1
    scene.peer.ask("all", "me", hs_offer="1,node-b")
    scene.run(200 * MILLISECOND)
    assert state(scene) is StandbyState.OTHER
    scene.peer.say_again(late, fields.ASK_RESOURCES, rsc_hold="all", info="done", hs_offer=offer)
    assert state(scene) is StandbyState.OTHER
    scene.peer.ask("all", "done", hs_offer="1,node-b")
    scene.run(200 * MILLISECOND)
    assert scene.held == {VIP}


def test_a_sidecar_that_holds_already_what_is_offered_to_it_ends_the_offer():
    """It held this node for dead, has taken all, and knows of no offer: the claims decide."""
    scene = settled(sidecar=True)
    standby_asked(scene)
    scene.peer.tell("all", stable=True)
    assert state(scene) is StandbyState.NOT
    assert answers(scene) == [False]


def test_a_sidecar_that_holds_what_is_its_own_ends_no_offer_of_all():
    """Of all that is offered it holds a part already, which is not this node's."""
    params = some_params(groups=(a_group(NODE, VIP), a_group(PEER, VIP_OF_PEER)))
    scene = settled(params, sidecar=True)
    standby_asked(scene)
    scene.peer.tell("local", stable=True)
    assert state(scene) is StandbyState.ME


def test_a_real_node_has_an_hour_for_each_step():
    """6.3: after other the time limit is one hour, renewed at each step."""
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "other")
    scene.run(600 * SECOND)
    assert state(scene) is StandbyState.DONE


def test_two_sidecars_hand_over_without_two_owners():
    pair = Wired()
    pair.start()
    assert pair.holders() == [NODE]
    owners: set[tuple[str, ...]] = set()
    pair.a.step(StandbyRequested(request=1, which="all"))
    for _ in range(500):
        pair.world.run(1 * MILLISECOND)
        owners.add(tuple(pair.holders()))
    assert owners == {(NODE,), (), (PEER,)}
    assert [answer.ok for answer in pair.a.answers] == [True]
    assert all(node.cluster.takeover.stable for node in pair.nodes)


def test_a_give_up_says_why():
    scene = settled()
    standby_asked(scene)
    scene.peer.ask("all", "other")
    (began,) = scene.node.told_of(GiveUpBegan)
    assert (began.reason, began.why) == ("standby", "an operator asked for it")


def test_of_two_offers_that_cross_one_is_carried_out():
    """6.3 ignores the second me; where both are the second, each waits for the other."""
    groups = (a_group(NODE, VIP, "web"), a_group(PEER, VIP_OF_PEER, "db"))
    pair = Wired(some_params(groups=groups))
    pair.start()
    for node in pair.nodes:
        node.step(StandbyRequested(request=1, which="local"))
    pair.world.run(3 * SECOND)
    assert (pair.holders(VIP), pair.holders(VIP_OF_PEER)) in (
        ([PEER], [PEER]),
        ([NODE], [NODE]),
    )
