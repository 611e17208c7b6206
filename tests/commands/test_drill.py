"""`sidecar drill`, against a real control socket and a real service, with a pair that is played.

A real pair drills in tests/e2e/test_drill.py.
"""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sidecar import cli
from sidecar.commands import drill
from sidecar.commands.drill_plan import default_url
from sidecar.core.terms import SECOND, NodeStatus
from sidecar.core.view import ClusterView, MaintenanceView
from sidecar.web.beyond import Beyond
from sidecar.web.document import status_document
from sidecar.web.ports import Reply, Request, RequestKind
from tests.builders import (
    a_group,
    a_group_standing_by,
    a_node,
    a_peer,
    a_standby_view,
    a_view,
)
from tests.commands.service import Service, a_service
from tests.web.serving import Stage, controlled

GROUP = a_group().name
HERE = a_view()
THERE = a_view(groups=(a_group_standing_by(),))
"""The same node when the other one has its group."""


@dataclass(slots=True)
class Played(Stage):
    """A pair that does as it is told, and whose service is absent for a while then."""

    service: Service | None = None
    absent_s: float = 0.03
    returns: bool = False
    """It is absent only until it is taken back."""
    refuses: dict[RequestKind, str] = field(default_factory=dict)
    hangs: RequestKind | None = None
    stays: bool = False
    """It says that it was done, and nothing happens."""

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        if request.kind in self.refuses:
            return Reply(ok=False, text=self.refuses[request.kind])
        if request.kind is self.hangs:
            await asyncio.Event().wait()
        assert self.service is not None
        back_home = self.returns and request.kind is RequestKind.TAKEOVER
        self.service.leave(0 if back_home else self.absent_s)
        if not self.stays:
            goes = request.kind is RequestKind.STANDBY
            self.view, self.beyond = (
                (THERE, Beyond(peer_holds=(GROUP,))) if goes else (HERE, Beyond())
            )
        return Reply(ok=True, text="done")


