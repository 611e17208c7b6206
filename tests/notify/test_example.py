"""The receiver of docs/notifications.md, run as it stands there: a second reading of the form."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.markdown import fences
from tests.docs.pages import ROOT
from tests.notify.telling import NOON_NS, SECRET, takeover_of, telling
from tests.waiting import wait_for

PAGE = ROOT / "docs" / "notifications.md"
HEARD = f"info node-a {takeover_of('web').sentence()}\n"


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, Path]]:
    """Its address, and what it prints."""
    (program,) = (fence.body for fence in fences(PAGE.read_text()) if fence.language == "python")
    (folder / "receiver.py").write_text(program)
    (folder / "webhook.key").write_bytes(SECRET + b"\n")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = (sys.executable, "receiver.py", str(port), "webhook.key")
    said = folder / "said"
    with said.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/", said
    finally:
        process.terminate()
        process.wait(10)


def test_it_takes_what_is_signed_with_its_secret(tmp_path: Path):
    with running(tmp_path) as (url, said), telling(url, secret=SECRET, wall_ns=time.time_ns) as one:
        one.tell("web")
        wait_for(lambda: one.counted("delivered") == 1)
        assert said.read_text() == HEARD


@pytest.mark.parametrize(
    ("secret", "wall_ns"),
    [
        (b"the secret of somebody else", time.time_ns),
        (None, time.time_ns),
        (SECRET, lambda: NOON_NS),
    ],
    ids=["another secret", "no signature", "an old timestamp"],
)
def test_it_refuses_what_is_not_or_is_too_old(tmp_path: Path, secret, wall_ns):
    with running(tmp_path) as (url, said), telling(url, secret=secret, wall_ns=wall_ns) as one:
        one.tell("web")
        wait_for(lambda: one.counted("refused") == 1)
        assert said.read_text() == ""
