"""A bench of an address alone, and ways that many of its tests go."""

from sidecar.core.actions import RenewLease
from sidecar.core.params import Address
from sidecar.core.terms import NodeName
from tests.core.resources import ADDRESS, HERE, PEER_MAC, TIMING, Bench, a_group

LEASE_MS = TIMING.lease_s * 1000


def a_bench(address: Address = ADDRESS) -> Bench:
    """A bench of an address alone."""
    return Bench(a_group(address))


def holding() -> Bench:
    bench = a_bench()
    bench.want()
    bench.claimed()
    assert bench.group.held
    bench.wishes.clear()
    bench.told.clear()
    return bench


def held_without_word(mac: str | None = PEER_MAC, *, preferred: NodeName = HERE) -> Bench:
    """The peer was dead, and only the silence of its address spoke for the claim."""
    bench = Bench(a_group(ADDRESS, preferred=preferred))
    bench.peer.macs = {"eth0": mac} if mac else {}
    bench.peer_dies()
    bench.want(vouched=False)
    bench.silent_probes()
    bench.claimed()
    bench.told.clear()
    return bench


def keep_renewed(bench: Bench, ms: int) -> None:
    for _ in range(ms // 100):
        bench.wait(100)
        for _renewal in bench.all_of(RenewLease):
            bench.renewed()
