"""What one address has to know of the others around it, each asked when it is needed."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """The peer, strangers, and the other addresses of this node."""

    owner_mac: Callable[[], str | None]
    """The hardware address that the peer has told for the interface; None: everybody is asked."""
    yields: Callable[[], bool]
    """This is not the preferred node: a tie with a stranger is decided by that."""
    crowd: Callable[[], int]
    """How many addresses there are, this one among them."""
