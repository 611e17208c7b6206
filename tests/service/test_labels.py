"""What the labels ask for, and what people are told about bad ones."""

import pytest

from sidecar.core.terms import MILLISECOND, SECOND, StandbyMode
from sidecar.service.labels import (
    CheckSpec,
    ContainerSettings,
    DockerCheck,
    HttpCheck,
    NoCheck,
    TcpCheck,
    read_settings,
)


def settings(**labels: str) -> ContainerSettings:
    """Labels by their last words: ``check_interval`` is sidecar.check.interval."""
    named = {f"sidecar.{name.replace('_', '.')}": value for name, value in labels.items()}
    return read_settings(named, has_healthcheck=False)


def test_without_labels_the_defaults_hold() -> None:
    assert read_settings({}, has_healthcheck=False) == ContainerSettings(
        standby=StandbyMode.PAUSE,
        check=NoCheck(),
        interval_ns=SECOND,
        timeout_ns=SECOND,
        failures=3,
        restarts=1,
        problems=(),
    )


def test_an_image_with_a_healthcheck_is_checked_by_it() -> None:
    assert read_settings({}, has_healthcheck=True).check == DockerCheck()


def test_none_overrules_the_images_healthcheck() -> None:
    assert read_settings({"sidecar.check": "none"}, has_healthcheck=True).check == NoCheck()


@pytest.mark.parametrize("mode", list(StandbyMode))
def test_each_standby_mode_is_a_word(mode: StandbyMode) -> None:
    assert settings(standby=mode.value).standby is mode


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("http://127.0.0.1:8080/health", HttpCheck(url="http://127.0.0.1:8080/health")),
        ("https://localhost/", HttpCheck(url="https://localhost/")),
        ("http://[::1]/", HttpCheck(url="http://[::1]/")),
        ("tcp://127.0.0.1:80", TcpCheck(host="127.0.0.1", port=80)),
        ("tcp://[::1]:80", TcpCheck(host="::1", port=80)),
        ("tcp://db.example:5432", TcpCheck(host="db.example", port=5432)),
        ("None", NoCheck()),
    ],
)
def test_a_check_is_read(text: str, spec: CheckSpec) -> None:
    read = settings(check=text)
    assert (read.check, read.problems) == (spec, ())


@pytest.mark.parametrize(
    "text",
    [
        "nginx",
        "http://",
        "http://127.0.0.1:http/",
        "http://127.0.0.1:99999/",
        "http://[::1/",
        "http://a b/",
        "ftp://127.0.0.1/",
        "tcp://127.0.0.1",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:80/path",
        "tcp://:80",
    ],
)
def test_a_bad_check_is_named_with_what_is_allowed(text: str) -> None:
    read = settings(check=text)
    assert read.check == NoCheck()
    (problem,) = read.problems
    assert problem == (
        f"label sidecar.check={text} is not allowed (http://HOST[:PORT]/PATH, https://..., "
        "tcp://HOST:PORT, docker or none); using none"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://admin:geheim@127.0.0.1:http/", "http://127.0.0.1:http/"),
        ("http://admin:ge/he@im@127.0.0.1/", "http://127.0.0.1/"),
        ("ftp://admin:geheim@127.0.0.1/", "ftp://127.0.0.1/"),
        ("http:/admin:geheim@127.0.0.1/", "127.0.0.1/"),
        ("admin:geheim@127.0.0.1", "127.0.0.1"),
    ],
)
def test_a_password_in_a_bad_check_is_not_repeated(text: str, shown: str) -> None:
    (problem,) = settings(check=text).problems
    assert problem.startswith(f"label sidecar.check={shown} is not allowed")


def test_docker_needs_a_healthcheck_in_the_image() -> None:
    read = settings(check="docker")
    assert read.check == NoCheck()
    assert "docker only with a HEALTHCHECK" in read.problems[0]


@pytest.mark.parametrize(
    ("text", "length_ns"),
    [
        ("1s", SECOND),
        ("500ms", 500 * MILLISECOND),
        ("2", 2 * SECOND),
        ("0.25", 250 * MILLISECOND),
        ("1.5 s", 1500 * MILLISECOND),
        ("2m", 120 * SECOND),
        ("10ms", 10 * MILLISECOND),
    ],
)
def test_a_duration_is_read(text: str, length_ns: int) -> None:
    read = settings(check_interval=text, check_timeout=text)
    assert (read.interval_ns, read.timeout_ns, read.problems) == (length_ns, length_ns, ())


@pytest.mark.parametrize("text", ["0", "-1s", "1h", "9ms", "61m", "1s2", "soon", "1e3", "٣s"])
def test_a_bad_duration_is_named_and_the_default_used(text: str) -> None:
    read = settings(check_interval=text)
    assert read.interval_ns == SECOND
    (problem,) = read.problems
    assert problem == (
        f"label sidecar.check.interval={text} is not allowed "
        "(10ms to 60m, such as 500ms, 1s or 1.5); using 1s"
    )


@pytest.mark.parametrize(("failures", "restarts"), [("1", "0"), ("1000", "1000")])
def test_counts_are_read(failures: str, restarts: str) -> None:
    read = settings(check_failures=failures, restarts=restarts)
    assert (read.failures, read.restarts) == (int(failures), int(restarts))
    assert read.problems == ()


@pytest.mark.parametrize("text", ["-1", "1001", "two", "1.0", "99999999999"])
def test_a_bad_count_is_named_and_the_default_used(text: str) -> None:
    read = settings(restarts=text, check_failures=text)
    assert (read.failures, read.restarts) == (3, 1)
    assert read.problems == tuple(
        f"label sidecar.{label}={text} is not allowed (a whole number from {allowed}"
        for label, allowed in (
            ("check.failures", "1 to 1000); using 3"),
            ("restarts", "0 to 1000); using 1"),
        )
    )


def test_no_failure_at_all_is_not_a_count_of_failures() -> None:
    assert settings(check_failures="0").failures == 3


def test_a_mistyped_label_is_pointed_out() -> None:
    (problem,) = settings(stanby="stop").problems
    assert problem.startswith("label sidecar.stanby is not known (known: sidecar.standby, ")


def test_labels_of_others_are_none_of_our_business() -> None:
    assert read_settings({"traefik.enable": "perhaps"}, has_healthcheck=False).problems == ()


def test_an_empty_label_is_no_label() -> None:
    assert settings(standby="", check=" ") == ContainerSettings()
