"""One group while it is held: what befalls its containers, its addresses, its interface."""

from sidecar.core.actions import (
    Announce,
    ClaimAddress,
    ProbeAddress,
    ReleaseAddress,
    RestartService,
    StartService,
)
from sidecar.core.defence import MET_FOR_NS
from sidecar.core.events import AddressLost, AddressProbed, QuestionHeard
from sidecar.core.occurrences import (
    CheckPassed,
    Suspended,
    TakeoverBlocked,
    TakeoverDone,
    TakeoverPhase,
)
from sidecar.core.surroundings import ISOLATED
from sidecar.core.terms import MILLISECOND, SECOND, ContainerState
from tests.core.resources import (
    ADDRESS,
    NGINX,
    PEER_MAC,
    SECOND_ADDRESS,
    STRANGER_MAC,
    Bench,
    a_group,
)

PAUSED, STOPPED = ContainerState.PAUSED, ContainerState.STOPPED


def failed_while_holding() -> Bench:
    """Its restarts are used up, and it has not come back."""
    bench = Bench().holding()
    bench.inspected(STOPPED, restarts=0, detail="exit code 1")
    assert bench.nginx.failed
    return bench


# --- while it is held ----------------------------------------------------------------------------


def test_an_address_stays_while_its_container_is_mended():
    bench = Bench().holding()
    bench.inspected(STOPPED)
    assert bench.group.held
    assert bench.nothing_of(ReleaseAddress)
    bench.start()
    assert bench.group.held
    assert bench.group.settled


def test_an_address_lost_while_its_container_is_mended_waits_for_it():
    """It must not point at a service that does not answer; nor may what was free then be
    believed free later.
    """
    bench = Bench().holding()
    bench.inspected(STOPPED)
    bench.news.clear()
    bench.lost()
    assert not bench.group.held
    assert bench.news == [f"lost {bench.group.name}"]
    assert bench.nothing_of(ClaimAddress)
    bench.wait(150)
    bench.start()
    assert bench.nothing_of(ClaimAddress)
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_an_address_that_could_not_be_renewed_is_lost_when_it_goes_and_not_before():
    """As long as it may be here nobody else can have taken it (safety rule 5)."""
    bench = Bench().holding()
    bench.news.clear()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    assert not bench.group.held
    assert bench.news == []
    bench.lost("its lease ended")
    assert bench.news == [f"lost {bench.group.name}"]


def test_an_address_that_could_not_be_renewed_and_is_given_up_is_not_lost():
    bench = Bench().holding()
    bench.news.clear()
    bench.feed(AddressLost(address=ADDRESS.name, reason="it comes too late", gone=False))
    bench.give_up()
    bench.released()
    bench.want(vouched=False)
    assert bench.news == []


def test_a_container_that_cannot_be_mended_is_a_reason_to_hand_over():
    bench = failed_while_holding()
    assert bench.group.failing == ("service_failed", "container nginx failed: exit code 1")
    assert bench.group.held, "until the other node has what it needs"
    assert bench.nothing_of(ReleaseAddress)


def test_the_reason_goes_when_the_container_recovers():
    bench = failed_while_holding()
    bench.wait(501)
    bench.start()
    assert bench.group.failing is None
    assert bench.group.held


def test_with_nobody_to_hand_over_to_a_dead_service_gives_its_address_up():
    bench = failed_while_holding()
    bench.peer_dies()
    assert not bench.group.held
    bench.released()
    bench.wait(500)
    bench.start()
    assert bench.nothing_of(ClaimAddress), "it was away: somebody else may have it"
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_a_container_that_failed_is_tried_at_once_when_its_group_is_taken_over():
    bench = failed_while_holding()
    bench.give_up()
    bench.released()
    bench.peer_dies()
    assert bench.nothing_of(StartService, RestartService)
    bench.want(vouched=False)
    assert bench.start() == "nginx"
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_what_stood_in_the_way_is_forgotten_when_the_group_is_given_up():
    bench = failed_while_holding()
    bench.give_up()
    assert bench.group.failing is None


