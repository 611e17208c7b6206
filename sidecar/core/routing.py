"""Which part each event concerns, and each message of the peer: the tables of everything that can
happen to a node.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, assert_never

from sidecar.core import ipfail
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
from sidecar.core.shutdown import Stage
from sidecar.core.turn import Turn
from sidecar.wire import fields
from sidecar.wire.message import Message

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
            case QuestionHeard() if cluster.peer.alive and not cluster.one_way.unheard:
                # Who may claim what is settled with the peer.
                cluster.takeover.groups.note_question(turn, fact)
            case _:
                yield fact


def hand_on(cluster: "Cluster", turn: Turn, message: Message) -> None:  # noqa: C901 - a table
    """Hand a message to the part it concerns; a type that we do not know is harmless."""
    match message.kind:
        case fields.REQNODES:
            cluster.presence.on_reqnodes(turn)
        case fields.REPNODES:
            cluster.presence.on_repnodes(turn)
        case fields.STARTING:
            cluster.takeover.negotiation.on_starting(turn)
        case fields.RESOURCE:
            cluster.takeover.negotiation.on_resource(turn, message)
        case fields.ASK_RESOURCES:
            cluster.takeover.standby.on_ask(turn, message, may_take=cluster.may_take)
        case fields.IP_REQUEST if cluster.takeover.legacy.spoken:
            cluster.takeover.legacy.on_request(turn, message)
        case fields.IP_REQUEST_RESP if cluster.takeover.legacy.spoken:
            cluster.takeover.legacy.on_response(turn, message)
        case fields.HB_TAKEOVER:
            if cluster.shutdown.stage is Stage.RUNNING:
                cluster.operator.on_hb_takeover(turn, message.get(fields.RSC_HOLD) or "")
        case fields.SHUTDONE:
            cluster.peer.leave(turn)
            cluster.takeover.peer_left(turn)
        case _ if message.kind in ipfail.MESSAGES:
            cluster.ipfail.on_message(turn, message)
        case _:
            pass
