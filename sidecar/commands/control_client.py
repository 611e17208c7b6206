"""Asks the running sidecar through its control socket; the protocol stands in ``web/control.py``.

Blocking, and imports nothing heavy: the health command of the image starts a Python for each
question, and that must stay quick.
"""

import json
import socket
from collections.abc import Mapping
from typing import Any, Final

ANSWER_S: Final = 5.0
"""For what the sidecar answers at once."""

_HOW_TO_REACH: Final = (
    "Is it running (docker ps)? From the host: docker exec sidecar sidecar status; "
    "with another socket: --control or SIDECAR_CONTROL"
)


class Unreachable(Exception):
    """No sidecar answered; the text says why and what to do."""


def ask(
    control: str, request: Mapping[str, str | int], *, patience_s: float = ANSWER_S
) -> dict[str, Any]:
    """Send one request and wait for its answer. Raises Unreachable."""
    try:
        line = _exchange(control, json.dumps(request).encode() + b"\n", patience_s)
    except FileNotFoundError:
        why = f"no sidecar at {control}: there is no such socket. {_HOW_TO_REACH}"
        raise Unreachable(why) from None
    except ConnectionRefusedError:
        why = f"no sidecar at {control}: the one that made the socket has ended. {_HOW_TO_REACH}"
        raise Unreachable(why) from None
    except PermissionError:
        raise Unreachable(f"{control} is for its owner alone: run this command as root") from None
    except (TimeoutError, BlockingIOError):  # the latter: more callers than it lets wait
        why = f"the sidecar at {control} gave no answer within {patience_s:g} s: see its log"
        raise Unreachable(why) from None
    except OSError as error:
        raise Unreachable(f"no sidecar at {control}: {error}. {_HOW_TO_REACH}") from None
    return _answer(control, line)


def _exchange(control: str, request: bytes, patience_s: float) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience_s)
        connection.connect(control)
        connection.sendall(request)
        with connection.makefile("rb") as answers:
            return answers.readline()


def _answer(control: str, line: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unreachable(
            f"the sidecar at {control} ended the connection without an answer: see its log"
        )
    return answer
