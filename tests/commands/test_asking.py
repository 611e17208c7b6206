"""The commands that talk to a running sidecar, against a real control socket."""

import argparse
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sidecar.commands import (
    explain,
    health,
    history,
    maintenance,
    reload,
    standby,
    status,
    takeover,
)
from sidecar.core.terms import SECOND, ContainerState, LinkStatus, NodeStatus
from sidecar.core.view import ClusterView, MaintenanceView
from sidecar.web.document import status_document
from sidecar.web.ports import Progress, Reply, Request, RequestKind
from tests.builders import (
    a_container,
    a_group,
    a_group_standing_by,
    a_link,
    a_node,
    a_peer,
    a_view,
    an_address,
)
from tests.web.serving import Stage, controlled

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def control(tmp_path: Path, stage: Stage) -> Iterator[str]:
    path = tmp_path / "control.sock"
    with controlled(path, stage):
        yield str(path)


def arguments(control: str, **given: object) -> argparse.Namespace:
    return argparse.Namespace(
        **{"control": control, "json": False, "watch": False, "which": "all"} | given
    )


def test_status_shows_the_summary_first_then_nodes_groups_and_readiness(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.view = a_view(
        nodes=(
            a_node(),
            a_peer(
                ready=None,
                links=(
                    a_link(reason=""),
                    a_link(
                        name="ttyS0",
                        medium="serial",
                        status=LinkStatus.DEAD,
                        reason="silent for 12.0 s",
                    ),
                ),
            ),
        ),
        groups=(
            a_group(name="web"),
            a_group_standing_by(
                name="mail",
                preferred="node-b",
                resources=(
                    a_container(name="mail", state=ContainerState.STOPPED, detail="exit code 1"),
                ),
            ),
        ),
        ready=False,
        reasons=("mail is stopped",),
    )
    assert status.main(arguments(control)) == 0
    assert capsys.readouterr().out == (
        "node-a holds its own group; node-b is active and holds none.\n"
        "\n"
        "NODE           STATUS  READY    LINKS\n"
        "node-a (here)  active  yes\n"
        "node-b         active  unknown  eth1 ucast up; ttyS0 serial dead (silent for 12.0 s), but "
        "heard by the peer\n"
        "\n"
        "GROUP  PREFERS  HERE  RESOURCES\n"
        "web    node-a   held  192.168.171.100 held, nginx running\n"
        "mail   node-b   -     mail stopped (exit code 1)\n"
        "\n"
        "PING NODE     STATUS\n"
        "192.168.17.1  up\n"
        "\n"
        "not ready to serve:\n"
        "  - mail is stopped\n"
    )


def test_status_as_json_is_the_document_of_the_api(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    assert status.main(arguments(control, json=True)) == 0
    assert json.loads(capsys.readouterr().out) == status_document(stage.view)


@pytest.mark.parametrize(
    ("view", "code"),
    [
        (a_view(), 0),
        (a_view(stable=False), 1),
        (a_view(nodes=(a_node(), a_peer(status=NodeStatus.DEAD))), 1),
        (a_view(nodes=(a_node(), a_peer(status=NodeStatus.UP))), 1),
        (a_view(ready=False, reasons=("eth0 has no carrier",)), 0),
    ],
    ids=["fine", "unsettled", "peer dead", "peer joining", "not ready"],
)
def test_status_exits_zero_only_when_stable_with_an_active_peer(
    control: str, stage: Stage, view: ClusterView, code: int
):
    stage.view = view
    assert status.main(arguments(control)) == code
    assert status.main(arguments(control, json=True)) == code


def test_status_says_loudly_what_is_wrong(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.view = a_view(stable=False, split_brain=True)
    status.main(arguments(control))
    out = capsys.readouterr().out
    assert "not settled: stable" in out
    assert "SPLIT BRAIN SUSPECTED" in out


def test_a_group_that_is_wanted_but_not_held_is_being_taken(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.view = a_view(groups=(a_group(name="web", held=False, resources=(an_address(),)),))
    status.main(arguments(control))
    assert "web    node-a   taking  192.168.171.100 held\n" in capsys.readouterr().out


def test_watching_shows_the_status_until_it_is_interrupted(
    control: str, stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    slept = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        stage.view = a_view(summary=f"look number {len(slept)}")
        if len(slept) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("sidecar.commands.status.time.sleep", sleep)
    assert status.main(arguments(control, watch=True, json=True)) == 0
    shown = [json.loads(line)["summary"] for line in capsys.readouterr().out.splitlines()]
    assert shown == [a_view().summary, "look number 1", "look number 2"]


def test_explain_prints_the_reasons(control: str, stage: Stage, capsys: pytest.CaptureFixture[str]):
    assert explain.main(arguments(control)) == 0
    assert capsys.readouterr().out.splitlines() == list(stage.view.explanation)


@pytest.mark.parametrize(
    ("command", "kind"),
    [(standby, RequestKind.STANDBY), (takeover, RequestKind.TAKEOVER)],
)
def test_a_request_that_was_carried_out_exits_zero(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str], command, kind
):
    assert command.main(arguments(control, which="foreign")) == 0
    assert capsys.readouterr().out == "node-b holds all groups\n"
    assert stage.asked == [Request(kind=kind, which="foreign")]


@pytest.mark.parametrize("command", [standby, takeover])
def test_a_request_that_was_refused_exits_one_and_says_why(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str], command
):
    stage.reply = Reply(ok=False, text="node-b is not ready")
    assert command.main(arguments(control)) == 1
    assert capsys.readouterr().err == "node-b is not ready\n"


def test_health_follows_the_loop(control: str, stage: Stage, capsys: pytest.CaptureFixture[str]):
    assert health.main(arguments(control)) == 0
    assert "alive" in capsys.readouterr().out
    stage.progress = Progress(age_ns=9 * SECOND, limit_ns=SECOND)
    assert health.main(arguments(control)) == 1
    assert "stuck" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "code"),
    [(status, 2), (explain, 1), (history, 1), (standby, 1), (takeover, 1), (health, 1)],
    ids=lambda given: getattr(given, "__name__", str(given)),
)
def test_without_a_sidecar_each_command_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command, code: int
):
    missing = str(tmp_path / "none.sock")
    assert command.main(arguments(missing)) == code
    said = "".join(capsys.readouterr())
    assert f"no sidecar at {missing}: there is no such socket" in said
    assert "docker exec sidecar sidecar status" in said
    assert "SIDECAR_CONTROL" in said


