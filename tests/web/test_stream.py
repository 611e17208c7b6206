"""The event stream, read as any client would read it: line by line from a socket."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sidecar.core.occurrences import BeatHeard, NodeDied, NodeReturned, TakeoverBegan
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.web import hub, stream
from sidecar.web.pages import page_text
from tests.builders import a_view
from tests.waiting import wait_for
from tests.web.serving import Served, run_in, serving

DIED = NodeDied(node="node-b", silence_ns=3_012 * MILLISECOND, deadtime_ns=3 * SECOND, heard=True)
RETURNED = NodeReturned(node="node-b", restarted=True)


class Reader:
    """One client of ``/api/events``."""

    def __init__(self, connection: socket.socket) -> None:
        self._lines = connection.makefile("rb")
        self.status = int(self._lines.readline().split()[1])
        self.headers = {}
        while line := self._lines.readline().strip():
            name, value = line.decode().split(": ", 1)
            self.headers[name] = value

    def close(self) -> None:
        self._lines.close()

    def payload_lines(self) -> Iterator[str]:
        """The body's lines without the frames of the chunked encoding; ends with the stream."""
        while True:
            size = int(self._lines.readline() or b"-1", 16)
            payload = self._lines.read(max(size, 0))
            if len(payload) != size:
                raise ConnectionResetError("cut off in the middle")
            if not payload:
                return
            yield from payload.decode().split("\n")
            self._lines.readline()

    def messages(self, kind: str = "") -> Iterator[dict[str, Any]]:
        """Those of one type, as a browser tells them apart; most have none."""
        found = ""
        for line in self.payload_lines():
            if line.startswith("event: "):
                found = line.removeprefix("event: ")
            elif line.startswith("data: "):
                if found == kind:
                    yield json.loads(line.removeprefix("data: "))
                found = ""


@contextmanager
def a_reader(served: Served) -> Iterator[Reader]:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(b"GET /api/events HTTP/1.1\r\nHost: here\r\n\r\n")
        reader = Reader(connection)
        yield reader
        reader.close()


@pytest.fixture
def served():
    with serving() as one:
        yield one


def test_the_stream_begins_with_a_snapshot(served: Served):
    served.report(RETURNED)
    with a_reader(served) as reader:
        assert reader.status == 200
        assert reader.headers["Content-Type"] == "text/event-stream"
        snapshot = next(reader.messages())
    assert snapshot["event"] == "snapshot"
    assert snapshot["at"] == "2026-11-30T12:00:00.123Z"
    assert snapshot["status"] == served.get("/api/status").json()
    assert [one["event"] for one in snapshot["recent"]] == ["node_returned"]


def test_an_occurrence_reaches_the_listener_with_its_fields(served: Served):
    with a_reader(served) as reader:
        messages = reader.messages()
        next(messages)
        served.report(DIED)
        assert next(messages) == {
            "event": "node_died",
            "severity": "error",
            "sentence": DIED.sentence(),
            "node": "node-b",
            "silence_ms": 3012.0,
            "deadtime_ms": 3000.0,
            "heard": True,
            "refused": False,
            "at": "2026-11-30T12:00:00.123Z",
            "id": 1,
        }


def test_beats_are_not_told(served: Served):
    with a_reader(served) as reader:
        messages = reader.messages()
        next(messages)
        served.report(BeatHeard(node="node-b", gap_ns=SECOND))
        served.report(RETURNED)
        assert next(messages)["event"] == "node_returned"


def test_every_listener_hears_everything_in_order(served: Served):
    with a_reader(served) as one, a_reader(served) as other:
        streams = one.messages(), other.messages()
        for messages in streams:
            next(messages)
        for name in ("web", "mail", "db"):
            served.report(TakeoverBegan(groups=(name,), reason="peer_dead", why="node-b is dead"))
        for messages in streams:
            told = [next(messages) for _ in range(3)]
            assert [one["groups"] for one in told] == [["web"], ["mail"], ["db"]]
            assert [one["id"] for one in told] == [1, 2, 3]


def test_silence_is_filled_with_the_status(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream, "STATUS_EVERY_S", 0.05)
    with a_reader(served) as reader:
        told = reader.messages("status")
        assert next(told)["status"] == served.get("/api/status").json()
        served.stage.view = a_view(ready=False, reasons=("nginx is absent",))
        while next(told)["status"]["ready"]:
            pass


def test_what_happened_is_followed_by_the_status_at_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream, "STATUS_EVERY_S", 30)
    with a_reader(served) as reader:
        lines = (line for line in reader.payload_lines() if line.startswith("data: "))
        next(lines)
        served.report(DIED)
        assert json.loads(next(lines).removeprefix("data: "))["event"] == "node_died"
        assert json.loads(next(lines).removeprefix("data: "))["event"] == "status"


def test_the_page_waits_for_three_of_them():
    (lost_after_ms,) = re.findall(r"LOST_AFTER_MS = (\d+);", page_text())
    assert int(lost_after_ms) == 3000 * stream.STATUS_EVERY_S


def test_stopping_the_server_ends_the_streams_at_once(served: Served):
    with a_reader(served) as reader:
        messages = reader.messages()
        next(messages)
        began = time.monotonic()
        run_in(served.loop, served.server.stop())
        assert list(messages) == []
        assert time.monotonic() - began < 1.5


def test_a_slow_reader_is_dropped_and_delays_nobody(served: Served):
    with a_reader(served) as slow, a_reader(served) as quick:
        messages = quick.messages()
        next(messages)
        wordy = TakeoverBegan(groups=("web",), reason="peer_dead", why="x" * 60_000)
        told = 0
        while _listeners(served) == 2:
            served.report(wordy)
            next(messages)
            told += 1
            assert told < 5000
        served.report(RETURNED)
        assert next(messages)["event"] == "node_returned"
        with pytest.raises(ConnectionResetError):
            list(slow.messages())


def test_a_reader_that_has_stopped_is_dropped_though_nothing_happens(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(stream, "STATUS_EVERY_S", 0.0005)
    monkeypatch.setattr(stream, "STALLED_S", 0.5)
    with a_reader(served) as stopped:
        assert next(stopped.messages())["event"] == "snapshot"
        wait_for(lambda: not _listeners(served), seconds=20)


def test_a_client_that_left_is_forgotten(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream, "STATUS_EVERY_S", 0.02)
    with a_reader(served) as reader:
        next(reader.messages())
        assert _listeners(served) == 1
    until = time.monotonic() + 10
    while _listeners(served) and time.monotonic() < until:
        time.sleep(0.01)
    assert _listeners(served) == 0


def test_there_are_only_so_many_streams(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub, "CLIENTS_MAX", 1)
    with a_reader(served) as first, a_reader(served) as second:
        assert next(first.messages())["event"] == "snapshot"
        assert second.status == 503


def _listeners(served: Served) -> int:
    return len(served.hub._subscribers)
