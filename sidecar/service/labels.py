"""What a container's own labels ask for: how it stands by and how it is checked.

Reads the ``sidecar.*`` labels into settings. It never asks the engine and never fails: a bad value
becomes a sentence for people and the default is used, for a typing error in a label must not stop
a takeover. Durations are written as Docker writes them: ``1s``, ``500ms``, or plain seconds.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from sidecar.core.terms import MILLISECOND, SECOND, StandbyMode

STANDBY: Final = "sidecar.standby"
CHECK: Final = "sidecar.check"
INTERVAL: Final = "sidecar.check.interval"
TIMEOUT: Final = "sidecar.check.timeout"
FAILURES: Final = "sidecar.check.failures"
RESTARTS: Final = "sidecar.restarts"
_KNOWN: Final = (STANDBY, CHECK, INTERVAL, TIMEOUT, FAILURES, RESTARTS)

_UNIT_NS: Final = {"ms": MILLISECOND, "s": SECOND, "": SECOND, "m": 60 * SECOND}
_DURATION: Final = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|)", re.ASCII)
_CREDENTIALS: Final = re.compile(r"^(\w+://)?.*@", re.DOTALL)
_SHORTEST_NS: Final = 10 * MILLISECOND
_LONGEST_NS: Final = 3600 * SECOND
_MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCheck:
    """A GET that must be answered with 2xx or 3xx. A certificate is not verified."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpCheck:
    """A connection that must be accepted. A paused listener accepts too: HTTP says more."""

    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerCheck:
    """The verdict of the image's own HEALTHCHECK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCheck:
    """A running container counts as serving."""


CheckSpec = HttpCheck | TcpCheck | DockerCheck | NoCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSettings:
    """All that the labels say, and what was wrong with them."""

    standby: StandbyMode = StandbyMode.PAUSE
    check: CheckSpec = field(default_factory=NoCheck)
    interval_ns: int = SECOND
    timeout_ns: int = SECOND
    failures: int = 3
    restarts: int = 1
    problems: tuple[str, ...] = ()


def read_settings(labels: Mapping[str, str], *, has_healthcheck: bool) -> ContainerSettings:
    """The settings that these labels ask for; ``has_healthcheck`` is the image's."""
    reader = _Reader(labels)
    return ContainerSettings(
        standby=reader.standby(),
        check=reader.check(has_healthcheck=has_healthcheck),
        interval_ns=reader.duration(INTERVAL, SECOND),
        timeout_ns=reader.duration(TIMEOUT, SECOND),
        failures=reader.count(FAILURES, default=3, least=1),
        restarts=reader.count(RESTARTS, default=1, least=0),
        problems=reader.problems(),
    )


class _Reader:
    """Reads one container's labels and collects what is wrong with them."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels
        self._problems = [
            f"label {label} is not known (known: {', '.join(_KNOWN)})"
            for label in sorted(labels)
            if label.startswith("sidecar.") and label not in _KNOWN
        ]

    def problems(self) -> tuple[str, ...]:
        return tuple(self._problems)

    def standby(self) -> StandbyMode:
        value = self._value(STANDBY)
        if value is None:
            return StandbyMode.PAUSE
        try:
            return StandbyMode(value.lower())
        except ValueError:
            self._bad(STANDBY, value, allowed="pause, stop or run", used="pause")
            return StandbyMode.PAUSE

    def check(self, *, has_healthcheck: bool) -> CheckSpec:
        default = DockerCheck() if has_healthcheck else NoCheck()
        value = self._value(CHECK)
        if value is None:
            return default
        spec = _parse_check(value)
        if spec is None:
            self._bad(
                CHECK,
                value,
                allowed="http://HOST[:PORT]/PATH, https://..., tcp://HOST:PORT, docker or none",
                used="docker" if has_healthcheck else "none",
            )
            return default
        if isinstance(spec, DockerCheck) and not has_healthcheck:
            self._bad(CHECK, value, allowed="docker only with a HEALTHCHECK", used="none")
            return default
        return spec

    def duration(self, label: str, default_ns: int) -> int:
        value = self._value(label)
        if value is None:
            return default_ns
        match = _DURATION.fullmatch(value.lower())
        length_ns = round(float(match[1]) * _UNIT_NS[match[2]]) if match else 0
        if not _SHORTEST_NS <= length_ns <= _LONGEST_NS:
            used = f"{default_ns // SECOND}s"
            self._bad(label, value, allowed="10ms to 60m, such as 500ms, 1s or 1.5", used=used)
            return default_ns
        return length_ns

    def count(self, label: str, *, default: int, least: int) -> int:
        value = self._value(label)
        if value is None:
            return default
        number = int(value) if re.fullmatch(r"[0-9]{1,4}", value) else -1
        if not least <= number <= _MOST:
            allowed = f"a whole number from {least} to {_MOST}"
            self._bad(label, value, allowed=allowed, used=str(default))
            return default
        return number

    def _value(self, label: str) -> str | None:
        """The label's text; an empty one, as compose makes of an unset variable, is none."""
        return self._labels.get(label, "").strip() or None

    def _bad(self, label: str, value: str, *, allowed: str, used: str) -> None:
        # Everybody may read the page and the log: a name and a password stand before the last "@".
        shown = _CREDENTIALS.sub(r"\1", value)
        self._problems.append(f"label {label}={shown} is not allowed ({allowed}); using {used}")


def _parse_check(text: str) -> CheckSpec | None:
    if text.lower() == "none":
        return NoCheck()
    if text.lower() == "docker":
        return DockerCheck()
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:  # a port that is no number, or half an IPv6 address
        return None
    if not host or re.search(r"\s", text):
        return None
    if url.scheme in {"http", "https"}:
        return HttpCheck(url=text)
    if url.scheme == "tcp" and port and not (url.path or url.query or url.fragment):
        return TcpCheck(host=host, port=port)
    return None
