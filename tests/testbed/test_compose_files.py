"""The compose files say what Compose understands, and what the sidecar's safety rests on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.testbed.compose import HARDENED_FILE, NODE_FILE, ROOT, Compose

DEMO_FILE = ROOT / "compose" / "demo.yaml"


def understood(file: str, **variables: str) -> dict[str, Any]:
    compose = Compose("unix:///nowhere.sock", variables, ROOT / "compose" / file)
    answer: dict[str, Any] = json.loads(compose("config", "--format", "json"))
    return answer


def test_one_host_needs_no_variable() -> None:
    services = understood(NODE_FILE.name)["services"]
    assert services["sidecar"]["container_name"] == "sidecar"
    assert services["nginx"]["container_name"] == "nginx"
    assert {service["network_mode"] for service in services.values()} == {"host"}


def test_the_variables_of_a_node_arrive() -> None:
    services = understood(
        NODE_FILE.name,
        NODE="masternginx",
        PAGE="a page",
        CONFIG_DIR="/some/folder",
        NGINX_PORT="81",
    )["services"]
    assert services["sidecar"]["environment"]["SIDECAR_NODE"] == "masternginx"
    assert services["nginx"]["environment"] == {"PAGE": "a page", "PORT": "81"}
    assert services["nginx"]["labels"]["sidecar.check"] == "http://127.0.0.1:81/healthz"
    mounts = {mount["target"]: mount for mount in services["sidecar"]["volumes"]}
    assert mounts["/etc/ha.d"]["source"] == "/some/folder"
    assert mounts["/etc/ha.d"]["read_only"] is True


def test_a_serial_device_is_given_by_the_override_that_the_page_shows(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    (line,) = re.findall(r"`(services: .*devices.*)`", page)
    assert line in NODE_FILE.read_text()
    override = tmp_path / "override.yaml"
    override.write_text(line)
    compose = Compose("unix:///nowhere.sock", {}, NODE_FILE, override)
    services = json.loads(compose("config", "--format", "json"))["services"]
    (device,) = services["sidecar"]["devices"]
    assert (device["source"], device["target"]) == ("/dev/ttyS0", "/dev/ttyS0")
    assert "devices" not in services["nginx"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        (NODE_FILE.name, "sidecar"),
        (HARDENED_FILE.name, "sidecar"),
        (DEMO_FILE.name, "sidecar-a"),
        (DEMO_FILE.name, "sidecar-b"),
    ],
)
def test_a_sidecar_has_three_capabilities_and_a_read_only_root(file: str, name: str) -> None:
    service = understood(file, DEMO_CONFIG="/some/folder")["services"][name]
    assert service["cap_drop"] == ["ALL"]
    assert sorted(service["cap_add"]) == ["NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW"]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_demo_cannot_reach_beyond_its_own_networks() -> None:
    networks = understood(DEMO_FILE.name, DEMO_CONFIG="/some/folder")["networks"]
    assert {name: network["internal"] for name, network in networks.items()} == {
        "service": True,
        "heartbeat": True,
    }


def test_only_the_proxy_of_the_hardened_host_has_the_docker_socket() -> None:
    services = understood(HARDENED_FILE.name, DOCKER_SOCKET="/some/docker.sock")["services"]
    having = {
        name
        for name, service in services.items()
        for mount in service.get("volumes", ())
        if mount["source"] == "/some/docker.sock"
    }
    assert having == {"proxy"}
    proxy, sidecar = services["proxy"], services["sidecar"]
    assert proxy["network_mode"] == "none"
    assert proxy["cap_drop"] == ["ALL"]
    assert "cap_add" not in proxy
    mounted = {mount["source"]: mount for mount in sidecar["volumes"]}
    assert mounted["engine"]["read_only"] is True
    for service in services.values():
        assert service["read_only"] is True
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["pids_limit"] > 0
        assert int(service["mem_limit"]) > 0


def test_the_hardened_host_differs_from_the_other_in_nothing_else() -> None:
    plain, hardened = (
        understood(file.name, NODE="masternginx", PAGE="a page")["services"]
        for file in (NODE_FILE, HARDENED_FILE)
    )
    limits = ("pids_limit", "mem_limit")
    assert {k: v for k, v in hardened["nginx"].items() if k not in limits} == plain["nginx"]
    differing = {k for k in plain["sidecar"] if plain["sidecar"][k] != hardened["sidecar"].get(k)}
    assert differing == {"depends_on", "environment", "tmpfs", "volumes"}
    environment = hardened["sidecar"]["environment"]
    assert environment.pop("DOCKER_HOST") == "unix:///run/engine/docker.sock"
    assert environment == plain["sidecar"]["environment"]
