"""compose/hardened.yaml at work: the sidecar reaches the engine only through its proxy."""

import json
import signal
import socket
from collections.abc import Iterator

import pytest

from tests.e2e.scene import GROUP, Scene
from tests.e2e.scene import HA_CF as FAST
from tests.notify.receiver import Receiver, receiving
from tests.testbed.compose import HARDENED_FILE, NODE_FILE
from tests.testbed.host import DockerHost
from tests.testbed.waiting import wait_for

pytestmark = pytest.mark.e2e

TAKEOVER_MS = 7000
OBSERVER, WEBHOOK_PORT = "192.168.171.61", 8080
HA_CF = f"""\
keepalive 500ms
warntime 3
deadtime 5
initdead 5
{FAST.partition("initdead 5")[2].strip()}
"""
"""How quick a takeover is, other tests say: this one may take its time."""
NET_BIND_SERVICE, NET_ADMIN, NET_RAW = 10, 12, 13
"""Numbers of <linux/capability.h>."""

CALL = """
import json, socket, sys
answers = {}
for call in json.loads(sys.argv[1]):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("/run/engine/docker.sock")
        sock.sendall(f"{call} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n".encode())
        answers[call] = int(sock.recv(1000).split()[1])
print(json.dumps(answers))
"""
"""What somebody who has taken the sidecar over would try, with the Python that is there."""


@pytest.fixture
def webhook(running_scene: Scene) -> Iterator[Receiver]:
    """On a third machine of the service network."""
    with running_scene.pair.observer.entered():
        listener = socket.create_server((OBSERVER, WEBHOOK_PORT))
    with listener, receiving(listener=listener) as receiver:
        yield receiver


@pytest.fixture
def hardened(running_scene: Scene, webhook: Receiver) -> Iterator[Scene]:
    scene = running_scene
    scene.clear()
    for node in scene.pair.nodes:
        node.compose_file = HARDENED_FILE
        node.variables |= {"SIDECAR_WEBHOOK": f"http://{OBSERVER}:{webhook.port}/"}
    scene.configure(HA_CF)
    scene.pair.up()
    scene.at_rest(scene.master, seconds=60)
    yield scene
    scene.clear()
    for node in scene.pair.nodes:
        node.compose_file = NODE_FILE
        del node.variables["SIDECAR_WEBHOOK"]


def answers(node: DockerHost, *calls: str) -> dict[str, int]:
    said = node.docker("exec", "sidecar", "python", "-c", CALL, json.dumps(calls))
    found: dict[str, int] = json.loads(said)
    return found


def process(node: DockerHost, container: str) -> dict[str, str]:
    """The kernel's own words on process 1 of the container."""
    text = node.docker("exec", container, "cat", "/proc/1/status")
    return {name: value.strip() for name, _, value in (s.partition(":") for s in text.splitlines())}


def mode(node: DockerHost, container: str, path: str) -> str:
    return node.docker("exec", container, "stat", "-c", "%a %u", path).strip()


def test_a_hardened_pair(hardened: Scene, webhook: Receiver) -> None:
    """One test: what costs is the start of the pair, and all of these look at it at work."""
    master, slave = hardened.master, hardened.slave
    _each_part_has_the_least(master)
    _the_control_socket_is_roots_alone(master)
    _nothing_but_the_calls_of_a_sidecar_passes(master)
    _a_takeover_works(hardened)
    _it_was_told(webhook, slave)
    _without_the_proxy_the_address_stays(hardened)
    for node in (master, slave):
        assert "internal error" not in node.logs()


