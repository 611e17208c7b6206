"""Engine against a real Docker engine."""

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sidecar.core.actions import PauseService, RestartService, StartService, StopService, VerbAction
from sidecar.core.events import ServiceDone, ServiceRefused
from sidecar.core.terms import ContainerState, StandbyMode
from sidecar.service.engine import Engine
from tests.service.contract import NAME, VerbsContract
from tests.service.dockerd import Containers, Dockerd, wait_until
from tests.service.proxy import MakeProxy
from tests.service.scripted import scripted_engine, shown_container

pytestmark = pytest.mark.engine


@dataclass
class RealWorld:
    engine: Engine
    containers: Containers

    def given(self, state: ContainerState) -> None:
        if state is ContainerState.ABSENT:
            return
        made = self.containers.create(NAME)
        if state is not ContainerState.STOPPED:
            made.start()
        if state is ContainerState.PAUSED:
            made.pause()


@pytest.fixture
def world(engine: Engine, containers: Containers) -> RealWorld:
    return RealWorld(engine, containers)


class TestEngine(VerbsContract):
    """Each verb from each state."""


def test_a_resource_may_have_a_container_of_another_name(
    dockerd: Dockerd, containers: Containers
) -> None:
    containers.run("web-b")
    engine = Engine(docker_host=dockerd.host, containers={NAME: "web-b"})
    answer = engine.perform(PauseService(op=1, container=NAME))
    engine.close()
    assert isinstance(answer, ServiceDone)
    assert answer.container == NAME
    assert containers.client.containers.get("web-b").status == "paused"


def test_the_beginning_of_a_strangers_id_is_no_name(engine: Engine, containers: Containers) -> None:
    stranger = containers.run("stranger")
    prefix = stranger.id[:12]
    assert engine.inspect(prefix).state is ContainerState.ABSENT
    assert isinstance(engine.perform(StopService(op=1, container=prefix)), ServiceDone)
    stranger.reload()
    assert stranger.status == "running"


def test_a_container_deaf_to_term_is_killed_in_bounded_time(
    engine: Engine, containers: Containers
) -> None:
    containers.run(NAME, stop_signal="SIGTERM")  # sleep as process 1 has no handler for it
    began = time.monotonic()
    answer = engine.perform(StopService(op=1, container=NAME))
    assert isinstance(answer, ServiceDone)
    assert answer.facts.state is ContainerState.STOPPED
    assert "exit code 137 (signal 9)" in answer.facts.detail
    assert time.monotonic() - began < 4


def test_a_container_that_cannot_start_is_refused_with_the_engines_words(
    engine: Engine, containers: Containers
) -> None:
    containers.create(NAME, ["/no/such/program"])
    answer = engine.perform(StartService(op=1, container=NAME))
    assert isinstance(answer, ServiceRefused)
    assert answer.reason.startswith("start failed: ")
    assert "/no/such/program" in answer.reason


def test_a_container_that_waits_for_its_restart_is_started_at_once(
    engine: Engine, containers: Containers
) -> None:
    """The engine doubles its waiting with each failure; a takeover must not wait with it."""
    with tempfile.TemporaryDirectory() as folder:
        made = containers.run(
            NAME,
            ["sh", "-c", "test -e /mended/yes && exec sleep 1000000; exit 3"],
            restart_policy={"Name": "always"},
            volumes={folder: {"bind": "/mended", "mode": "ro"}},
        )

        def has_failed_often() -> bool:
            made.reload()
            waits = engine.inspect(NAME).state is ContainerState.RESTARTING
            return waits and made.attrs["RestartCount"] >= 4  # it waits 1.6 s next

        wait_until(has_failed_often, 10)
        assert "exit code 3" in engine.inspect(NAME).detail
        (Path(folder) / "yes").touch()
        began = time.monotonic()
        answer = engine.perform(StartService(op=1, container=NAME))
        assert isinstance(answer, ServiceDone)
        assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("wish", "verbs"),
    [
        (PauseService, ["pause"]),
        (StartService, ["unpause"]),
        (RestartService, ["restart"]),
        (StopService, ["stop"]),
    ],
)
def test_an_error_is_not_believed_when_the_state_says_otherwise(
    proxied: MakeProxy, containers: Containers, wish: type[VerbAction], verbs: list[str]
) -> None:
    made = containers.run(NAME)
    if wish is StartService:
        made.pause()
    proxy = proxied(lies=True)
    engine = Engine(docker_host=proxy.host, containers={})
    answer = engine.perform(wish(op=1, container=NAME))
    engine.close()
    assert isinstance(answer, ServiceDone)
    assert proxy.verbs == verbs, "and nothing is done twice"


def test_the_end_of_a_pause_needs_no_look_at_what_was_seen_paused(
    proxied: MakeProxy, containers: Containers
) -> None:
    made = containers.run(NAME)
    proxy = proxied()
    engine = Engine(docker_host=proxy.host, containers={})
    engine.perform(PauseService(op=1, container=NAME))
    looks = proxy.looks
    answer = engine.perform(StartService(op=2, container=NAME))
    told_without_look = proxy.looks == looks
    seen = engine.inspect(NAME)
    engine.close()
    made.reload()
    assert made.status == "running"
    assert told_without_look
    assert answer == ServiceDone(op=2, container=NAME, facts=seen)


