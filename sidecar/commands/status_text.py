"""The status document as text for people: the summary first, then nodes, groups and readiness.

Reads the document of ``/api/status`` and nothing else, so that what people and programs are shown
is the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Status = dict[str, Any]


def status_text(status: Status) -> str:
    return "".join(f"{line}\n" for line in _lines(status))


def _lines(status: Status) -> Iterator[str]:
    yield status["summary"]
    yield ""
    yield from table(("NODE", "STATUS", "READY", "LINKS"), map(_node_row, status["nodes"]))
    yield ""
    yield from table(("GROUP", "PREFERS", "HERE", "RESOURCES"), map(_group_row, status["groups"]))
    if status["ping"]:
        yield ""
        yield from table(("PING NODE", "STATUS"), map(_ping_row, status["ping"]))
    yield ""
    yield from _readiness(status)
    yield from status["notes"]
    if status["maintenance"]:
        yield _maintenance(status["maintenance"])
    if not status["stable"]:
        yield f"not settled: {status['state']}"
    if status["split_brain"]:
        yield "SPLIT BRAIN SUSPECTED: both nodes may hold the same resources"


def _readiness(status: Status) -> Iterator[str]:
    if status["ready"]:
        yield "ready to serve"
        return
    yield "not ready to serve:"
    for reason in status["reasons"]:
        yield f"  - {reason}"


def _maintenance(maintenance: Status) -> str:
    by, since, left = (maintenance[key] for key in ("by", "since", "left_s"))
    return (
        f"maintenance: ordered on {by} at {since}, {left} s left; `sidecar maintenance off` ends it"
    )


def _node_row(node: Status) -> tuple[str, ...]:
    name = f"{node['name']} (here)" if node["local"] else node["name"]
    links = "; ".join(map(_link, node["links"]))
    return name, node["status"], _yes_or_no(node["ready"]), links


def _link(link: Status) -> str:
    reason = f" ({link['reason']})" if link["reason"] else ""
    return f"{link['name']} {link['medium']} {link['status']}{reason}{_one_way(link)}"


def _one_way(link: Status) -> str:
    """What the peer says of the link, where that is not what is seen here, or is bad."""
    match link.get("heard_by_peer"), link["status"]:
        case False, _:
            return ", not heard by the peer"
        case True, "dead":
            return ", but heard by the peer"
        case _:
            return ""


def _group_row(group: Status) -> tuple[str, ...]:
    here = "held" if group["held"] else "taking" if group["wanted"] else "-"
    resources = ", ".join(map(_resource, group["resources"]))
    return group["name"], group["preferred"], here, resources


def _resource(resource: Status) -> str:
    detail = resource.get("detail", "")
    return f"{resource['name']} {resource['state']}" + (f" ({detail})" if detail else "")


def _ping_row(target: Status) -> tuple[str, ...]:
    return target["name"], "up" if target["up"] else "dead"


def _yes_or_no(said: bool | None) -> str:  # noqa: FBT001 - a value out of the document
    if said is None:
        return "unknown"
    return "yes" if said else "no"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Columns as wide as their widest cell, two spaces apart."""
    lines: Sequence[tuple[str, ...]] = (head, *rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()