def _each_part_has_the_least(node: DockerHost) -> None:
    proxy, sidecar = process(node, "sidecar-proxy"), process(node, "sidecar")
    assert int(proxy["CapEff"], 16) == int(proxy["CapBnd"], 16) == 0
    three = 1 << NET_BIND_SERVICE | 1 << NET_ADMIN | 1 << NET_RAW
    assert int(sidecar["CapEff"], 16) == int(sidecar["CapBnd"], 16) == three
    assert (proxy["NoNewPrivs"], sidecar["NoNewPrivs"]) == ("1", "1")
    interfaces = node.docker("exec", "sidecar-proxy", "ls", "/sys/class/net").split()
    assert interfaces == ["lo"]
    for container in ("sidecar", "sidecar-proxy"):
        said = node.docker("exec", container, "touch", "/opt/x", "/etc/x", check=False)
        assert said.count("Read-only file system") == 2
    sockets = node.docker("exec", "sidecar", "ls", "/var/run", "/run").split()
    assert "docker.sock" not in sockets
    assert mode(node, "sidecar", "/run/engine/docker.sock") == "600 0"
    said = node.docker("exec", "sidecar", "rm", "/run/engine/docker.sock", check=False)
    assert "Read-only file system" in said


def _the_control_socket_is_roots_alone(node: DockerHost) -> None:
    """From the start on, and after a reload."""
    for reloads in (0, 1):

        def reloaded(reloads: int = reloads) -> bool:
            return node.logs().count("configuration reloaded") == reloads

        wait_for(reloaded, seconds=10, what=lambda: f"a reload: {node.logs()[-500:]}")
        assert mode(node, "sidecar", "/run/sidecar/control.sock") == "600 0"
        assert mode(node, "sidecar", "/run/sidecar") == "700 0"
        node.signal("sidecar", signal.SIGHUP)


def _nothing_but_the_calls_of_a_sidecar_passes(node: DockerHost) -> None:
    identity = node.docker("inspect", "--format", "{{.Id}}", "sidecar").strip()
    allowed = ("GET /version", "GET /v1.41/containers/nginx/json")
    refused = (
        "POST /v1.41/containers/create?name=evil",
        "POST /v1.41/containers/nginx/exec",
        "DELETE /v1.41/containers/nginx?force=1",
        "POST /v1.41/containers/sidecar-proxy/stop",
        f"POST /v1.41/containers/{identity}/stop",
        "POST /v1.41/containers/nginx/../sidecar-proxy/stop",
        "GET /v1.41/containers/json?all=1",
        "GET /v1.41/images/json",
        "GET /v1.41/info",
    )
    assert answers(node, *allowed, *refused) == {
        **dict.fromkeys(allowed, 200),
        **dict.fromkeys(refused, 403),
    }
    told = node.logs("sidecar-proxy")
    for call in refused:
        assert call.partition(" ")[2] in told


def _a_takeover_works(scene: Scene) -> None:
    with scene.round("hardened: sidecar killed") as killed:
        scene.master.docker("kill", "sidecar")
        killed.wait_for_page(scene.slave.page)
    assert killed.cost.pages[-1] == "slave"
    assert killed.cost.outage_ms < TAKEOVER_MS
    assert killed.cost.two_holders_ms == 0
    with scene.round("hardened: failback") as back:
        scene.master.up()
        back.wait_for_page(scene.master.page, seconds=40)
        scene.at_rest(scene.master, seconds=40)
    assert back.cost.two_holders_ms == 0


def _it_was_told(webhook: Receiver, node: DockerHost) -> None:
    told = [got.document for got in webhook.got if got.document["node"] == node.name]
    events = [one["event"] for one in told]
    died = events.index("node_died")
    assert events.index("takeover_began", died) < events.index("takeover_done", died)
    assert [one["number"] for one in told] == list(range(1, len(told) + 1))


def _without_the_proxy_the_address_stays(scene: Scene) -> None:
    node = scene.master
    with scene.round("hardened: proxy killed") as killed:
        node.docker("kill", "sidecar-proxy")
        killed.wait_for_word(node, "the Docker engine does not answer", seconds=20)
        assert node.metric("heartbeat_docker_up") == 0
        assert node.metric("heartbeat_group_held", group=GROUP) == 1
        node.docker("start", "sidecar-proxy")
        killed.wait_for_word(node, "the Docker engine answers again", seconds=30)
        assert node.metric("heartbeat_docker_up") == 1
        scene.at_rest(node, seconds=40)
    assert killed.cost.pages == ("master",)
    assert not any("192.168.171.100" in record["message"] for record in killed.told(node)), (
        "nothing happens to the address"
    )
    assert killed.cost.two_holders_ms == 0
