"""The document of ``/api/status``: what a ClusterView says, as JSON values.

The names up to ``reasons`` are promised to the outside (README, HTTP); more keys may follow them.
Pure: reads the view, and what is known beyond it, and nothing else.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from sidecar import VERSION
from sidecar.core.record import milliseconds
from sidecar.core.terms import SECOND
from sidecar.core.view import (
    AddressView,
    ClusterView,
    ContainerView,
    GroupView,
    LinkView,
    MaintenanceView,
    NodeView,
)
from sidecar.web.attention import attention_of, holder_of
from sidecar.web.beyond import Beyond

NOTHING_MORE: Final = Beyond()

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None
Document = dict[str, Json]


def status_document(view: ClusterView, beyond: Beyond = NOTHING_MORE) -> Document:
    return {
        "node": view.node,
        "peer": view.peer,
        "version": VERSION,
        "generation": view.generation,
        "holding": view.holding.word,
        "stable": view.stable,
        "summary": view.summary,
        "nodes": [_node(node) for node in view.nodes],
        "groups": [_group(view, beyond, group) for group in view.groups],
        "ping": [{"name": target.name, "up": target.up} for target in view.ping],
        "ready": view.ready,
        "reasons": list(view.reasons),
        # More than is promised, for people who look closer.
        "state": view.state.name.lower(),
        "standby": view.standby.value,
        "split_brain": view.split_brain,
        "docker_up": view.engine_up,
        "notes": list(view.notes),
        "maintenance": _maintenance(view.maintenance),
        "unseen": list(view.unseen),
        "explanation": list(view.explanation),
        "timing": {
            "keepalive_ms": milliseconds(beyond.keepalive_ns),
            "warntime_ms": milliseconds(beyond.warntime_ns),
            "deadtime_ms": milliseconds(view.deadtime_ns),
        },
        "attention": [
            {"severity": one.severity.word, "sentence": one.sentence, "runbook": one.runbook}
            for one in attention_of(view, beyond)
        ],
    }


def resource_state(resource: AddressView | ContainerView) -> str:
    """One word for where a resource stands; a container that could not be mended has ``failed``."""
    if isinstance(resource, ContainerView) and resource.failed:
        return "failed"
    return resource.state.value


def held_sentence(view: ClusterView) -> str | None:
    """What this node holds in fact, as a sentence; None when it holds no group."""
    held = [resource.name for group in view.groups if group.held for resource in group.resources]
    return f"{view.node} holds {', '.join(held)}" if held else None


def _maintenance(maintenance: MaintenanceView | None) -> Document | None:
    if maintenance is None:
        return None
    since = datetime.fromtimestamp(maintenance.since_s, UTC)
    return {
        "left_s": -(-maintenance.left_ns // SECOND),
        "by": maintenance.by,
        "since": since.isoformat().replace("+00:00", "Z"),
    }


def _node(node: NodeView) -> Document:
    return {
        "name": node.name,
        "local": node.local,
        "status": node.status.value,
        "links": [_link(link) for link in node.links],
        "sidecar": node.sidecar,
        "ready": node.ready,
        "generation": node.generation,
        "silence_ms": None if node.silence_ns is None else milliseconds(node.silence_ns),
        "packets_lost": node.packets_lost,
        "late": node.late,
        "close_calls": node.close_calls,
        "clock_offset_s": node.clock_offset_s,
        "agrees": node.agrees,
    }


def _link(link: LinkView) -> Document:
    return {
        "name": link.name,
        "medium": link.medium,
        "status": link.status.value,
        "open": link.open,
        "reason": link.reason,
        "heard_by_peer": link.heard_by_peer,
        "sent": link.sent,
        "received": link.received,
        "rejected": dict(link.rejected),
    }


def _group(view: ClusterView, beyond: Beyond, group: GroupView) -> Document:
    return {
        "name": group.name,
        "preferred": group.preferred,
        "held": group.held,
        "wanted": group.wanted,
        "moves": group.moves,
        "flapping": group.flapping,
        "holder": holder_of(view, beyond, group),
        "why": next(
            (line for line in view.explanation if line.startswith(f"{group.name} is ")), ""
        ),
        "resources": [_resource(resource) for resource in group.resources],
    }


def _resource(resource: AddressView | ContainerView) -> Document:
    state = resource_state(resource)
    if isinstance(resource, AddressView):
        return {
            "name": resource.name,
            "kind": "address",
            "state": state,
            "interface": resource.interface,
            "lost": resource.lost,
            "conflicts": resource.conflicts,
        }
    return {
        "name": resource.name,
        "kind": "container",
        "state": state,
        "serving": resource.serving,
        "detail": resource.detail,
    }
