"""What a node that has settled alone does when it hears the other for the first time, or again."""

from sidecar.core import dialect
from sidecar.core.actions import ProbeAddress
from sidecar.core.negotiation import SAY_AGAIN_NS
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.wire import fields
from tests.core.harness import (
    MACS,
    NODE,
    PEER,
    VIP,
    Node,
    Wired,
    World,
    a_group,
    a_timing,
    some_params,
)
from tests.core.scenes import Scene, alone, just_started
from tests.core.scripted import GENERATION, ScriptedPeer


def asked(scene: Scene) -> list[str]:
    """The steps of hand-overs that the node has taken."""
    return [m.get(fields.INFO) or "" for m in scene.node.said(fields.ASK_RESOURCES)]


def test_nothing_is_offered_to_a_real_node_that_has_not_told_what_it_holds() -> None:
    scene = alone(some_params(groups=(a_group(PEER, VIP),)))
    assert scene.held == {VIP}
    scene.peer.begin_beating()
    scene.run(2 * SECOND)
    assert asked(scene) == []
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=False)
    scene.run(1 * SECOND)
    assert asked(scene) == []
    scene.peer.tell("none", stable=True)
    scene.run(100 * MILLISECOND)
    assert asked(scene) == ["me"]


def test_nothing_is_offered_to_a_real_node_that_returns_from_a_partition() -> None:
    scene = alone(some_params(groups=(a_group(PEER, VIP),)))
    scene.peer.begin_beating()
    scene.peer.say(fields.STARTING)
    scene.peer.tell("none", stable=False)
    scene.peer.fall_silent()
    scene.run(2 * SECOND)
    scene.peer.begin_beating()
    scene.run(2 * SECOND)
    assert asked(scene) == []


def test_two_nodes_that_miss_each_others_first_word_do_not_wait_for_ever() -> None:
    """What comes before the first packet that is heard is missed by nobody, and not asked for."""
    slow = a_timing(deadtime_ns=30 * SECOND, warntime_ns=10 * SECOND, initdead_ns=60 * SECOND)
    pair = Wired(some_params(timing=slow))
    deaf = set(pair.nodes)
    pair.loses = lambda receiver, _: receiver in deaf
    pair.b.start()
    pair.world.run(61 * SECOND)  # it is alone, and settled
    deaf.remove(pair.a)
    pair.a.start()
    pair.world.run(10 * SECOND)  # it has said that it is up, and nobody has heard that
    reborn = pair.restart_b(generation=8)
    deaf.clear()
    deaf.add(pair.a)
    reborn.start()
    pair.world.run(10 * SECOND)  # and now the other one
    for node in pair.nodes:
        assert not node.cluster.view().stable
        assert node.said(fields.STARTING)
    deaf.clear()
    pair.world.run(SAY_AGAIN_NS + 1 * SECOND)
    assert pair.holders() == [NODE]


# --- recorded words of an earlier life, to a node that has just started ---------------------------


def an_earlier_life(scene: Scene) -> ScriptedPeer:
    """Somebody without the key sends what the peer said before its last restart."""
    listener = scene.node.carry
    old = ScriptedPeer(scene.node, sidecar=True, generation=GENERATION - 1)
    scene.node.carry = listener  # a recording hears no question
    old.beat()
    scene.run(100 * MILLISECOND)
    old.tell("local", stable=True)
    scene.run(100 * MILLISECOND)
    return old


def test_recorded_words_are_believed_until_the_peer_itself_is_heard() -> None:
    """A node knows no generation when it starts, as a real Heartbeat node does not (4.1)."""
    scene = just_started(some_params(groups=(a_group(PEER, VIP),)), sidecar=True)
    old = an_earlier_life(scene)
    assert scene.node.cluster.peer.alive
    scene.peer.begin_beating()
    old.beat()
    assert scene.node.cluster.peer.inbound.generation == GENERATION
    (link,) = scene.node.cluster.links
    assert link.rejected == {"replay": 1}


def test_a_recorded_goodbye_does_not_spare_the_question_for_the_address() -> None:
    scene = just_started(some_params(groups=(a_group(PEER, VIP),)), sidecar=True)
    scene.node.hands.owners[VIP] = MACS[PEER]
    old = an_earlier_life(scene)
    old.say(fields.SHUTDONE)
    scene.run(1 * SECOND)
    assert list(scene.node.wished(ProbeAddress))
    assert scene.held == set(), "the peer itself still answers for it"


