"""Speaks with the Docker engine: the only file that knows the docker package.

Every call blocks, and every trouble leaves as one of two exceptions: Silent when the engine gave
no answer, Refused when it answered with an error. One client belongs to one thread, since requests'
sessions are not safe to share. The connection and the API version are made at the first call
and, after a silence, made anew: the engine that comes back may be another version. It may come back
between two calls, too, as at an upgrade with ``live-restore``: then it says that it does not speak
as was agreed with the one before.
"""

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import docker
import urllib3
from docker.errors import APIError, DockerException, NotFound
from docker.types import CancellableStream
from requests import Response

_STOP_PATIENCE_S: Final = 2
"""How long a container may take to end by itself before the engine kills it."""

_ACTIONS: Final = (
    "start", "restart", "die", "oom", "stop", "kill", "pause", "unpause",
    "create", "destroy", "rename", "update", "health_status",
)  # fmt: skip

_BAD_REQUEST: Final = 400

T = TypeVar("T")


class Silent(Exception):
    """The engine gave no answer, so nothing is known."""


class Refused(Exception):
    """The engine answered, and the answer is no."""


class NotUnderstood(Refused):
    """The engine does not know what was asked, perhaps since it is another version now."""


class Client:
    """One thread's connection with one engine."""

    def __init__(self, docker_host: str, *, timeout_s: int) -> None:
        self._docker_host = docker_host
        self._timeout_s = timeout_s
        self._connection: docker.APIClient | None = None

    def inspect(self, container: str) -> Mapping[str, Any] | None:
        """What the engine knows of the container; None when there is none of this name."""
        return _twice(lambda: self._inspect(container))

    def _inspect(self, container: str) -> Mapping[str, Any] | None:
        with self._asking() as api:
            try:
                found: Mapping[str, Any] = api.inspect_container(container)
            except NotFound:
                return None
            # The engine also takes the beginning of an id for a name: asked for an absent "db" it
            # shows any container whose id begins with db. That one is a stranger.
            if container in {found["Name"].lstrip("/"), found["Id"]}:
                return found
            return None

    def start(self, container: str) -> None:
        with self._asking() as api:
            api.start(container)

    def restart(self, container: str) -> None:
        with self._asking() as api:
            api.restart(container, timeout=_STOP_PATIENCE_S)

    def pause(self, container: str) -> None:
        with self._asking() as api:
            api.pause(container)

    def unpause(self, container: str) -> None:
        with self._asking() as api:
            api.unpause(container)

    def stop(self, container: str) -> None:
        """Stop the container; the engine thaws a paused one itself, so that it can end."""
        with self._asking() as api:
            api.stop(container, timeout=_STOP_PATIENCE_S)

    def events(self, *, quiet_s: int) -> "EventStream":
        """What happens to containers from now on; the stream ends when it is quiet for so long.

        ``docker.APIClient.events`` waits for ever, and a stream that died silently would never be
        noticed. Containers are not filtered here, as a rename would then escape.
        """
        return _twice(lambda: self._events(quiet_s))

    def _events(self, quiet_s: int) -> "EventStream":
        with self._asking() as api:
            filters = json.dumps({"type": ["container"], "event": list(_ACTIONS)})
            response = api.get(
                f"{api.base_url}/v{api.api_version}/events",
                params={"filters": filters},
                stream=True,
                timeout=(self._timeout_s, quiet_s),
            )
            if not response.ok:
                text = response.text.strip()
                response.close()
                kind = NotUnderstood if response.status_code == _BAD_REQUEST else Refused
                raise kind(f"the engine shows no events: {response.status_code} {text}")
            return EventStream(response)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _asking(self) -> Iterator[docker.APIClient]:
        try:
            self._knock()
            if self._connection is None:
                self._connection = docker.APIClient(
                    base_url=self._docker_host, version="auto", timeout=self._timeout_s
                )
            yield self._connection
        except NotUnderstood:
            self.close()
            raise
        except APIError as error:
            words = error.explanation or str(error)
            if error.status_code == _BAD_REQUEST:
                self.close()
                raise NotUnderstood(words) from error
            raise Refused(words) from error
        except (DockerException, OSError, urllib3.exceptions.HTTPError) as error:
            # The errors of requests are OSErrors, not DockerExceptions.
            self.close()
            why = _innermost(error, self._timeout_s)
            raise Silent(f"the engine at {self._docker_host} does not answer: {why}") from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            # Something that speaks almost like a Docker engine; it must end no thread.
            raise Refused(f"the engine's answer is not understood: {error!r}") from error

    def _knock(self) -> None:
        """Connect to a Unix socket and hang up: whether somebody listens at all.

        The docker package leaves the socket of a failed connection open, and an engine that is
        away for long would cost one more with every attempt.
        """
        scheme, _, path = self._docker_host.partition("://")
        if scheme == "unix":
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knocking:
                knocking.settimeout(self._timeout_s)
                knocking.connect(path)


class EventStream:
    """Engine events, one dictionary each, until silence, trouble or ``close``.

    Why it ended is not told: whoever follows it re-inspects in every case.
    """

    def __init__(self, response: Response) -> None:
        self._response = response
        self._lines = CancellableStream(response.iter_lines(), response)

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for line in self._lines:
            try:
                event = json.loads(line)
            except ValueError:  # cut off in the middle
                return
            if not isinstance(event, dict):  # no engine says that
                return
            yield event

    def cancel(self) -> None:
        """End the stream from another thread."""
        # The reader may be closing the same socket at this very moment; then all is done.
        with suppress(OSError, AttributeError):
            self._lines.close()

    def close(self) -> None:
        """Free the connection, from the reader's own thread."""
        self._response.close()


def _twice(ask: Callable[[], T]) -> T:
    """Ask once more, on a new connection, what the engine does not know as it was asked."""
    try:
        return ask()
    except NotUnderstood:
        return ask()


def _innermost(error: BaseException, timeout_s: int) -> str:
    """The system's own words for what went wrong, out of the wrappings of three libraries."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        if isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError):
            return f"no answer within {timeout_s} s"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        inner = (cause.__cause__, cause.__context__, *cause.args)
        waiting.extend(each for each in inner if isinstance(each, BaseException))
    return str(error)
