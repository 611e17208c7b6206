"""Which requests are the sidecar's calls: those, in one spelling, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.proxy.rules import Call, Forbidden, Verb, read_call

IDENTITY = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("method", "target", "call"),
    [
        ("GET", "/version", Call(verb=Verb.VERSION, version="")),
        ("GET", "/v1.41/version", Call(verb=Verb.VERSION, version="/v1.41")),
        ("GET", "/v1.41/events?filters=%7B%7D", Call(verb=Verb.EVENTS, version="/v1.41")),
        (
            "GET",
            "/v1.41/containers/web/json",
            Call(verb=Verb.INSPECT, version="/v1.41", container="web"),
        ),
        *(
            (
                "POST",
                f"/v1.52/containers/{IDENTITY}/{verb}",
                Call(verb=verb, version="/v1.52", container=IDENTITY),
            )
            for verb in (Verb.START, Verb.PAUSE, Verb.UNPAUSE, Verb.STOP, Verb.RESTART)
        ),
        (
            "POST",
            "/v1.41/containers/web/stop?t=2",
            Call(verb=Verb.STOP, version="/v1.41", container="web", seconds="2"),
        ),
    ],
)
def test_the_calls_of_a_sidecar_are_understood(method: str, target: str, call: Call) -> None:
    assert read_call(method, target, {}) == call


@pytest.mark.parametrize(
    "headers",
    [
        {"Upgrade": "tcp"},
        {"Connection": "Upgrade"},
        {"Transfer-Encoding": "chunked"},
        {"Content-Length": "2"},
        {"Expect": "100-continue"},
    ],
)
def test_a_call_with_a_body_or_another_protocol_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        read_call("POST", "/containers/web/start", headers)


@given(
    st.text(alphabet="/.%?&=#;\\ \nabc0123v", max_size=40).map(
        lambda tail: f"/containers/web{tail}"
    )
)
def test_only_six_words_may_follow_a_container(target: str) -> None:
    try:
        call = read_call("POST", target, {})
    except Forbidden:
        return
    allowed = {f"/containers/{call.container}/{call.verb}"}
    allowed |= {f"{one}?t={call.seconds}" for one in allowed if call.seconds}
    assert target in allowed
    assert "/" not in call.container
    assert ".." not in call.container.split("/")


@given(st.text(max_size=60), st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]))
def test_whatever_else_is_asked_is_refused(target: str, method: str) -> None:
    with pytest.raises(Forbidden):
        read_call(method, target, {})
