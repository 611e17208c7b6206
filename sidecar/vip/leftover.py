"""What an earlier life of this sidecar left on the host's interfaces: found, and swept.

Looked at before the first beat leaves, so that it is done without pyroute2: what a beat can do
without is loaded after it. Only where there is something to sweep is it loaded here.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sidecar.core.params import Address
from sidecar.vip import frames, interfaces, rtnl
from sidecar.vip.reasons import reason_of


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftBehind:
    """An address of the cluster that an earlier life of this sidecar left on this host."""

    name: str
    prefix: int
    interface: str
    index: int
    leased: bool
    """It ends by itself."""


def left_behind(addresses: Iterable[Address]) -> tuple[LeftBehind, ...]:
    """Those of the cluster's addresses that are here with our mark or with a finite lifetime.

    Others with our mark are left alone: nobody renews what an old configuration left, so it
    ends by itself, and what somebody renews belongs to another sidecar on this host.
    """
    names = {frames.canonical(address.name) for address in addresses}
    host = interfaces.network()
    return tuple(
        LeftBehind(
            name=here.address,
            prefix=here.prefix,
            interface=host.name_of(here.index),
            index=here.index,
            leased=here.lifetime_s != rtnl.FOREVER,
        )
        for here in host.assignments
        if here.address in names
        and (here.proto == rtnl.OUR_PROTO or here.lifetime_s != rtnl.FOREVER)
    )


def sweep(left: Iterable[LeftBehind]) -> tuple[str, ...]:
    """Remove them; return the reasons where that failed."""
    from sidecar.vip.table import AddressTable  # noqa: PLC0415 - see above

    reasons: list[str] = []
    table = AddressTable()
    for one in left:
        try:
            table.delete(one.index, one.name, one.prefix)
        except OSError as error:
            reasons.append(reason_of(error, one.interface, wish=f"remove {one.name}"))
    table.close()
    return tuple(reasons)
