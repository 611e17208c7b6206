"""The resource negotiation, rule by rule (protocol sections 6.2 R1 to R9, 6.5, 6.7 and 6.8)."""

import pytest

from sidecar.core import dialect
from sidecar.core.actions import ProbeAddress
from sidecar.core.events import MaintenanceRequested
from sidecar.core.occurrences import (
    BecameStable,
    GiveUpBegan,
    NodeDied,
    TakeoverBegan,
    TakeoverBlocked,
)
from sidecar.core.params import Params
from sidecar.core.terms import MILLISECOND, SECOND, AutoFailback, Holding, ResourceState
from sidecar.wire import fields
from tests.core.harness import MACS, NODE, VIP, Sent, Wired, mirrored, some_params
from tests.core.scenes import Scene, alone, just_started, settled, starting


def holdings(messages: list[Sent]) -> list[str]:
    """Each ``resource`` in short: holdings, stability, info."""
    return [
        " ".join(filter(None, (m.get("rsc_hold"), m.get("isstable"), m.get("info"))))
        for m in messages
    ]


def told(scene: Scene) -> list[str]:
    return holdings(scene.node.said(fields.RESOURCE))


def other_node(**changes: object) -> Params:
    """The node that haresources does not name: its groups are all foreign."""
    return mirrored(some_params(**changes))


# --- R1 ------------------------------------------------------------------------------------------


def test_r1_when_communication_is_up_it_sends_starting():
    """R1: send starting, state STARTING."""
    scene = starting()
    (sent,) = scene.node.said(fields.STARTING)
    assert [field.name for field in sent.message.fields][:2] == ["t", "src"]
    assert told(scene) == []


# --- R2 ------------------------------------------------------------------------------------------


def test_r2_starting_is_answered_with_what_is_held_not_stable_yet():
    """R2: reply resource rtype=full isstable=0 while own state is not STABLE."""
    scene = starting()
    scene.peer.say(fields.STARTING)
    (answer,) = scene.node.said(fields.RESOURCE)
    assert holdings([answer]) == ["none 0"]
    assert answer.get(fields.RTYPE) == "full"


def test_r2_starting_is_answered_as_stable_when_stable():
    """R2: S = 1 only if own state is STABLE; 6.7."""
    scene = alone()
    scene.peer.begin_beating()
    scene.node.forget()
    scene.peer.say(fields.STARTING)
    assert told(scene) == ["all 1"]


def test_r2_starting_makes_the_other_unstable():
    """R2: the other is not stable."""
    scene = settled()
    assert scene.node.cluster.takeover.holdings.other_stable
    scene.peer.say(fields.STARTING)
    assert not scene.node.cluster.takeover.holdings.other_stable


def test_r2_starting_before_we_are_up_ourselves_is_not_answered():
    """R2: in INIT it is an error, logged and ignored."""
    scene = just_started()
    scene.peer.tells_nodes = False
    scene.peer.beat()
    scene.peer.say(fields.STARTING)
    assert told(scene) == []


# --- R3 and R5 -----------------------------------------------------------------------------------


def test_r3_any_resource_of_the_other_begins_the_wait():
    """R3: STARTING and BOTHSTARTING become RSCRCVD; on the first entry a 10 s timer is started."""
    scene = starting()
    scene.peer.tell("none", stable=False)
    assert scene.state is ResourceState.RSCRCVD


def test_r3_our_own_resource_begins_the_wait_too():
    """R3: any resource, own or other (loopback)."""
    scene = starting()
    scene.peer.say(fields.STARTING)
    assert scene.state is ResourceState.RSCRCVD


def test_r5_after_10_s_it_takes_its_own_groups_and_says_so():
    """R5: 10 s timer in RSCRCVD: STABLE, acquire local, send resource full isstable=1."""
    scene = starting()
    scene.peer.say(fields.STARTING)
    since_ns = scene.world.ns
    scene.peer.tell("none", stable=False)
    scene.node.forget()
    scene.world.run_to(since_ns + 10 * SECOND - 1)
    assert told(scene) == []
    assert scene.held == set()
    scene.run(1)
    assert told(scene) == ["local 1"]
    scene.run(1 * SECOND)
    assert scene.held == {VIP}


