"""What the operator is answered who has the files read anew, and what a signal costs."""

import asyncio
import logging
from pathlib import Path

import pytest

from sidecar.config.settings import Settings, load
from sidecar.core.events import Event, Reloaded, ReloadRefused
from sidecar.daemon import places, reloader
from sidecar.daemon.adapters import Adapters
from sidecar.daemon.places import placed
from sidecar.daemon.reloader import Reloader
from sidecar.web.ports import Reply
from tests.config.written import copy_reference, settings
from tests.waiting import until


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_reference("masternginx", tmp_path)


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "ha.cf"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class Bench:
    """A reloader, what it feeds, and adapters that are not started."""

    def __init__(self, folder: Path, running: Settings | None = None) -> None:
        self.fed: list[Event] = []
        self.applied: list[Settings] = []
        running = placed(running or settings(folder))
        self.adapters = Adapters(running, feed=self.fed.append, crashed=self.fail)
        self.reloader = Reloader(
            lambda: settings(folder),
            self.adapters,
            feed=self.fed.append,
            applied=self.applied.append,
        )

    def fail(self, error: BaseException) -> None:
        raise AssertionError("nothing may crash") from error


def reload(folder: Path, old: str, new: str) -> tuple[Bench, Reply]:
    async def scenario() -> tuple[Bench, Reply]:
        bench = Bench(folder)
        edit(folder, old, new)
        return bench, await bench.reloader.reload()

    return asyncio.run(scenario())


def test_the_operator_is_told_what_has_changed_after_the_warnings(folder: Path):
    bench, reply = reload(folder, "auto_failback on", "auto_failback off")
    assert reply.ok
    *warnings, told = reply.text.splitlines()
    assert told == "configuration reloaded: auto_failback on becomes off"
    assert all(": warning: " in line for line in warnings)
    assert warnings
    assert [type(event) for event in bench.fed] == [Reloaded]
    assert [one.params for one in bench.applied] == [bench.adapters.settings.params]


def test_files_with_an_error_are_refused_with_its_place_and_nothing_changes(folder: Path):
    bench, reply = reload(folder, "deadtime", "deadtim")
    assert not reply.ok
    assert reply.text.startswith("reload refused, everything stays as it was: ")
    assert f"{folder}/ha.cf:" in reply.text
    assert [type(event) for event in bench.fed] == [ReloadRefused]
    assert bench.applied == []


def test_a_signal_reloads_too_and_its_price_is_told(folder: Path, caplog: pytest.LogCaptureFixture):
    async def scenario() -> Bench:
        bench = Bench(folder)
        bench.reloader.on_signal()
        await until(lambda: not bench.reloader.busy)
        return bench

    with caplog.at_level(logging.WARNING, logger="sidecar"):
        bench = asyncio.run(scenario())
    assert [type(event) for event in bench.fed] == [Reloaded]
    assert "does not start it when the host boots" in caplog.text
    assert "sidecar reload" in caplog.text


def test_a_link_to_this_host_itself_goes_when_its_address_comes_after_the_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    edit(folder, "ucast eth1 192.168.17.51", "ucast eth1 192.168.17.50\nucast eth1 192.168.17.51")
    early = load({"config_dir": str(folder), "node": "masternginx"}, {}, frozenset())
    addresses = {"127.0.0.1"}
    monkeypatch.setattr(places, "local_addresses", lambda: frozenset(addresses))
    monkeypatch.setattr(reloader, "LOOK_EVERY_S", 0.01)

    async def scenario() -> Bench:
        bench = Bench(folder, early)
        looking = asyncio.create_task(bench.reloader.find_places())
        await asyncio.sleep(0.1)
        assert bench.applied == []
        addresses.add("192.168.17.50")
        await until(lambda: bench.applied != [])
        await asyncio.sleep(0.1)
        looking.cancel()
        return bench

    (applied,) = asyncio.run(scenario()).applied
    gone = set(early.params.links) - set(applied.params.links)
    assert [one.target for one in gone] == ["192.168.17.50"]
    assert set(applied.params.links) < set(early.params.links)
