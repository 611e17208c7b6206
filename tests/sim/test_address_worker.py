"""The simulated vip adapter: order, lateness, probes."""

from functools import partial

from sidecar.core.actions import ClaimAddress, ProbeAddress, ReleaseAddress, RenewLease
from sidecar.core.events import (
    AddressClaimed,
    AddressLost,
    AddressProbed,
    AddressRefused,
    AddressReleased,
    Event,
    LeaseRenewed,
    ProbeFailed,
)
from sidecar.core.terms import MILLISECOND, SECOND, NodeName
from tests.sim.address_worker import AddressWorker
from tests.sim.cluster import TwoNodes
from tests.sim.life import Life
from tests.sim.pair import SERVICE_LAN, Pair
from tests.sim.stage import chance_of

ADDRESS = Pair().addresses[0]
VIP = ADDRESS.name


class AWorker:
    """The worker of node a, without a core; node b is only a host."""

    def __init__(self) -> None:
        self.two = TwoNodes(chance_of(1), Pair())
        self.world = self.two.world
        self.host = self.two.node("a").host
        self.other = self.two.nodes[NodeName("b")].host
        self.life = Life(self.world, chance_of(1)("life"))
        self.answers: list[Event] = []
        rng = chance_of(1)("worker")
        self.worker = AddressWorker(self.host, self.life, rng, self.answers.append)

    def probe(self, mac: str | None = None) -> list[Event]:
        self.worker.perform(
            ProbeAddress(op=1, address=ADDRESS, mac=mac, patience_ns=50 * MILLISECOND)
        )
        self.world.run_for(SECOND)
        return self.answers

    def claim(self, *, within_ns: int = SECOND) -> ClaimAddress:
        not_after_ns = self.host.clock.ns() + within_ns
        return ClaimAddress(op=1, address=ADDRESS, lease_s=2, not_after_ns=not_after_ns)

    def renewal(self, not_after_ns: int) -> RenewLease:
        return RenewLease(address=ADDRESS, lease_s=2, not_after_ns=not_after_ns)


def test_an_announcement_answers_whoever_asks_just_now():
    """As the adapter takes it: each claim of the address is an answer (RFC 5227 2.1.1)."""
    node = AWorker()
    announce = partial(node.worker.hear_announcement, VIP, node.other.mac)
    node.world.call_later(20 * MILLISECOND, announce)
    (answer,) = node.probe()
    assert answer == AddressProbed(op=1, address=VIP, answered_by=node.other.mac)


def test_an_announcement_of_another_one_is_no_sign_of_the_one_that_is_asked():
    node = AWorker()
    announce = partial(node.worker.hear_announcement, VIP, "02:00:00:00:00:99")
    node.world.call_later(20 * MILLISECOND, announce)
    (answer,) = node.probe(mac=node.other.mac)
    assert answer == AddressProbed(op=1, address=VIP, answered_by=None)


def test_wishes_are_answered_in_their_order():
    node = AWorker()
    asked_ns = node.host.clock.ns()
    node.worker.perform(node.claim())
    node.worker.perform(node.renewal(asked_ns + SECOND))
    node.world.run_for(MILLISECOND // 2)  # the claim is on its way
    node.worker.perform(ReleaseAddress(op=2, address=ADDRESS))
    node.world.run_for(SECOND)
    claimed, renewed, released = node.answers
    assert isinstance(claimed, AddressClaimed)
    assert isinstance(renewed, LeaseRenewed)
    assert asked_ns <= claimed.at_ns < renewed.at_ns
    assert released == AddressReleased(op=2, address=VIP)
    assert not node.host.kernel.holds(VIP)


def test_a_renewal_that_comes_too_late_is_not_sent():
    node = AWorker()
    node.worker.perform(node.renewal(node.host.clock.ns() - 1))
    node.world.run_for(SECOND)
    late = AddressLost(address=VIP, reason="it comes too late", gone=False)
    assert node.answers == [late], "the lease may still run"
    assert not node.host.kernel.holds(VIP)


def test_a_renewal_frozen_between_the_clock_and_the_kernel_is_taken_back():
    node = AWorker()
    node.worker.perform(node.renewal(node.host.clock.ns() + SECOND))
    node.world.run_for(1)  # the thread has looked at the clock
    node.life.freeze()
    node.world.run_for(5 * SECOND)
    node.life.thaw()
    node.world.run_for(SECOND)
    assert [type(answer) for answer in node.answers] == [AddressLost]
    assert not node.host.kernel.holds(VIP)


def test_a_claim_that_waited_too_long_is_refused():
    node = AWorker()
    node.life.freeze()
    node.worker.perform(node.claim())
    node.world.run_for(5 * SECOND)
    node.life.thaw()
    node.world.run_for(SECOND)
    assert [type(answer) for answer in node.answers] == [AddressRefused]
    assert not node.host.kernel.holds(VIP)


def test_a_claim_that_its_release_has_caught_up_with_is_not_made():
    """While the thread waits for a slow kernel, such as for the claim of another address."""
    node = AWorker()
    node.life.freeze()
    node.worker.perform(node.claim())
    node.worker.perform(ReleaseAddress(op=2, address=ADDRESS))
    node.life.thaw()
    node.world.run_for(SECOND)
    refused, released = node.answers
    assert isinstance(refused, AddressRefused)
    assert released == AddressReleased(op=2, address=VIP)


def test_a_kernel_that_refuses_is_told_of():
    node = AWorker()
    node.host.kernel.refusing = True
    node.worker.perform(node.claim())
    node.world.run_for(SECOND)
    assert [type(answer) for answer in node.answers] == [AddressRefused]


def test_a_dead_process_does_nothing_with_what_is_in_its_mailbox():
    node = AWorker()
    node.worker.perform(node.claim())
    node.life.end()
    node.world.run_for(SECOND)
    assert not node.host.kernel.holds(VIP)


def test_a_probe_finds_the_other_host_s_address():
    node = AWorker()
    node.other.kernel.put(VIP, 5)
    assert node.probe() == [AddressProbed(op=1, address=VIP, answered_by=node.other.mac)]


def test_a_probe_to_a_machine_that_has_not_got_it_is_silent_when_its_patience_ends():
    node = AWorker()
    assert node.probe(node.other.mac) == [AddressProbed(op=1, address=VIP, answered_by=None)]


def test_a_probe_without_carrier_fails():
    node = AWorker()
    node.host.kernel.set_carrier(SERVICE_LAN, up=False)
    assert [type(answer) for answer in node.probe()] == [ProbeFailed]
