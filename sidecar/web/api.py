"""What can be read over HTTP besides metrics and events. Nothing here can change the cluster.

``/livez`` is for whoever would restart the sidecar, ``/readyz`` for whoever wants to know whether
this node could serve, ``/active`` for a load balancer or a person who looks for the holder.
"""

from typing import Final

from aiohttp import web

from sidecar.web.document import held_sentence, status_document
from sidecar.web.gaps import gaps_document
from sidecar.web.history import history_document
from sidecar.web.stream import SOURCES

PAGE: Final = web.AppKey("page", str)
POLICY: Final = web.AppKey("policy", str)

_OK: Final = 200
_UNAVAILABLE: Final = 503


async def page(request: web.Request) -> web.Response:
    return web.Response(
        text=request.app[PAGE],
        content_type="text/html",
        headers={"Content-Security-Policy": request.app[POLICY]},
    )


async def status(request: web.Request) -> web.Response:
    sources = request.app[SOURCES]
    return web.json_response(status_document(sources.view(), sources.beyond()))


async def gaps(request: web.Request) -> web.Response:
    sources = request.app[SOURCES]
    return web.json_response(gaps_document(sources.view(), sources.beyond(), sources.gaps()))


async def history(request: web.Request) -> web.Response:
    sources = request.app[SOURCES]
    return web.json_response(history_document(sources.view().node, sources.moves()))


async def livez(request: web.Request) -> web.Response:
    progress = request.app[SOURCES].progress()
    return _answer(progress.sentence(), good=progress.alive)


async def readyz(request: web.Request) -> web.Response:
    view = request.app[SOURCES].view()
    if view.ready:
        return _answer(f"{view.node} is ready to serve", good=True)
    reasons = view.reasons or ("no reason is known",)
    return _answer(f"{view.node} is not ready to serve: {'; '.join(reasons)}", good=False)


async def active(request: web.Request) -> web.Response:
    view = request.app[SOURCES].view()
    held = held_sentence(view)
    if held is not None:
        return _answer(held, good=True)
    return _answer(f"{view.node} holds no group: {view.summary}", good=False)


def _answer(sentence: str, *, good: bool) -> web.Response:
    return web.Response(text=f"{sentence}\n", status=_OK if good else _UNAVAILABLE)
