"""`sidecar proxy` between the sidecar's own adapter and a real engine: what passes and what not."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sidecar.core.actions import PauseService, RestartService, StartService, StopService
from sidecar.core.events import ServiceDone
from sidecar.core.terms import ContainerState
from sidecar.service.engine import Engine
from tests.service.dockerd import Containers, Dockerd
from tests.service.proxy import Proxy
from tests.service.test_watch import Watching
from tests.waiting import wait_for

pytestmark = pytest.mark.engine

OURS = "web"
_FOREVER_S = 10


class Gate:
    """A running proxy."""

    def __init__(self, folder: Path, dockerd: Dockerd, containers: str) -> None:
        self.path = folder / "gate" / "docker.sock"
        self.host = f"unix://{self.path}"
        self._log = folder / "log"
        command = (
            *(sys.executable, "-m", "sidecar.cli", "proxy", "--containers", containers),
            *("--engine", str(dockerd.socket), "--listen", str(self.path)),
        )
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def log(self) -> str:
        return self._log.read_text()

    def serves(self) -> bool:
        assert self.process.poll() is None, self.log()
        return self.path.exists() and "serving" in self.log()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(10)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status of the answer to these very bytes, and what follows it."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(_FOREVER_S)
            sock.connect(str(self.path))
            sock.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer and (more := sock.recv(65536)):
                answer += more
        return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]

    def status(self, method: str, target: str, *headers: str, body: str = "") -> int:
        head = "".join(f"{line}\r\n" for line in ("Host: docker", "Connection: close", *headers))
        return self.ask(f"{method} {target} HTTP/1.1\r\n{head}\r\n{body}".encode())[0]


@contextmanager
def gate_before(dockerd: Dockerd, containers: str = OURS) -> Iterator[Gate]:
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        made = Gate(Path(folder), dockerd, containers)
        try:
            wait_for(made.serves, seconds=60)
            yield made
        finally:
            made.process.kill()
            made.process.wait()


@pytest.fixture(scope="module")
def gate(dockerd: Dockerd) -> Iterator[Gate]:
    with gate_before(dockerd) as made:
        yield made


@pytest.fixture
def behind(gate: Gate) -> Iterator[Engine]:
    engine = Engine(docker_host=gate.host, containers={})
    yield engine
    engine.close()


def test_each_verb_of_the_sidecar_passes(behind: Engine, containers: Containers) -> None:
    containers.create(OURS)
    for action, state in (
        (StartService(op=1, container=OURS), ContainerState.RUNNING),
        (PauseService(op=2, container=OURS), ContainerState.PAUSED),
        (StartService(op=3, container=OURS), ContainerState.RUNNING),
        (RestartService(op=4, container=OURS), ContainerState.RUNNING),
        (StopService(op=5, container=OURS), ContainerState.STOPPED),
    ):
        answer = behind.perform(action)
        assert isinstance(answer, ServiceDone), answer
        assert answer.facts.state is state


def test_an_absent_container_is_absent(behind: Engine, containers: Containers) -> None:
    del containers
    assert behind.inspect(OURS).state is ContainerState.ABSENT


def test_the_beginning_of_a_strangers_identity_is_no_name(
    dockerd: Dockerd, containers: Containers
) -> None:
    """The engine would take it for one, and the names of the gate are its only list."""
    stranger = containers.create("stranger")
    with gate_before(dockerd, stranger.id[:12]) as gate:
        assert gate.status("POST", f"/containers/{stranger.id[:12]}/start") == 404
        assert gate.status("POST", f"/containers/{stranger.id}/start") == 403
    stranger.reload()
    assert stranger.status == "created"


STRANGER, ID, OWN_ID = "stranger", "{stranger}", "{ours}"
REFUSED = {
    "create": ("POST", "/v1.41/containers/create?name=evil"),
    "exec": ("POST", f"/v1.41/containers/{OURS}/exec"),
    "exec start": ("POST", f"/v1.41/exec/{OWN_ID}/start"),
    "remove": ("DELETE", f"/v1.41/containers/{OURS}?force=1"),
    "kill": ("POST", f"/v1.41/containers/{OURS}/kill"),
    "update": ("POST", f"/v1.41/containers/{OURS}/update"),
    "rename": ("POST", f"/v1.41/containers/{OURS}/rename?name=x"),
    "attach": ("POST", f"/v1.41/containers/{OURS}/attach?stream=1"),
    "logs": ("GET", f"/v1.41/containers/{OURS}/logs?stdout=1"),
    "files": ("GET", f"/v1.41/containers/{OURS}/archive?path=/etc/shadow"),
    "files in": ("PUT", f"/v1.41/containers/{OURS}/archive?path=/"),
    "export": ("GET", f"/v1.41/containers/{OURS}/export"),
    "list": ("GET", "/v1.41/containers/json?all=1"),
    "images": ("GET", "/v1.41/images/json"),
    "pull": ("POST", "/v1.41/images/create?fromImage=x"),
    "build": ("POST", "/v1.41/build"),
    "info": ("GET", "/v1.41/info"),
    "volumes": ("POST", "/v1.41/volumes/create"),
    "networks": ("GET", "/v1.41/networks"),
    "secrets": ("GET", "/v1.41/secrets"),
    "session": ("POST", "/v1.41/session"),
    "look at another": ("GET", f"/v1.41/containers/{STRANGER}/json"),
    "stop another": ("POST", f"/v1.41/containers/{STRANGER}/stop?t=0"),
    "stop another by id": ("POST", f"/v1.41/containers/{ID}/stop?t=0"),
    "half an id of ours": ("GET", "/v1.41/containers/{half}/json"),
    "dots": ("GET", f"/v1.41/containers/../containers/{OURS}/json"),
    "dots to another": ("POST", f"/v1.41/containers/{OURS}/../{STRANGER}/stop"),
    "dots behind the version": ("GET", f"/v1.41/../containers/{STRANGER}/json"),
    "two slashes": ("GET", f"//containers/{OURS}/json"),
    "two slashes inside": ("GET", f"/v1.41/containers//{OURS}/json"),
    "a slash at the end": ("GET", f"/v1.41/containers/{OURS}/json/"),
    "an escaped letter": ("GET", "/v1.41/containers/%77eb/json"),
    "escaped dots": ("POST", f"/v1.41/containers/{OURS}/%2e%2e/{STRANGER}/stop"),
    "an escaped slash": ("POST", f"/v1.41/containers/{STRANGER}%2fstop?x=/{OURS}/stop"),
    "another version": ("GET", f"/v2/containers/{OURS}/json"),
    "two versions": ("GET", f"/v1.41/v1.41/containers/{OURS}/json"),
    "a query": ("GET", f"/v1.41/containers/{OURS}/json?size=1"),
    "a query of a verb": ("POST", f"/v1.41/containers/{OURS}/start?detachKeys=x"),
    "two queries": ("POST", f"/v1.41/containers/{OURS}/stop?t=2&signal=KILL"),
    "a negative time": ("POST", f"/v1.41/containers/{OURS}/stop?t=-1"),
    "a fragment": ("GET", f"/v1.41/containers/{OURS}/json#x"),
    "all events": ("GET", "/v1.41/events"),
    "old events": ("GET", "/v1.41/events?since=0&filters=%7B%7D"),
    "another host": ("GET", f"http://engine/v1.41/containers/{OURS}/json"),
    "another method": ("PUT", f"/v1.41/containers/{OURS}/start"),
    "only the head": ("HEAD", f"/v1.41/containers/{OURS}/json"),
    "a tunnel": ("CONNECT", "engine:2375"),
    "capital letters": ("GET", f"/V1.41/Containers/{OURS}/json"),
}


def test_every_other_call_is_refused_and_logged(gate: Gate, containers: Containers) -> None:
    ours, stranger = containers.create(OURS), containers.run(STRANGER)
    passed: list[str] = []
    for what, (method, written) in REFUSED.items():
        target = written.format(ours=ours.id, half=ours.id[:12], stranger=stranger.id)
        known = gate.log().count("refused ")
        status = gate.status(method, target)
        # What is no HTTP at all never comes as far as the rules.
        if status != 400 and (status != 403 or gate.log().count("refused ") != known + 1):
            passed.append(f"{what}: {status}")
    assert passed == []
    stranger.reload()
    ours.reload()
    assert (stranger.status, ours.status) == ("running", "created")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("Content-Length: 2",), "{}"),
        (("Transfer-Encoding: chunked",), "2\r\n{}\r\n0\r\n\r\n"),
        (("Upgrade: tcp", "Connection: Upgrade"), ""),
    ],
    ids=["a body", "chunks", "a hijacked connection"],
)
def test_a_call_brings_nothing_along(
    gate: Gate, containers: Containers, headers: tuple[str, ...], body: str
) -> None:
    ours = containers.create(OURS)
    target = f"/v1.41/containers/{OURS}/start"
    assert gate.status("POST", target, *headers, body=body) in {400, 403}
    ours.reload()
    assert ours.status == "created"


def test_two_requests_in_one_are_two(gate: Gate, containers: Containers) -> None:
    """What follows a call on the same connection is judged like any other."""
    containers.create(OURS)
    stranger = containers.run(STRANGER)
    first = f"GET /v1.41/containers/{OURS}/json HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    second = f"POST /v1.41/containers/{STRANGER}/stop HTTP/1.1\r\nHost: x\r\n\r\n"
    known = gate.log().count("refused ")
    assert gate.ask((first + second).encode())[0] == 200
    wait_for(lambda: gate.log().count("refused ") == known + 1)
    stranger.reload()
    assert stranger.status == "running"


def test_an_inspection_shows_no_secrets(gate: Gate, containers: Containers) -> None:
    containers.create(OURS, environment={"PASSWORD": "hunter2"}, labels={"sidecar.check": "none"})
    request = f"GET /v1.41/containers/{OURS}/json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    status, body = gate.ask(request.encode())
    assert status == 200
    shown: dict[str, Any] = json.loads(body)
    assert shown["Config"]["Labels"]["sidecar.check"] == "none"
    assert set(shown) == {"Id", "Name", "State", "Config", "HostConfig"}
    assert b"hunter2" not in body


def test_events_tell_of_ours_alone(gate: Gate, containers: Containers) -> None:
    engine = Engine(docker_host=gate.host, containers={})
    stream = engine.client.events(quiet_s=_FOREVER_S)
    stranger, ours = containers.run(STRANGER), containers.create(OURS)
    stranger.pause()
    stranger.unpause()
    ours.start()
    ours.rename("other")
    told: list[tuple[str, str]] = []
    for event in stream:
        assert set(event["Actor"]["Attributes"]) == {"name"}
        told.append((event["Action"], event["Actor"]["Attributes"]["name"]))
        if event["Action"] == "rename":
            break
    stream.cancel()
    stream.close()
    engine.close()
    assert told == [("create", OURS), ("start", OURS), ("rename", "other")]


def test_a_death_is_told_before_it_can_be_looked_at_and_the_watch_goes_on(
    gate: Gate, containers: Containers
) -> None:
    made = containers.run(OURS)
    watching = Watching(gate.host, quiet_s=_FOREVER_S)
    watching.await_state(ContainerState.RUNNING)
    made.reload()
    pid = made.attrs["State"]["Pid"]
    assert pid > 1
    os.kill(pid, signal.SIGKILL)  # the engine, asked to do it, would tell of the signal before
    watching.await_state(ContainerState.STOPPED)
    assert watching.foretold == [ContainerState.STOPPED]
    made.start()
    watching.await_state(ContainerState.RUNNING)
    watching.stop()


def test_streams_that_were_left_do_not_pile_up(gate: Gate, dockerd: Dockerd) -> None:
    """A sidecar begins a new stream every few seconds."""
    del dockerd
    engine = Engine(docker_host=gate.host, containers={})
    descriptors = Path(f"/proc/{gate.process.pid}/fd")
    known = len(list(descriptors.iterdir()))
    for _ in range(20):
        stream = engine.client.events(quiet_s=_FOREVER_S)
        stream.cancel()
        stream.close()
    engine.close()
    wait_for(lambda: len(list(descriptors.iterdir())) <= known + 2)


def test_a_gate_that_is_gone_is_an_engine_that_does_not_answer(
    dockerd: Dockerd, containers: Containers
) -> None:
    containers.run(OURS)
    with gate_before(dockerd) as gate:
        engine = Engine(docker_host=gate.host, containers={})
        assert engine.inspect(OURS).state is ContainerState.RUNNING
        gate.end(signal.SIGKILL)
        seen = engine.look(OURS)
        engine.close()
    assert seen.facts.state is ContainerState.UNKNOWN
    assert not seen.answered
    assert "does not answer" in seen.facts.detail


def test_an_engine_that_is_gone_is_not_answered_for(
    containers: Containers, tmp_path: Path, dockerd: Dockerd
) -> None:
    del containers
    nowhere = Dockerd(tmp_path)
    assert nowhere.socket != dockerd.socket
    with gate_before(nowhere) as gate:
        engine = Engine(docker_host=gate.host, containers={})
        seen = engine.look(OURS)
        engine.close()
    assert not seen.answered, "an error would be an answer"


def test_an_engine_that_answers_with_errors_has_lost_no_container(
    containers: Containers, tmp_path: Path, dockerd: Dockerd
) -> None:
    containers.run(OURS)
    troubled = Dockerd(tmp_path)
    before_it = Proxy(troubled.socket, dockerd.socket)
    try:
        with gate_before(troubled) as gate:
            engine = Engine(docker_host=gate.host, containers={})
            assert engine.inspect(OURS).state is ContainerState.RUNNING
            before_it.refuses = True
            seen = engine.look(OURS)
            engine.close()
    finally:
        before_it.close()
    assert seen.answered
    assert (seen.facts.state, seen.facts.detail) == (ContainerState.UNKNOWN, "failed")


def test_the_socket_is_for_its_owner_alone_and_goes_with_the_process(dockerd: Dockerd) -> None:
    with gate_before(dockerd) as gate:
        assert stat.S_IMODE(gate.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(gate.path.parent.stat().st_mode) == 0o700
        assert gate.end() == 0
        assert not gate.path.exists()


@pytest.mark.parametrize(
    ("containers", "told"),
    [("", "SIDECAR_PROXY_CONTAINERS: it names no container"), ("a/b", "--containers: `a/b`")],
)
def test_names_that_are_none_are_told(containers: str, told: str) -> None:
    command = (sys.executable, "-m", "sidecar.cli", "proxy", "--containers", containers)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(told)
