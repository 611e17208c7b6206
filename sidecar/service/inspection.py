"""Reads what the engine shows of a container: the facts for the core, the settings for the checks.

A pure reading of the engine's JSON. Two traps of that JSON are dealt with here and nowhere else: a
paused container is also "running", and pausing one makes its health "unhealthy" at once although
no probe has failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sidecar.core.terms import (
    FIRST_CHECK_NS,
    SECOND,
    ContainerFacts,
    ContainerState,
    Health,
    StandbyMode,
)
from sidecar.service.labels import CheckSpec, ContainerSettings, DockerCheck, NoCheck, read_settings

_KILLED: Final = 128
"""An exit code above this one is 128 plus the signal that ended the process."""
_GOING: Final = ("removing", "dead")
_PROBE_NS: Final = 30 * SECOND
"""The engine's own default, for the pause before each probe and for its patience."""
_RETRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What one look at a container showed."""

    facts: ContainerFacts
    settings: ContainerSettings
    answered: bool = True
    """Whether the engine answered at all; an error is an answer too."""


ABSENT: Final = Inspection(
    facts=ContainerFacts(state=ContainerState.ABSENT), settings=ContainerSettings()
)
NEVER_SEEN: Final = Inspection(
    facts=ContainerFacts(state=ContainerState.UNKNOWN), settings=ContainerSettings()
)


def unknown(last: Inspection, reason: str, *, answered: bool) -> Inspection:
    """Nothing could be learnt now: the state is unknown, the container's own wishes still hold."""
    facts = replace(last.facts, state=ContainerState.UNKNOWN, detail=reason)
    return replace(last, facts=facts, answered=answered)


def read_inspection(shown: Mapping[str, Any]) -> Inspection:
    """The facts and the settings in the engine's answer."""
    state, config = shown["State"], shown["Config"]
    settings = read_settings(config.get("Labels") or {}, has_healthcheck=_has_healthcheck(config))
    problems = (*settings.problems, *_conflicts(shown, settings.standby))
    container_state = _state(state)
    facts = ContainerFacts(
        state=container_state,
        identity=shown["Id"],
        started_at=state.get("StartedAt", ""),
        health=_health(state.get("Health") or {}),
        standby=settings.standby,
        checked=not isinstance(settings.check, NoCheck),
        first_check_ns=_first_check_ns(settings.check, config),
        failures=settings.failures,
        restarts=settings.restarts,
        detail="; ".join((*_ending(state, container_state), *problems)),
    )
    return Inspection(facts=facts, settings=settings)


def _state(state: Mapping[str, Any]) -> ContainerState:
    """The order matters: a paused or restarting container is "running" as well."""
    if state.get("Paused"):
        return ContainerState.PAUSED
    if state.get("Restarting"):
        return ContainerState.RESTARTING
    if state.get("Running"):
        return ContainerState.RUNNING
    # Nobody can start it any more: to wait for the rest of its removal would gain nothing.
    return ContainerState.ABSENT if state.get("Status") in _GOING else ContainerState.STOPPED


def _health(health: Mapping[str, Any]) -> Health:
    """The verdict of the last probe.

    Pausing makes the health unhealthy with no failed probe, and it stays so after the container
    goes on until the next probe has run, which may be half a minute. The last probe's own verdict
    is then the best that is known, and a takeover need not wait for it.
    """
    status = health.get("Status") or "none"
    if status == "unhealthy" and health.get("FailingStreak") == 0:
        log = health.get("Log") or []
        passed = bool(log) and log[-1].get("ExitCode") == 0
        return Health.HEALTHY if passed else Health.STARTING
    try:
        return Health(status)
    except ValueError:  # a word of some later engine
        return Health.NONE


def _has_healthcheck(config: Mapping[str, Any]) -> bool:
    test = (config.get("Healthcheck") or {}).get("Test") or []
    return bool(test) and test[0] != "NONE"


def _first_check_ns(check: CheckSpec, config: Mapping[str, Any]) -> int:
    """How long a start may take until a check passes.

    The engine probes for the first time one interval after the start, and is silent until a probe
    has passed or as many as its retries have failed: to restart it sooner would begin that anew.
    """
    if not isinstance(check, DockerCheck):
        return FIRST_CHECK_NS
    probe = config["Healthcheck"]
    interval_ns = probe.get("Interval") or _PROBE_NS
    patience_ns = probe.get("Timeout") or _PROBE_NS
    tries = probe.get("Retries") or _RETRIES
    starting_ns: int = (probe.get("StartPeriod") or 0) + tries * interval_ns + patience_ns
    return max(FIRST_CHECK_NS, starting_ns)


def _ending(state: Mapping[str, Any], read_as: ContainerState) -> tuple[str, ...]:
    """How the container ended, where it did."""
    if read_as is ContainerState.ABSENT:
        return ("it is being removed",)
    if read_as not in {ContainerState.STOPPED, ContainerState.RESTARTING}:
        return ()
    status = state.get("Status", "")
    if status == "created":
        return ("never started", *_error(state))
    return (
        exit_words(state.get("ExitCode", 0)),
        *(("out of memory",) if state.get("OOMKilled") else ()),
        *_error(state),
    )


def exit_words(code: int) -> str:
    """What an exit code says, and the signal that it stands for."""
    return f"exit code {code}" + (f" (signal {code - _KILLED})" if code > _KILLED else "")


def _error(state: Mapping[str, Any]) -> tuple[str, ...]:
    return (state["Error"],) if state.get("Error") else ()


def _conflicts(shown: Mapping[str, Any], standby: StandbyMode) -> tuple[str, ...]:
    """What else on this host would work against the standby."""
    labels = shown["Config"].get("Labels") or {}
    host = shown.get("HostConfig") or {}
    policy = (host.get("RestartPolicy") or {}).get("Name", "")
    found = []
    if labels.get("autoheal", "").lower() == "true" and standby is StandbyMode.PAUSE:
        found.append("label autoheal=true makes autoheal restart a paused container: remove it")
    if policy == "always" and standby is StandbyMode.STOP:
        found.append("restart policy always starts it with the engine: use unless-stopped")
    if host.get("AutoRemove") and standby is StandbyMode.STOP:
        found.append("it is removed when it stops (--rm): run it without --rm")
    return tuple(found)
