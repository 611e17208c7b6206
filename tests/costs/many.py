"""A settled pair whose one group has many addresses; what its adapters find out comes together."""

from sidecar.core.params import Address, ResourceGroup
from sidecar.core.terms import SECOND
from tests.core.harness import ETH1, NODE, Wired, a_link, some_params


def names(count: int) -> tuple[str, ...]:
    return tuple(f"10.90.{number // 250}.{number % 250 + 1}" for number in range(count))


def pair_with(count: int) -> Wired:
    """Both have long been stable; node-a holds all of them."""
    addresses = tuple(Address(name=name, prefix=32, interface="eth0") for name in names(count))
    group = ResourceGroup(name=addresses[0].name, preferred=NODE, resources=addresses)
    pair = Wired(some_params(links=(a_link(ETH1),), groups=(group,)))
    for node in pair.nodes:
        node.hands.together = True
    pair.start()
    pair.world.run(20 * SECOND)
    assert pair.a.hands.addresses == set(names(count))
    for node in pair.nodes:
        node.forget()
    return pair
