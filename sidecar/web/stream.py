"""``/api/events``: each occurrence worth telling, as a server-sent event, to whoever listens.

Every message is one JSON object with ``event`` and ``at``. The first is the ``snapshot``: the
status and the latest occurrences. Then each occurrence of severity INFO and above follows, with
``severity``, ``sentence`` and its own fields; the number ``id`` grows by one. After occurrences,
and every second without any, comes the ``status``, as a message of that type: who only listens for
messages without one does not get it. It shows a vanished client to us and, by its absence, a
vanished sidecar to the client. One that lives and does not read, as a page that a browser has put
to sleep, is dropped, for there are only so many streams.

Format: WHATWG HTML, section 9.2 (server-sent events).
"""

import asyncio
from typing import Final

from aiohttp import web

from sidecar.web.document import Document, status_document
from sidecar.web.hub import CLIENTS_MAX, EventHub, Subscriber, event_message, timestamp
from sidecar.web.ports import Sources

STATUS_EVERY_S: Final = 1.0
"""The status page counts on it: LOST_AFTER_MS in page/live.js is three times as much."""

STALLED_S: Final = 30.0
"""How long a client may take nothing before it is dropped."""

HUB: Final = web.AppKey("hub", EventHub)
SOURCES: Final = web.AppKey("sources", Sources)


async def events(request: web.Request) -> web.StreamResponse:
    hub, sources = request.app[HUB], request.app[SOURCES]
    transport = request.transport
    if transport is None:
        raise ConnectionResetError
    subscriber = hub.subscribe(transport.abort)
    if subscriber is None:
        raise web.HTTPServiceUnavailable(
            text=f"all {CLIENTS_MAX} event streams are in use; close one, or poll /api/status\n"
        )
    # Taken in the same instant as the subscription: nothing is told twice and nothing is missed.
    snapshot = event_message(_snapshot(hub, sources))
    response = web.StreamResponse(headers={"X-Accel-Buffering": "no"})
    response.content_type = "text/event-stream"
    try:
        await response.prepare(request)
        await _write(response, snapshot)
        await _relay(subscriber, sources, response)
    except ConnectionResetError:
        pass  # The client left, or was dropped.
    except TimeoutError:
        transport.abort()
    finally:
        hub.unsubscribe(subscriber)
    return response


async def _relay(subscriber: Subscriber, sources: Sources, response: web.StreamResponse) -> None:
    while True:
        try:
            async with asyncio.timeout(STATUS_EVERY_S):
                message = await subscriber.next()
        except TimeoutError:
            await _write(response, b"event: status\n" + event_message(_status(sources)))
            continue
        if message is None:
            return
        await _write(response, message)
        if not subscriber.has_more:
            await _write(response, b"event: status\n" + event_message(_status(sources)))


async def _write(response: web.StreamResponse, message: bytes) -> None:
    async with asyncio.timeout(STALLED_S):
        await response.write(message)


def _snapshot(hub: EventHub, sources: Sources) -> Document:
    return _status(sources) | {"event": "snapshot", "recent": hub.recent()}


def _status(sources: Sources) -> Document:
    return {
        "event": "status",
        "status": status_document(sources.view(), sources.beyond()),
        "at": timestamp(sources.wall_ns()),
    }
