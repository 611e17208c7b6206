"""What surrounds the standby's sidecar is not as it should be: it says what is wrong, harms nobody,
and goes on when it is mended. Meanwhile the master serves, and hands nothing over.
"""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.e2e.round import Round
from tests.e2e.scene import GROUP, Scene
from tests.testbed.host import HTTP_PORT, DockerHost
from tests.testbed.pair import HARESOURCES
from tests.testbed.waiting import wait_for

pytestmark = pytest.mark.e2e


@contextmanager
def trouble(scene: Scene, what: str) -> Iterator[Round]:
    """Something is wrong with the standby until the block ends; then all is as before."""
    with scene.round(what) as made:
        yield made
        scene.at_rest(scene.master)
    assert made.cost.pages == ("master",)
    assert made.cost.lost == 0
    assert made.cost.two_holders_ms == 0
    assert made.moved(scene.master, "heartbeat_giveups_total", reason="standby") == 0


def said_by_status(node: DockerHost) -> str:
    return node.sidecar("status", check=False)


def not_ready(node: DockerHost, reason: str, *, seconds: float = 10) -> None:
    """All who may be asked give the reason: /readyz, the metrics, the command line."""

    def complains() -> bool:
        answer = node.get("/readyz")
        return answer is not None and answer.status == 503 and reason in answer.text

    def what() -> str:
        answer = node.get("/readyz")
        return f"{reason!r} in /readyz: {answer and answer.text}\n{node.logs()[-2000:]}"

    wait_for(complains, seconds=seconds, what=what)
    assert node.metric("heartbeat_ready") == 0
    text = said_by_status(node)
    assert "not ready to serve" in text
    assert reason in text


def nothing_is_handed_over(scene: Scene) -> None:
    refused = scene.master.sidecar("standby", check=False)
    assert "slavenginx is not ready" in refused
    assert scene.owners.now() == ["masternginx"]


def wait_until_answered(node: DockerHost) -> None:
    wait_for(node.status, seconds=10, what=lambda: f"{node.name}: {node.logs()[-2000:]}")


def test_the_container_is_absent(scene: Scene) -> None:
    node = scene.slave
    with trouble(scene, "bad: container absent") as told:
        node.docker("rm", "--force", "nginx")
        not_ready(node, "container nginx does not exist")
        nothing_is_handed_over(scene)
        told.wait_for_word(node, "not ready to serve: container nginx")
        node.up("nginx")


def test_the_engine_comes_later(scene: Scene) -> None:
    node = scene.slave
    later = node.engine.folder / "later.sock"
    node.override(
        "services: {sidecar: {environment: {DOCKER_HOST: unix:///engine/later.sock},"
        f" volumes: ['{node.engine.folder}:/engine']}}}}"
    )
    with trouble(scene, "bad: no engine at start") as told:
        node.docker("rm", "--force", "sidecar")
        node.compose("up", "--detach", "--no-deps", "sidecar")
        not_ready(node, "the Docker engine does not answer")
        assert node.metric("heartbeat_docker_up") == 0
        nothing_is_handed_over(scene)
        told.wait_for_word(node, "the Docker engine does not answer")
        later.hardlink_to(node.engine.socket)
        wait_for(
            lambda: node.metric("heartbeat_docker_up") == 1, seconds=10, what="a word of the engine"
        )


def test_the_engine_of_the_active_host_hangs(scene: Scene) -> None:
    """Safety rule 6: an engine that does not answer has not stopped nginx."""
    node = scene.master
    with trouble(scene, "bad: engine of the active host hangs") as told, ExitStack() as stack:
        node.engine.freeze()
        stack.callback(node.engine.thaw)
        wait_for(
            lambda: node.metric("heartbeat_docker_up") == 0, seconds=20, what="doubt in the engine"
        )
        assert node.metric("heartbeat_group_held", group=GROUP) == 1
        assert scene.owners.now() == ["masternginx"]
        stack.close()
        told.wait_for_word(node, "the Docker engine answers again", seconds=10)


