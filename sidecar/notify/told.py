"""Which occurrences are told, and which of them end a trouble: the one table of it.

Told is what a person may want to be woken for, or to read the next morning: who serves, why it
moved, what makes the next failure an outage, and what somebody has ordered. Left out are the steps
between (the phases of a takeover, the states of a container) and what comes by the dozen (beats,
failed checks, refused packets): the log, the event stream and the metrics have those.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sidecar.core import occurrences as core
from sidecar.core.occurrences import Occurrence, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How one kind of occurrence is told."""

    resolves: Callable[[Any], bool] = lambda _one: False
    """Whether this one ends a trouble."""
    trouble: Severity | None = None
    """How grave the trouble was that it ends, where that is not its own severity."""


_NEWS: Final = Told()


def _ends(trouble: Severity) -> Told:
    return Told(resolves=lambda _one: True, trouble=trouble)


TOLD: Final[Mapping[type[Occurrence], Told]] = {
    # Who serves.
    core.TakeoverBegan: _NEWS,
    core.TakeoverDone: _NEWS,
    core.GiveUpBegan: _NEWS,
    core.Suspended: _NEWS,
    core.StandbyRefused: _NEWS,
    core.TakeoverBlocked: _NEWS,
    core.TakeoverWithheld: _NEWS,
    core.SplitBrainSuspected: _NEWS,
    core.SplitBrainEnded: _ends(core.SplitBrainSuspected.severity),
    core.FlappingBegan: _NEWS,
    core.FlappingEnded: _ends(core.FlappingBegan.severity),
    # The other node, and the ways to it.
    core.NodeDied: _NEWS,
    core.NodeLeft: _NEWS,
    core.NodeReturned: _ends(core.NodeDied.severity),
    core.LinkChanged: Told(resolves=lambda one: one.status == "up"),
    core.LinkOneWay: Told(resolves=lambda one: not one.one_way),
    core.PingChanged: Told(resolves=lambda one: one.up),
    core.ConfigurationCompared: Told(resolves=lambda one: one.agrees),
    # This node.
    core.ReadinessChanged: Told(resolves=lambda one: one.ready),
    core.TurnLate: _NEWS,
    core.CarrierReported: Told(resolves=lambda one: one.up and one.exists),
    core.EngineReported: Told(resolves=lambda one: one.up),
    core.AddressFailed: _NEWS,
    core.AddressTaken: _NEWS,
    core.AddressConflict: _NEWS,
    core.AddressUnseen: _NEWS,
    core.AddressSeen: _ends(core.AddressUnseen.severity),
    core.ServiceFailed: _NEWS,
    core.ServiceLeftAlone: _NEWS,
    core.ServiceRecovered: _ends(core.ServiceFailed.severity),
    # What somebody has ordered.
    core.MaintenanceBegan: _NEWS,
    core.MaintenanceEnded: _ends(core.MaintenanceBegan.severity),
    core.ConfigurationReloaded: _NEWS,
    core.ReloadFailed: _NEWS,
    core.ShutdownBegan: _NEWS,
}

_RANK: Final[Mapping[Severity, int]] = {severity: at for at, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    severity: Severity
    resolved: bool


def judge(occurrence: Occurrence, level: Severity) -> Verdict | None:
    """How it is told; None: not at all, or not at this level.

    The end of a trouble is told wherever the trouble is, and is good news however grave that was.
    """
    row = TOLD.get(type(occurrence))
    if row is None:
        return None
    resolved = row.resolves(occurrence)
    weight = occurrence.severity if row.trouble is None else row.trouble
    if _RANK[weight] < _RANK[level]:
        return None
    severity = Severity.INFO if resolved else occurrence.severity
    return Verdict(severity=severity, resolved=resolved)