def test_a_socket_whose_sidecar_has_ended_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    left = str(tmp_path / "left.sock")
    with socket.socket(socket.AF_UNIX) as ended:
        ended.bind(left)
    assert status.main(arguments(left)) == 2
    assert "the one that made the socket has ended" in capsys.readouterr().err


def test_a_server_that_hangs_up_is_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = str(tmp_path / "rude.sock")
    with socket.socket(socket.AF_UNIX) as rude:
        rude.bind(path)
        rude.listen()
        hang_up = threading.Thread(target=_hang_up, args=(rude,))
        hang_up.start()
        code = status.main(arguments(path))
        hang_up.join()
    assert code == 2
    assert path in capsys.readouterr().err


def _hang_up(server: socket.socket) -> None:
    connection, _ = server.accept()
    connection.close()


def test_health_says_that_there_is_no_answer_before_docker_gives_it_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (docker_s,) = re.findall(
        r"^HEALTHCHECK .*--timeout=(\d+)s .*\"health\"", DOCKERFILE.read_text(), re.MULTILINE
    )
    path = str(tmp_path / "control.sock")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(path)
        silent.listen()
        begun = time.monotonic()
        assert health.main(arguments(path)) == 1
        # Its Python has to start as well, on a machine that is busy.
        assert time.monotonic() - begun < int(docker_s) - 1.5
    assert "gave no answer within 3 s" in capsys.readouterr().out


def test_health_imports_nothing_heavy():
    """Counted, not timed: the image asks for health every few seconds on a busy machine."""
    program = (
        "import sys; import sidecar.commands.health; "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True
    )
    heavy = {
        "aiohttp",
        "asyncio",
        "docker",
        "logging",
        "prometheus_client",
        "pyroute2",
        "typing_extensions",
    }
    assert heavy.isdisjoint(run.stdout.split())


# --- reload --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(ok=True, text="configuration reloaded: nothing has changed"), 0),
        (Reply(ok=False, text="reload refused, everything stays as it was: ha.cf:3: .."), 1),
    ],
)
def test_a_reload_prints_what_came_of_it(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str], reply: Reply, status: int
):
    stage.reply = reply
    assert reload.main(argparse.Namespace(control=control)) == status
    printed = capsys.readouterr()
    assert (printed.out if reply.ok else printed.err) == f"{reply.text}\n"
    assert stage.asked == [Request(kind=RequestKind.RELOAD)]


# --- maintenance ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "seconds"), [("90", 90), ("90s", 90), ("30m", 1800), ("1h", 3600), ("7d", 604_800)]
)
def test_maintenance_is_asked_for_with_a_time_in_words(
    control: str, stage: Stage, written, seconds
):
    given = argparse.Namespace(control=control, switch="on", duration=written)
    assert maintenance.main(given) == 0
    assert stage.asked == [Request(kind=RequestKind.MAINTENANCE, seconds=seconds)]


def test_the_end_of_maintenance_needs_no_time(control: str, stage: Stage):
    given = argparse.Namespace(control=control, switch="off", duration="nonsense")
    assert maintenance.main(given) == 0
    assert stage.asked == [Request(kind=RequestKind.MAINTENANCE, seconds=0)]


@pytest.mark.parametrize("written", ["", "0", "8d", "1w", "-1h", "1.5h", "1h30m", "9999999s"])
def test_a_time_that_makes_no_sense_is_refused_with_an_example(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str], written: str
):
    given = argparse.Namespace(control=control, switch="on", duration=written)
    assert maintenance.main(given) == 2
    assert f"--for {written!r} is no time" in capsys.readouterr().err
    assert stage.asked == []


def test_status_shows_maintenance_and_what_waits(
    control: str, stage: Stage, capsys: pytest.CaptureFixture[str]
):
    stage.view = a_view(
        notes=("web flaps",),
        maintenance=MaintenanceView(left_ns=90 * SECOND, by="node-b", since_s=1_796_040_000),
    )
    status.main(arguments(control))
    said = capsys.readouterr().out
    assert "web flaps\n" in said
    assert (
        "maintenance: ordered on node-b at 2026-11-30T12:00:00Z, 90 s left; "
        "`sidecar maintenance off` ends it\n"
    ) in said
