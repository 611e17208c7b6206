"""What the engine's JSON means, its two traps first."""

from typing import Any

import pytest

from sidecar.core.terms import SECOND, ContainerState, Health
from sidecar.service.inspection import read_inspection


def shown(
    *, labels: dict[str, str] | None = None, host: dict[str, Any] | None = None, **state: Any
) -> dict[str, Any]:
    """The engine's answer about a container, as far as it is read."""
    return {
        "Id": "4f0c",
        "Name": "/web",
        "State": {"StartedAt": "2026-11-24T10:00:00.1Z", **state},
        "Config": {"Labels": labels, "Healthcheck": {"Test": ["CMD", "true"]}},
        "HostConfig": host or {},
    }


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ({"Running": True, "Paused": True}, ContainerState.PAUSED),
        ({"Running": True, "Restarting": True}, ContainerState.RESTARTING),
        ({"Running": True}, ContainerState.RUNNING),
        ({"Status": "exited"}, ContainerState.STOPPED),
        ({"Status": "created"}, ContainerState.STOPPED),
        ({"Status": "dead", "Dead": True}, ContainerState.ABSENT),
        ({"Status": "removing", "ExitCode": 137}, ContainerState.ABSENT),
    ],
)
def test_a_paused_container_is_running_as_well(state: dict[str, Any], read: ContainerState) -> None:
    assert read_inspection(shown(**state)).facts.state is read


@pytest.mark.parametrize(
    ("health", "read"),
    [
        ({"Status": "healthy", "FailingStreak": 0}, Health.HEALTHY),
        ({"Status": "starting", "FailingStreak": 0}, Health.STARTING),
        ({"Status": "unhealthy", "FailingStreak": 3}, Health.UNHEALTHY),
        (
            {"Status": "unhealthy", "FailingStreak": 0, "Log": [{"ExitCode": 1}, {"ExitCode": 0}]},
            Health.HEALTHY,
        ),
        ({"Status": "unhealthy", "FailingStreak": 0, "Log": None}, Health.STARTING),
        ({"Status": "splendid"}, Health.NONE),
        (None, Health.NONE),
    ],
)
def test_pausing_is_no_verdict_on_the_health(health: dict[str, Any] | None, read: Health) -> None:
    assert read_inspection(shown(Running=True, Health=health)).facts.health is read


def test_the_end_is_told_with_signal_and_memory() -> None:
    ended = shown(Status="exited", ExitCode=137, OOMKilled=True, Error="no room")
    facts = read_inspection(ended).facts
    assert facts.detail == "exit code 137 (signal 9); out of memory; no room"


def test_one_that_is_being_removed_is_not_there_any_more() -> None:
    assert read_inspection(shown(Status="removing")).facts.detail == "it is being removed"


def test_a_running_container_has_no_exit_code() -> None:
    assert read_inspection(shown(Running=True, ExitCode=0)).facts.detail == ""


@pytest.mark.parametrize(
    ("labels", "host", "warning"),
    [
        ({"autoheal": "true"}, {}, "autoheal=true makes autoheal restart a paused container"),
        ({"sidecar.standby": "stop"}, {"RestartPolicy": {"Name": "always"}}, "unless-stopped"),
        ({"sidecar.standby": "stop"}, {"AutoRemove": True}, "removed when it stops"),
    ],
)
def test_what_works_against_the_standby_is_pointed_out(
    labels: dict[str, str], host: dict[str, Any], warning: str
) -> None:
    assert warning in read_inspection(shown(Running=True, labels=labels, host=host)).facts.detail


@pytest.mark.parametrize(
    ("probe", "check", "seconds"),
    [
        ({}, "docker", 3 * 30 + 30),
        ({"Interval": 0, "Timeout": 0, "Retries": 0, "StartPeriod": 0}, "docker", 3 * 30 + 30),
        (
            {
                "Interval": 5 * SECOND,
                "Timeout": 2 * SECOND,
                "Retries": 4,
                "StartPeriod": 8 * SECOND,
            },
            "docker",
            8 + 4 * 5 + 2,
        ),
        ({"Interval": SECOND, "Timeout": SECOND}, "docker", 10),
        ({}, "http://127.0.0.1/", 10),
    ],
)
def test_a_start_may_take_as_long_as_the_engine_takes_for_its_first_verdict(
    probe: dict[str, int], check: str, seconds: int
) -> None:
    """Its first probe comes one interval after the start, by default after half a minute."""
    answer = shown(Running=True, labels={"sidecar.check": check})
    answer["Config"]["Healthcheck"] |= probe
    assert read_inspection(answer).facts.first_check_ns == seconds * SECOND


def test_a_disabled_healthcheck_is_none() -> None:
    answer = shown(Running=True)
    answer["Config"]["Healthcheck"]["Test"] = ["NONE"]
    assert not read_inspection(answer).facts.checked
