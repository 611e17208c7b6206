"""What a drill moves, and whether it may begin: read from the status document of this node."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Status = dict[str, Any]


class Refused(Exception):
    """The pair is in no state for a drill; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which groups move between whom; ``which`` is their word, as for ``sidecar standby``."""

    node: str
    peer: str
    which: str
    groups: tuple[str, ...]
    notes: tuple[str, ...]

    def is_there(self, status: Status) -> bool:
        """The peer has them, and nothing moves any more."""
        return self._is_settled(status, held=False, holder=self.peer)

    def is_back(self, status: Status) -> bool:
        return self._is_settled(status, held=True, holder=self.node)

    def _is_settled(self, status: Status, *, held: bool, holder: str) -> bool:
        if status["stable"] is not True or _peer(status)["status"] != "active":
            return False
        moved = [group for group in status["groups"] if group["name"] in self.groups]
        return len(moved) == len(self.groups) and all(
            group["held"] is held and group["wanted"] is held and group["holder"] == holder
            for group in moved
        )


def plan(status: Status) -> Plan:
    """Raises Refused, with every reason."""
    reasons = list(_obstacles(status))
    if reasons:
        raise Refused("; ".join(reasons))
    peer = _peer(status)
    says_nothing = f"{peer['name']} is a Heartbeat node, which does not say whether it is ready"
    return Plan(
        node=status["node"],
        peer=peer["name"],
        which=status["holding"],
        groups=tuple(group["name"] for group in status["groups"] if group["held"]),
        notes=(says_nothing,) if peer["ready"] is None else (),
    )


def _obstacles(status: Status) -> Iterator[str]:
    node, peer = status["node"], _peer(status)
    if status["maintenance"]:
        yield "maintenance is on: `sidecar maintenance off` ends it"
    if status["split_brain"]:
        yield "both nodes may hold the same groups: see `sidecar explain`"
    if peer["status"] != "active":
        yield f"{peer['name']} is {peer['status']}: it could not take over"
    elif peer["ready"] is False:
        yield f"{peer['name']} is not ready: `sidecar status` there says why"
    if not status["ready"]:
        yield f"{node} is not ready, and could not take it back: {'; '.join(status['reasons'])}"
    moving = [group["name"] for group in status["groups"] if group["wanted"] != group["held"]]
    if not status["stable"] or moving:
        yield "a move is under way: wait until `sidecar status` says what is held"
    elif not any(group["held"] for group in status["groups"]):
        yield f"{node} holds nothing: run it on the node that does ({peer['name']}?)"


def _peer(status: Status) -> Status:
    peer: Status = next(node for node in status["nodes"] if not node["local"])
    return peer


def default_url(status: Status, checks: Mapping[str, str]) -> str:
    """The check of the first container that has one, at the first address that moves with it."""
    held = [group for group in status["groups"] if group["held"]]
    for group in held:
        addresses = [one["name"] for one in group["resources"] if one["kind"] == "address"]
        urls = (checks.get(one["name"]) for one in group["resources"])
        url = next(filter(None, urls), None)
        if addresses and url:
            return _at(addresses[0], url)
    for group in held:
        for one in group["resources"]:
            if one["kind"] == "address":
                return _at(one["name"], "http://-/")
    raise Refused("no address moves, so there is nothing to request: give --url")


def _at(address: str, url: str) -> str:
    parts = urlsplit(url)
    host = f"[{address}]" if ":" in address else address
    port = f":{parts.port}" if parts.port else ""
    return parts._replace(netloc=f"{host}{port}", fragment="").geturl()
