"""The facts of this node alone, as the options and variables say them (options.py): each checked.

Each fault names the option or the variable that the value came from.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from sidecar.config.options import (
    CONFIG_DIR,
    CONTAINERS,
    CONTROL,
    DOCKER,
    FAILBACK_DELAY,
    HTTP,
    LOG_FORMAT,
    LOG_LEVEL,
    MAX_MOVES,
    MOVES_WINDOW,
    NODE,
    STATE_DIR,
    Option,
    choose,
    choose_with_source,
)
from sidecar.config.problems import FileProblems, Problems, quote
from sidecar.config.values import BadValue, did_you_mean, parse_integer, parse_time
from sidecar.core.terms import SECOND


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpBind:
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFacts:
    """What only this node knows. Names are checked, files are not touched."""

    config_dir: Path
    node: str
    http: HttpBind
    docker: str
    control: Path
    state_dir: Path
    log_format: LogFormat
    log_level: LogLevel
    containers: tuple[tuple[str, str], ...]
    """A container's name in haresources and its name on this node, where they differ."""
    failback_delay_ns: int | None
    """None: as follows from deadtime."""
    max_moves: int
    moves_window_ns: int


_Word = TypeVar("_Word", bound=StrEnum)

_BIND = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]*):([0-9]{1,5})", re.ASCII)
_DOCKER_URL = re.compile(r"(unix:///|(tcp|http|https)://[^/\s]).*", re.ASCII)
_HIGHEST_PORT: Final = 65535
MAX_MOVES_HIGHEST: Final = 100


def read_local_facts(
    options: Mapping[str, object], environ: Mapping[str, str], problems: Problems
) -> LocalFacts:
    """All local facts. Where a value is wrong, that is told and the default stands in for it."""

    def text(option: Option) -> str:
        return choose(option, options, environ)

    def checked(option: Option) -> tuple[str, FileProblems]:
        value, source = choose_with_source(option, options, environ)
        return value, problems.of(source)

    return LocalFacts(
        config_dir=Path(text(CONFIG_DIR)),
        node=text(NODE) or os.uname().nodename,
        http=_http(*checked(HTTP)),
        docker=_docker(*checked(DOCKER)),
        control=Path(text(CONTROL)),
        state_dir=Path(text(STATE_DIR)),
        log_format=_word(LogFormat, LOG_FORMAT, *checked(LOG_FORMAT)),
        log_level=_word(LogLevel, LOG_LEVEL, *checked(LOG_LEVEL)),
        containers=_containers(*checked(CONTAINERS)),
        failback_delay_ns=_delay(*checked(FAILBACK_DELAY)),
        max_moves=_max_moves(*checked(MAX_MOVES)),
        moves_window_ns=_window(*checked(MOVES_WINDOW)),
    )


def _http(value: str, problems: FileProblems) -> HttpBind:
    found = _BIND.fullmatch(value)
    if found is None or not 1 <= int(found[2]) <= _HIGHEST_PORT:
        problems.error(
            None,
            f"{quote(value)} is no address with a port: write it like 0.0.0.0:9694 or [::]:9694",
        )
        return HttpBind(host="0.0.0.0", port=9694)
    return HttpBind(host=found[1].strip("[]") or "0.0.0.0", port=int(found[2]))


def _docker(value: str, problems: FileProblems) -> str:
    if _DOCKER_URL.fullmatch(value):
        return value
    problems.error(
        None,
        f"{quote(value)} is no address of a container engine: "
        f"write it like {DOCKER.default} or tcp://127.0.0.1:2375",
    )
    return DOCKER.default


def _word(words: type[_Word], option: Option, value: str, problems: FileProblems) -> _Word:
    try:
        return words(value.lower())
    except ValueError:
        problems.error(
            None,
            f"{quote(value)} is unknown: write {' or '.join(words)}{did_you_mean(value, words)}",
        )
        return words(option.default)


def _containers(value: str, problems: FileProblems) -> tuple[tuple[str, str], ...]:
    names: dict[str, str] = {}
    for pair in value.replace(",", " ").split():
        name, equals, container = pair.partition("=")
        if not (name and equals and container):
            problems.error(None, f"{quote(pair)} is no pair of names: write it like nginx=nginx-a")
        elif name in names:
            problems.error(None, f"{quote(name)} is given twice: keep one of the two")
        else:
            names[name] = container
    return tuple(names.items())


def _delay(value: str, problems: FileProblems) -> int | None:
    if not value:
        return None
    try:
        return parse_time(value)
    except BadValue as bad:
        problems.error(None, str(bad))
        return None


def _max_moves(value: str, problems: FileProblems) -> int:
    try:
        return parse_integer(value, 0, MAX_MOVES_HIGHEST)
    except BadValue as bad:
        problems.error(None, str(bad))
        return int(MAX_MOVES.default)


def _window(value: str, problems: FileProblems) -> int:
    try:
        window_ns = parse_time(value)
    except BadValue as bad:
        problems.error(None, str(bad))
        return parse_time(MOVES_WINDOW.default)
    if window_ns < SECOND:
        problems.error(None, f"{quote(value)} is too short for a window: write 1 or more")
    return window_ns
