"""The settings of ``sidecar proxy``: options, and variables of the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.config.options import Option, choose, choose_with_source
from sidecar.config.problems import Problems, quote

ALLOWED: Final = Option(
    name="allowed",
    flag="--containers",
    environment="SIDECAR_PROXY_CONTAINERS",
    default="",
    metavar="NAME,...",
    help="the containers that may be inspected, started, stopped and paused",
)
ENGINE: Final = Option(
    name="engine",
    flag="--engine",
    environment="SIDECAR_PROXY_ENGINE",
    default="/var/run/docker.sock",
    metavar="FILE",
    help="the engine's own socket",
)
LISTEN: Final = Option(
    name="listen",
    flag="--listen",
    environment="SIDECAR_PROXY_LISTEN",
    default="/run/engine/docker.sock",
    metavar="FILE",
    help="the socket that is made for the sidecar",
)
PROXY_OPTIONS: Final = (ALLOWED, ENGINE, LISTEN)

_NAME: Final = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyFacts:
    """What the proxy is told. Names are checked, files are not touched."""

    containers: tuple[str, ...]
    engine: Path
    listen: Path


def read_proxy_facts(options: Mapping[str, object], environ: Mapping[str, str]) -> ProxyFacts:
    """Raise ConfigError when the names of the containers are missing or none."""
    problems = Problems()
    allowed, source = choose_with_source(ALLOWED, options, environ)
    told = problems.of(source)
    names = tuple(allowed.replace(",", " ").split())
    if not names:
        told.error(None, "it names no container: write those of haresources, like nginx,db")
    for name in names:
        if not _NAME.fullmatch(name):
            told.error(None, f"{quote(name)} is no name of a container: write it like nginx")
    problems.raise_errors()
    return ProxyFacts(
        containers=names,
        engine=Path(choose(ENGINE, options, environ)),
        listen=Path(choose(LISTEN, options, environ)),
    )
