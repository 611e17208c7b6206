"""A planned hand-over, seen from the node that takes (protocol section 6.3)."""

import pytest

from sidecar.core import dialect
from sidecar.core.actions import ClaimAddress, PauseService, ProbeAddress, StartService
from sidecar.core.events import EngineChanged
from sidecar.core.occurrences import GiveUpBegan, StandbyRefused, TakeoverBegan
from sidecar.core.standby import OFFER_MAX_NS
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState, Holding, StandbyState
from sidecar.wire import fields
from tests.core.harness import (
    MACS,
    NODE,
    PEER,
    VIP,
    VIP_OF_PEER,
    a_group,
    mirrored,
    some_params,
)
from tests.core.scenes import Scene, settled, starting


def standing_by(*, sidecar: bool = False) -> Scene:
    """node-b stands by; the peer node-a holds its own group."""
    scene = settled(mirrored(some_params()), sidecar=sidecar, holds="local")
    assert scene.held == set()
    return scene


def asked(scene: Scene) -> list[tuple[str | None, str | None]]:
    return [(m.get("rsc_hold"), m.get("info")) for m in scene.node.said(fields.ASK_RESOURCES)]


def state(scene: Scene) -> StandbyState:
    return scene.node.cluster.takeover.standby.state


def test_an_offer_is_accepted_when_the_containers_serve():
    """6.3: taker -> other. Safety rule 7: only the address is left to move then."""
    scene = standing_by()
    scene.peer.ask("all", "me")
    assert asked(scene) == []
    scene.run(100 * MILLISECOND)
    assert asked(scene) == [("all", "other")]
    assert scene.node.hands.containers["nginx"] is ContainerState.RUNNING
    assert scene.held == set()


def unknown(scene: Scene) -> None:
    scene.node.sees("nginx", ContainerState.UNKNOWN, detail="not looked at yet")


def test_an_offer_that_comes_before_the_engines_first_word_is_accepted():
    """6.3: a Heartbeat node offers once at the start, and waits ten seconds for the answer."""
    scene = standing_by()
    unknown(scene)
    scene.peer.ask("foreign", "me")
    assert asked(scene) == [("foreign", "other")]


def test_an_offer_is_refused_when_the_engine_is_known_to_be_silent():
    scene = standing_by()
    unknown(scene)
    scene.node.step(EngineChanged(up=False, reason="nobody listens"))
    scene.peer.ask("foreign", "me")
    assert asked(scene) == []
    assert scene.node.told_of(StandbyRefused)


def test_the_address_is_claimed_on_the_givers_done_and_not_before():
    """6.3: taker starts the groups after the giver's done."""
    scene = standing_by()
    scene.peer.ask("all", "me")
    scene.run(300 * MILLISECOND)
    scene.peer.tell("none", stable=False, info="standby")
    scene.run(300 * MILLISECOND)
    assert list(scene.node.wished(ClaimAddress)) == []
    scene.peer.ask("all", "done")
    scene.run(100 * MILLISECOND)
    assert scene.held == {VIP}
    assert asked(scene) == [("all", "other"), ("all", "done")]


def test_the_givers_word_makes_a_probe_needless():
    """Safety rule 3 asks for the peer's word or a probe; here is the word."""
    scene = standing_by()
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask("all", "done")
    scene.run(100 * MILLISECOND)
    assert scene.held == {VIP}
    assert list(scene.node.wished(ProbeAddress)) == []


def test_a_word_that_comes_late_makes_no_probe_needless():
    """Seed 117: the giver had not heard the taker for a deadtime, and had taken it back."""
    scene = standing_by()
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.peer.ask("all", "me")
    scene.run(900 * MILLISECOND)
    scene.peer.ask("all", "done")
    scene.run(100 * MILLISECOND)
    assert list(scene.node.wished(ProbeAddress))
    assert scene.held == set()
    del scene.node.hands.owners[VIP]
    scene.run(1 * SECOND)
    assert scene.held == {VIP}


