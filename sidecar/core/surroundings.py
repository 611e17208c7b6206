"""What a group needs of the world around it: to know how things stand, and to be heard."""

from typing import TYPE_CHECKING, Final, Protocol

from sidecar.core.turn import Turn

if TYPE_CHECKING:
    from sidecar.core.group import Group

ISOLATED: Final = "neither the peer nor any ping node is heard"


class GroupNews(Protocol):
    """Who acts on what a group achieved."""

    def group_held(self, turn: Turn, group: "Group") -> None: ...

    def group_lost(self, turn: Turn, group: "Group") -> None:
        """It was held and is not any more, though it is still wanted."""


class Surroundings(Protocol):
    """What a group needs to know of the world."""

    def has_carrier(self, interface: str) -> bool: ...

    @property
    def peer_alive(self) -> bool: ...

    def claimed_by_peer(self, group: "Group") -> bool:
        """The peer says that it holds the group's side."""

    def owner_may_linger(self, turn: Turn) -> bool:
        """Only the peer's sidecar is gone: its address may answer until the lease on it ends."""

    @property
    def isolated(self) -> bool:
        """Neither the peer nor any ping node is heard: it may be this node that is cut off."""

    @property
    def frozen(self) -> bool:
        """Maintenance: what is here stays here."""

    @property
    def decided(self) -> bool:
        """Whether it is known yet who holds what: until then containers are left as found."""
