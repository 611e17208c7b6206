"""What a webhook hears: the document, Slack's line, the signature, and which occurrences."""

import hashlib
import hmac
import json
from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from sidecar.core import occurrences as core
from sidecar.core.occurrences import NodeDied, NodeReturned, Occurrence, Severity
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.notify.post import Delivered, Failed, Refused, judged
from sidecar.notify.told import TOLD, Verdict, judge
from tests.notify.receiver import Reply, receiving
from tests.notify.telling import NOON_NS, SECRET, takeover_of, telling
from tests.waiting import wait_for

DIED = NodeDied(node="node-b", silence_ns=3_012 * MILLISECOND, deadtime_ns=3 * SECOND, heard=True)
RETURNED = NodeReturned(node="node-b", restarted=True)
LEFT_OUT = {
    # Steps of something that is told.
    *("TakeoverPhase", "GiveUpDone", "AddressHeld", "AddressGivenUp", "AddressAnnounced"),
    *("LeaseAwaited", "FailbackWaits", "ContainerChanged", "NodeStatusChanged", "BecameStable"),
    *("CheckPassed",),
    # What comes by the dozen, or before it is sure.
    *("BeatHeard", "HeartbeatLate", "NodeQuiet", "PacketRejected", "PacketsLost", "CheckFailed"),
    "RestartedByOthers",
}


def test_the_document_carries_all_that_is_known():
    with receiving() as receiver, telling(receiver.url) as told:
        told.notifier.report(DIED)
        receiver.await_count(1)
    (got,) = receiver.got
    assert got.document == {
        "form": 1,
        "id": "node-a-7-1",
        "number": 1,
        "missed": 0,
        "node": "node-a",
        "generation": 7,
        "event": "node_died",
        "severity": "error",
        "resolved": False,
        "sentence": DIED.sentence(),
        "at": "2026-11-30T12:00:00.123Z",
        "data": {
            "node": "node-b",
            "silence_ms": 3012.0,
            "deadtime_ms": 3000.0,
            "heard": True,
            "refused": False,
        },
    }
    assert got.headers["Content-Type"] == "application/json"
    assert got.headers["X-Heartbeat-Id"] == "node-a-7-1"
    assert "X-Heartbeat-Signature" not in got.headers


def test_slack_gets_one_line_of_text_with_its_own_signs_escaped():
    with receiving(Reply(status=404)) as receiver, telling(receiver.url, shape="slack") as told:
        told.notifier.report(core.SplitBrainSuspected(why="<a> & <b>"))
        told.notifier.report(RETURNED)
        receiver.await_count(2)
    assert [json.loads(got.body) for got in receiver.got] == [
        {"text": "*node-a* error: split brain suspected: &lt;a&gt; &amp; &lt;b&gt;"},
        {
            "text": "*node-a* resolved: node-b restarted "
            "(1 notification(s) before this one were lost)"
        },
    ]


def test_the_signature_is_an_hmac_of_time_and_body():
    with receiving() as receiver, telling(receiver.url, secret=SECRET) as told:
        told.notifier.report(DIED)
        receiver.await_count(1)
        told.notifier.sign_with(b"another secret, after a reload")
        told.notifier.report(RETURNED)
        receiver.await_count(2)
    for got, secret in zip(receiver.got, (SECRET, b"another secret, after a reload"), strict=True):
        stamp = got.headers["X-Heartbeat-Timestamp"]
        assert int(stamp) == NOON_NS // SECOND
        made = hmac.new(secret, stamp.encode() + b"." + got.body, hashlib.sha256).hexdigest()
        assert got.headers["X-Heartbeat-Signature"] == f"v1={made}"


def test_a_level_leaves_out_what_is_less_and_keeps_the_end_of_what_is_not():
    with receiving() as receiver, telling(receiver.url, level=Severity.ERROR) as told:
        for occurrence in (takeover_of("web"), a(core.LinkChanged), DIED, RETURNED):
            told.notifier.report(occurrence)
        receiver.await_count(2)
        wait_for(lambda: told.counted("delivered") == 2)
    assert [(got.document["event"], got.document["resolved"]) for got in receiver.got] == [
        ("node_died", False),
        ("node_returned", True),
    ]
    assert receiver.numbers == [1, 2]


def test_whether_an_occurrence_is_told_has_been_decided():
    kinds = {kind.__name__ for kind in Occurrence.__subclasses__()}
    told = {kind.__name__ for kind in TOLD}
    assert told & LEFT_OUT == set()
    assert kinds - told - LEFT_OUT == set(), "write them into sidecar/notify/told.py, or in here"
    assert kinds >= LEFT_OUT


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_every_kind_can_be_judged(kind: type[Occurrence]):
    assert judge(a(kind), Severity.DEBUG) is not None


@pytest.mark.parametrize(
    ("status", "severity", "resolved"),
    [("dead", Severity.WARNING, False), ("up", Severity.INFO, True)],
)
def test_the_end_of_a_trouble_is_good_news(status: str, severity: Severity, *, resolved: bool):
    verdict = judge(a(core.LinkChanged, status=status), Severity.WARNING)
    assert verdict == Verdict(severity=severity, resolved=resolved)


@pytest.mark.parametrize(
    ("status", "retry_after", "outcome"),
    [
        (200, None, Delivered()),
        (204, None, Delivered()),
        (307, None, Refused(reason="HTTP 307")),
        (403, "5", Refused(reason="HTTP 403")),
        (408, None, Failed(reason="HTTP 408")),
        (429, "30", Failed(reason="HTTP 429", retry_after_s=30)),
        (503, "Mon, 30 Nov 2026 12:01:00 GMT", Failed(reason="HTTP 503", retry_after_s=60)),
        (503, "Mon, 30 Nov 2026 11:00:00 GMT", Failed(reason="HTTP 503", retry_after_s=0)),
        (503, "soon", Failed(reason="HTTP 503")),
        (503, "-1", Failed(reason="HTTP 503")),
        (503, f"Mon, 30 Nov {'9' * 20} 12:01:00 GMT", Failed(reason="HTTP 503")),
        (503, f"Mon, 30 Nov 2026 12:01:00 +{'9' * 20}", Failed(reason="HTTP 503")),
        (500, "9" * 400, Failed(reason="HTTP 500", retry_after_s=999999999)),
    ],
)
def test_what_a_status_means(status: int, retry_after: str | None, outcome: object):
    assert judged(status, retry_after, wall_s=NOON_NS // SECOND) == outcome


def a(kind: type[Occurrence], **changes: Any) -> Occurrence:
    """One of that kind, with any values of the right types."""
    values = {str: "x", int: 1, bool: True, tuple[str, ...]: ("x",)}
    hints = get_type_hints(kind)
    made = {one.name: values[hints[one.name]] for one in fields(kind)}
    return kind(**{**made, **changes})