def test_a_word_that_has_grown_old_makes_no_probe_needless():
    """Seed 13495: the kernel refused the claim at first. When it was tried again, the giver had not
    heard the taker for a deadtime, and had taken it back.
    """
    scene = standing_by()
    scene.node.hands.refused = {VIP}
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask("all", "done")
    scene.run(100 * MILLISECOND)
    scene.node.hands.owners[VIP] = MACS[PEER]
    scene.run(1 * SECOND)
    scene.node.hands.refused.clear()
    scene.run(1 * SECOND)
    assert scene.held == set()
    del scene.node.hands.owners[VIP]
    scene.run(1 * SECOND)
    assert scene.held == {VIP}


def test_the_taker_tells_its_new_holdings_as_stable():
    """6.3: taker -> resource NEW full isstable=1."""
    scene = standing_by()
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask("all", "done")
    scene.run(100 * MILLISECOND)
    last = scene.node.said(fields.RESOURCE)[-1]
    assert (last.get("rsc_hold"), last.get("rtype"), last.get("isstable")) == ("all", "full", "1")
    assert state(scene) is StandbyState.NOT


@pytest.mark.parametrize(
    ("given", "taken"),
    [("local", Holding.ALL), ("all", Holding.ALL), ("foreign", Holding.LOCAL)],
)
def test_the_taker_maps_the_givers_words(given: str, taken: Holding):
    """6.3: taker maps X: local and foreign swap, all stays all; 11.19: the words stay."""
    scene = standing_by()
    scene.peer.ask(given, "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask(given, "done")
    scene.run(100 * MILLISECOND)
    assert asked(scene) == [(given, "other"), (given, "done")]
    assert scene.node.cluster.takeover.holdings.mine is taken


def test_an_offer_while_the_giver_is_not_stable_is_refused():
    """6.3: honoured only if the other is stable and own state is STABLE; "in flux"."""
    scene = standing_by()
    scene.peer.tell("local", stable=False)
    scene.peer.ask("all", "me")
    scene.run(1 * SECOND)
    assert asked(scene) == []
    (refused,) = scene.node.told_of(StandbyRefused)
    assert "in flux" in refused.why


def test_an_offer_before_we_are_stable_is_refused():
    """6.3: own state is STABLE."""
    scene = starting(mirrored(some_params()))
    scene.peer.say(fields.STARTING)
    scene.peer.ask("all", "me")
    scene.run(1 * SECOND)
    assert asked(scene) == []
    assert len(scene.node.told_of(StandbyRefused)) == 1


def test_a_second_offer_while_one_is_under_way_is_refused():
    """6.3: a second me while one is running is ignored with a WARN."""
    scene = standing_by()
    scene.peer.ask("all", "me")
    scene.peer.ask("local", "me")
    scene.run(100 * MILLISECOND)
    assert asked(scene) == [("all", "other")]
    assert len(scene.node.told_of(StandbyRefused)) == 1


@pytest.mark.parametrize("word", ["none", "everything", ""])
def test_an_offer_of_nothing_is_refused(word: str):
    scene = standing_by()
    scene.peer.ask(word or "-", "me")
    scene.run(1 * SECOND)
    assert asked(scene) == []


def test_an_offer_of_a_sidecar_that_cannot_serve_any_more_is_accepted():
    """Safety rule 6: it hands over because it is not fit; that must not be an obstacle."""
    scene = standing_by(sidecar=True)
    scene.peer.ready = False
    scene.peer.beat()
    scene.peer.ask("local", "me", hs_why="service_failed")
    scene.run(100 * MILLISECOND)
    assert asked(scene) == [("local", "other")]


def test_an_offer_that_we_could_not_serve_is_refused():
    """Safety rule 6: never hand over to a node that is not ready."""
    scene = standing_by()
    scene.node.sees("nginx", ContainerState.ABSENT)
    scene.peer.ask("all", "me")
    assert state(scene) is StandbyState.NOT
    assert len(scene.node.told_of(StandbyRefused)) == 1
    scene.run(1 * SECOND)
    assert asked(scene) == []


def test_what_was_warmed_for_a_hand_over_is_not_paused_when_the_other_dies():
    """Safety rule 7: at deadtime only the address has to move."""
    scene = standing_by(sidecar=True)
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}
    assert list(scene.node.wished(PauseService)) == []


