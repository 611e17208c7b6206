"""Which calls of the Docker API a sidecar makes, and how it writes them. All else is refused.

A request target must match as a whole, as it was written: nothing is decoded, joined or shortened
first, so that a second spelling of a call (``//``, ``/../``, ``%2e``, a further query) is no call.
What goes on to the engine is never the request itself but a new one, made of what was understood.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}", re.ASCII)
"""A container's name, as the engine takes it; ``..`` is none."""
IDENTITY: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
"""The whole identity: of a shorter one the engine would look for any container that fits."""

_VERSION: Final = r"(?P<version>/v1\.[0-9]{1,3})?"
_CONTAINER: Final = rf"{_VERSION}/containers/(?P<container>{NAME.pattern})"
_CALLS: Final = (
    ("GET", re.compile(rf"{_VERSION}/version", re.ASCII)),
    # The filters are not looked at: the engine is asked with our own.
    (
        "GET",
        re.compile(rf"{_VERSION}/(?P<verb>events)\?filters=[A-Za-z0-9%+._-]{{0,999}}", re.ASCII),
    ),
    ("GET", re.compile(rf"{_CONTAINER}/(?P<verb>json)", re.ASCII)),
    ("POST", re.compile(rf"{_CONTAINER}/(?P<verb>start|pause|unpause)", re.ASCII)),
    (
        "POST",
        re.compile(
            rf"{_CONTAINER}/(?P<verb>stop|restart)(?:\?t=(?P<seconds>[0-9]{{1,2}}))?", re.ASCII
        ),
    ),
)
_STREAMS_OF_ITS_OWN: Final = ("Upgrade", "Transfer-Encoding", "Expect")
"""A connection that is taken over, or whose end is elsewhere than it seems."""


class Verb(StrEnum):
    VERSION = "version"
    EVENTS = "events"
    INSPECT = "json"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    PAUSE = "pause"
    UNPAUSE = "unpause"


class Forbidden(Exception):
    """A request that is not passed on; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that was understood. Whether the container is one of ours is not judged here."""

    verb: Verb
    version: str
    """As in the target, such as ``/v1.41``; empty when it was left out."""
    container: str = ""
    seconds: str = ""
    """How long it may take to stop; empty when that was left out."""


def read_call(method: str, target: str, headers: Mapping[str, str]) -> Call:
    """Understand a request, or raise Forbidden. ``headers`` finds a name in any case."""
    for name in _STREAMS_OF_ITS_OWN:
        if name in headers:
            raise Forbidden(f"it has a header {name}")
    if "upgrade" in headers.get("Connection", "").lower():
        raise Forbidden("it wants another protocol")
    if headers.get("Content-Length", "0") != "0":
        raise Forbidden("it has a body")
    for of_method, pattern in _CALLS:
        found = pattern.fullmatch(target)
        if found is not None and method == of_method:
            parts = found.groupdict("")
            return Call(
                verb=Verb(parts.get("verb", "version")),
                version=parts["version"],
                container=parts.get("container", ""),
                seconds=parts.get("seconds", ""),
            )
    raise Forbidden("the sidecar makes no such call")
