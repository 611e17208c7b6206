"""Makes the media of all links of ha.cf, each with the class that carries it."""

from collections.abc import Iterable
from typing import Final

from sidecar.core.params import Link
from sidecar.core.terms import LinkName
from sidecar.core.terms import Medium as Kind
from sidecar.media import udp
from sidecar.media.base import Emit, Medium, Signed
from sidecar.media.bcast import Bcast
from sidecar.media.mcast import Mcast
from sidecar.media.mcast6 import Mcast6
from sidecar.media.serial import SerialMedium
from sidecar.media.sharing import Sorter, shared
from sidecar.media.ucast import Ucast
from sidecar.media.ucast6 import Ucast6
from sidecar.media.udp import UdpMedium

_UDP: Final[dict[Kind, type[udp.Kind]]] = {
    Kind.UCAST: Ucast,
    Kind.UCAST6: Ucast6,
    Kind.BCAST: Bcast,
    Kind.MCAST: Mcast,
    Kind.MCAST6: Mcast6,
}


def open_media(links: Iterable[Link], emit: Emit, signed: Signed) -> dict[LinkName, Medium]:
    """A medium for each link, not opened yet. Links that share a port share a receiver."""
    links = tuple(links)
    sorters: dict[LinkName, Sorter] = {}
    deaf: set[LinkName] = set()
    for together in shared(links):
        sorters[together[0].name] = Sorter(together)
        deaf.update(link.name for link in together[1:])
    return {
        link.name: _medium(
            link, emit, signed, sorter=sorters.get(link.name), deaf=link.name in deaf
        )
        for link in links
    }


def _medium(link: Link, emit: Emit, signed: Signed, *, sorter: Sorter | None, deaf: bool) -> Medium:
    if link.medium is Kind.SERIAL:
        return SerialMedium(link, emit)
    kind = _UDP[link.medium]()
    return UdpMedium(link, kind, emit, signed=signed, sorter=sorter, deaf=deaf)