def test_r5_foreign_groups_are_left_to_a_peer_that_does_not_settle():
    """6.5: a real node takes its local groups after 10 s; foreign ones are left to the peer."""
    scene = starting(other_node())
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=False)
    scene.run(30 * SECOND)
    assert scene.node.cluster.takeover.holdings.mine is Holding.LOCAL
    assert scene.held == set()


def test_r5_is_not_waited_for_between_two_sidecars():
    """Design: nobody waits between sidecars; both know all when both have told."""
    pair = Wired()
    for node in pair.nodes:
        node.start()
    pair.world.run(500 * MILLISECOND)
    assert pair.holders() == [NODE]
    assert all(
        node.cluster.takeover.negotiation.state is ResourceState.STABLE for node in pair.nodes
    )


def test_a_peer_that_tells_nothing_blocks_only_while_it_lives():
    """6.5: neither starting nor resource: blocked in STARTING; when it dies, normal takeover."""
    scene = starting()
    scene.run(30 * SECOND)
    assert scene.state is ResourceState.STARTING
    assert scene.held == set()
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}


# --- R4 and R6 -----------------------------------------------------------------------------------


def test_r4_a_stable_other_settles_us_at_once():
    """R4: send own resource, then acquire local, STABLE, send resource full isstable=1."""
    scene = starting()
    scene.peer.tell("none", stable=False)
    scene.node.forget()
    scene.peer.tell("local", stable=True)
    assert told(scene) == ["none 0", "local 1"]
    assert scene.state is ResourceState.STABLE


def test_r4_a_stable_other_is_told_of_only_once():
    """R4: if isstable=1 and the other was not stable before."""
    scene = settled()
    scene.peer.tell("local", stable=True)
    assert told(scene) == []


def test_r4_an_other_that_becomes_stable_again_is_told_again():
    """R4; 6.7: peer became stable: current, full, as state."""
    scene = settled()
    scene.peer.tell("local", stable=False)
    scene.peer.tell("local", stable=True)
    assert told(scene) == ["local 1"]


def test_r4_with_rtype_full_the_value_replaces_and_without_it_is_added():
    """R4: with rtype=full: := value; without: none clears, anything else is or-ed in."""
    scene = settled()
    words = []
    scene.peer.say(fields.RESOURCE, rsc_hold="foreign", info="mach_down")
    words.append(scene.node.cluster.takeover.holdings.other.word)
    scene.peer.tell("foreign", stable=True)
    words.append(scene.node.cluster.takeover.holdings.other.word)
    scene.peer.say(fields.RESOURCE, rsc_hold="none")
    words.append(scene.node.cluster.takeover.holdings.other.word)
    assert words == ["all", "foreign", "none"]


def test_r4_without_isstable_stability_does_not_change():
    """R4: without isstable (the mach_down message) stability does not change."""
    scene = settled()
    scene.peer.say(fields.RESOURCE, rsc_hold="local", rtype="full")
    assert scene.node.cluster.takeover.holdings.other_stable
    scene.peer.tell("local", stable=False)
    scene.peer.say(fields.RESOURCE, rsc_hold="local", rtype="full")
    assert not scene.node.cluster.takeover.holdings.other_stable


@pytest.mark.parametrize("word", ["everything", "NONE", ""])
def test_r4_holdings_that_mean_nothing_change_nothing(word: str):
    scene = settled()
    scene.peer.say(fields.RESOURCE, rsc_hold=word or "-", rtype="full", isstable="0")
    assert scene.node.cluster.takeover.holdings.other is Holding.LOCAL
    assert scene.node.cluster.takeover.holdings.other_stable


@pytest.mark.parametrize("theirs", ["foreign", "all"])
def test_r6_what_the_other_holds_is_not_taken(theirs: str):
    """R6: nothing if the other reports foreign or all."""
    scene = settled(some_params(auto_failback=AutoFailback.OFF), holds=theirs)
    assert scene.node.cluster.takeover.holdings.mine is Holding.NONE
    scene.run(30 * SECOND)
    assert scene.held == set()
    assert scene.state is ResourceState.STABLE


def test_r6_the_claim_is_told_before_anything_runs():
    """R6: the local bit is set immediately, before any script has run."""
    scene = starting()
    scene.peer.tell("none", stable=False)
    scene.peer.tell("local", stable=True)
    assert told(scene)[-1] == "local 1"
    assert scene.held == set()


