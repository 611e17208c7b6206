"""What an earlier life of this sidecar left on the host's interfaces: found, and swept.

Looked at before the first beat leaves.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sidecar.core.params import Address
from sidecar.vip import frames, interfaces, messages, rtnl
from sidecar.vip.reasons import reason_of
from sidecar.vip.removal import failure_of
from sidecar.vip.table import AddressTable


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
    table = AddressTable()
    try:
        codes = table.ask_all([messages.delete(one.index, one.name, one.prefix) for one in left])
    finally:
        table.close()
    return tuple(
        reason_of(error, one.interface, wish=f"remove {one.name}")
        for one, code in zip(left, codes, strict=True)
        if (error := failure_of(code)) is not None
    )
