"""What a person asks for: hb_standby and hb_takeover (protocol section 6.4 e)."""

import pytest

from sidecar.core.events import StandbyRequested, TakeoverRequested
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback
from sidecar.wire import fields
from tests.core.harness import NODE, PEER, VIP, Wired, mirrored, some_params
from tests.core.scenes import Scene, alone, settled, starting


def standby(scene: Scene, which: str, request: int = 1) -> None:
    scene.node.step(StandbyRequested(request=request, which=which))


def takeover(scene: Scene, which: str, request: int = 1) -> None:
    scene.node.step(TakeoverRequested(request=request, which=which))


def asked(scene: Scene) -> list[tuple[str | None, str | None]]:
    return [(m.get("rsc_hold"), m.get("info")) for m in scene.node.said(fields.ASK_RESOURCES)]


def answers(scene: Scene) -> list[tuple[int, bool]]:
    return [(answer.request, answer.ok) for answer in scene.node.answers]


def holding_all() -> Scene:
    """node-b after a takeover; node-a is back, and auto_failback is off."""
    scene = alone(mirrored(some_params(auto_failback=AutoFailback.OFF)))
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=False)
    scene.peer.tell("none", stable=True)
    scene.node.forget()
    assert scene.held == {VIP}
    return scene


# --- standby -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "offered"), [("all", "all"), ("foreign", "foreign"), ("failback", "foreign")]
)
def test_standby_offers_what_was_named(word: str, offered: str):
    """6.4 e: hb_standby X puts ask_resources rsc_hold=X; failback becomes foreign."""
    scene = holding_all()
    standby(scene, word)
    assert asked(scene) == [(offered, "me")]
    assert answers(scene) == []


def test_standby_is_answered_when_the_other_has_taken():
    scene = settled()
    standby(scene, "local", request=42)
    scene.peer.ask("local", "other")
    scene.run(200 * MILLISECOND)
    assert answers(scene) == []
    scene.peer.ask("local", "done")
    assert answers(scene) == [(42, True)]


@pytest.mark.parametrize("word", ["none", "everything", "", "ALL"])
def test_an_unknown_word_is_refused_by_name(word: str):
    scene = settled()
    standby(scene, word, request=1)
    takeover(scene, word, request=2)
    assert answers(scene) == [(1, False), (2, False)]
    assert all(repr(word) in answer.text for answer in scene.node.answers)
    assert asked(scene) == []


def test_standby_with_nothing_to_give_is_done_at_once():
    scene = settled()
    standby(scene, "foreign")
    assert answers(scene) == [(1, True)]
    assert asked(scene) == []


def test_standby_without_a_peer_is_refused_with_the_reason():
    scene = alone()
    standby(scene, "all")
    assert answers(scene) == [(1, False)]
    assert f"{PEER} is not there" in scene.node.answers[0].text
    assert scene.held == {VIP}


def test_standby_in_flux_is_refused():
    """6.5: hb_standby is refused ("in flux")."""
    scene = starting()
    standby(scene, "all")
    assert answers(scene) == [(1, False)]


def test_a_second_standby_is_refused_while_one_is_under_way():
    """6.3: a second me while one is running is ignored with a WARN."""
    scene = settled()
    standby(scene, "all", request=1)
    standby(scene, "all", request=2)
    assert answers(scene) == [(2, False)]
    assert asked(scene) == [("all", "me")]


def test_standby_to_a_sidecar_that_is_not_ready_is_refused():
    """Safety rule 6."""
    scene = settled(sidecar=True)
    scene.peer.ready = False
    scene.peer.beat()
    standby(scene, "all")
    assert answers(scene) == [(1, False)]
    assert "not ready" in scene.node.answers[0].text


# --- takeover ------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["all", "foreign"])
def test_takeover_asks_the_other_in_our_words(word: str):
    """6.4 e: hb_takeover X sends t=hb_takeover rsc_hold=X; the other does the mapping."""
    scene = settled(mirrored(some_params()))
    takeover(scene, word)
    (sent,) = scene.node.said(fields.HB_TAKEOVER)
    assert sent.get(fields.RSC_HOLD) == word