def test_r6_a_claim_of_local_is_made_by_a_node_without_groups_too():
    """11.13: a standby node without any groups still claims local."""
    assert settled(other_node()).node.cluster.takeover.holdings.mine is Holding.LOCAL


# --- R7 ------------------------------------------------------------------------------------------


def test_r7_a_dead_other_is_taken_over_from():
    """R7: own bits become all, other holds none and is stable."""
    scene = settled(other_node())
    assert scene.held == set()
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}
    takeover = scene.node.cluster.takeover
    assert (takeover.holdings.mine, takeover.holdings.other, takeover.holdings.other_stable) == (
        Holding.ALL,
        Holding.NONE,
        True,
    )
    assert told(scene) == ["all 1 req_our_resources()", "foreign mach_down"]


def test_r7_the_end_of_the_foreign_takeover_is_told_without_rtype_and_isstable():
    """R7: when the foreign scripts have run: resource foreign info=mach_down, no rtype."""
    scene = settled(other_node())
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    last = scene.node.said(fields.RESOURCE)[-1]
    assert (last.get(fields.RSC_HOLD), last.get(fields.INFO)) == ("foreign", "mach_down")
    assert last.message.find(fields.RTYPE) is None
    assert last.message.find(fields.ISSTABLE) is None
    assert last.ns >= scene.node.when_told(NodeDied)[0]


def test_r7_the_takeover_begins_in_the_turn_in_which_the_other_dies():
    scene = settled(other_node())
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    assert scene.node.when_told(TakeoverBegan) == scene.node.when_told(NodeDied)
    (began,) = scene.node.told_of(TakeoverBegan)
    assert (began.reason, began.groups) == ("peer_dead", ("10.0.0.100/24/eth0:0",))


def test_r7_an_owner_that_still_answers_for_its_address_is_not_taken_over_from():
    """Safety rule 3: only the heartbeat is dead: no takeover, a loud report; then it goes ahead."""
    scene = settled(other_node(), sidecar=True)
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.peer.fall_silent()
    scene.run(10 * SECOND)
    assert scene.held == set()
    (blocked,) = scene.node.told_of(TakeoverBlocked)
    assert blocked.mac == MACS[NODE]
    assert "look at the heartbeat links" in blocked.sentence()
    scene.node.hands.owners.clear()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}


def test_who_answers_for_what_a_peer_that_is_heard_does_not_hold_is_no_sign_of_a_silent_peer():
    """Its kernel may be slow to let go after a restart: nothing is wrong with the links."""
    scene = settled(other_node(), sidecar=True)
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.peer.tell("none", stable=True)
    scene.run(10 * SECOND)
    (blocked,) = scene.node.told_of(TakeoverBlocked)
    assert "the peer is heard" in blocked.sentence()
    assert "links" not in blocked.sentence()


def test_r7_what_is_held_already_is_kept_without_a_word():
    scene = settled()
    assert scene.held == {VIP}
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}
    assert scene.node.told_of(TakeoverBegan) == []


def test_r7_a_lone_start_takes_all_after_initdead():
    """5.4, R7: with initdead 3 s; R5: a lone real node is stable only 10 s later, ours at once."""
    scene = alone()
    assert scene.held == {VIP}
    assert told(scene)[0] == "all 1 req_our_resources()"
    assert scene.state is ResourceState.STABLE
    (stable,) = scene.node.told_of(BecameStable)
    assert stable.holding == "all"


# --- R8 ------------------------------------------------------------------------------------------


def test_r8_shutdone_is_the_word_that_all_is_free():
    """R8: other holds none and is stable; takeover as in R7. The word makes a probe needless."""
    scene = settled(other_node(), holds="all")
    scene.peer.tell("none", stable=False, info="shutdown")
    scene.run(500 * MILLISECOND)
    assert scene.held == set(), "6.4 c: on shutdone, not before"
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(200 * MILLISECOND)
    assert scene.held == {VIP}
    assert [began.reason for began in scene.node.told_of(TakeoverBegan)] == ["peer_left"]


