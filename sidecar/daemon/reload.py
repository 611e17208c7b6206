"""HUP: read the files anew, compare, and apply what can be applied without an interruption.

The files are read in a thread, since the disk may be slow; the heartbeat goes on meanwhile. What is
wrong is refused whole. What only a restart can change is refused too, with a word on it.
"""

import asyncio
from collections.abc import Callable

from sidecar.config.problems import ConfigError, Severity
from sidecar.config.settings import Settings
from sidecar.core.params import Params

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
        fresh = await asyncio.to_thread(load)
    except ConfigError as error:
        wrong = (str(p) for p in error.problems if p.severity is Severity.ERROR)
        raise ReloadError(tuple(wrong)) from error
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
    return problems


def _addresses(params: Params) -> dict[str, object]:
    return {address.name: address for group in params.groups for address in group.addresses}