def test_the_others_death_cancels_it_and_all_is_taken_over():
    """6.3, R7."""
    scene = standing_by()
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.fall_silent()
    scene.run(3 * SECOND)
    assert state(scene) is StandbyState.NOT
    assert scene.held == {VIP}
    assert [began.reason for began in scene.node.told_of(TakeoverBegan)] == ["peer_dead"]


def test_an_offer_that_ends_without_done_leaves_us_standing_by():
    """6.3: the giver was restarted in between."""
    scene = standing_by()
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.restart()
    scene.peer.beat()
    scene.run(1 * SECOND)
    assert state(scene) is StandbyState.NOT
    assert scene.held == set()
    assert scene.node.hands.containers["nginx"] is ContainerState.PAUSED


def test_done_without_a_preceding_offer_is_no_word_to_take():
    scene = standing_by()
    scene.peer.ask("all", "done")
    scene.run(1 * SECOND)
    assert scene.held == set()


def test_done_for_other_groups_than_those_offered_is_no_word_to_take():
    """6.3: X is the same in all of them, so this is the word of another hand-over."""
    scene = standing_by()
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask("foreign", "done")
    scene.run(1 * SECOND)
    assert state(scene) is StandbyState.OTHER
    assert scene.held == set()


def test_a_giver_that_begins_anew_with_less_gives_only_that():
    """It held us for dead meanwhile, so that its first offer came to nothing: it serves again."""
    scene = standing_by(sidecar=True)
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask("foreign", "me")
    assert asked(scene) == [("all", "other"), ("foreign", "other")]
    scene.peer.ask("foreign", "done")
    scene.run(1 * SECOND)
    assert scene.held == set()
    assert scene.node.hands.containers["nginx"] is ContainerState.PAUSED
    assert state(scene) is StandbyState.NOT


def test_a_giver_that_begins_anew_with_more_gives_all_of_it():
    scene = standing_by(sidecar=True)
    scene.peer.ask("foreign", "me")
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    assert asked(scene) == [("foreign", "other"), ("all", "other")]
    scene.peer.ask("all", "done")
    scene.run(100 * MILLISECOND)
    assert scene.held == {VIP}


def test_a_giver_that_begins_anew_with_what_cannot_be_served_here_is_refused():
    """Seed 5294: the hand-over had come to nothing before it was begun."""
    groups = (a_group(NODE, VIP, "nginx"), a_group(PEER, VIP_OF_PEER, "php"))
    scene = settled(mirrored(some_params(groups=groups)), sidecar=True, holds="all")
    scene.node.hands.container_ns = 60 * SECOND
    scene.peer.ask("local", "me")
    assert state(scene) is StandbyState.OTHER
    scene.node.sees("php", ContainerState.ABSENT, detail="no such container")
    scene.peer.ask("all", "me")
    assert state(scene) is StandbyState.NOT
    assert "cannot serve" in scene.node.told_of(StandbyRefused)[-1].sentence()


def test_who_slept_does_not_take_what_was_given_meanwhile():
    """Safety rule 2: the giver may have held it for dead, and have taken all of it back."""
    scene = standing_by(sidecar=True)
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.node.frozen = True
    scene.run(2 * SECOND)
    scene.node.frozen = False
    scene.peer.ask("all", "done")
    scene.run(1 * SECOND)
    assert state(scene) is StandbyState.NOT
    assert scene.held == set()


