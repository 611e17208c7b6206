"""Checks whether a running container serves: the data plane's own answer.

Runs on the event loop: one small task for each container whose checks were begun, so that checks
of one container never overlap, each with a deadline of its own. Until the first pass a check is
repeated quickly, for a takeover waits for it; then at the container's interval. It tells every
result and judges none: how many failures are too many is the core's business.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, assert_never
from urllib.parse import urlsplit

from sidecar.core.events import ServiceChecked
from sidecar.core.terms import SECOND, ContainerState, Health
from sidecar.service.inspection import Inspection
from sidecar.service.labels import CheckSpec, DockerCheck, HttpCheck, NoCheck, TcpCheck

if TYPE_CHECKING:
    from sidecar.service.probe import Prober

_QUICK_S: Final = 0.05
_QUICK_FOR_S: Final = 10.0
"""A service that has not come up by then is asked at its interval only."""


class Checker:
    """Checks begun and ended by the core, with the settings of the last inspection.

    All methods belong to the event loop's thread.
    """

    def __init__(
        self, emit: Callable[[ServiceChecked], None], crashed: Callable[[BaseException], None]
    ) -> None:
        """``crashed``: a check has died of an error, and its container would be checked no more."""
        self._emit = emit
        self._crashed = crashed
        self._prober: Prober | None = None
        self._seen: dict[str, Inspection] = {}
        self._tasks: dict[str, asyncio.Task[None] | None] = {}
        """An entry for each container whose checks were begun; no task where none is possible."""
        self._news: dict[str, asyncio.Event] = {}

    def observe(self, container: str, seen: Inspection) -> None:
        """Take note of an inspection: the checks follow its settings and its health."""
        before = self._seen.get(container)
        self._seen[container] = seen
        if container not in self._tasks:
            return
        if before is None or before.settings != seen.settings:
            self.begin(container)
        elif (news := self._news.get(container)) is not None and before.facts != seen.facts:
            news.set()

    def begin(self, container: str) -> None:
        """Check the container now, and then at its interval; begun again, it starts anew."""
        self.end(container)
        self._tasks[container] = None
        seen = self._seen.get(container)
        if seen is None:
            return  # the first inspection begins them
        match seen.settings.check:
            case NoCheck():
                return
            case DockerCheck():
                news = self._news[container] = asyncio.Event()
                work = self._follow_health(container, news, seen.settings.interval_ns / SECOND)
            case HttpCheck() | TcpCheck() as spec:
                settings = seen.settings
                work = self._repeat(
                    container, spec, settings.interval_ns / SECOND, settings.timeout_ns / SECOND
                )
            case _:
                assert_never(seen.settings.check)
        task = asyncio.get_running_loop().create_task(work, name=f"check {container}")
        task.add_done_callback(self._tell_what_ended_it)
        self._tasks[container] = task

    def end(self, container: str) -> None:
        """No more results of this container from here on."""
        task = self._tasks.pop(container, None)
        self._news.pop(container, None)
        if task is not None:
            task.cancel()

    def forget(self, container: str) -> None:
        """It is none of ours any more."""
        self.end(container)
        self._seen.pop(container, None)

    def urls(self) -> dict[str, str]:
        """What is requested of each container, as its label has it; not of one that is not."""
        specs = {name: seen.settings.check for name, seen in self._seen.items()}
        return {name: url for name, spec in specs.items() if (url := _url(spec))}

    async def close(self) -> None:
        tasks = [task for task in self._tasks.values() if task is not None]
        for container in list(self._tasks):
            self.end(container)
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._prober is not None:
            await self._prober.close()

    async def _repeat(
        self, container: str, spec: HttpCheck | TcpCheck, interval_s: float, timeout_s: float
    ) -> None:
        loop = asyncio.get_running_loop()
        quick_until = loop.time() + _QUICK_FOR_S
        while True:
            began = loop.time()
            passed, detail = await self._probe(spec, timeout_s)
            self._emit(ServiceChecked(container=container, passed=passed, detail=detail))
            if passed:
                quick_until = began
            pace_s = min(_QUICK_S, interval_s) if began < quick_until else interval_s
            await asyncio.sleep(max(0.0, began + pace_s - loop.time()))

    async def _probe(self, spec: HttpCheck | TcpCheck, timeout_s: float) -> tuple[bool, str]:
        from sidecar.service.probe import Failed, Prober  # noqa: PLC0415 - see adapter.py

        if self._prober is None:
            self._prober = Prober()
        try:
            async with asyncio.timeout(timeout_s):
                return True, await self._prober.probe(spec)
        except TimeoutError:
            return False, f"{_what(spec)}: no answer within {timeout_s:g} s"
        except Failed as failure:
            return False, f"{_what(spec)}: {failure}"

    async def _follow_health(self, container: str, news: asyncio.Event, interval_s: float) -> None:
        """Tell the engine's verdict at each change of the facts, and at the interval besides.

        Nothing is asked here: the verdict is that of the last inspection. While the container does
        not run or the engine is silent there is none.
        """
        while True:
            news.clear()
            facts = self._seen[container].facts
            verdict = _VERDICTS.get(facts.health)
            if verdict is not None and facts.state is ContainerState.RUNNING:
                detail = f"HEALTHCHECK: {facts.health}"
                self._emit(ServiceChecked(container=container, passed=verdict, detail=detail))
            try:
                async with asyncio.timeout(interval_s):
                    await news.wait()
            except TimeoutError:
                continue

    def _tell_what_ended_it(self, task: asyncio.Task[None]) -> None:
        """A check's task never ends by itself."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._crashed(error)


_VERDICTS: Final = {Health.HEALTHY: True, Health.UNHEALTHY: False}


def _url(spec: CheckSpec) -> str:
    match spec:
        case HttpCheck():
            return spec.url
        case TcpCheck():
            host = f"[{spec.host}]" if ":" in spec.host else spec.host
            return f"tcp://{host}:{spec.port}"
        case DockerCheck() | NoCheck():
            return ""
        case _:
            assert_never(spec)


def _what(spec: CheckSpec) -> str:
    match spec:
        case HttpCheck():
            return f"GET {_shown(spec.url)}"
        case TcpCheck():
            return f"connection to {spec.host}:{spec.port}"
        case DockerCheck():
            return "HEALTHCHECK"
        case NoCheck():
            return "no check"
        case _:
            assert_never(spec)


def _shown(url: str) -> str:
    """Without the name and the password that may stand in it: everybody may read the page."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
