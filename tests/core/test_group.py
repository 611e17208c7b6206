"""One group: containers first, then addresses; the other way round when it is given up."""

from sidecar.core.actions import (
    Announce,
    ClaimAddress,
    PauseService,
    ProbeAddress,
    ReleaseAddress,
    RestartService,
    StartService,
    StopService,
)
from sidecar.core.defence import MET_FOR_NS
from sidecar.core.events import (
    AddressClaimed,
    AddressProbed,
    AddressReleased,
    QuestionHeard,
    ServiceChecked,
    ServiceDone,
)
from sidecar.core.occurrences import (
    CheckPassed,
    GiveUpBegan,
    GiveUpDone,
    TakeoverBegan,
    TakeoverBlocked,
    TakeoverDone,
    TakeoverPhase,
)
from sidecar.core.terms import MILLISECOND, AddressState, ContainerState, NodeStatus
from tests.core.resources import (
    ADDRESS,
    NGINX,
    PEER_MAC,
    PHP,
    SECOND_ADDRESS,
    STRANGER_MAC,
    Bench,
    a_group,
    facts,
)

PAUSED, RUNNING, STOPPED = ContainerState.PAUSED, ContainerState.RUNNING, ContainerState.STOPPED


def two_and_two() -> Bench:
    """Two containers and two addresses, written in a mixed order."""
    bench = Bench(a_group(ADDRESS, PHP, SECOND_ADDRESS, NGINX))
    for name in ("php", "nginx"):
        bench.inspected(PAUSED, name)
    return bench


def start(bench: Bench) -> str:
    """Answer the one start under way, and let its check pass."""
    wish = bench.wish(StartService)
    bench.feed(ServiceDone(op=wish.op, container=wish.container, facts=facts(RUNNING)))
    bench.feed(ServiceChecked(container=wish.container, passed=True, detail=""))
    return wish.container


def failed_while_holding() -> Bench:
    """Its restarts are used up, and it has not come back."""
    bench = Bench().holding()
    bench.inspected(STOPPED, restarts=0, detail="exit code 1")
    assert bench.nginx.failed
    return bench


# --- up ------------------------------------------------------------------------------------------


def test_containers_come_first_in_their_order_then_the_addresses():
    bench = two_and_two()
    bench.want()
    assert start(bench) == "php"
    assert bench.nothing_of(ClaimAddress)
    assert start(bench) == "nginx"
    claims = bench.all_of(ClaimAddress)
    assert [claim.address for claim in claims] == [ADDRESS, SECOND_ADDRESS]


def test_the_group_is_held_when_the_last_address_is():
    bench = two_and_two()
    bench.want()
    start(bench)
    start(bench)
    first, second = bench.all_of(ClaimAddress)
    bench.feed(AddressClaimed(op=second.op, address=second.address.name, at_ns=bench.now_ns))
    assert not bench.group.held
    bench.feed(AddressClaimed(op=first.op, address=first.address.name, at_ns=bench.now_ns))
    assert bench.group.held
    assert bench.news == [f"held {bench.group.name}"]


def test_an_address_is_not_claimed_while_its_container_does_not_serve():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=True)
    bench.done(StartService, RUNNING)
    bench.check(passed=False)
    bench.wait(9_000)
    assert bench.nothing_of(ClaimAddress)


def test_the_question_for_the_owner_is_asked_while_the_container_starts():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=False)
    bench.silent_probes()
    bench.done(StartService, RUNNING)
    assert bench.nothing_of(ClaimAddress)
    bench.check(passed=True)
    bench.wish(ClaimAddress)


def test_a_group_of_addresses_alone_is_claimed_at_once():
    bench = Bench(a_group(ADDRESS))
    bench.want()
    bench.wish(ClaimAddress)


def test_a_group_of_containers_alone_is_held_when_they_serve():
    bench = Bench(a_group(NGINX))
    bench.inspected(PAUSED)
    bench.want()
    start(bench)
    assert bench.group.held


