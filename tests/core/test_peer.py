"""Whether the other node lives (protocol section 5.5; ha.cf warntime, deadtime, initdead)."""

import pytest

from sidecar.core.occurrences import (
    BeatHeard,
    HeartbeatLate,
    NodeDied,
    NodeLeft,
    NodeQuiet,
    NodeReturned,
    NodeStatusChanged,
    TurnLate,
)
from sidecar.core.terms import MILLISECOND, SECOND, NodeStatus
from sidecar.wire import fields
from tests.core.harness import PEER, START_NS, a_timing, some_params
from tests.core.scenes import Scene, just_started, settled
from tests.core.scripted import KEEPALIVE_NS


def last_beat(scene: Scene) -> int:
    """Let the peer beat once more and fall silent; return the instant of that beat."""
    scene.peer.fall_silent()
    scene.peer.beat()
    scene.node.forget()
    return scene.world.ns


# --- silence -------------------------------------------------------------------------------------


def test_a_silent_node_is_dead_after_deadtime_to_the_nanosecond():
    scene = settled()
    beat_ns = last_beat(scene)
    scene.world.run_to(beat_ns + 1 * SECOND - 1)
    assert scene.node.told_of(NodeDied) == []
    scene.run(1)
    assert scene.node.cluster.peer.status is NodeStatus.DEAD
    (died,) = scene.node.told_of(NodeDied)
    assert (died.node, died.silence_ns, died.deadtime_ns, died.heard) == (
        PEER,
        SECOND,
        SECOND,
        True,
    )


def test_a_beat_just_before_deadtime_keeps_it_alive():
    scene = settled()
    beat_ns = last_beat(scene)
    scene.world.run_to(beat_ns + 1 * SECOND - 1)
    scene.peer.beat()
    scene.run(1)
    assert scene.node.told_of(NodeDied) == []


def test_the_senders_own_dt_is_what_counts():
    """5.1: the receiver uses the sender's dt, replacing its own configured deadtime."""
    scene = settled()
    scene.peer.dt = "bb8"
    beat_ns = last_beat(scene)
    scene.world.run_to(beat_ns + 3 * SECOND - 1)
    assert scene.node.told_of(NodeDied) == []
    scene.run(1)
    assert [died.deadtime_ns for died in scene.node.told_of(NodeDied)] == [3 * SECOND]


@pytest.mark.parametrize("dt", [None, "0"])
def test_without_dt_our_own_deadtime_applies(dt: str | None):
    """5.1: without dt the receiver's own deadtime applies."""
    scene = settled()
    scene.peer.dt = "7918"
    scene.peer.beat()
    scene.peer.dt = dt
    last_beat(scene)
    scene.run(1 * SECOND)
    assert len(scene.node.told_of(NodeDied)) == 1


def test_a_restarting_real_node_announces_a_longer_silence():
    """5.1: dt + 30000 ms, 0x7918 for 1 s, when it is about to restart itself."""
    scene = settled()
    scene.peer.dt = "7918"
    last_beat(scene)
    scene.run(30 * SECOND)
    assert scene.node.told_of(NodeDied) == []
    scene.run(1 * SECOND)
    assert len(scene.node.told_of(NodeDied)) == 1


def test_a_dt_beyond_an_hour_counts_as_an_hour():
    """A peer that claims never to be dead would block every takeover."""
    scene = just_started(some_params(timing=a_timing(keepalive_ns=60 * SECOND)))
    scene.peer.tells_nodes = False
    scene.peer.dt = "ffffffffffffffff"
    scene.peer.beat()
    scene.run(3600 * SECOND - 1)
    assert scene.node.told_of(NodeDied) == []
    scene.run(1)
    assert len(scene.node.told_of(NodeDied)) == 1


def test_a_beat_after_more_than_half_of_deadtime_was_a_close_call():
    scene = settled()
    last_beat(scene)
    scene.run(500 * MILLISECOND)
    scene.peer.beat()
    assert scene.node.cluster.view().nodes[1].close_calls == 0
    scene.run(500 * MILLISECOND + 1)
    scene.peer.beat()
    assert scene.node.cluster.view().nodes[1].close_calls == 1


def test_only_status_messages_count_for_the_life_of_a_node():
    """5.5: only status messages count for liveness of the node."""
    scene = settled()
    last_beat(scene)
    for _ in range(6):
        scene.run(200 * MILLISECOND)
        scene.peer.tell("none", stable=True)
    assert len(scene.node.told_of(NodeDied)) == 1