@pytest.fixture
def service() -> Iterator[Service]:
    with a_service() as one:
        yield one


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real pair takes longer to be at rest again."""
    monkeypatch.setattr(drill, "BEFORE_S", 0.2)


@pytest.fixture
def pair(service: Service) -> Played:
    return Played(service=service)


@pytest.fixture
def control(tmp_path: Path, pair: Played) -> Iterator[str]:
    path = tmp_path / "control.sock"
    with controlled(path, pair):
        yield str(path)


def run(control: str, *words: str) -> int:
    return drill.main(cli.build_parser({}).parse_args(["drill", "--control", control, *words]))


def test_a_drill_goes_there_and_back_and_passes(
    control: str, pair: Played, service: Service, capsys: pytest.CaptureFixture[str]
):
    assert run(control, "--url", service.url) == 0
    assert pair.asked == [
        Request(kind=RequestKind.STANDBY, which="local"),
        Request(kind=RequestKind.TAKEOVER, which="local"),
    ]
    begin, before, there, back, *_, verdict = capsys.readouterr().out.splitlines()
    assert begin.startswith(f"drill: {GROUP} from node-a to node-b and back; a client here")
    assert before.startswith("before: longest gap ")
    assert there.startswith("there:  node-b holds, and all is stable, after ")
    assert back.startswith("back:   node-a holds, and all is stable, after ")
    assert verdict == "passed: no gap beyond 1000 ms"


def test_a_gap_beyond_the_limit_fails_and_all_is_taken_back_all_the_same(
    control: str, pair: Played, service: Service, capsys: pytest.CaptureFixture[str]
):
    pair.absent_s = 0.4
    assert run(control, "--url", service.url, "--limit-ms", "300", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said["passed"] is False
    for leg in (said["there"], said["back"]):
        assert 300 < leg["gap_ms"] < 1400
        assert 0 < leg["failed"] < leg["requests"]
    assert (said["there"]["to"], said["back"]["to"]) == ("node-b", "node-a")
    assert pair.view == HERE


def test_a_service_that_does_not_answer_over_there_fails_it_and_is_fetched_back(
    control: str,
    pair: Played,
    service: Service,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(drill, "CALM_MAX_S", 0.3)
    pair.absent_s = 60
    pair.returns = True
    assert run(control, "--url", service.url, "--limit-ms", "60000") == 1
    said = capsys.readouterr().out
    assert "; it has not answered well since\n" in said
    assert said.splitlines()[-1].startswith("failed: ")
    assert pair.view == HERE


def _with_peer(**changes: Any) -> ClusterView:
    return a_view(nodes=(a_node(), a_peer(**changes)))


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (a_view(stable=False), "a move is under way"),
        (a_view(groups=(a_group(held=False),)), "a move is under way"),
        (a_view(ready=False, reasons=("nginx is absent",)), "could not take it back: nginx is"),
        (a_view(split_brain=True), "both nodes may hold the same groups"),
        (_with_peer(status=NodeStatus.DEAD), "node-b is dead: it could not take over"),
        (_with_peer(ready=False), "node-b is not ready: `sidecar status` there says why"),
        (
            a_view(maintenance=MaintenanceView(left_ns=SECOND, by="node-b", since_s=0)),
            "maintenance is on",
        ),
        (a_standby_view(), "node-b holds nothing: run it on the node that does (node-a?)"),
    ],
)
def test_it_refuses_to_begin_with_a_pair_that_is_not_fit_for_it(
    control: str, pair: Played, capsys: pytest.CaptureFixture[str], view: ClusterView, why: str
):
    pair.view = view
    assert run(control, "--url", "http://192.168.171.100/") == 1
    assert pair.asked == []
    said = capsys.readouterr().err
    assert said.startswith("no drill: ")
    assert why in said


def test_a_heartbeat_node_that_does_not_say_is_trusted_and_noted(
    control: str, pair: Played, service: Service, capsys: pytest.CaptureFixture[str]
):
    pair.view = _with_peer(ready=None)
    assert run(control, "--url", service.url) == 0
    assert "note:   node-b is a Heartbeat node" in capsys.readouterr().out


def test_a_service_that_does_not_answer_beforehand_is_not_moved(
    control: str, pair: Played, service: Service, capsys: pytest.CaptureFixture[str]
):
    service.leave(60)
    assert run(control, "--url", service.url) == 1
    assert pair.asked == []
    said = capsys.readouterr().err
    assert "failed before anything moved: the connection was closed" in said
    assert "Nothing was moved; give another --url\nnode-a holds everything, as before" in said


def test_a_refused_hand_over_ends_it_where_things_are(
    control: str, pair: Played, service: Service, capsys: pytest.CaptureFixture[str]
):
    pair.refuses = {RequestKind.STANDBY: "not possible now: node-b is not ready"}
    assert run(control, "--url", service.url) == 1
    assert capsys.readouterr().err == (
        "drill ended: sidecar standby failed: not possible now: node-b is not ready\n"
        "node-a holds everything, as before\n"
    )


def test_a_way_back_that_fails_says_who_holds_and_how_to_go_back(
    control: str, pair: Played, service: Service, capsys: pytest.CaptureFixture[str]
):
    pair.refuses = {RequestKind.TAKEOVER: "node-b did not hand over within 20 s"}
    assert run(control, "--url", service.url) == 1
    assert capsys.readouterr().err == (
        "drill ended: sidecar takeover failed: node-b did not hand over within 20 s\n"
        f"node-b holds {GROUP}, and goes on. To go back: `sidecar takeover local` on node-a\n"
    )


def test_a_move_that_never_settles_is_not_waited_for_without_end(
    control: str,
    pair: Played,
    service: Service,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(drill, "SETTLE_MAX_S", 0.5)
    pair.stays = True
    assert run(control, "--url", service.url) == 1
    assert "drill ended: there: not complete within 0.5 s" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("check", "url"),
    [
        ("http://127.0.0.1/healthz?a=1", "http://192.168.171.100/healthz?a=1"),
        ("https://localhost:8443/", "https://192.168.171.100:8443/"),
        ("tcp://127.0.0.1:5432", "tcp://192.168.171.100:5432"),
        (None, "http://192.168.171.100/"),
    ],
)
def test_without_a_url_the_containers_own_check_is_requested_at_the_address(
    check: str | None, url: str
):
    checks = {"nginx": check} if check else {}
    assert default_url(json.loads(json.dumps(status_document(HERE))), checks) == url


def test_an_interrupted_drill_leaves_things_where_they_are_and_says_where(
    control: str, pair: Played, service: Service
):
    """As a person does it: Ctrl-C, in a process of its own, after the first way."""
    pair.hangs = RequestKind.TAKEOVER
    command = (sys.executable, "-m", "sidecar.cli", "drill", "--control", control)
    with subprocess.Popen(
        (*command, "--url", service.url), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("there:"):
                process.send_signal(signal.SIGINT)
                break
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said == (
        "drill ended: interrupted\n"
        f"node-b holds {GROUP}, and goes on. To go back: `sidecar takeover local` on node-a\n"
    )


@pytest.mark.parametrize("url", ["192.168.171.100", "ftp://192.168.171.100/"])
def test_a_url_that_cannot_be_requested_is_bad_usage(url: str, capsys: pytest.CaptureFixture[str]):
    assert run("none", "--url", url) == 2
    assert capsys.readouterr().err.startswith(f"--url {url!r} cannot be requested")


def test_without_a_sidecar_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert run(str(tmp_path / "none")) == 1
    assert "there is no such socket" in capsys.readouterr().err