def test_a_recorded_hand_over_does_not_spare_it_either() -> None:
    scene = just_started(some_params(groups=(a_group(PEER, VIP),)), sidecar=True)
    scene.node.hands.owners[VIP] = MACS[PEER]
    old = an_earlier_life(scene)
    old.ask("local", "me")
    scene.run(500 * MILLISECOND)
    old.ask("local", "done")
    scene.run(1 * SECOND)
    assert scene.held == set(), "the peer itself still answers for it"


def test_a_recorded_claim_makes_no_later_one_pass_for_an_old_one() -> None:
    """What this node claims now is younger than what the peer may have claimed since."""
    scene = just_started(some_params(groups=(a_group(PEER, VIP),)), sidecar=True)
    old = an_earlier_life(scene)
    old.tell("local", stable=True, term="2,1")
    scene.node.forget()
    scene.run(4 * SECOND)
    assert scene.held == {VIP}, "the recording has come to its end"
    terms = [m.get(dialect.TERMS) for m in scene.node.said(fields.RESOURCE)]
    assert "ffffffff,ffffffff" in terms, "the youngest claim there can be"
    assert not {"3,2", "2,3", "3,3"} & set(terms)


def test_who_answers_a_question_of_this_life_is_believed_at_its_word() -> None:
    scene = just_started(some_params(groups=(a_group(PEER, VIP),)), sidecar=True)
    scene.peer.begin_beating()
    scene.run(100 * MILLISECOND)
    scene.peer.tell("local", stable=True)
    scene.run(100 * MILLISECOND)
    scene.peer.tell("local", stable=True)  # with the answer
    scene.node.forget()
    scene.peer.say(fields.SHUTDONE)
    scene.run(1 * MILLISECOND)
    assert not list(scene.node.wished(ProbeAddress))
    scene.run(100 * MILLISECOND)
    assert scene.held == {VIP}


def test_a_hand_over_with_an_earlier_life_of_this_node_is_not_done_again() -> None:
    """Seed 1559: a recorded status came first, and what the peer had said since was missing."""
    scene = just_started(some_params(groups=(a_group(PEER, VIP),)), sidecar=True)
    scene.peer.beat()
    me, done = scene.peer.seq + 1, scene.peer.seq + 2  # the peer has kept its group since
    scene.peer.seq = done
    scene.peer.begin_beating()
    scene.run(10 * MILLISECOND)
    scene.peer.tell("local", stable=True)
    scene.run(10 * MILLISECOND)
    scene.peer.tell("local", stable=True)  # with the answer
    for seq, info in ((me, "me"), (done, "done")):
        scene.peer.say_again(seq, fields.ASK_RESOURCES, rsc_hold="local", info=info)
        scene.run(100 * MILLISECOND)
    assert asked(scene) == []
    assert scene.held == set()


def test_an_answer_to_a_question_of_an_earlier_life_proves_nothing() -> None:
    """Each life asks with numbers of its own."""
    questions = []
    for generation in (1000, 1001):
        world = World()
        node = Node(world, some_params(), generation=generation)
        peer = ScriptedPeer(node, sidecar=True)
        node.start()
        peer.begin_beating()
        world.run(100 * MILLISECOND)
        peer.tell("none", stable=True)
        world.run(100 * MILLISECOND)
        questions.append({m.get(dialect.ASK) for m in node.said(fields.RESOURCE)} - {None})
    first, second = questions
    assert first
    assert second
    assert not first & second


def test_the_highest_generation_locks_the_peer_out_until_a_restart() -> None:
    """Only who has the key can say it, and no bound would help: there is a highest one below it."""
    scene = just_started(some_params(), sidecar=True)
    liar = ScriptedPeer(scene.node, sidecar=True, generation=2**64 - 1)
    liar.beat()
    scene.peer.beat()
    (link,) = scene.node.cluster.links
    assert link.rejected == {"replay": 1}
    again = just_started(some_params(), sidecar=True)
    again.peer.beat()
    assert again.node.cluster.peer.alive