def test_a_takeover_without_the_peers_word_tells_when_nobody_answered_any_more():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=False)
    bench.start()
    bench.wait(200)
    bench.silent_probes()
    bench.claimed()
    phases = [told.phase for told in bench.occurrences(TakeoverPhase)]
    assert phases == ["container", "probed", "address"]
    probed = bench.occurrences(TakeoverPhase)[1]
    assert probed.took_ns >= 200 * MILLISECOND


def test_of_two_addresses_the_last_one_that_nobody_answers_for_counts():
    bench = Bench(a_group(ADDRESS, SECOND_ADDRESS))
    bench.want(vouched=False)
    op = {ask.address.name: ask.op for ask in bench.all_of(ProbeAddress)}
    for name in (ADDRESS.name, SECOND_ADDRESS.name):
        assert [told.phase for told in bench.occurrences(TakeoverPhase)] == ["container"]
        for _ in range(3):
            bench.feed(AddressProbed(op=op[name], address=name, answered_by=None))
            op |= {ask.address.name: ask.op for ask in bench.all_of(ProbeAddress)}
    assert [told.phase for told in bench.occurrences(TakeoverPhase)] == ["container", "probed"]


def test_the_first_good_check_with_the_addresses_here_is_told_once():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want()
    bench.start()
    assert bench.occurrences(CheckPassed) == []
    bench.claimed()
    bench.check(passed=False)
    assert bench.occurrences(CheckPassed) == []
    bench.check(passed=True)
    bench.check(passed=True)
    (told,) = bench.occurrences(CheckPassed)
    assert told.container == "nginx"


