"""The names that monitoring and scripts of others rely on, asked over real HTTP."""

import errno
import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from prometheus_client import CollectorRegistry

from sidecar import VERSION
from sidecar.core.terms import SECOND, AddressState, ContainerState, Holding
from sidecar.web import door
from sidecar.web.app import BindError, WebServer
from sidecar.web.beyond import Beyond, LinkGaps
from sidecar.web.hub import EventHub
from sidecar.web.pages import policy_of
from sidecar.web.ports import Progress
from tests.builders import VIP, a_container, a_group, a_standby_view, a_view, an_address
from tests.waiting import wait_for
from tests.web.serving import Served, Stage, a_loop, run_in, serving


@pytest.fixture
def served():
    with serving() as one:
        yield one


def test_status_carries_every_promised_name(served: Served):
    answer = served.get("/api/status")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    status = answer.json()
    assert status["node"] == "node-a"
    assert status["peer"] == "node-b"
    assert status["version"] == VERSION
    assert status["generation"] == 7
    assert status["holding"] == "local"
    assert status["stable"] is True
    assert status["summary"] == served.stage.view.summary
    assert status["ping"] == [{"name": "192.168.17.1", "up": True}]
    assert status["ready"] is True
    assert status["reasons"] == []


def test_status_names_each_node_with_its_links(served: Served):
    here, peer = served.get("/api/status").json()["nodes"]
    assert (here["name"], here["local"], here["status"]) == ("node-a", True, "active")
    assert (peer["name"], peer["local"], peer["status"]) == ("node-b", False, "active")
    (link,) = peer["links"]
    assert (link["name"], link["medium"], link["status"]) == ("eth1", "ucast", "up")


def test_status_names_each_resource_with_its_kind_and_state(served: Served):
    (group,) = served.get("/api/status").json()["groups"]
    assert (group["preferred"], group["held"]) == ("node-a", True)
    address, container = group["resources"]
    assert (address["name"], address["kind"], address["state"]) == (VIP, "address", "held")
    assert (container["name"], container["kind"], container["state"]) == (
        "nginx",
        "container",
        "running",
    )


def test_status_says_who_has_each_group_and_what_needs_a_person(served: Served):
    status = served.get("/api/status").json()
    assert status["groups"][0]["holder"] == "node-a"
    assert status["attention"] == []
    served.stage.view = a_standby_view(explanation=("x", f"{a_group().name} is not held here: y"))
    served.stage.beyond = Beyond(peer_holds=(a_group().name,), warntime_ns=2 * SECOND)
    status = served.get("/api/status").json()
    assert status["groups"][0]["holder"] == "node-a"
    assert status["groups"][0]["why"] == f"{a_group().name} is not held here: y"
    assert status["timing"]["warntime_ms"] == 2000
    served.stage.beyond = Beyond()
    (entry,) = served.get("/api/status").json()["attention"]
    assert (entry["severity"], entry["runbook"]) == ("critical", "HeartbeatNobodyHolds")


def test_the_gaps_are_told_by_link(served: Served):
    served.stage.beyond = Beyond(warntime_ns=2 * SECOND)
    served.stage.gaps = (LinkGaps(link="eth1", gaps_ns=(SECOND,), silence_ns=0),)
    answer = served.get("/api/gaps").json()
    assert (answer["warntime_ms"], answer["deadtime_ms"]) == (2000, 3000)
    assert answer["links"] == [
        {"node": "node-b", "link": "eth1", "silence_ms": 0.0, "gaps_ms": [1000.0]}
    ]


@pytest.mark.parametrize("holding", list(Holding))
def test_holding_is_the_word_of_the_wire(holding: Holding):
    with serving(Stage(view=a_view(holding=holding))) as served:
        assert served.get("/api/status").json()["holding"] == holding.word


@pytest.mark.parametrize("state", list(ContainerState))
def test_a_container_shows_the_state_that_the_engine_says(state: ContainerState):
    view = a_view(groups=(a_group(resources=(a_container(state=state),)),))
    with serving(Stage(view=view)) as served:
        assert _state_of_first_resource(served) == state.value


@pytest.mark.parametrize("state", list(AddressState))
def test_an_address_shows_where_it_stands(state: AddressState):
    view = a_view(groups=(a_group(resources=(an_address(state=state),)),))
    with serving(Stage(view=view)) as served:
        assert _state_of_first_resource(served) == state.value


def test_a_container_that_cannot_be_mended_has_failed():
    broken = a_container(state=ContainerState.STOPPED, failed=True)
    with serving(Stage(view=a_view(groups=(a_group(resources=(broken,)),)))) as served:
        assert _state_of_first_resource(served) == "failed"


def _state_of_first_resource(served: Served) -> str:
    state: str = served.get("/api/status").json()["groups"][0]["resources"][0]["state"]
    return state


