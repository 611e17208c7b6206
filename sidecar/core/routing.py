"""Which part each event concerns: the table of everything that can happen to a node."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, assert_never

from sidecar.core.events import (
    AddressClaimed,
    AddressEvent,
    AddressLost,
    AddressProbed,
    AddressRefused,
    AddressReleased,
    CarrierChanged,
    ConflictSeen,
    EngineChanged,
    Event,
    LeaseRenewed,
    LinkFailed,
    LinkOpened,
    LinkRefused,
    MaintenanceRequested,
    PacketReceived,
    PacketsRefused,
    PartChanged,
    PingReplied,
    ProbeFailed,
    QuestionHeard,
    Reloaded,
    ReloadRefused,
    ServiceChanged,
    ServiceChecked,
    ServiceDone,
    ServiceRefused,
    ServiceRestarted,
    ShutdownRequested,
    StandbyRequested,
    TakeoverRequested,
    Together,
    Woke,
)
from sidecar.core.occurrences import ReloadFailed
from sidecar.core.turn import Turn

if TYPE_CHECKING:
    from sidecar.core.cluster import Cluster


def route(cluster: "Cluster", turn: Turn, event: Event) -> None:  # noqa: C901, PLR0912 - a table
    """Hand an event to the part that it concerns. A packet was the inbox's, before this."""
    groups = cluster.takeover.groups
    match event:
        case Woke() | PacketReceived() | PacketsRefused():
            pass  # it has had its turn
        case PingReplied():
            cluster.ping.on_reply(turn, event)
        case LinkOpened():
            cluster.links.opened(turn, event.link)
            cluster.presence.begin(turn)
        case LinkFailed():
            cluster.links.failed(turn, event.link, event.reason)
        case LinkRefused():
            cluster.links.refused(event.link)
            cluster.refusals.on_refused(turn)
        case AddressClaimed() | AddressReleased() | AddressRefused() | LeaseRenewed():
            groups.on_address_events(turn, (event,))
        case AddressLost() | AddressProbed() | ProbeFailed() | ConflictSeen() | QuestionHeard():
            groups.on_address_events(turn, _for_groups(cluster, turn, (event,)))
        case Together():
            groups.on_address_events(turn, _for_groups(cluster, turn, event.facts))
        case (
            ServiceDone()
            | ServiceRefused()
            | ServiceChanged()
            | ServiceRestarted()
            | ServiceChecked()
        ):
            groups.on_container_event(turn, event)
        case CarrierChanged():
            groups.on_carrier(turn, event)
        case EngineChanged():
            groups.on_engine(turn, event)
        case Reloaded():
            cluster.reload(turn, event.params)
        case ReloadRefused():
            turn.tell(ReloadFailed(problems=event.problems))
        case PartChanged():
            cluster.readiness.on_part(event)
        case StandbyRequested():
            cluster.operator.on_standby(turn, event)
        case TakeoverRequested():
            cluster.operator.on_takeover(turn, event)
        case MaintenanceRequested():
            cluster.maintenance.on_request(turn, event)
        case ShutdownRequested():
            cluster.shutdown.begin(turn)
        case _:
            assert_never(event)


def _for_groups(
    cluster: "Cluster", turn: Turn, facts: tuple[AddressEvent, ...]
) -> Iterator[AddressEvent]:
    """Those facts that the group of the address has to hear of; the others have had their turn."""
    for fact in facts:
        match fact:
            case AddressProbed() | ProbeFailed() if cluster.sight.on_event(turn, fact):
                pass
            case ConflictSeen() if cluster.reunion.two_owners:
                pass  # whoever announced last is reached: see reunion.py
            case QuestionHeard() if cluster.peer.alive:
                # Who may claim what is settled with the peer.
                cluster.takeover.groups.note_question(turn, fact)
            case _:
                yield fact
