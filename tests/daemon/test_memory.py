"""What is kept on the disk while the node runs: the newest order, whatever the disk does."""

import asyncio
import threading

from sidecar.core.params import MaintenanceOrder
from sidecar.daemon import memory, state
from sidecar.daemon.memory import Memory

CLOCK_S = 1_900_000_000


def an_order(number: int) -> MaintenanceOrder:
    return MaintenanceOrder(
        number=number, seconds=60, by="node-a", since_s=CLOCK_S, until_s=CLOCK_S + 60
    )


def test_the_newest_order_is_kept_although_the_disk_is_slow(tmp_path, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    written: list[int] = []

    def slowly(folder, order):
        begun.set()
        assert go_on.wait(10)
        state.keep_maintenance(folder, order)
        written.append(order.number)

    monkeypatch.setattr(memory, "keep_maintenance", slowly)

    async def run() -> None:
        kept = Memory(tmp_path, lambda _part, _text: None)
        kept.keep(an_order(1))
        await asyncio.to_thread(begun.wait, 10)
        kept.keep(an_order(2))
        kept.keep(an_order(3))
        go_on.set()
        await kept.close()

    asyncio.run(run())
    assert written == [1, 3]
    assert state.boot(tmp_path, "node-a", CLOCK_S).maintenance == an_order(3)


def test_a_disk_that_refuses_is_told_with_its_reason(tmp_path):
    told: list[tuple[str, str]] = []

    async def run() -> None:
        kept = Memory(tmp_path / "missing", lambda part, text: told.append((part, text)))
        kept.keep(an_order(1))
        await kept.close()

    asyncio.run(run())
    (one,) = told
    assert one[0] == "maintenance"
    assert "would not outlive a restart" in one[1]
    assert "No such file or directory" in one[1]
