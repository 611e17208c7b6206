"""One attempt to hand over one body, and what its end means.

Blocking, with bounds, for a thread of its own. Nothing is followed elsewhere: a redirect would lead
what is signed for one receiver to another.
"""

import hmac
import socket
import ssl
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from hashlib import sha256
from http.client import HTTP_PORT, HTTPS_PORT, HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final
from urllib.parse import urlsplit

from sidecar.notify.news import Shape

ID_HEADER: Final = "X-Heartbeat-Id"
TIMESTAMP_HEADER: Final = "X-Heartbeat-Timestamp"
SIGNATURE_HEADER: Final = "X-Heartbeat-Signature"

_OK: Final = range(200, 300)
_SERVER_ERRORS: Final = range(500, 600)
_LATE: Final = "no answer in time"
_LEAST_S: Final = 0.01
"""With a timeout of 0 a connection would not be waited for at all."""
_NOT_NOW: Final = (408, 425, 429)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to, and in which form. The address is a secret: it never appears in any text."""

    url: str = field(repr=False)
    place: str
    """What may be told of it: scheme, host and port."""
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """It will never take this; another attempt would end the same."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """Not now; perhaps later."""

    reason: str
    retry_after_s: float | None = None
    """How long the receiver asks us to wait, if it does."""


Outcome = Delivered | Refused | Failed


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """HMAC-SHA-256 over the timestamp's digits, a dot, and the body."""
    signed = f"{timestamp}.".encode() + body
    return f"v1={hmac.new(secret, signed, sha256).hexdigest()}"


def trust(target: Target) -> ssl.SSLContext | None:
    """Which certificates are believed: those that the image trusts, or SSL_CERT_FILE.

    Takes a tenth of a second, so it is made once. None where nothing is encrypted.
    """
    # A scheme may be written in capitals: it must not be what decides that nothing is encrypted.
    return ssl.create_default_context() if urlsplit(target.url).scheme == "https" else None


def post(
    target: Target,
    body: bytes,
    headers: dict[str, str],
    *,
    context: ssl.SSLContext | None,
    timeout_s: float,
    wall_s: int,
) -> Outcome:
    """Try once, for no longer than ``timeout_s`` (a name service that hangs comes on top)."""
    url = urlsplit(target.url)
    path = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    connection = _connection(url.hostname or "", url.port, context, timeout_s)
    # The connection's own timeout is one for each read: a receiver that drips could hold us on.
    late = threading.Event()
    end = threading.Timer(timeout_s, _cut, (connection, late))
    end.daemon = True
    try:
        found = socket.getaddrinfo(connection.host, connection.port, type=socket.SOCK_STREAM)
        end.start()
        reached = _reached([one[4][:2] for one in found], timeout_s)
        _connect(connection, reached, context, late)
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        outcome = judged(answer.status, answer.getheader("Retry-After"), wall_s=wall_s)
    except (OSError, HTTPException) as error:
        outcome = Failed(reason=_reason(error))
    finally:
        end.cancel()
        connection.close()
    # What was read of an answer that was cut off is none.
    return Failed(reason=_LATE) if late.is_set() else outcome


def judged(status: int, retry_after: str | None, *, wall_s: int) -> Outcome:
    """What a status means (RFC 9110, section 15)."""
    if status in _OK:
        return Delivered()
    if status in _NOT_NOW or status in _SERVER_ERRORS:
        return Failed(reason=f"HTTP {status}", retry_after_s=_wait_of(retry_after, wall_s))
    return Refused(reason=f"HTTP {status}")


def _connection(
    host: str, port: int | None, context: ssl.SSLContext | None, timeout_s: float
) -> HTTPConnection:
    # Never without a port: the end of an IPv6 address would be taken for one.
    if context is None:
        return HTTPConnection(host, port or HTTP_PORT, timeout=timeout_s)
    return HTTPSConnection(host, port or HTTPS_PORT, timeout=timeout_s, context=context)


def _reached(addresses: Sequence[tuple[Any, ...]], timeout_s: float) -> socket.socket:
    """Each address gets its share of the time, lest one that is dead take that of the next."""
    until_s = time.monotonic() + timeout_s
    for left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
        share_s = max(_LEAST_S, (until_s - time.monotonic()) / left)
        try:
            reached = socket.create_connection(address, share_s)
        except OSError:
            if left == 1:
                raise
        else:
            reached.settimeout(timeout_s)
            reached.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return reached
    raise TimeoutError


def _connect(
    connection: HTTPConnection,
    reached: socket.socket,
    context: ssl.SSLContext | None,
    late: threading.Event,
) -> None:
    if context is None:
        connection.sock = reached
    else:
        # The handshake comes after: until then there would be nothing that could be cut.
        connection.sock = context.wrap_socket(
            reached, server_hostname=connection.host, do_handshake_on_connect=False
        )
        connection.sock.do_handshake()
    if late.is_set():
        raise TimeoutError  # the cut may have come before there was anything to cut


def _cut(connection: HTTPConnection, late: threading.Event) -> None:
    late.set()
    if connection.sock is not None:
        with suppress(OSError):
            # The plain call: that of a TLS socket would take the object from under its reader.
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)


def _wait_of(retry_after: str | None, wall_s: int) -> float | None:
    """Seconds, or a date (RFC 9110, section 10.2.3); None when it is neither."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the latter: a year or a zone beyond all bounds
        return None
    return max(0.0, date.replace(tzinfo=date.tzinfo or UTC).timestamp() - wall_s)


def _reason(error: Exception) -> str:
    """A few words. Never an exception's own text where that may repeat what was asked for."""
    match error:
        case TimeoutError():
            return _LATE
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted: {error.verify_message}"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return f"no HTTP answer ({type(error).__name__})"