@pytest.mark.parametrize("sidecar", [False, True])
def test_takeover_failback_asks_for_our_own_groups_by_a_word_that_is_understood(sidecar):
    """6.4 e: a real node takes the word failback for all, and would give its own groups, too."""
    scene = settled(sidecar=sidecar)
    standby(scene, "all")
    for word in ("other", "done"):
        scene.peer.ask("all", word)
        scene.run(100 * MILLISECOND)
    assert scene.held == set()
    takeover(scene, "failback")
    (sent,) = scene.node.said(fields.HB_TAKEOVER)
    assert sent.get(fields.RSC_HOLD) == "local"


def test_takeover_is_answered_when_the_groups_are_held_here():
    scene = settled(mirrored(some_params()))
    takeover(scene, "all", request=5)
    scene.peer.ask("all", "me")
    scene.run(100 * MILLISECOND)
    scene.peer.ask("all", "done")
    assert answers(scene) == []
    scene.run(100 * MILLISECOND)
    assert answers(scene) == [(5, True)]
    assert scene.held == {VIP}


def test_takeover_of_what_is_held_is_done_at_once():
    scene = settled()
    takeover(scene, "local")
    assert answers(scene) == [(1, True)]
    assert scene.node.said(fields.HB_TAKEOVER) == []


def test_takeover_that_is_not_granted_is_answered_after_20_s():
    scene = settled(mirrored(some_params()))
    takeover(scene, "all")
    scene.run(19_900 * MILLISECOND)
    assert answers(scene) == []
    scene.run(200 * MILLISECOND)
    assert answers(scene) == [(1, False)]


def test_a_second_takeover_is_refused_while_one_is_awaited():
    scene = settled(mirrored(some_params()))
    takeover(scene, "all", request=1)
    takeover(scene, "all", request=2)
    assert answers(scene) == [(2, False)]


def test_takeover_without_a_peer_is_refused_with_the_reason():
    scene = alone(mirrored(some_params()))
    scene.node.hands.addresses.clear()
    for group in scene.node.cluster.takeover.groups:
        group.held = False
    takeover(scene, "all")
    assert answers(scene) == [(1, False)]


# --- a takeover that the peer asks for -----------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "given"),
    [("all", "all"), ("foreign", "local"), ("local", "foreign"), ("failback", "foreign")],
)
@pytest.mark.parametrize("sidecar", [False, True])
def test_the_peers_takeover_begins_a_standby_with_the_sides_swapped(sidecar, wanted, given):
    """6.4 e: all for all, foreign for local, local for foreign. Who asks for failback gets its own
    groups; that a real node gives up all for it is a defect of its script.
    """
    scene = settled(sidecar=sidecar)
    scene.peer.say(fields.HB_TAKEOVER, rsc_hold=wanted)
    assert asked(scene) == [(given, "me")]


@pytest.mark.parametrize("wanted", ["none", "the moon"])
def test_a_takeover_of_nothing_known_begins_nothing(wanted: str):
    scene = settled()
    scene.peer.say(fields.HB_TAKEOVER, rsc_hold=wanted)
    assert asked(scene) == []


def test_a_takeover_without_holdings_begins_nothing():
    scene = settled()
    scene.peer.say(fields.HB_TAKEOVER)
    assert asked(scene) == []


def test_a_takeover_in_flux_begins_nothing():
    scene = starting()
    scene.peer.say(fields.HB_TAKEOVER, rsc_hold="all")
    assert asked(scene) == []


def test_two_sidecars_do_what_their_operators_ask():
    pair = Wired()
    pair.start()
    pair.b.step(TakeoverRequested(request=1, which="all"))
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]
    pair.a.step(TakeoverRequested(request=2, which="local"))
    pair.world.run(1 * SECOND)
    assert pair.holders() == [NODE]
    pair.a.step(StandbyRequested(request=3, which="all"))
    pair.world.run(1 * SECOND)
    assert pair.holders() == [PEER]
    pair.b.step(StandbyRequested(request=4, which="failback"))
    pair.world.run(1 * SECOND)
    assert pair.holders() == [NODE]
    assert [answer.ok for answer in (*pair.a.answers, *pair.b.answers)] == [True] * 4


def test_takeover_of_a_side_without_groups_is_done_at_once():
    pair = Wired()
    pair.start()
    pair.b.step(TakeoverRequested(request=1, which="local"))
    (answer,) = pair.b.answers
    assert (answer.ok, answer.text) == (True, "nothing to take over: there are no local groups")
