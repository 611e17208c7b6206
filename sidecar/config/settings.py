"""Everything that a sidecar is told: three files, and the facts of this node.

``load`` is the one door: it gives Settings that can be used as they are, or raises ConfigError with
every problem of every file at once. ``read`` gives what was understood even so, for
`sidecar check`. What concerns two files at a time is checked here.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sidecar.config import authkeys, hacf, haresources, webhooks
from sidecar.config.hacf import HaCf
from sidecar.config.localfacts import HttpBind, LocalFacts, LogFormat, LogLevel, read_local_facts
from sidecar.config.media import MediumLine
from sidecar.config.options import CONTAINERS
from sidecar.config.pings import PingLine
from sidecar.config.problems import FileProblems, Problem, Problems, Severity, quote
from sidecar.config.textfile import cut_lines, read_file
from sidecar.config.timing import default_failback_delay_ns
from sidecar.config.values import did_you_mean
from sidecar.config.webhooks import Webhooks
from sidecar.core.params import Params, ResourceGroup, Timing
from sidecar.wire.auth import Keyring

HA_CF: Final = "ha.cf"
HARESOURCES: Final = "haresources"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the daemon runs by. Two of them can be compared to see what a reload changes."""

    params: Params
    config_dir: Path
    http: HttpBind
    docker: str
    control: Path
    state_dir: Path
    log_format: LogFormat
    log_level: LogLevel
    containers: tuple[tuple[str, str], ...]
    realtime_priority: int
    """Of the threads that keep a deadline; 0: they are scheduled like all others."""
    webhooks: Webhooks
    warnings: tuple[Problem, ...]

    @property
    def node(self) -> str:
        return self.params.node

    def container_here(self, name: str) -> str:
        """The name on this node of a container of haresources."""
        return dict(self.containers).get(name, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was understood, however much that is, and all problems."""

    local: LocalFacts
    ha_cf: HaCf | None
    groups: tuple[ResourceGroup, ...]
    keyring: Keyring | None
    webhooks: Webhooks
    problems: Problems


def load(
    options: Mapping[str, object], environ: Mapping[str, str], local_addresses: AbstractSet[str]
) -> Settings:
    """Settings that can be used as they are. Raises ConfigError."""
    return to_settings(read(options, environ, local_addresses))


def read(
    options: Mapping[str, object], environ: Mapping[str, str], local_addresses: AbstractSet[str]
) -> Reading:
    """Everything that can be understood. Raises nothing: the problems are in the answer."""
    problems = Problems()
    local = read_local_facts(options, environ, problems)
    ha_cf = _read_ha_cf(local, local_addresses, problems)
    groups = _read_haresources(local, ha_cf, problems)
    path = authkeys.find(local.config_dir)
    keyring = authkeys.read(path, problems.of(str(path)))
    if ha_cf is not None:
        check_floating(ha_cf, groups, problems.of(str(local.config_dir / HA_CF)))
    # A line with an error gives no group: whether its containers exist is not known.
    written = str(local.config_dir / HARESOURCES)
    if groups and all(problem.file != written for problem in problems.errors):
        _check_containers(local, groups, options, problems)
    return Reading(
        local=local,
        ha_cf=ha_cf,
        groups=groups,
        keyring=keyring,
        webhooks=webhooks.read(options, environ, problems),
        problems=problems,
    )


def check_floating(ha_cf: HaCf, groups: Sequence[ResourceGroup], problems: FileProblems) -> None:
    """Tell of what ha.cf names as one machine's address, and haresources moves."""
    _check_link_targets((*ha_cf.link_lines, *ha_cf.own_lines), groups, problems)
    _check_ping_targets(ha_cf.ping_lines, groups, problems)


def to_settings(reading: Reading) -> Settings:
    """Raise ConfigError if there is an error in what was read."""
    reading.problems.raise_errors()
    ha_cf, keyring, local = reading.ha_cf, reading.keyring, reading.local
    if ha_cf is None or ha_cf.pair is None or ha_cf.timing is None or keyring is None:
        raise AssertionError("a part is missing, and no problem tells why")
    return Settings(
        params=Params(
            node=ha_cf.pair.node,
            peer=ha_cf.pair.peer,
            timing=ha_cf.timing,
            auto_failback=ha_cf.auto_failback,
            links=ha_cf.links,
            groups=reading.groups,
            keyring=keyring,
            ping=tuple(one.target for one in ha_cf.ping_lines),
            deadping_ns=ha_cf.deadping_ns,
            ipfail=ha_cf.ipfail,
            hopfudge=ha_cf.hopfudge,
            inner_auth=ha_cf.inner_auth,
            failback_delay_ns=failback_delay_ns(local, ha_cf.timing),
            max_moves=local.max_moves,
            moves_window_ns=local.moves_window_ns,
        ),
        config_dir=local.config_dir,
        http=local.http,
        docker=local.docker,
        control=local.control,
        state_dir=local.state_dir,
        log_format=local.log_format,
        log_level=local.log_level,
        containers=local.containers,
        realtime_priority=ha_cf.realtime_priority,
        webhooks=reading.webhooks,
        warnings=reading.problems.having(Severity.WARNING),
    )


def failback_delay_ns(local: LocalFacts, timing: Timing) -> int:
    """What was set, else what follows from deadtime."""
    if local.failback_delay_ns is not None:
        return local.failback_delay_ns
    return default_failback_delay_ns(timing.deadtime_ns)


def _read_ha_cf(
    local: LocalFacts, local_addresses: AbstractSet[str], problems: Problems
) -> HaCf | None:
    path = local.config_dir / HA_CF
    here = problems.of(str(path))
    data = read_file(
        path,
        here,
        missing="set SIDECAR_CONFIG_DIR (or --config-dir) to its folder, "
        "or make all files with `sidecar init`",
        empty="copy the other node's file, or make all files with `sidecar init`",
    )
    if data is None:
        return None
    return hacf.parse(cut_lines(data, here, hash_cuts=True), local.node, local_addresses, here)


def _read_haresources(
    local: LocalFacts, ha_cf: HaCf | None, problems: Problems
) -> tuple[ResourceGroup, ...]:
    path = local.config_dir / HARESOURCES
    here = problems.of(str(path))
    mend = f"write a line like `{haresources.EXAMPLE}`, the same on both nodes"
    data = read_file(path, here, missing=mend, empty=mend)
    if data is None:
        return ()
    nodes = ha_cf.pair.nodes if ha_cf is not None and ha_cf.pair is not None else ()
    return haresources.parse(cut_lines(data, here, hash_cuts=True), nodes, here)


def _check_link_targets(
    lines: Sequence[MediumLine], groups: Sequence[ResourceGroup], problems: FileProblems
) -> None:
    """A link must not lead to a floating address: it would lead to whoever holds it."""
    floating = {address.name for group in groups for address in group.addresses}
    for one in lines:
        if one.target in floating:
            problems.error(
                one.line,
                f"{one.medium} leads to {one.target}, which haresources moves between the nodes: "
                "write the other node's own address",
            )


def _check_ping_targets(
    lines: Sequence[PingLine], groups: Sequence[ResourceGroup], problems: FileProblems
) -> None:
    """A floating address answers wherever it is: it is no third party."""
    floating = {address.name for group in groups for address in group.addresses}
    for one in lines:
        for host in floating.intersection(one.target.hosts):
            problems.error(
                one.line,
                f"the ping node {host} is an address that haresources moves between the nodes: "
                "write that of a router or another machine beyond both nodes",
            )


def _check_containers(
    local: LocalFacts,
    groups: Sequence[ResourceGroup],
    options: Mapping[str, object],
    problems: Problems,
) -> None:
    known = haresources.containers_of(groups)
    source = CONTAINERS.flag if options.get(CONTAINERS.name) else CONTAINERS.environment
    for name, _container in local.containers:
        if name not in known:
            problems.of(source).error(
                None,
                f"{quote(name)} is no container of haresources"
                f"{did_you_mean(name, known) or ': correct or remove the pair'}",
            )
    _check_shared(known, dict(local.containers), problems.of(source))


def _check_shared(
    known: Sequence[str], containers: Mapping[str, str], problems: FileProblems
) -> None:
    """One would be paused for the group of the other, and thawed again, for ever."""
    taken: dict[str, str] = {}
    for name in known:
        here = containers.get(name, name)
        if here in taken:
            problems.error(
                None,
                f"{quote(here)} would be both {taken[here]} and {name}: "
                "a container belongs to one group, once",
            )
        taken[here] = name