def test_a_giver_that_holds_again_what_it_gave_ends_it():
    """It did not hear the taker for a deadtime, and knows of no hand-over any more."""
    scene = standing_by(sidecar=True)
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask("all", "done")
    assert state(scene) is StandbyState.DONE, "the kernel has not answered the claim yet"
    scene.peer.tell("all", stable=True)
    assert state(scene) is StandbyState.NOT


def test_a_word_from_before_the_giver_took_it_back_is_no_word_to_take():
    """Seed 18036: it was lost, and sent again when the giver had held the taker for dead, served
    and told so.
    """
    scene = standing_by(sidecar=True)
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.seq += 1
    scene.peer.tell("all", stable=True)
    scene.peer.say_again(scene.peer.seq - 1, fields.ASK_RESOURCES, rsc_hold="all", info="done")
    assert scene.node.told_of(TakeoverBegan) == []
    scene.run(OFFER_MAX_NS)
    assert state(scene) is StandbyState.NOT
    assert "does not wait for it any more" in scene.node.told_of(StandbyRefused)[-1].sentence()


def test_a_giver_that_has_taken_something_else_meanwhile_ends_it():
    """Seed 147: the offer waited while the taker slept; who keeps the taker's group comes first."""
    groups = (a_group(NODE, VIP, "nginx"), a_group(PEER, VIP_OF_PEER, "nginx"))
    scene = settled(some_params(groups=groups), sidecar=True, holds="local")
    assert scene.held == {VIP}
    scene.node.frozen = True
    scene.run(2 * SECOND)
    scene.node.hands.owners[VIP] = MACS[PEER]
    scene.node.frozen = False
    scene.peer.ask("local", "me")
    assert state(scene) is StandbyState.OTHER
    scene.peer.tell("all", stable=True, term="1,5")
    assert state(scene) is StandbyState.NOT
    assert [gave.reason for gave in scene.node.told_of(GiveUpBegan)] == ["conflict"]


def test_the_containers_are_warmed_only_for_groups_on_their_way():
    scene = standing_by()
    scene.peer.ask("foreign", "me")
    scene.run(100 * MILLISECOND)
    assert list(scene.node.wished(StartService)) == []
    assert asked(scene) == [("foreign", "other")]


@pytest.mark.parametrize("why", ["service_failed", "shutdown"])
def test_a_group_given_because_it_failed_goes_back_when_its_node_can_serve(why: str):
    """UNFIT reasons arm a failback. Seed 5483: who stopped was killed before its goodbye."""
    scene = standing_by(sidecar=True)
    scene.peer.ready = False
    scene.peer.beat()
    give(scene, why, term="1,0")
    scene.node.forget()
    scene.run(5 * SECOND)
    assert asked(scene) == []
    scene.peer.ready = True
    scene.run(1 * SECOND)
    assert asked(scene) == [("foreign", "me")]