@pytest.mark.parametrize("sidecar", [True, False])
@pytest.mark.parametrize("beats", [True, False])
@pytest.mark.parametrize(("asleep", "silent_ns"), [(True, 20 * SECOND), (False, 800 * MILLISECOND)])
def test_r8_a_shutdone_that_may_have_waited_does_not_spare_the_probe(
    *, sidecar: bool, beats: bool, asleep: bool, silent_ns: int
):
    """Safety rule 2: a new life of the other may serve again since."""
    scene = settled(other_node(), sidecar=sidecar)
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.peer.fall_silent()
    scene.node.frozen = asleep
    scene.run(silent_ns)
    scene.node.frozen = False
    if beats:
        scene.peer.beat()
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(300 * MILLISECOND)
    assert [began.reason for began in scene.node.told_of(TakeoverBegan)] == ["peer_left"]
    assert scene.held == set()
    scene.node.hands.owners.clear()
    scene.run(2 * SECOND)
    assert scene.held == {VIP}


def test_r8_a_real_node_that_was_cut_off_says_shutdone_of_before():
    scene = settled(other_node())
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    scene.peer.beat()
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(2 * SECOND)
    assert scene.held == set()


def test_r8_a_shutdone_of_a_life_that_this_node_slept_through_does_not_spare_the_probe():
    """Safety rule 2: the life after it may serve by now. The one before it had died, and
    maintenance withheld what it had left.
    """
    scene = settled(other_node())
    scene.node.step(MaintenanceRequested(request=1, seconds=3600))
    scene.peer.fall_silent()
    scene.run(5 * SECOND)
    scene.node.frozen = True
    scene.run(60 * SECOND)
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.node.frozen = False
    scene.peer.restart()
    scene.peer.beat()
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(2 * SECOND)
    assert [began.reason for began in scene.node.told_of(TakeoverBegan)] == ["peer_left"]
    assert list(scene.node.wished(ProbeAddress))
    assert scene.held == set()


def test_r8_shutdone_says_nothing_of_the_next_life():
    """The kernel refused the claim, and the new life has taken the address meanwhile."""
    scene = settled(other_node())
    scene.node.hands.refused.add(VIP)
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(10 * MILLISECOND)
    scene.peer.restart()
    scene.peer.begin_beating()
    scene.node.hands.refused.clear()
    scene.node.hands.owners[VIP] = MACS[NODE]
    scene.run(3 * SECOND)
    assert list(scene.node.wished(ProbeAddress))
    assert scene.held == set()


@pytest.mark.parametrize("sidecar", [True, False])
def test_r8_what_was_said_before_shutdone_and_comes_after_it_moves_nothing(*, sidecar: bool):
    scene = settled(other_node(), sidecar=sidecar)
    scene.peer.seq += 1
    late = scene.peer.seq
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(100 * MILLISECOND)
    assert scene.held == {VIP}
    said = {"rsc_hold": "local", "rtype": "full", "isstable": "1", dialect.TERMS: "1,0"}
    scene.peer.say_again(late, fields.RESOURCE, **said)
    scene.run(10 * SECOND)
    assert scene.node.told_of(GiveUpBegan) == []
    assert scene.held == {VIP}


def test_r8_what_the_next_life_says_is_believed():
    scene = settled(other_node(), sidecar=True)
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(100 * MILLISECOND)
    scene.peer.restart()
    scene.peer.beat()
    scene.node.forget()
    scene.peer.say(fields.STARTING)
    assert told(scene) == ["all 1"]


def test_r8_the_silence_after_shutdone_moves_nothing():
    """6.4 c: the survivor declares it dead after dt."""
    scene = settled(other_node(), holds="all")
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(2 * SECOND)
    before = told(scene)
    scene.peer.fall_silent()
    scene.run(5 * SECOND)
    assert told(scene) == before
    assert scene.held == {VIP}


def test_r8_the_unexplained_done_of_a_real_survivor_is_ignored():
    """R8: it ends with ask_resources info=done, which names anything and should be ignored."""
    scene = settled()
    scene.peer.ask("all", "done")
    scene.run(1 * SECOND)
    assert told(scene) == []
    assert scene.held == {VIP}


# --- R9 ------------------------------------------------------------------------------------------


def returned_owner(params: Params, *, sidecar: bool = False) -> Scene:
    """node-b holds everything alone; node-a comes and negotiates."""
    scene = alone(params, sidecar=sidecar)
    assert scene.held == {VIP}
    scene.node.forget()
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=False)
    return scene


