"""The gate before an engine that is in trouble with some containers."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from sidecar.proxy.gate import Gate

ILL, WELL = "cache", "web"
"""In this order the gate looks at them."""
IDENTITY = {ILL: "c" * 64, WELL: "a" * 64}
EVENTS = "/v1.41/events"
TROUBLE = {"message": "containerd is not running"}

Ask = Callable[[str, str], Awaitable[tuple[int, str]]]
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class TroubledEngine:
    """Shows WELL, and answers with an error what is asked of ILL."""

    def __init__(self) -> None:
        self.carried_out: list[str] = []
        self.events: list[dict[str, object]] = []

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == EVENTS:
            if not self.events:
                return web.json_response(TROUBLE, status=500)
            return web.Response(text="".join(f"{json.dumps(event)}\n" for event in self.events))
        _, container, verb = request.path.strip("/").split("/")
        if container == ILL:
            return web.json_response(TROUBLE, status=500)
        if container not in {WELL, IDENTITY[WELL]}:
            return web.json_response({"message": "No such container"}, status=404)
        if verb == "json":
            return web.json_response({"Id": IDENTITY[WELL], "Name": f"/{WELL}"})
        self.carried_out.append(request.path)
        return web.Response(status=204)


@asynccontextmanager
async def serving(handler: Handler, path: Path) -> AsyncIterator[None]:
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    await web.UnixSite(runner, str(path)).start()
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def gate_before(engine: TroubledEngine, folder: Path) -> AsyncIterator[Ask]:
    gate = Gate(str(folder / "engine"), [ILL, WELL, "nobody"])
    connector = aiohttp.UnixConnector(str(folder / "gate"))
    async with (
        serving(engine.handle, folder / "engine"),
        serving(gate.handle, folder / "gate"),
        aiohttp.ClientSession(connector=connector) as session,
    ):

        async def ask(method: str, target: str) -> tuple[int, str]:
            async with session.request(method, f"http://gate{target}") as answer:
                return answer.status, await answer.text()

        try:
            yield ask
        finally:
            await gate.close()


@pytest.mark.parametrize("verb", ["json", "start"])
def test_an_error_of_the_engines_is_not_taken_for_an_absence(tmp_path: Path, verb: str):
    async def scenario() -> None:
        async with gate_before(TroubledEngine(), tmp_path) as ask:
            method = "GET" if verb == "json" else "POST"
            status, text = await ask(method, f"/containers/{ILL}/{verb}")
            assert (status, TROUBLE["message"] in text) == (500, True)
            status, text = await ask(method, f"/containers/nobody/{verb}")
            assert (status, "No such container: nobody" in text) == (404, True)

    asyncio.run(scenario())


def test_an_engine_that_shows_no_events_says_why(tmp_path: Path):
    async def scenario() -> None:
        async with gate_before(TroubledEngine(), tmp_path) as ask:
            status, text = await ask("GET", f"{EVENTS}?filters=%7B%7D")
            assert (status, TROUBLE["message"] in text) == (500, True)

    asyncio.run(scenario())


def test_an_error_with_one_container_keeps_no_other_from_being_found_by_its_identity(
    tmp_path: Path,
):
    async def scenario() -> None:
        engine = TroubledEngine()
        async with gate_before(engine, tmp_path) as ask:
            status, _ = await ask("POST", f"/containers/{IDENTITY[WELL]}/pause")
            assert status == 204
            status, text = await ask("POST", f"/containers/{IDENTITY[ILL]}/pause")
            assert (status, TROUBLE["message"] in text) == (500, True)
        assert engine.carried_out == [f"/containers/{IDENTITY[WELL]}/pause"]

    asyncio.run(scenario())


def test_the_command_lines_of_others_are_not_handed_on(tmp_path: Path):
    """The engine tells of each ``docker exec``, and each probe of a HEALTHCHECK, with all of it."""

    async def scenario() -> None:
        engine = TroubledEngine()
        actor = {"ID": IDENTITY[WELL], "Attributes": {"name": WELL}}
        for action in ("exec_create: mysql -psecret", "exec_start: mysql -psecret", "pause"):
            engine.events.append({"Type": "container", "Action": action, "Actor": actor})
        async with gate_before(engine, tmp_path) as ask:
            status, text = await ask("GET", f"{EVENTS}?filters=%7B%7D")
            assert status == 200
            (told,) = [json.loads(line) for line in text.splitlines()]
            assert told["Action"] == "pause"

    asyncio.run(scenario())