def test_a_second_takeover_is_told_anew_with_its_own_length_and_reason():
    bench = Bench(a_group(ADDRESS))
    bench.want()
    bench.claimed()
    bench.give_up()
    bench.released()
    bench.wait(10_000)
    bench.told.clear()
    until_ns = bench.now_ns + SECOND
    bench.turn(
        lambda turn: bench.group.want(turn, vouched_until_ns=until_ns, reason="orphan", why="alone")
    )
    bench.wait(30)
    bench.claimed()
    (done,) = bench.occurrences(TakeoverDone)
    assert (done.reason, done.took_ns // 10**6) == ("orphan", 30)
    assert [told.phase for told in bench.occurrences(TakeoverPhase)] == ["container", "address"]
    assert bench.group.why == "alone"


def test_an_address_that_was_lost_and_claimed_again_is_no_second_takeover():
    bench = Bench(a_group(ADDRESS))
    bench.want()
    bench.claimed()
    bench.told.clear()
    bench.lost()
    bench.claimed()
    assert bench.group.held
    assert not bench.occurrences(TakeoverDone)


def test_an_owner_that_answers_is_told_of_at_each_loss():
    bench = Bench(a_group(ADDRESS))
    bench.want(vouched=False)
    bench.probed(STRANGER_MAC)
    bench.wait(200)
    bench.silent_probes()
    bench.claimed()
    bench.carrier(up=False)
    bench.released()
    bench.carrier(up=True)
    bench.probed(STRANGER_MAC)
    assert len(bench.occurrences(TakeoverBlocked)) == 2


# --- carrier -------------------------------------------------------------------------------------


def test_without_a_carrier_the_address_is_released_and_that_is_a_reason_to_hand_over():
    bench = Bench().holding()
    bench.carrier(up=False)
    bench.released()
    assert not bench.group.held
    assert bench.group.failing == ("carrier_lost", "eth0 has no carrier")
    assert bench.nginx.serving, "the container is not at fault"


def test_when_the_carrier_is_back_the_address_is_probed_for_and_claimed():
    bench = Bench().holding()
    bench.carrier(up=False)
    bench.released()
    assert bench.nothing_of(ProbeAddress)
    bench.carrier(up=True)
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held
    assert bench.group.failing is None


def test_a_carrier_that_is_back_is_not_the_reason_any_more_while_another_one_hinders():
    bench = Bench().holding()
    bench.carrier(up=False)
    bench.released()
    bench.inspected(STOPPED, restarts=0, detail="exit code 1")
    bench.carrier(up=True)
    assert bench.group.failing == ("service_failed", "container nginx failed: exit code 1")


def test_a_node_that_is_cut_off_when_its_carrier_is_back_says_so():
    bench = Bench().holding()
    bench.carrier(up=False)
    bench.released()
    bench.isolated = True
    bench.carrier(up=True)
    assert bench.group.failing == ("isolated", ISOLATED)


def test_a_carrier_that_flickers_while_the_release_is_under_way_ends_in_a_claim():
    bench = Bench().holding()
    bench.carrier(up=False)
    bench.carrier(up=True)
    bench.released()
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_questions_end_while_there_is_no_carrier():
    bench = Bench(a_group(ADDRESS))
    bench.want(vouched=False)
    bench.carrier(up=False)
    bench.all_of(ProbeAddress)
    bench.wait(10_000)
    assert bench.nothing_of(ProbeAddress)


def test_the_carrier_of_another_interface_is_of_no_concern():
    bench = Bench().holding()
    bench.carrier(up=False, interface="eth7")
    assert bench.group.held
    assert bench.nothing_of(ReleaseAddress)


def test_a_carrier_that_is_back_is_announced_upon():
    bench = Bench(a_group(NGINX, ADDRESS), a_group(SECOND_ADDRESS)).holding()
    bench.carrier(up=True, interface="eth1")
    bench.carrier(up=False, interface="eth1")
    bench.wishes.clear()
    bench.carrier(up=True, interface="eth1")
    bench.wish(Announce)


def test_an_isolated_node_that_meets_its_peer_on_the_service_network_keeps_its_addresses():
    """The ping node may stand behind the line that is cut: the reference's test 3."""
    bench = Bench().holding()
    bench.peer.macs = {"eth0": PEER_MAC}
    bench.feed(QuestionHeard(address=ADDRESS.name, mac=PEER_MAC))
    bench.isolated = True
    bench.wait(MET_FOR_NS / MILLISECOND / 2)
    bench.renewed()
    assert bench.group.held
    assert bench.nothing_of(ReleaseAddress)
    bench.wait(MET_FOR_NS / MILLISECOND / 2)
    bench.wish(ReleaseAddress)


def test_an_isolated_node_takes_nothing_though_it_met_its_peer_a_moment_ago():
    bench = Bench(a_group(ADDRESS))
    bench.peer.macs = {"eth0": PEER_MAC}
    bench.peer_dies()
    bench.isolated = True
    bench.feed(QuestionHeard(address=ADDRESS.name, mac=PEER_MAC))
    bench.want(vouched=False)
    bench.silent_probes()
    assert bench.nothing_of(ClaimAddress)
    bench.isolated = False
    bench.turn()
    bench.wish(ClaimAddress)


def test_a_stranger_s_question_does_not_keep_an_isolated_node_s_addresses():
    bench = Bench().holding()
    bench.peer.macs = {"eth0": PEER_MAC}
    bench.feed(QuestionHeard(address=ADDRESS.name, mac=STRANGER_MAC))
    bench.isolated = True
    bench.turn()
    bench.wish(ReleaseAddress)


def test_an_isolated_node_gives_its_addresses_up_and_takes_them_back():
    bench = Bench().holding()
    bench.isolated = True
    bench.turn()
    (told,) = bench.occurrences(Suspended)
    assert told.sentence().endswith(
        "is let go for the moment: neither the peer nor any ping node is heard"
    )
    bench.released()
    bench.turn()
    assert len(bench.occurrences(Suspended)) == 1
    assert bench.group.failing is not None
    assert bench.group.failing[0] == "isolated"
    bench.isolated = False
    bench.turn()
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held
