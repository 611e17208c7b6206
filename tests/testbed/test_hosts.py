"""Two hosts with real engines and real compose: what the end-to-end tests stand on."""

from functools import partial

import pytest

from tests.testbed.http import get
from tests.testbed.pair import MASTER_PAGE, SLAVE_PAGE, VIP, Pair
from tests.testbed.waiting import now_ns, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def serve(pair: Pair) -> None:
    """Nginx alone, by compose, on both hosts."""
    pair.configure(ha_cf="", haresources="")
    pair.on_both(lambda node: node.up("nginx"))


def move(pair: Pair, source: str, target: str) -> None:
    """By hand what the sidecars are for: move the address, and tell the client its new MAC."""
    nodes = {node.name: node.net for node in pair.nodes}
    if source:
        nodes[source].ip("addr", "del", f"{VIP}/24", "dev", "eth0")
    nodes[target].ip("addr", "add", f"{VIP}/24", "dev", "eth0")
    mac = nodes[target].mac("eth0")
    pair.client_net.ip("neigh", "replace", VIP, "lladdr", mac, "dev", "eth0")


def test_each_host_runs_its_own_nginx_in_its_own_network(two_hosts: Pair) -> None:
    serve(two_hosts)
    for node, address in zip(two_hosts.nodes, ("192.168.171.50", "192.168.171.51"), strict=True):
        answer = wait_for(
            partial(get, two_hosts.client_net, "/", address=address),
            seconds=10,
            what=f"a page from {address}",
        )
        assert answer.text.strip() == node.page
        assert answer.headers["x-served-by"] == node.name
        health = get(two_hosts.client_net, "/healthz", address=address)
        assert health is not None
        assert (health.status, health.text) == (200, "ok\n")


def test_the_client_follows_the_address_from_host_to_host(two_hosts: Pair) -> None:
    serve(two_hosts)
    move(two_hosts, "", "masternginx")
    with two_hosts.client() as client, two_hosts.owners() as owners:
        client.wait_for_page(MASTER_PAGE, seconds=10)
        move(two_hosts, "masternginx", "slavenginx")
        client.wait_for_page(SLAVE_PAGE, seconds=10)
        assert client.pages() == [MASTER_PAGE, SLAVE_PAGE]
        assert owners.now() == ["slavenginx"]
        assert owners.overlaps() == []


def test_a_host_without_power_has_nothing_and_comes_back_by_itself(two_hosts: Pair) -> None:
    serve(two_hosts)
    master = two_hosts.master
    move(two_hosts, "", "masternginx")
    with two_hosts.client() as client:
        client.wait_for_page(MASTER_PAGE, seconds=10)
        # A paused container is the hard case: it dies only when it has been thawed.
        two_hosts.slave.docker("pause", "nginx")
        for node in two_hosts.nodes:
            node.power_off()
        off = now_ns()
        assert not master.has(VIP)
        assert not master.has("192.168.171.50")
        wait_for(lambda: client.failures(off) > 0, seconds=5, what="a failed request")
        two_hosts.on_both(lambda node: node.power_on())
        wait_for(
            lambda: master.state("nginx") == "running", seconds=20, what="nginx after the boot"
        )
        assert master.has("192.168.171.50")
        assert not master.has(VIP)
        wait_for(lambda: master.get("/", port=80), seconds=10, what="the page after the boot")


def test_a_frozen_engine_answers_nothing_while_its_containers_serve(two_hosts: Pair) -> None:
    serve(two_hosts)
    master = two_hosts.master
    wait_for(lambda: master.get("/", port=80), seconds=10, what="the page")
    master.engine.freeze()
    try:
        assert master.get("/", port=80) is not None
    finally:
        master.engine.thaw()
    assert master.state("nginx") == "running"
