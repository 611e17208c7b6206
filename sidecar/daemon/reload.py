"""HUP: read the files anew, compare, and apply what can be applied without an interruption.

The files are read in a thread, since the disk may be slow; the heartbeat goes on meanwhile. What is
wrong is refused whole. What only a restart can change is refused too, with a word on it. But an
address that is written without an interface stays on the one that was found for it, whatever is
found now: it may be held there.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from sidecar.config.problems import ConfigError, Problem, Severity
from sidecar.config.settings import HARESOURCES, Settings
from sidecar.core.params import Address, Params, Resource
from sidecar.core.terms import NodeName
from sidecar.vip.interfaces import find_interface

Load = Callable[[], Settings]

_NEEDS_RESTART = ("config_dir", "http", "docker", "control", "state_dir")


class ReloadError(Exception):
    """The new settings cannot be taken over; ``problems`` says why, each with its mend."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def placed(settings: Settings, running: Settings | None = None) -> Settings:
    """The settings with an interface for each address, as far as this host has one.

    ``running`` are those that a reload replaces. Blocks for the look at the kernel's tables.
    """
    before = _addresses(running.params) if running else {}
    warnings: list[Problem] = []

    def place(resource: Resource) -> Resource:
        if not isinstance(resource, Address) or resource.interface:
            return resource
        found = find_interface(resource.name, resource.prefix)
        known = before.get(resource.name)
        if known is None:
            return replace(resource, interface=found or "")
        if found and found != known.interface:
            message = _say_where(known, found)
            path = str(settings.config_dir / HARESOURCES)
            warnings.append(
                Problem(file=path, line=None, message=message, severity=Severity.WARNING)
            )
        return replace(resource, interface=known.interface)

    groups = tuple(
        replace(group, resources=tuple(place(r) for r in group.resources))
        for group in settings.params.groups
    )
    return replace(
        settings,
        params=replace(settings.params, groups=groups),
        warnings=(*settings.warnings, *warnings),
    )


async def read_anew(load: Load, running: Settings) -> Settings:
    """The settings as they are on disk now. Raises ReloadError when they cannot be applied."""
    try:
        fresh = await asyncio.to_thread(lambda: placed(load(), running))
    except ConfigError as error:
        wrong = (str(p) for p in error.problems if p.severity is Severity.ERROR)
        raise ReloadError(tuple(wrong)) from error
    except OSError as error:
        raise ReloadError((f"this host's interfaces cannot be looked at: {error}",)) from error
    obstacles = tuple(_obstacles(running, fresh))
    if obstacles:
        raise ReloadError(obstacles)
    return fresh


def _obstacles(running: Settings, fresh: Settings) -> list[str]:
    before, after = running.params, fresh.params
    problems = [
        f"{name} changed: restart the sidecar to apply it"
        for name in _NEEDS_RESTART
        if getattr(running, name) != getattr(fresh, name)
    ]
    if running.realtime_priority != fresh.realtime_priority:
        problems.append("realtime or rtprio changed: restart the sidecar to apply it")
    if (before.node, before.peer) != (after.node, after.peer):
        problems.append("the nodes changed: restart the sidecars of both nodes to apply it")
    known = _addresses(before)
    problems += [
        f"address {name} is written differently (prefix, interface or label): give it up first by "
        "removing it from haresources, reload, and add it again"
        for name, address in _addresses(after).items()
        if name in known and known[name] != address
    ]
    homes = _homes(before)
    # Until both nodes have reloaded, each would take the group for the other one's.
    problems += [
        f"the group of {name} prefers {node} now, and preferred {homes[name]}: change that on both "
        "nodes while both sidecars are stopped; or remove the group, reload both, and add it again"
        for name, node in _homes(after).items()
        if homes.get(name, node) != node
    ]
    return problems


def _say_where(known: Address, found: str) -> str:
    where = f"on {known.interface}" if known.interface else "on no interface"
    return (
        f"the address {known.name} is {where} since the start, and its subnet is on {found} now: "
        "restart the sidecar, or remove the address, reload, and add it again"
    )


def _addresses(params: Params) -> dict[str, Address]:
    return {address.name: address for group in params.groups for address in group.addresses}


def _homes(params: Params) -> dict[str, NodeName]:
    """Which node each address is at home on."""
    return {a.name: group.preferred for group in params.groups for a in group.addresses}
