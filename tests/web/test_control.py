"""The control socket: its protocol, its rights, and how it takes the place of a dead one."""

import contextlib
import json
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from sidecar.core.terms import SECOND
from sidecar.web import control
from sidecar.web.control import ControlError
from sidecar.web.document import status_document
from sidecar.web.ports import Progress, Reply, Request, RequestKind
from tests.web.serving import Stage, controlled


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "control.sock"


@pytest.fixture
def stage() -> Stage:
    return Stage()


def say(path: Path, *lines: bytes) -> list[dict[str, Any]]:
    """Send the lines on one connection, and read all answers until the server has no more."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        connection.sendall(b"".join(line + b"\n" for line in lines))
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answers:
            return [json.loads(answer) for answer in answers]


def ask(path: Path, **request: Any) -> dict[str, Any]:
    (answer,) = say(path, json.dumps(request).encode())
    return answer


def test_status_is_the_document_of_the_api(path: Path, stage: Stage):
    with controlled(path, stage):
        answer = ask(path, command="status")
    assert answer["ok"] is True
    assert answer["status"] == status_document(stage.view)


def test_explain_gives_the_reasons_in_their_order(path: Path, stage: Stage):
    with controlled(path, stage):
        answer = ask(path, command="explain")
    assert answer == {"ok": True, "lines": list(stage.view.explanation)}


def test_health_is_the_progress_of_the_loop(path: Path, stage: Stage):
    with controlled(path, stage):
        assert ask(path, command="health")["ok"] is True
        stage.progress = Progress(age_ns=9 * SECOND, limit_ns=SECOND)
        answer = ask(path, command="health")
    assert answer == {
        "ok": False,
        "text": "stuck: the last turn was 9000 ms ago, the limit is 1000 ms",
    }


@pytest.mark.parametrize("kind", [RequestKind.STANDBY, RequestKind.TAKEOVER])
@pytest.mark.parametrize("which", ["all", "local", "foreign", "failback"])
def test_a_request_reaches_the_cluster_and_its_answer_comes_back(
    path: Path, stage: Stage, kind: RequestKind, which: str
):
    stage.reply = Reply(ok=False, text="the peer is dead")
    with controlled(path, stage):
        answer = ask(path, command=kind.value, which=which)
    assert answer == {"ok": False, "text": "the peer is dead"}
    assert stage.asked == [Request(kind=kind, which=which)]


@pytest.mark.parametrize("seconds", [0, 1, 3600])
def test_maintenance_is_asked_for_with_its_seconds(path: Path, stage: Stage, seconds: int):
    stage.reply = Reply(ok=True, text="done")
    with controlled(path, stage):
        assert ask(path, command="maintenance", seconds=seconds)["ok"] is True
    assert stage.asked == [Request(kind=RequestKind.MAINTENANCE, seconds=seconds)]


def test_a_reload_says_what_it_found(path: Path, stage: Stage):
    stage.reply = Reply(ok=False, text="reload refused")
    with controlled(path, stage):
        assert ask(path, command="reload") == {"ok": False, "text": "reload refused"}
    assert stage.asked == [Request(kind=RequestKind.RELOAD)]


@pytest.mark.parametrize("seconds", [None, -1, 604_801, 1.5, True, "3600", [1]])
def test_maintenance_for_no_time_at_all_is_refused(path: Path, stage: Stage, seconds: object):
    with controlled(path, stage):
        answer = ask(path, command="maintenance", seconds=seconds)
    assert answer["ok"] is False
    assert "maintenance takes seconds as a whole number" in answer["text"]
    assert stage.asked == []


def test_all_groups_are_meant_when_none_are_named(path: Path, stage: Stage):
    with controlled(path, stage):
        assert ask(path, command="standby") == {"ok": True, "text": "node-b holds all groups"}
    assert stage.asked == [Request(kind=RequestKind.STANDBY, which="all")]


def test_a_request_that_never_ends_is_answered_at_the_deadline(path: Path, stage: Stage):
    stage.answers_late = True
    with controlled(path, stage, deadline_s=0.05):
        answer = ask(path, command="standby", which="local")
    assert answer["ok"] is False
    assert answer["text"].startswith("no answer to standby local within 0.05 s")


def test_a_waiting_request_holds_up_nobody_else(path: Path, stage: Stage):
    stage.answers_late = True
    with controlled(path, stage), socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(str(path))
        waiting.sendall(b'{"command": "standby"}\n')
        assert ask(path, command="health")["ok"] is True


def test_one_connection_carries_several_requests_in_order(path: Path, stage: Stage):
    with controlled(path, stage):
        answers = say(path, b'{"command": "explain"}', b'{"command": "health"}', b"{}")
    assert [sorted(answer) for answer in answers] == [
        ["lines", "ok"],
        ["ok", "text"],
        ["ok", "text"],
    ]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"status", "the request is not a line of JSON"),
        (b"\xff\xfe", "the request is not a line of JSON"),
        (b"[1]", "the request is not a JSON object"),
        (b"{}", "unknown command None"),
        (b'{"command": "reboot"}', "unknown command 'reboot'"),
        (b'{"command": ["status"]}', "unknown command ['status']"),
        (b'{"command": "standby", "which": "some"}', "unknown groups 'some'"),
        (b'{"command": "status", "x": "' + b"y" * 5000 + b'"}', "longer than 4096 bytes"),
        (b"[" * 4000, "failed to answer"),
    ],
)
def test_a_request_that_is_not_understood_is_refused_and_changes_nothing(
    path: Path, stage: Stage, line: bytes, complaint: str
):
    with controlled(path, stage):
        (answer,) = say(path, line)
        assert ask(path, command="health")["ok"] is True
    assert answer["ok"] is False
    assert complaint in answer["text"]
    assert stage.asked == []


def test_clients_that_leave_early_do_no_harm(path: Path, stage: Stage):
    with controlled(path, stage):
        for _ in range(2 * control.CONNECTIONS_MAX):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(path))
                client.sendall(b'{"command": "status"}\n')
        # Those who left may still be counted for a moment.
        assert any(ask(path, command="health")["ok"] is True for _ in range(1000))


def test_one_command_too_many_is_told_to_try_again(path: Path, stage: Stage):
    stage.answers_late = True
    with controlled(path, stage), contextlib.ExitStack() as waiting:
        for _ in range(control.CONNECTIONS_MAX):
            client = waiting.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(str(path))
            client.sendall(b'{"command": "standby"}\n')
        assert ask(path, command="health") == {
            "ok": False,
            "text": "too many commands at once; try again",
        }


def test_only_its_owner_may_open_the_socket(path: Path, stage: Stage):
    with controlled(path, stage):
        mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_no_socket_is_made_where_others_could_replace_it(path: Path, stage: Stage):
    path.parent.mkdir()
    path.parent.chmod(0o777)
    with (
        pytest.raises(ControlError, match=r"others may write into .*chmod o-w"),
        controlled(path, stage),
    ):
        pass
    assert not path.exists()
    path.parent.chmod(0o1777)  # as /tmp: nobody may remove what is another's
    with controlled(path, stage):
        assert path.is_socket()


def test_the_socket_goes_with_the_server(path: Path, stage: Stage):
    with controlled(path, stage):
        assert path.exists()
    assert not path.exists()


def test_a_socket_that_a_dead_sidecar_left_is_replaced(path: Path, stage: Stage):
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with controlled(path, stage):
        assert ask(path, command="health")["ok"] is True


def test_the_socket_of_a_live_server_is_left_alone(path: Path, stage: Stage):
    with controlled(path, stage):
        with pytest.raises(ControlError, match="another sidecar serves"), controlled(path, stage):
            pass
        assert ask(path, command="health")["ok"] is True


def test_the_socket_of_a_live_but_busy_server_is_left_alone(path: Path, stage: Stage):
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as client:
        busy.bind(str(path))
        busy.listen(0)
        client.connect(str(path))
        with pytest.raises(ControlError, match="another sidecar serves"), controlled(path, stage):
            pass
    assert path.exists()


def test_a_file_that_is_no_socket_is_left_alone(path: Path, stage: Stage):
    path.parent.mkdir()
    path.write_text("precious")
    with pytest.raises(ControlError, match="is no socket"), controlled(path, stage):
        pass
    assert path.read_text() == "precious"


def test_a_path_where_no_socket_can_be_names_itself_and_the_setting(tmp_path: Path, stage: Stage):
    path = tmp_path / ("x" * 120)
    with pytest.raises(ControlError) as trouble, controlled(path, stage):
        pass
    assert str(path) in str(trouble.value)
    assert "SIDECAR_CONTROL" in str(trouble.value)
