"""One thing to tell, and the two forms in which a webhook wants to hear it.

JSON is ours, and carries all: a receiver can act on it. Slack's form is one line of text, which
Mattermost, Rocket.Chat and others take as well (Slack, "Sending messages using incoming webhooks"
and "Escaping text").
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sidecar.core.occurrences import Occurrence, Severity
from sidecar.core.record import record_of
from sidecar.core.terms import MILLISECOND, SECOND

FORM: Final = 1
"""Of the JSON document. A key that is added does not change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who tells."""

    node: str
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """An occurrence that is told. Cheap to make: it is made within a turn."""

    number: int
    """Of this life of the node, from 1 on, without a gap."""
    occurrence: Occurrence
    severity: Severity
    resolved: bool
    wall_ns: int
    born_s: float
    """When, by the monotonic clock: it is not tried for ever."""


Shape = Callable[[News, Origin, int], bytes]
"""The body of the request, out of the news, who tells it, and how many before it were lost."""


def identity(news: News, origin: Origin) -> str:
    """The same for each attempt, and never that of other news: a generation is used once."""
    return f"{origin.node}-{origin.generation}-{news.number}"


def as_json(news: News, origin: Origin, missed: int) -> bytes:
    document = {
        "form": FORM,
        "id": identity(news, origin),
        "number": news.number,
        "missed": missed,
        "node": origin.node,
        "generation": origin.generation,
        "event": news.occurrence.event,
        "severity": news.severity.value,
        "resolved": news.resolved,
        "sentence": news.occurrence.sentence(),
        "at": _timestamp(news.wall_ns),
        "data": record_of(news.occurrence),
    }
    return json.dumps(document, ensure_ascii=False).encode()


def as_slack(news: News, origin: Origin, missed: int) -> bytes:
    word = "resolved" if news.resolved else news.severity.value
    lost = f" ({missed} notification(s) before this one were lost)" if missed else ""
    text = f"*{_escaped(origin.node)}* {word}: {_escaped(news.occurrence.sentence())}{lost}"
    return json.dumps({"text": text}, ensure_ascii=False).encode()


SHAPES: Final[Mapping[str, Shape]] = {"json": as_json, "slack": as_slack}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _timestamp(wall_ns: int) -> str:
    """UTC to the millisecond, as RFC 3339 writes it."""
    seconds, rest_ns = divmod(wall_ns, SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns // MILLISECOND:03d}Z"