def test_the_takeover_is_told_with_its_phases_and_its_length():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want()
    bench.wait(300)
    start(bench)
    bench.wait(100)
    bench.claimed()
    assert bench.occurrences(TakeoverBegan)[0].reason == "peer_dead"
    phases = [(told.phase, told.took_ns // 10**6) for told in bench.occurrences(TakeoverPhase)]
    assert phases == [("container", 300), ("address", 400)]
    (done,) = bench.occurrences(TakeoverDone)
    assert (done.reason, done.took_ns // 10**6) == ("peer_dead", 400)


def test_a_second_wish_for_what_is_wanted_changes_nothing():
    bench = Bench().holding()
    bench.want()
    assert bench.nothing_of(ClaimAddress, StartService)
    assert not bench.occurrences(TakeoverBegan)


# --- down ----------------------------------------------------------------------------------------


def test_addresses_go_first_and_then_the_containers_each_in_reverse():
    bench = two_and_two()
    bench.want()
    start(bench)
    start(bench)
    for claim in bench.all_of(ClaimAddress):
        bench.feed(AddressClaimed(op=claim.op, address=claim.address.name, at_ns=bench.now_ns))
    bench.give_up()
    releases = bench.all_of(ReleaseAddress)
    assert [release.address for release in releases] == [SECOND_ADDRESS, ADDRESS]
    for release in releases:
        assert bench.nothing_of(PauseService, StopService)
        assert not bench.group.released
        bench.feed(AddressReleased(op=release.op, address=release.address.name))
    assert bench.group.released
    assert [pause.container for pause in bench.all_of(PauseService)] == ["nginx", "php"]


def test_it_is_released_before_the_containers_are_at_rest():
    """The other node need not wait for a pause."""
    bench = Bench().holding()
    bench.give_up()
    assert not bench.group.released
    bench.released()
    assert bench.group.released
    assert not bench.group.at_rest


def test_the_give_up_is_told_when_all_is_at_rest():
    bench = Bench().holding()
    bench.give_up()
    bench.wait(50)
    bench.released()
    assert bench.occurrences(GiveUpBegan)[0].reason == "standby"
    assert not bench.occurrences(GiveUpDone)
    bench.wait(50)
    bench.done(PauseService, PAUSED)
    (done,) = bench.occurrences(GiveUpDone)
    assert done.took_ns // 10**6 == 100


def test_what_is_not_wanted_cannot_be_given_up():
    bench = Bench()
    bench.give_up()
    assert not bench.told
    assert not bench.wishes


# --- while it is held ----------------------------------------------------------------------------


def test_an_address_stays_while_its_container_is_mended():
    bench = Bench().holding()
    bench.inspected(STOPPED)
    assert bench.group.held
    assert bench.nothing_of(ReleaseAddress)
    start(bench)
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
    start(bench)
    assert bench.nothing_of(ClaimAddress)
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_a_container_that_cannot_be_mended_is_a_reason_to_hand_over():
    bench = failed_while_holding()
    assert bench.group.failing == ("service_failed", "container nginx failed: exit code 1")
    assert bench.group.held, "until the other node has what it needs"
    assert bench.nothing_of(ReleaseAddress)


def test_the_reason_goes_when_the_container_recovers():
    bench = failed_while_holding()
    bench.wait(501)
    start(bench)
    assert bench.group.failing is None
    assert bench.group.held


def test_with_nobody_to_hand_over_to_a_dead_service_gives_its_address_up():
    bench = failed_while_holding()
    bench.peer_dies()
    assert not bench.group.held
    bench.released()
    bench.wait(500)
    start(bench)
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
    assert start(bench) == "nginx"
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
    start(bench)
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
    start(bench)
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
    bench.turn(lambda turn: bench.group.want(turn, vouched=True, reason="orphan", why="alone"))
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
    bench = Bench().holding()
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
    bench.released()
    assert bench.group.failing is not None
    assert bench.group.failing[0] == "isolated"
    bench.isolated = False
    bench.turn()
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


# --- warm standby --------------------------------------------------------------------------------


def test_a_warm_group_serves_and_claims_nothing():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    start(bench)
    assert bench.group.serves
    bench.wait(60_000)
    assert bench.nothing_of(ClaimAddress)


def test_from_warm_only_the_address_has_to_move():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    start(bench)
    bench.want()
    bench.wish(ClaimAddress)
    assert bench.nothing_of(StartService)


def test_a_warm_group_cools_down_when_the_peer_is_back():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    start(bench)
    bench.warm(warm=False)
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest
    assert bench.group.settled


def test_a_group_that_was_warm_is_cold_after_its_takeover_and_give_up():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    start(bench)
    bench.want()
    bench.claimed()
    bench.give_up()
    bench.released()
    bench.done(PauseService, PAUSED)
    assert bench.group.settled


def test_a_group_that_cools_down_while_it_starts_is_paused_when_it_has_started():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.warm()
    bench.warm(warm=False)
    bench.done(StartService, RUNNING)
    bench.done(PauseService, PAUSED)
    assert bench.group.at_rest


# --- the word of the peer, and sleep --------------------------------------------------------------


def test_the_word_of_a_peer_that_has_fallen_silent_counts_no_more():
    """Unheard by us, it may have taken back what it let go of."""
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=True)
    bench.turn(lambda _: bench.group.doubt_word())
    start(bench)
    assert bench.nothing_of(ClaimAddress)
    bench.probed(STRANGER_MAC)
    assert bench.group.blocked


def test_the_word_counts_for_one_takeover():
    bench = Bench().holding()
    bench.carrier(up=False)
    bench.released()
    bench.carrier(up=True)
    assert bench.nothing_of(ClaimAddress)
    bench.wish(ProbeAddress)


def test_after_a_sleep_what_was_held_is_probed_for_before_it_is_claimed():
    bench = Bench().holding()
    bench.sleep(60_000)
    bench.turn()
    assert not bench.group.held
    assert bench.nothing_of(ClaimAddress)
    bench.probed(STRANGER_MAC)
    assert bench.nothing_of(ClaimAddress)
    assert bench.group.blocked


def test_after_a_sleep_what_nobody_took_is_claimed_again():
    bench = Bench().holding()
    bench.sleep(60_000)
    bench.turn()
    bench.silent_probes()
    bench.claimed()
    assert bench.group.held


def test_after_a_sleep_the_word_of_the_peer_counts_no_more():
    bench = Bench()
    bench.inspected(PAUSED)
    bench.want(vouched=True)
    bench.timers.arm("beat", bench.now_ns, lambda turn: None)  # noqa: ARG005 - it was due
    bench.sleep(14_000)  # less than an operation may take
    bench.turn()
    start(bench)
    assert bench.group.serves
    assert bench.nothing_of(ClaimAddress)


# --- what is shown -------------------------------------------------------------------------------


def test_the_view_lists_the_resources_in_the_order_of_haresources():
    bench = two_and_two()
    view = bench.group.view()
    assert [one.name for one in view.resources] == [
        ADDRESS.name,
        "php",
        SECOND_ADDRESS.name,
        "nginx",
    ]
    assert (view.wanted, view.held, view.preferred) == (False, False, "node-a")


def test_a_held_group_is_shown_as_held():
    bench = Bench().holding()
    view = bench.group.view()
    assert view.held
    assert view.resources[1].state is AddressState.HELD


def test_an_older_word_of_a_dead_peer_makes_no_rival_search():
    """With its word the address is free: nobody is looked for."""
    bench = Bench(a_group(ADDRESS))
    bench.peer.macs = {"eth0": "02:00:00:00:00:0b"}
    bench.peer.status = NodeStatus.DEAD
    bench.want(vouched=True)
    bench.claimed()
    bench.wait(5_000)
    assert bench.nothing_of(ProbeAddress)


def test_a_question_of_an_unknown_address_is_ignored():
    bench = Bench().holding()
    bench.feed(AddressProbed(op=1, address="10.9.9.9", answered_by=STRANGER_MAC))
    assert bench.group.held
