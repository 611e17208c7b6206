"""The two nodes of ha.cf, and which of them this one is (protocol section 9.1).

A Heartbeat node writes all node names in lower case, and so does the sidecar.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sidecar.config.problems import FileProblems, quote
from sidecar.config.values import BadValue
from sidecar.core.terms import NodeName

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
_PAIR: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The two nodes in the order of ha.cf, and which one this is."""

    nodes: tuple[NodeName, NodeName]
    node: NodeName
    peer: NodeName


def parse_name(written: str) -> NodeName:
    """Raise BadValue unless a host can have this name."""
    if not _NAME.fullmatch(written):
        raise BadValue(f"{quote(written)} is no host name: write what `uname -n` says on that node")
    return NodeName(written.lower())


def add_node(nodes: dict[NodeName, int], written: str, line: int, problems: FileProblems) -> None:
    """Take one name of a node line into ``nodes``: the name with the line that names it."""
    try:
        name = parse_name(written)
    except BadValue as fault:
        problems.error(line, str(fault))
        return
    if name in nodes:
        problems.error(
            line,
            f"node {name} is already named in line {nodes[name]}: "
            "write the other node's name, as `uname -n` says it there",
        )
        return
    nodes[name] = line


def settle_pair(nodes: Mapping[NodeName, int], own: str, problems: FileProblems) -> Pair | None:
    """Exactly two nodes, this one among them; None where that is not so."""
    names = tuple(nodes)
    if not names:
        problems.error(None, "names no node: write two `node` lines, each with a node's `uname -n`")
        return None
    if len(names) < _PAIR:
        problems.error(
            nodes[names[0]],
            f"{names[0]} is the only node: write a second `node` line with the other one's name",
        )
        return None
    if len(names) > _PAIR:
        problems.error(
            nodes[names[_PAIR]],
            f"{len(names)} nodes are named ({', '.join(names)}), but the sidecar works for exactly "
            "two: remove the others",
        )
        return None
    node = NodeName(own.lower())
    if node not in nodes:
        problems.error(
            nodes[names[0]],
            f"this node is {quote(own)}, but the nodes are {names[0]} and {names[1]}: "
            "correct the node lines, or set SIDECAR_NODE (or --node) to one of the two",
        )
        return None
    first, second = names[0], names[1]
    peer = second if node == first else first
    return Pair(nodes=(first, second), node=node, peer=peer)