def test_a_second_copy_of_a_status_does_not_prolong_a_life():
    """4.2: same as last: duplicate, updates only the link status."""
    scene = settled()
    last_beat(scene)
    scene.run(900 * MILLISECOND)
    scene.peer.say_again(scene.peer.seq, fields.STATUS, **scene.peer.status_fields())
    scene.run(100 * MILLISECOND)
    assert len(scene.node.told_of(NodeDied)) == 1


def test_death_is_told_once():
    scene = settled()
    last_beat(scene)
    scene.run(60 * SECOND)
    assert len(scene.node.told_of(NodeDied)) == 1


# --- warntime ------------------------------------------------------------------------------------


def test_a_node_is_quiet_from_warntime_on():
    """ha.cf warntime; safety rules 3 and 7: from here on the takeover is prepared."""
    scene = settled()
    beat_ns = last_beat(scene)
    scene.world.run_to(beat_ns + 600 * MILLISECOND - 1)
    assert scene.node.told_of(NodeQuiet) == []
    scene.run(1)
    assert [quiet.silence_ns for quiet in scene.node.told_of(NodeQuiet)] == [600 * MILLISECOND]


def test_an_interval_above_warntime_is_a_late_heartbeat():
    """5.5: interval between two status messages above warntime: "Late heartbeat"."""
    scene = settled()
    last_beat(scene)
    scene.run(700 * MILLISECOND)
    scene.peer.beat()
    (late,) = scene.node.told_of(HeartbeatLate)
    assert (late.gap_ns, late.warntime_ns) == (700 * MILLISECOND, 600 * MILLISECOND)
    assert scene.node.cluster.view().nodes[1].late == 1


def test_an_interval_of_just_warntime_is_not_late():
    scene = settled()
    last_beat(scene)
    scene.run(600 * MILLISECOND)
    scene.peer.beat()
    assert scene.node.told_of(HeartbeatLate) == []
    assert [beat.gap_ns for beat in scene.node.told_of(BeatHeard)] == [600 * MILLISECOND]


def test_our_own_warntime_is_what_counts_for_being_late():
    """5.5 and 11.5: the late test uses the local value instead of the sender's dt."""
    scene = settled()
    scene.peer.dt = "bb8"
    last_beat(scene)
    scene.run(1500 * MILLISECOND)
    scene.peer.beat()
    assert len(scene.node.told_of(HeartbeatLate)) == 1


# --- initdead ------------------------------------------------------------------------------------


def test_a_node_that_was_never_heard_is_dead_after_initdead():
    """5.4: declared dead when nothing has been heard for initdead since start."""
    scene = just_started()
    scene.world.run_to(START_NS + 3 * SECOND - 1)
    assert scene.node.told_of(NodeDied) == []
    scene.run(1)
    (died,) = scene.node.told_of(NodeDied)
    assert (died.heard, died.deadtime_ns, died.silence_ns) == (False, 3 * SECOND, 3 * SECOND)


def test_once_heard_initdead_counts_no_more():
    scene = just_started(some_params(timing=a_timing(initdead_ns=20 * SECOND)))
    scene.run(19 * SECOND)
    scene.peer.beat()
    scene.run(1 * SECOND)
    assert [died.silence_ns for died in scene.node.told_of(NodeDied)] == [1 * SECOND]


def test_a_rejected_packet_is_no_first_sign():
    """3.4: a refused message counts as not received at all."""
    scene = just_started()
    scene.node.hear(scene.peer.link, b"rubbish")
    scene.run(3 * SECOND)
    assert len(scene.node.told_of(NodeDied)) == 1


# --- changes -------------------------------------------------------------------------------------


def test_a_change_of_status_is_told_and_a_repetition_is_not():
    """5.2: init, up, active."""
    scene = just_started()
    for status in ("init", "up", "up", "active", "active"):
        scene.peer.status = status
        scene.peer.beat()
    told = scene.node.told_of(NodeStatusChanged)
    assert [(change.was, change.status) for change in told] == [("init", "up"), ("up", "active")]


@pytest.mark.parametrize("status", ["dead", "ping", "on fire", "", "ACTIVE"])
def test_a_status_that_no_living_node_sends_changes_nothing(status: str):
    """5.2: dead is set by the observer, ping is no node's."""
    scene = settled()
    scene.peer.status = status or "x"
    scene.peer.beat()
    assert scene.node.cluster.peer.status is NodeStatus.ACTIVE