@pytest.mark.parametrize("meanwhile", ["unpause", "stop", "remove", "made anew"])
def test_a_start_goes_by_what_is_there_and_not_by_what_was_seen(
    engine: Engine, containers: Containers, meanwhile: str
) -> None:
    made = containers.run(NAME)
    assert isinstance(engine.perform(PauseService(op=1, container=NAME)), ServiceDone)
    made.unpause()
    if meanwhile == "stop":
        made.stop(timeout=1)
    if meanwhile in {"remove", "made anew"}:
        made.remove(force=True)
    if meanwhile == "made anew":
        containers.run(NAME).pause()
    answer = engine.perform(StartService(op=2, container=NAME))
    if meanwhile == "remove":
        assert isinstance(answer, ServiceRefused)
        assert "no container named web" in answer.reason
    else:
        assert isinstance(answer, ServiceDone)
        assert answer.facts == engine.inspect(NAME)
        assert answer.facts.state is ContainerState.RUNNING


def test_an_engine_that_goes_silent_is_asked_once_to_end_a_pause(
    dockerd: Dockerd, containers: Containers
) -> None:
    containers.run(NAME)
    engine = Engine(docker_host=dockerd.host, containers={}, timeout_s=1)
    assert isinstance(engine.perform(PauseService(op=1, container=NAME)), ServiceDone)
    dockerd.freeze()
    began = time.monotonic()
    try:
        answer = engine.perform(StartService(op=2, container=NAME))
    finally:
        dockerd.thaw()
    assert isinstance(answer, ServiceRefused)
    assert answer.reason.startswith("unpause failed: the engine at ")
    assert time.monotonic() - began < 1.8, "one patience, not two"
    engine.close()


def test_labels_become_facts(engine: Engine, containers: Containers) -> None:
    labels = {
        "sidecar.standby": "stop",
        "sidecar.check": "tcp://127.0.0.1:80",
        "sidecar.check.failures": "5",
        "sidecar.restarts": "many",
    }
    containers.create(NAME, labels=labels)
    facts = engine.inspect(NAME)
    assert (facts.standby, facts.checked, facts.failures) == (StandbyMode.STOP, True, 5)
    assert facts.restarts == 1
    assert "label sidecar.restarts=many is not allowed" in facts.detail


def test_a_frozen_engine_is_refused_within_the_timeout(
    dockerd: Dockerd, containers: Containers
) -> None:
    containers.run(NAME, labels={"sidecar.standby": "run"})
    engine = Engine(docker_host=dockerd.host, containers={}, timeout_s=1)
    assert engine.inspect(NAME).state is ContainerState.RUNNING
    dockerd.freeze()
    began = time.monotonic()
    try:
        answer = engine.perform(StopService(op=1, container=NAME))
        took_s = time.monotonic() - began
        facts = engine.inspect(NAME)
    finally:
        dockerd.thaw()
    assert isinstance(answer, ServiceRefused)
    assert "does not answer: no answer within 1 s" in answer.reason
    assert took_s < 1.5
    assert facts.state is ContainerState.UNKNOWN
    assert facts.standby is StandbyMode.RUN, "its own wish is remembered"
    wait_until(lambda: engine.inspect(NAME).state is ContainerState.RUNNING)
    engine.close()


def test_a_slow_engine_is_waited_for(proxied: MakeProxy, containers: Containers) -> None:
    containers.run(NAME)
    engine = Engine(docker_host=proxied(delay_s=0.7).host, containers={}, timeout_s=1)
    answer = engine.perform(PauseService(op=1, container=NAME))
    engine.close()
    assert isinstance(answer, ServiceDone)
    assert answer.facts.state is ContainerState.PAUSED


def test_an_engine_that_is_not_there_is_named_with_the_reason() -> None:
    engine = Engine(docker_host="unix:///nonexistent/docker.sock", containers={})
    answer = engine.perform(RestartService(op=1, container=NAME))
    assert isinstance(answer, ServiceRefused)
    assert answer.reason == (
        "the engine at unix:///nonexistent/docker.sock does not answer: No such file or directory"
    )


def test_an_engine_that_has_become_another_version_is_asked_as_that_one_speaks(
    tmp_path: Path,
) -> None:
    """As at an upgrade with live-restore, while nothing was asked of it."""
    speaks = "1.41"
    state = "running"

    def answer(_: str, path: str) -> tuple[int, Any]:
        nonlocal state
        if path == "/version":
            return 200, {"ApiVersion": speaks}
        if not path.startswith(f"/v{speaks}/"):
            return 400, {"message": f"client version is too old. Minimum: {speaks}"}
        if path.endswith("/json"):
            return 200, shown_container(NAME, state)
        state = {"pause": "paused", "unpause": "running"}.get(
            path.rsplit("/", maxsplit=1)[-1], "exited"
        )
        return 204, None

    with (
        scripted_engine(tmp_path, answer) as host,
        closing(Engine(docker_host=host, containers={})) as engine,
    ):
        for wish in (PauseService, StartService, StopService):
            done = engine.perform(wish(op=1, container=NAME))
            assert isinstance(done, ServiceDone), done
            speaks = f"1.{int(speaks[2:]) + 5}"
        assert engine.inspect(NAME).state is ContainerState.STOPPED


@pytest.mark.parametrize("said", [{"error": "forbidden"}, ["forbidden"], "forbidden"])
def test_an_error_that_is_not_told_as_an_engine_does_is_a_refusal(
    tmp_path: Path, said: object
) -> None:
    def answer(verb: str, path: str) -> tuple[int, Any]:
        if path == "/version":
            return 200, {"ApiVersion": "1.41"}
        return (403, said) if verb == "POST" else (200, shown_container(NAME, "running"))

    with (
        scripted_engine(tmp_path, answer) as host,
        closing(Engine(docker_host=host, containers={})) as engine,
    ):
        refused = engine.perform(StopService(op=1, container=NAME))
    assert isinstance(refused, ServiceRefused)
    assert refused.reason.startswith("stop failed: ")
