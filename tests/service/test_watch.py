"""ServiceWatch against a real Docker engine: what is told, and how soon."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sidecar.core.events import EngineChanged, ServiceChanged, ServiceRestarted
from sidecar.core.terms import ContainerFacts, ContainerState, Health
from sidecar.service.engine import Engine
from sidecar.service.inspection import Inspection
from sidecar.service.watch import ServiceWatch
from tests.service.dockerd import Containers, Dockerd, missing, new_dockerd, wait_until
from tests.service.proxy import Events, MakeProxy
from tests.service.scripted import scripted_engine, shown_container

pytestmark = pytest.mark.engine

NAME = "web"
SOON_S = 0.3


class Watching:
    """A watch on its own thread, and all that it has told."""

    def __init__(
        self,
        docker_host: str,
        *,
        quiet_s: int,
        answered: dict[str, ContainerFacts] | None = None,
        during_a_look: Callable[[], None] = lambda: None,
    ) -> None:
        """``answered``: what a worker has told of the containers, and what is told here."""
        self.told: list[ServiceChanged | ServiceRestarted | EngineChanged] = []
        self.seen: list[ContainerState] = []
        self.foretold: list[ContainerState] = []
        """What was told before any look had shown it."""
        self._watch = ServiceWatch(
            engine=Engine(docker_host=docker_host, containers={}, timeout_s=1, noted=self._note),
            containers=[NAME],
            emit=self._hear,
            told=answered,
            quiet_s=quiet_s,
        )
        self._during_a_look = during_a_look
        self._thread = threading.Thread(target=self._watch.run, daemon=True)
        self._thread.start()

    def _note(self, _: str, seen: Inspection) -> None:
        self.seen.append(seen.facts.state)
        self._during_a_look()

    def _hear(self, event: ServiceChanged | ServiceRestarted | EngineChanged) -> None:
        if isinstance(event, ServiceChanged) and event.facts.state not in self.seen:
            self.foretold.append(event.facts.state)
        self.told.append(event)

    @property
    def looks(self) -> int:
        return len(self.seen)

    def states(self) -> list[ContainerState]:
        return [each.facts.state for each in self.told if isinstance(each, ServiceChanged)]

    def last(self) -> ServiceChanged:
        return next(each for each in reversed(self.told) if isinstance(each, ServiceChanged))

    def await_health(self, health: Health) -> None:
        def arrived() -> bool:
            return bool(self.states()) and self.last().facts.health is health

        wait_until(arrived, tell=lambda: str(self.told))

    def engine_up(self) -> list[bool]:
        return [each.up for each in self.told if isinstance(each, EngineChanged)]

    def await_state(self, state: ContainerState, patience_s: float = 5) -> ServiceChanged:
        def arrived() -> bool:
            return bool(self.states()) and self.states()[-1] is state

        wait_until(arrived, patience_s, lambda: str(self.told))
        return self.last()

    def stop(self) -> float:
        """End the thread; how long that took."""
        began = time.monotonic()
        self._watch.stop()
        self._thread.join(10)
        assert not self._thread.is_alive()
        return time.monotonic() - began


Begin = Callable[..., Watching]


@pytest.fixture
def begin(dockerd: Dockerd) -> Iterator[Begin]:
    begun: list[Watching] = []

    def begin(
        *,
        docker_host: str = dockerd.host,
        quiet_s: int = 5,
        answered: dict[str, ContainerFacts] | None = None,
        during_a_look: Callable[[], None] = lambda: None,
    ) -> Watching:
        watching = Watching(
            docker_host, quiet_s=quiet_s, answered=answered, during_a_look=during_a_look
        )
        begun.append(watching)
        return watching

    yield begin
    for watching in begun:
        watching.stop()


def test_it_first_tells_of_the_engine_and_then_of_each_container(
    begin: Begin, containers: Containers
) -> None:
    made = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    first, second = watching.told
    assert first == EngineChanged(up=True, reason="the Docker engine answers")
    assert isinstance(second, ServiceChanged)
    assert second.facts.identity == made.id


def test_a_killed_container_is_told_at_once_with_its_signal(
    begin: Begin, containers: Containers
) -> None:
    made = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    made.kill()
    told = watching.await_state(ContainerState.STOPPED, SOON_S)
    assert told.facts.detail == "exit code 137 (signal 9)"


def test_a_death_is_told_before_it_can_be_looked_at(begin: Begin, containers: Containers) -> None:
    made = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    made.reload()
    pid = made.attrs["State"]["Pid"]
    assert pid > 1
    os.kill(pid, signal.SIGKILL)  # the engine, asked to do it, would tell of the signal before
    told = watching.await_state(ContainerState.STOPPED)
    assert watching.foretold == [ContainerState.STOPPED]
    assert told.facts.detail == "exit code 137 (signal 9)"
    wait_until(lambda: ContainerState.STOPPED in watching.seen)
    assert watching.states() == [ContainerState.RUNNING, ContainerState.STOPPED], "and only once"


def test_a_removal_is_not_taken_for_a_mere_death(begin: Begin, containers: Containers) -> None:
    made = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    made.remove(force=True)
    watching.await_state(ContainerState.ABSENT)
    assert watching.foretold == []


def test_a_death_for_want_of_memory_is_told_with_its_reason(
    begin: Begin, containers: Containers
) -> None:
    containers.run(
        NAME, ["sh", "-c", "sleep 1; tail /dev/zero"], mem_limit="8m", memswap_limit="8m"
    )
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    watching.await_state(ContainerState.STOPPED)
    assert watching.foretold == []
    assert watching.last().facts.detail == "exit code 137 (signal 9); out of memory"


def test_a_strangers_pause_is_told_at_once(begin: Begin, containers: Containers) -> None:
    made = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    made.pause()
    watching.await_state(ContainerState.PAUSED, SOON_S)
    made.unpause()
    watching.await_state(ContainerState.RUNNING, SOON_S)
    assert watching.states() == [
        ContainerState.RUNNING,
        ContainerState.PAUSED,
        ContainerState.RUNNING,
    ]


def test_a_strangers_restart_is_told_as_such_after_its_stop_and_start(
    begin: Begin, containers: Containers
) -> None:
    made = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    made.restart(timeout=1)
    wait_until(
        lambda: watching.told[-1] == ServiceRestarted(container=NAME),
        tell=lambda: str(watching.told),
    )
    before = watching.told[-2]
    assert isinstance(before, ServiceChanged)
    assert before.facts.state is ContainerState.RUNNING


def test_a_kill_and_a_start_are_no_restart(begin: Begin, containers: Containers) -> None:
    made = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    made.kill()
    watching.await_state(ContainerState.STOPPED)
    made.start()
    watching.await_state(ContainerState.RUNNING)
    assert not [each for each in watching.told if isinstance(each, ServiceRestarted)]


def test_a_container_made_anew_under_the_same_name_is_followed(
    begin: Begin, containers: Containers
) -> None:
    first = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    first.remove(force=True)
    watching.await_state(ContainerState.ABSENT)
    second = containers.run(NAME)
    told = watching.await_state(ContainerState.RUNNING)
    assert told.facts.identity == second.id
    second.kill()
    watching.await_state(ContainerState.STOPPED, SOON_S)


def test_a_container_renamed_away_is_absent_and_its_heir_is_found(
    begin: Begin, containers: Containers
) -> None:
    """Compose recreates a container by renaming the old one first."""
    old = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    old.rename("old-web")
    watching.await_state(ContainerState.ABSENT, SOON_S)
    new = containers.create("new-web")
    new.rename(NAME)
    told = watching.await_state(ContainerState.STOPPED, SOON_S)
    assert told.facts.identity == new.id


def test_a_strangers_container_costs_no_inspection(begin: Begin, containers: Containers) -> None:
    mine = containers.run(NAME)
    watching = begin()
    watching.await_state(ContainerState.RUNNING)
    stranger = containers.run("stranger")
    stranger.pause()
    stranger.kill()
    mine.pause()
    watching.await_state(ContainerState.PAUSED)
    assert watching.looks == 2
    assert len(watching.told) == 3


def test_nothing_is_told_twice_however_often_it_looks(begin: Begin, containers: Containers) -> None:
    made = containers.run(NAME)
    watching = begin(quiet_s=1)
    watching.await_state(ContainerState.RUNNING)
    time.sleep(2.5)  # the stream is begun anew twice in this time
    made.pause()
    watching.await_state(ContainerState.PAUSED, SOON_S)
    assert watching.states() == [ContainerState.RUNNING, ContainerState.PAUSED]
    assert watching.engine_up() == [True]


def test_what_was_told_before_an_answer_is_news_after_it(
    begin: Begin, containers: Containers
) -> None:
    """A pause that was asked for here, and ended by a stranger before the watch had looked."""
    containers.run(NAME)
    answered: dict[str, ContainerFacts] = {}
    watching = begin(quiet_s=1, answered=answered)
    told = watching.await_state(ContainerState.RUNNING)
    answered[NAME] = replace(told.facts, state=ContainerState.PAUSED)
    running = [ContainerState.RUNNING] * 2
    wait_until(lambda: watching.states() == running, tell=lambda: str(watching.told))


def test_what_an_answer_has_overtaken_is_looked_at_again(
    begin: Begin, containers: Containers
) -> None:
    containers.run(NAME)
    stopped = ContainerFacts(state=ContainerState.STOPPED)
    answered: dict[str, ContainerFacts] = {}
    watching = begin(answered=answered, during_a_look=lambda: answered.setdefault(NAME, stopped))
    watching.await_state(ContainerState.RUNNING)
    assert watching.looks == 2


def test_the_health_is_told_when_the_probe_has_changed_its_mind(
    begin: Begin, containers: Containers
) -> None:
    health = {
        "test": ["CMD-SHELL", "test ! -e /tmp/ill"],
        "interval": 200_000_000,
        "timeout": 5_000_000_000,
        "retries": 1,
    }
    made = containers.run(NAME, healthcheck=health)
    watching = begin()
    watching.await_health(Health.HEALTHY)
    made.exec_run(["touch", "/tmp/ill"])
    watching.await_health(Health.UNHEALTHY)
    assert watching.last().facts.checked


def test_a_pause_leaves_the_health_as_it_was(begin: Begin, containers: Containers) -> None:
    health = {"test": ["CMD", "true"], "interval": 500_000_000}
    made = containers.run(NAME, healthcheck=health)
    watching = begin()
    watching.await_health(Health.HEALTHY)
    made.pause()
    watching.await_state(ContainerState.PAUSED)
    made.reload()
    assert made.attrs["State"]["Health"]["Status"] == "unhealthy", "the trap is still there"
    made.unpause()
    assert watching.await_state(ContainerState.RUNNING, SOON_S).facts.health is Health.HEALTHY


def test_a_frozen_engine_is_down_and_its_containers_are_unknown(
    begin: Begin, dockerd: Dockerd, containers: Containers
) -> None:
    containers.run(NAME, labels={"sidecar.restarts": "9"})
    watching = begin(quiet_s=1)
    watching.await_state(ContainerState.RUNNING)
    dockerd.freeze()
    try:
        told = watching.await_state(ContainerState.UNKNOWN)
        assert watching.engine_up() == [True, False]
        assert "no answer within 1 s" in told.facts.detail
        assert told.facts.restarts == 9
    finally:
        dockerd.thaw()
    watching.await_state(ContainerState.RUNNING)
    assert watching.engine_up() == [True, False, True]


def test_an_engine_that_went_and_came_back_is_watched_again(begin: Begin) -> None:
    if reason := missing():
        pytest.skip(reason)
    with new_dockerd() as own:
        containers = Containers(own.client())
        containers.run(NAME)
        watching = begin(docker_host=own.host)
        watching.await_state(ContainerState.RUNNING)
        own.end()
        watching.await_state(ContainerState.UNKNOWN)
        own.start()
        told = watching.await_state(ContainerState.STOPPED)
        assert watching.engine_up() == [True, False, True]
        containers.client.api.start(told.facts.identity)
        watching.await_state(ContainerState.RUNNING, SOON_S)
        containers.remove_all()
        containers.client.close()


@pytest.mark.parametrize("events", [Events.FORBIDDEN, Events.CUT])
def test_without_events_a_death_is_seen_within_a_second_or_so(
    begin: Begin, containers: Containers, proxied: MakeProxy, events: Events
) -> None:
    proxy = proxied(events=events)
    made = containers.run(NAME)
    watching = begin(docker_host=proxy.host)
    watching.await_state(ContainerState.RUNNING)
    made.kill()
    watching.await_state(ContainerState.STOPPED, 1.5)
    assert watching.engine_up() == [True]
    time.sleep(1)
    assert proxy.streams_begun < 10, "it must not ask again and again without a pause"


def test_an_engine_that_is_slow_is_up(
    begin: Begin, containers: Containers, proxied: MakeProxy
) -> None:
    """Each answer takes most of the time that the engine is given."""
    made = containers.run(NAME)
    watching = begin(docker_host=proxied(delay_s=0.7).host)
    watching.await_state(ContainerState.RUNNING)
    made.kill()
    watching.await_state(ContainerState.STOPPED, 4)
    assert watching.engine_up() == [True]


def test_an_engine_that_answers_with_errors_is_up_and_its_containers_are_unknown(
    begin: Begin, containers: Containers, proxied: MakeProxy
) -> None:
    proxy = proxied()
    containers.run(NAME)
    watching = begin(docker_host=proxy.host)
    watching.await_state(ContainerState.RUNNING)
    proxy.refuses = True
    told = watching.await_state(ContainerState.UNKNOWN)
    assert "failed" in told.facts.detail
    proxy.refuses = False
    watching.await_state(ContainerState.RUNNING)
    assert watching.engine_up() == [True]


def test_a_stream_that_died_silently_costs_its_quiet_time_at_most(
    begin: Begin, containers: Containers, proxied: MakeProxy
) -> None:
    proxy = proxied(events=Events.MUTE)
    made = containers.run(NAME)
    watching = begin(docker_host=proxy.host, quiet_s=1)
    watching.await_state(ContainerState.RUNNING)
    made.kill()
    watching.await_state(ContainerState.STOPPED, 1.5)
    assert watching.engine_up() == [True]


def test_it_stops_promptly_in_the_middle_of_a_quiet_stream(
    begin: Begin, containers: Containers
) -> None:
    containers.run(NAME)
    watching = begin(quiet_s=60)
    watching.await_state(ContainerState.RUNNING)
    assert watching.stop() < 0.5


def test_it_stops_promptly_while_no_engine_is_there() -> None:
    watching = Watching("unix:///nonexistent/docker.sock", quiet_s=5)
    wait_until(lambda: watching.engine_up() == [False])
    assert watching.states() == [ContainerState.UNKNOWN]
    assert watching.stop() < 0.5


def test_a_stream_that_says_what_no_engine_says_is_begun_anew(tmp_path: Path) -> None:
    state = "running"

    def answer(_: str, path: str) -> tuple[int, Any]:
        if path == "/version":
            return 200, {"ApiVersion": "1.41"}
        return 200, [] if "/events" in path else shown_container(NAME, state)

    with scripted_engine(tmp_path, answer) as host:
        watching = Watching(host, quiet_s=5)
        watching.await_state(ContainerState.RUNNING)
        state = "paused"
        watching.await_state(ContainerState.PAUSED)
        watching.stop()