def test_a_giver_that_offers_something_else_has_ended_what_it_gave():
    scene = standing_by(sidecar=True)
    scene.peer.ask("local", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.tell("none", stable=False, info="standby")
    scene.node.hands.mute.add(ClaimAddress)
    scene.peer.ask("local", "done")
    assert state(scene) is StandbyState.DONE
    scene.peer.tell("none", stable=True)
    scene.peer.ask("foreign", "me")
    scene.run(100 * MILLISECOND)
    assert asked(scene)[-1] == ("foreign", "other")


def test_to_get_back_its_own_because_the_other_failed_gives_back_nothing_else():
    """Seed 2442: what an operator had moved here went, too."""
    groups = (a_group(NODE, VIP, "nginx"), a_group(PEER, VIP_OF_PEER, "nginx"))
    scene = settled(mirrored(some_params(groups=groups)), sidecar=True, holds="all")
    assert scene.held == set()
    for which, why in (("local", "standby"), ("foreign", "service_failed")):
        scene.peer.ask(which, "me", hs_why=why)
        scene.run(100 * MILLISECOND)
        scene.peer.ask(which, "done")
        scene.run(100 * MILLISECOND)
    scene.peer.tell("none", stable=True, term="0,0")
    assert scene.held == {VIP, VIP_OF_PEER}
    scene.node.forget()
    scene.run(30 * SECOND)
    assert asked(scene) == []


def test_a_group_given_because_somebody_wished_it_stays():
    scene = standing_by(sidecar=True)
    give(scene, "standby", term="1,0")
    scene.node.forget()
    scene.run(30 * SECOND)
    assert asked(scene) == []
    assert scene.held == {VIP}


def test_it_stays_also_if_it_was_here_before_and_was_then_to_go_back():
    """Seed 7330: the peer failed, returned, took it back, and an operator put it here again."""
    scene = standing_by(sidecar=True)
    scene.peer.ready = False
    scene.peer.beat()
    give(scene, "service_failed", term="1,0")
    assert scene.held == {VIP}
    scene.peer.tell("local", stable=True, term="1,0")
    scene.run(100 * MILLISECOND)
    assert scene.held == set()
    give(scene, "standby", term="1,0")
    assert scene.held == {VIP}
    scene.peer.ready = True
    scene.node.forget()
    scene.run(30 * SECOND)
    assert asked(scene) == []


def test_what_is_here_already_goes_back_though_an_operator_asked_for_all():
    """Seed 10750: it was held for its failed node, and only the rest came by the request."""
    groups = (a_group(NODE, VIP, "nginx"), a_group(PEER, VIP_OF_PEER))
    scene = settled(mirrored(some_params(groups=groups)), sidecar=True, holds="all")
    scene.peer.ready = False
    scene.peer.beat()
    give(scene, "service_failed", term="1,0", left="foreign")
    assert scene.held == {VIP}
    give(scene, "standby", term="1,0", which="all")
    assert scene.held == {VIP, VIP_OF_PEER}
    scene.peer.ready = True
    scene.node.forget()
    scene.run(5 * SECOND)
    assert asked(scene) == [("foreign", "me")]


def give(scene: Scene, why: str, *, term: str, which: str = "local", left: str = "none") -> None:
    """The peer hands over what it calls ``which``, and holds ``left`` after that."""
    scene.peer.ask(which, "me", hs_why=why)
    scene.run(100 * MILLISECOND)
    scene.peer.tell(left, stable=False, info="standby", term=term)
    scene.peer.ask(which, "done")
    scene.run(100 * MILLISECOND)
    scene.peer.tell(left, stable=True, term=term)


@pytest.mark.parametrize("why", ["", "Service Failed!", "x" * 200, "\udcff"])
def test_a_reason_that_is_none_of_ours_becomes_standby(why: str):
    """What the peer says becomes the label of a metric: only words that we know may."""
    scene = standing_by(sidecar=True)
    scene.peer.ask("local", "me", **{dialect.WHY: why or "-"})
    scene.run(100 * MILLISECOND)
    scene.peer.ask("local", "done")
    assert [began.reason for began in scene.node.told_of(TakeoverBegan)] == ["standby"]


def test_an_offer_that_the_giver_has_ended_unheard_is_forgotten():
    """It waits ten seconds for an answer, and says nothing when they are over."""
    scene = standing_by(sidecar=True)
    scene.node.hands.container_ns = 60 * SECOND
    scene.peer.ask("all", "me")
    scene.run(14 * SECOND)
    assert state(scene) is StandbyState.OTHER
    scene.run(2 * SECOND)
    assert state(scene) is StandbyState.NOT
    assert "does not wait for it any more" in scene.node.told_of(StandbyRefused)[-1].sentence()


def test_a_giver_that_lets_go_slowly_is_waited_for():
    scene = standing_by(sidecar=True)
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.tell("none", stable=False, info="standby")
    scene.run(40 * SECOND)
    assert state(scene) is StandbyState.OTHER
    scene.peer.ask("all", "done")
    scene.run(2 * SECOND)
    assert scene.held == {VIP}