def test_the_heartbeat_port_is_taken(scene: Scene) -> None:
    node = scene.slave
    with trouble(scene, "bad: UDP port taken") as told:
        node.docker("stop", "sidecar")
        with node.net.entered():
            taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with taker:
            taker.bind(("0.0.0.0", 694))
            node.docker("start", "sidecar")
            not_ready(node, "694")
            assert said_by_status(node).count("694") >= 2
            assert scene.owners.now() == ["masternginx"]
            told.wait_for_word(node, "not ready to serve: link eth1")


def test_the_http_port_is_taken(scene: Scene) -> None:
    node = scene.slave
    with trouble(scene, "bad: HTTP port taken") as told:
        node.docker("stop", "sidecar")
        with node.net.entered():
            taker = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        with taker:
            taker.bind(("0.0.0.0", HTTP_PORT))
            taker.listen(1)
            node.docker("start", "sidecar")
            wait_for(
                lambda: "http: " in said_by_status(node),
                seconds=10,
                what=lambda: f"the reason in:\n{said_by_status(node)}",
            )
            assert str(HTTP_PORT) in said_by_status(node)
            told.wait_for_word(node, "not ready to serve: http: ")
        wait_until_answered(node)


def test_the_state_folder_is_read_only(scene: Scene) -> None:
    node = scene.slave
    with trouble(scene, "bad: state folder read-only") as told:
        node.override("services: {sidecar: {volumes: ['state:/var/lib/sidecar:ro']}}")
        node.compose("up", "--detach", "--no-deps", "sidecar")
        not_ready(node, "state folder /var/lib/sidecar cannot be used: Read-only file system")
        told.wait_for_word(node, "state folder /var/lib/sidecar cannot be used")
        node.override_nothing()
        node.compose("up", "--detach", "--no-deps", "sidecar")
        wait_until_answered(node)


def test_the_address_is_for_an_interface_that_is_not_there(scene: Scene) -> None:
    node = scene.slave
    file = node.config / "haresources"
    with trouble(scene, "bad: interface missing") as told:
        file.write_text(HARESOURCES.replace("eth0:0", "eth7:0"))
        node.docker("restart", "sidecar")
        not_ready(node, "interface eth7 does not exist on this host")
        nothing_is_handed_over(scene)
        told.wait_for_word(node, "eth7 does not exist on this host")
        file.write_text(HARESOURCES)
        node.docker("restart", "sidecar")
        wait_until_answered(node)


BAD_HA_CF = """\
keepalive 1
deadtime 0.5
udpport 694000
bcast eth1
node slavenginx
no_such_directive 1
"""


def check(node: DockerHost) -> tuple[int, str]:
    """``docker run ... check``, as the README tells to try a configuration."""
    mount = f"{node.config}:/etc/ha.d:ro"
    name = f"SIDECAR_NODE={node.name}"
    run = ("run", "--rm", "--network", "host", "--volume", mount, "--env", name)
    command = ("docker", "--host", node.engine.url, *run, "heartbeat-sidecar", "check")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_good_configuration_is_explained(scene: Scene) -> None:
    status, said = check(scene.slave)
    assert status == 0
    assert "192.168.171.100" in said
    assert "694" in said


def test_every_mistake_of_a_configuration_is_told_at_once(scene: Scene) -> None:
    node = scene.slave
    good = (node.config / "ha.cf").read_text()
    (node.config / "ha.cf").write_text(BAD_HA_CF)
    (node.config / "haresources").write_text("masternginx 192.168.171.300/24/eth0:0 nginx\n")
    (node.config / "authkeys").chmod(0o644)
    status, said = check(node)
    assert status == 2
    for mistake in ("ha.cf:2:", "ha.cf:3:", "ha.cf:6:", "haresources:1:", "authkeys"):
        assert mistake in said, said
    (node.config / "authkeys").chmod(0o600)
    (node.config / "haresources").write_text(HARESOURCES)
    (node.config / "ha.cf").write_text(good)
