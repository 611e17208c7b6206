"""What a node does when it is told to read its files anew, and how it ends."""

import asyncio
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from sidecar.config.settings import Settings
from sidecar.core.params import Boot, MaintenanceOrder
from sidecar.core.terms import SECOND
from sidecar.daemon.adapters import Adapters
from sidecar.daemon.node import Node
from tests.config.written import copy_reference, settings
from tests.waiting import until, wait_for

DEADTIMES_S = (30, 20, 10)


def lonely(folder: Path, deadtime_s: int) -> Settings:
    """Without links and groups, so that this machine is left as it is."""
    read = settings(folder, state_dir=str(folder))
    timing = replace(read.params.timing, deadtime_ns=deadtime_s * SECOND)
    return replace(read, params=replace(read.params, timing=timing, links=(), groups=(), ping=()))


def test_a_hup_during_a_reload_is_not_forgotten(tmp_path: Path):
    """Two files may be changed one after the other, each with a HUP of its own."""
    copy_reference("masternginx", tmp_path)
    first, second, third = (lonely(tmp_path, each) for each in DEADTIMES_S)
    on_disk = [second]
    reads: list[Settings] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()

        def read() -> Settings:
            """On a thread. Just after the first time, the files change once more."""
            found = on_disk[-1]
            reads.append(found)
            if len(reads) == 1:
                on_disk.append(third)
                for _ in range(2):
                    loop.call_soon_threadsafe(node._reloader.on_signal)
            return found

        node = Node(first, Boot(generation=1, uuid=bytes(16)), load=read)
        node._reloader.on_signal()
        await until(lambda: node._adapters.settings == third)
        await until(lambda: not node._reloader.busy)
        assert not node._ended.done()
        node._driver.stop()

    asyncio.run(scenario())
    assert reads == [second, third], "two more are one more"


def test_a_disk_that_is_stuck_holds_up_no_release(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(Adapters, "start", lambda _: None)  # nothing of them is needed
    copy_reference("masternginx", tmp_path)
    given = lonely(tmp_path, 30)
    draft = tmp_path / "maintenance.new"
    os.mkfifo(draft)  # whoever writes it waits
    order = MaintenanceOrder(number=1, seconds=60, by="masternginx", since_s=1, until_s=61)

    async def scenario() -> None:
        node = Node(given, Boot(generation=1, uuid=bytes(16)), load=lambda: given)
        running = asyncio.create_task(node.run())
        await asyncio.sleep(0)
        node._memory.keep(order)
        node._end(1)
        try:
            await until(lambda: node._adapters._closed)
            assert not running.done()
        finally:
            reader = os.open(draft, os.O_RDONLY | os.O_NONBLOCK)
            assert await running == 1
            os.close(reader)

    asyncio.run(scenario())


def test_a_start_that_is_told_to_stop_ends(tmp_path: Path):
    """By default TERM ends a process with another status, and the first of a container not."""
    copy_reference("masternginx", tmp_path)
    (tmp_path / "state").mkdir()
    os.mkfifo(tmp_path / "state" / "history")  # whoever reads it waits
    words = ("run", "--config-dir", str(tmp_path), "--state-dir", str(tmp_path / "state"))
    command = (sys.executable, "-m", "sidecar.cli", *words, "--node", "masternginx")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as starting:
        try:
            wait_for((tmp_path / "state" / "generation").exists, seconds=20)
            starting.terminate()
            assert starting.wait(timeout=10) == 0
        finally:
            starting.kill()
