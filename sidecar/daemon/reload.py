"""HUP: read the files anew, compare, and apply what can be applied without an interruption.

The files are read in a thread, since the disk may be slow; the heartbeat goes on meanwhile. What is
wrong is refused whole. What only a restart can change is refused too, with a word on it.
"""

import asyncio
from collections.abc import Callable

from sidecar.config.problems import ConfigError, Severity
from sidecar.config.settings import Settings
from sidecar.core.params import Params
from sidecar.core.terms import NodeName
from sidecar.daemon.places import addresses_of, placed

Load = Callable[[], Settings]

_NEEDS_RESTART = ("config_dir", "http", "docker", "control", "state_dir")


class ReloadError(Exception):
    """The new settings cannot be taken over; ``problems`` says why, each with its mend."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


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
    # What no interface fits is held nowhere, and may be written as one likes.
    known = {name: one for name, one in addresses_of(before).items() if one.interface}
    problems += [
        f"address {name} is written differently (prefix, interface or label): give it up first by "
        "removing it from haresources, reload, and add it again"
        for name, address in addresses_of(after).items()
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


def _homes(params: Params) -> dict[str, NodeName]:
    """Which node each address is at home on."""
    return {a.name: group.preferred for group in params.groups for a in group.addresses}