def test_the_same_life_that_speaks_again_has_returned():
    """4.1: equal generation while marked dead: "returning after partition"."""
    scene = settled()
    last_beat(scene)
    scene.run(5 * SECOND)
    scene.peer.beat()
    assert [back.restarted for back in scene.node.told_of(NodeReturned)] == [False]


def test_a_return_is_answered_with_a_status_at_once():
    """6.8 step 1: sends a status at once."""
    scene = settled()
    last_beat(scene)
    scene.run(5 * SECOND + 77 * MILLISECOND)
    scene.node.forget()
    scene.peer.beat()
    assert [sent.ns for sent in scene.node.said(fields.STATUS)] == [scene.world.ns]


@pytest.mark.parametrize("meanwhile_ns", [KEEPALIVE_NS, 5 * SECOND])
def test_a_higher_generation_is_a_restart_whether_it_was_dead_or_not(meanwhile_ns: int):
    """4.1: higher, in a status message: restart; no partition handling."""
    scene = settled()
    last_beat(scene)
    scene.run(meanwhile_ns)
    scene.peer.restart()
    scene.peer.beat()
    assert [back.restarted for back in scene.node.told_of(NodeReturned)] == [True]


def test_the_silence_between_two_lives_is_no_late_heartbeat():
    scene = settled()
    last_beat(scene)
    scene.run(900 * MILLISECOND)
    scene.peer.restart()
    scene.peer.beat()
    assert scene.node.told_of(HeartbeatLate) == []


def test_a_node_that_says_goodbye_has_left_and_its_silence_is_no_failure():
    """6.4 c: shutdone st=dead, status for 2 s more, then silence."""
    scene = settled()
    scene.peer.say(fields.SHUTDONE, st="dead")
    assert len(scene.node.told_of(NodeLeft)) == 1
    last_beat(scene)
    scene.run(3 * SECOND)
    assert scene.node.told_of(NodeDied) == []
    assert scene.node.told_of(NodeQuiet) == []
    assert scene.node.cluster.peer.status is NodeStatus.DEAD


def test_a_node_that_left_and_starts_again_is_there_again():
    scene = settled()
    scene.peer.say(fields.SHUTDONE, st="dead")
    scene.peer.restart()
    scene.peer.beat()
    assert scene.node.cluster.peer.can_serve
    last_beat(scene)
    scene.run(1 * SECOND)
    assert len(scene.node.told_of(NodeDied)) == 1


# --- our own sleep -------------------------------------------------------------------------------


def test_silence_that_we_slept_through_is_not_held_against_the_peer():
    """Safety rule 2: a turn that comes late restarts the clocks of silence."""
    scene = settled()
    scene.peer.fall_silent()
    scene.node.frozen = True
    scene.run(10 * SECOND)
    scene.node.frozen = False
    scene.run(999 * MILLISECOND)
    assert scene.node.told_of(TurnLate)
    assert scene.node.told_of(NodeDied) == []
    scene.run(1 * MILLISECOND)
    assert len(scene.node.told_of(NodeDied)) == 1


def test_a_sleep_before_the_first_sign_does_not_use_up_initdead():
    """Safety rule 2, for initdead: a node that could not listen has heard nothing for no time."""
    scene = just_started()
    scene.run(500 * MILLISECOND)
    scene.node.frozen = True
    scene.run(10 * SECOND)
    scene.node.frozen = False
    scene.run(1 * SECOND)
    assert scene.node.told_of(NodeDied) == []
    scene.run(3 * SECOND)
    assert len(scene.node.told_of(NodeDied)) == 1


# --- a status with a bad field -------------------------------------------------------------------


def test_a_status_with_an_unreadable_dt_counts_as_not_received():
    """3.4 for what is malformed: nothing of it may be believed, its status neither."""
    scene = settled()
    last_beat(scene)
    scene.run(1 * SECOND)
    assert scene.node.cluster.peer.status is NodeStatus.DEAD
    scene.peer.dt = "soon"
    scene.peer.beat()
    assert scene.node.cluster.peer.status is NodeStatus.DEAD
    scene.peer.dt = "3e8"
    scene.peer.beat()
    assert [back.restarted for back in scene.node.told_of(NodeReturned)] == [False]


def test_a_new_life_is_noticed_although_its_first_status_was_unreadable():
    scene = settled(holds="all")
    scene.peer.restart()
    scene.peer.dt = "soon"
    scene.peer.beat()
    scene.peer.dt = "3e8"
    scene.peer.beat()
    assert [back.restarted for back in scene.node.told_of(NodeReturned)] == [True]
    assert scene.node.cluster.takeover.holdings.other.word == "none"