def asked(scene: Scene) -> list[tuple[str | None, str | None]]:
    return [(m.get("rsc_hold"), m.get("info")) for m in scene.node.said(fields.ASK_RESOURCES)]


def test_r9_the_holder_hands_back_as_soon_as_the_other_is_stable():
    """R9: the other stable, own state STABLE, no standby: ask_resources foreign me."""
    scene = returned_owner(other_node())
    assert asked(scene) == []
    scene.peer.tell("none", stable=True)
    assert asked(scene) == [("foreign", "me")]


def test_r9_with_auto_failback_off_it_keeps_what_it_has():
    """R9: only auto_failback on."""
    scene = returned_owner(other_node(auto_failback=AutoFailback.OFF))
    scene.peer.tell("none", stable=True)
    scene.run(30 * SECOND)
    assert asked(scene) == []
    assert scene.held == {VIP}


def test_r9_the_empty_failback_is_offered_too():
    """11.13: the same exchange happens when B joins A, although no groups move."""
    scene = returned_owner(some_params())
    scene.peer.tell("none", stable=True)
    assert asked(scene) == [("foreign", "me")]


def test_r9_nothing_is_handed_back_to_a_sidecar_that_is_not_ready():
    """Safety rule 6: never hand over to a peer that is not ready."""
    scene = returned_owner(other_node(), sidecar=True)
    scene.peer.ready = False
    scene.peer.beat()
    scene.peer.tell("none", stable=True, term="0,0")
    scene.run(5 * SECOND)
    assert asked(scene) == []
    scene.peer.ready = True
    scene.peer.beat()
    assert asked(scene) == [("foreign", "me")]


def test_r9_a_hand_back_that_is_not_answered_is_tried_again():
    """R9: otherwise retry every 1 s; 6.3: no other within 10 s: cancelled."""
    scene = returned_owner(other_node())
    scene.peer.tell("none", stable=True)
    scene.run(11 * SECOND + 100 * MILLISECOND)
    assert asked(scene) == [("foreign", "me"), ("foreign", "me")]
    assert scene.held == {VIP}


# --- restarts and partitions ---------------------------------------------------------------------


def test_a_restart_within_deadtime_moves_nothing_here():
    """6.4 d: the survivor never takes over; it answers starting with its holdings."""
    scene = settled(other_node(), holds="local")
    scene.peer.fall_silent()
    scene.run(500 * MILLISECOND)
    scene.peer.restart()
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    assert told(scene) == ["local 1"]
    scene.run(2 * SECOND)
    assert scene.held == set()
    assert scene.node.told_of(TakeoverBegan) == []


def test_a_new_life_holds_nothing_until_it_says_so():
    """4.1: restart: whatever the former life held is gone."""
    scene = settled(holds="all")
    assert scene.held == set()
    scene.peer.restart()
    scene.peer.beat()
    takeover = scene.node.cluster.takeover
    assert (takeover.holdings.other, takeover.holdings.other_stable) == (Holding.NONE, False)


def test_a_real_node_that_returns_from_a_partition_is_served_throughout():
    """6.8: a peer that stays up should treat the shutdone as the end of the conflict."""
    scene = settled()
    scene.peer.fall_silent()
    scene.run(5 * SECOND)
    scene.node.forget()
    scene.peer.begin_beating()
    scene.run(2 * SECOND)
    scene.peer.tell("none", stable=False, info="shutdown")
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.run(1 * SECOND)
    scene.peer.fall_silent()
    scene.run(4 * SECOND)
    scene.peer.restart()
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.run(1 * SECOND)
    assert scene.held == {VIP}
    assert scene.node.told_of(TakeoverBegan) == []
    assert told(scene)[-1] == "all 1"


def test_a_restarted_sidecar_whose_starting_was_lost_settles_all_the_same():
    """4.1: what comes before the first status of a life is not believed, and is not sent again."""
    pair = Wired()
    pair.start()
    b = pair.restart_b(generation=8)
    pair.loses = lambda receiver, _data: receiver is pair.a and pair.world.ns < until_ns
    until_ns = pair.world.ns + 700 * MILLISECOND
    b.start()
    pair.world.run(5 * SECOND)
    assert b.cluster.takeover.negotiation.state is ResourceState.STABLE
    assert pair.a.cluster.takeover.holdings.other_stable
    assert pair.holders() == [NODE]