def test_a_live_loop_is_live(served: Served):
    assert served.get("/livez").status == 200


def test_a_loop_without_progress_is_not_live(served: Served):
    served.stage.progress = Progress(age_ns=12 * SECOND, limit_ns=2 * SECOND)
    answer = served.get("/livez")
    assert answer.status == 503
    assert "12.0 s ago" in answer.body


def test_a_ready_node_says_so(served: Served):
    answer = served.get("/readyz")
    assert (answer.status, answer.body) == (200, "node-a is ready to serve\n")


def test_a_node_that_is_not_ready_says_why(served: Served):
    served.stage.view = a_view(ready=False, reasons=("nginx is absent", "eth0 has no carrier"))
    answer = served.get("/readyz")
    assert answer.status == 503
    assert "nginx is absent; eth0 has no carrier" in answer.body
    status = served.get("/api/status").json()
    assert status["ready"] is False
    assert status["reasons"] == ["nginx is absent", "eth0 has no carrier"]


def test_the_holder_is_active(served: Served):
    answer = served.get("/active")
    assert answer.status == 200
    assert answer.body == f"node-a holds {VIP}, nginx\n"


def test_the_standby_is_not_active(served: Served):
    served.stage.view = a_standby_view()
    answer = served.get("/active")
    assert answer.status == 503
    assert answer.body.startswith("node-b holds no group: ")


def test_a_claim_towards_the_peer_alone_makes_no_node_active(served: Served):
    served.stage.view = a_view(holding=Holding.ALL, groups=(a_group(held=False),))
    assert served.get("/active").status == 503


def test_the_page_carries_itself(served: Served):
    answer = served.get("/")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "api/events" in answer.body
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "http://" not in answer.body
    assert "https://" not in answer.body


def test_nothing_runs_in_the_page_but_its_own_script(served: Served):
    answer = served.get("/")
    policy = dict(
        one.split(" ", 1) for one in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["style-src"])
    assert policy["default-src"] == "'none'"
    changed = answer.body.replace("const at =", "const at=", 1)
    assert changed != answer.body
    assert policy["script-src"] not in policy_of(changed)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("path", ["/", "/api/status", "/api/events", "/metrics", "/no-such"])
def test_nothing_but_reading_is_allowed(served: Served, method: str, path: str):
    answer = served.get(path, method=method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET"


def test_an_unknown_page_is_not_found(served: Served):
    assert served.get("/standby").status == 404


def a_server(host: str, port: int) -> WebServer:
    stage = Stage()
    return WebServer(
        host=host,
        port=port,
        sources=stage.sources,
        hub=EventHub(wall_ns=stage.sources.wall_ns),
        registry=CollectorRegistry(),
        page="",
    )


def test_a_taken_port_names_itself_and_the_setting():
    with socket.create_server(("127.0.0.1", 0)) as taken, a_loop() as loop:
        port = taken.getsockname()[1]
        with pytest.raises(BindError) as trouble:
            run_in(loop, a_server("127.0.0.1", port).start())
    assert f"127.0.0.1:{port}" in str(trouble.value)
    assert "another program listens there" in str(trouble.value)
    assert "SIDECAR_HTTP" in str(trouble.value)


def test_a_kernel_without_ipv6_is_told_where_ipv6_was_asked_for(monkeypatch):
    class WithoutIpv6(socket.socket):
        def __init__(self, family: int = -1, *more, **named) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, *more, **named)

    with a_loop() as loop:
        monkeypatch.setattr(socket, "socket", WithoutIpv6)
        with pytest.raises(BindError, match=r"\[::1\]:9694 .* no addresses of that kind"):
            run_in(loop, a_server("::1", 9694).start())


def test_a_stopped_server_listens_no_more(served: Served):
    run_in(served.loop, served.server.stop())
    with pytest.raises(ConnectionRefusedError):
        served.get("/livez")


@contextmanager
def a_client(served: Served) -> Iterator[http.client.HTTPConnection]:
    """Its connection has carried a request, and stays."""
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)) as client:
        assert status_for(client) == 200
        yield client


def status_for(client: http.client.HTTPConnection) -> int:
    client.request("GET", "/livez")
    answer = client.getresponse()
    answer.read()
    return answer.status


def test_a_client_that_asks_for_nothing_is_let_go(served: Served, monkeypatch):
    monkeypatch.setattr(door, "SILENT_S", 0.1)
    with a_client(served) as asking:
        connection = asking.sock
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as silent:
            assert silent.recv(1) == b""
        assert status_for(asking) == 200
        assert asking.sock is connection


def test_there_are_only_so_many_connections(served: Served, monkeypatch):
    monkeypatch.setattr(door, "CONNECTIONS_MAX", 2)
    with a_client(served) as first:
        with a_client(served):
            assert served.get("/livez").status == 503
        wait_for(lambda: served.get("/livez").status == 200)
        assert status_for(first) == 200
