"""What HUP finds in the three files: taken over, or refused whole with every reason."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sidecar.config.settings import Settings
from sidecar.core.terms import SECOND
from sidecar.daemon.places import placed
from sidecar.daemon.reload import ReloadError, read_anew
from tests.config.written import copy_reference, settings
from tests.netns import Host, hosts, is_root

Edit = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_reference("masternginx", tmp_path)


@pytest.fixture
def host() -> Iterator[Host]:
    """A host with an interface that has no address yet; the test runs on it."""
    if not is_root():
        pytest.skip("needs root for network namespaces")
    with hosts("a") as (host,), host.entered():
        host.ip("link", "add", "eth0", "type", "bridge")
        yield host


def anew(folder: Path, edit: Edit) -> Settings:
    running = placed(settings(folder))
    edit(folder)
    return asyncio.run(read_anew(lambda: settings(folder), running))


def add(line: str) -> Edit:
    """This line at the end of ha.cf."""

    def edit(folder: Path) -> None:
        with (folder / "ha.cf").open("a") as file:
            file.write(f"{line}\n")

    return edit


def replace(name: str, old: str, new: str) -> Edit:
    def edit(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return edit


def test_another_deadtime_is_taken_over(folder: Path):
    fresh = anew(folder, replace("ha.cf", "deadtime 30", "deadtime 20"))
    assert fresh.params.timing.deadtime_ns == 20 * SECOND


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (replace("ha.cf", "node slavenginx", "node other"), "the nodes changed: restart"),
        (add("rtprio 7"), "realtime or rtprio changed: restart"),
        (add("realtime off"), "realtime or rtprio changed: restart"),
        (
            replace("haresources", "192.168.171.100/24", "192.168.171.100/25"),
            "address 192.168.171.100 is written differently",
        ),
        (
            replace("haresources", "masternginx", "slavenginx"),
            "the group of 192.168.171.100 prefers slavenginx now, and preferred masternginx",
        ),
        (add("deadtime never"), "ha.cf:15: deadtime: "),
    ],
    ids=["a node", "rtprio", "realtime", "an address", "a preferred node", "a mistake"],
)
def test_what_cannot_be_taken_over_is_refused_with_its_reason(
    folder: Path, edit: Edit, reason: str
):
    with pytest.raises(ReloadError) as refused:
        anew(folder, edit)
    (problem,) = refused.value.problems
    assert reason in problem


def test_every_reason_is_named(folder: Path):
    def edit(folder: Path) -> None:
        add("rtprio 7")(folder)
        replace("ha.cf", "node slavenginx", "node other")(folder)

    with pytest.raises(ReloadError) as refused:
        anew(folder, edit)
    assert len(refused.value.problems) == 2


def without_an_interface(folder: Path) -> None:
    (folder / "haresources").write_text("masternginx 10.77.0.100 nginx\n")


@pytest.mark.hosts
def test_an_address_stays_on_its_interface_while_that_has_none_of_its_own(folder: Path, host: Host):
    without_an_interface(folder)
    host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")

    def edit(folder: Path) -> None:
        host.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
        replace("ha.cf", "deadtime 30", "deadtime 20")(folder)

    fresh = anew(folder, edit)
    assert fresh.params.timing.deadtime_ns == 20 * SECOND
    assert [one.interface for one in fresh.params.groups[0].addresses] == ["eth0"]


@pytest.mark.hosts
def test_another_interface_that_would_fit_now_is_told_and_not_taken(folder: Path, host: Host):
    without_an_interface(folder)
    host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
    host.ip("link", "add", "eth1", "type", "bridge")

    def edit(folder: Path) -> None:
        host.ip("addr", "add", "10.77.0.2/25", "dev", "eth1")
        replace("ha.cf", "deadtime 30", "deadtime 20")(folder)
        replace("haresources", " nginx", " nginx 10.77.0.101")(folder)

    fresh = anew(folder, edit)
    assert fresh.params.timing.deadtime_ns == 20 * SECOND
    assert [one.interface for one in fresh.params.groups[0].addresses] == ["eth0", "eth1"]
    assert (
        f"{folder}/haresources: warning: the address 10.77.0.100 is on eth0 since the start, and "
        "its subnet is on eth1 now: restart the sidecar, or remove the address, reload, and add it "
        "again"
    ) in map(str, fresh.warnings)


@pytest.mark.hosts
def test_an_interface_that_is_found_only_now_is_taken(folder: Path, host: Host):
    without_an_interface(folder)

    def edit(_: Path) -> None:
        host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")

    fresh = anew(folder, edit)
    assert [one.interface for one in fresh.params.groups[0].addresses] == ["eth0"]


@pytest.mark.hosts
@pytest.mark.usefixtures("host")
def test_an_address_that_is_nowhere_may_be_written_differently(folder: Path):
    without_an_interface(folder)
    fresh = anew(folder, replace("haresources", "10.77.0.100", "10.77.0.100/24/eth0"))
    assert [one.interface for one in fresh.params.groups[0].addresses] == ["eth0"]


def test_a_kernel_that_does_not_answer_is_a_reason_too(folder: Path):
    def load_and_fail() -> Settings:
        raise OSError("no buffer space available")

    with pytest.raises(ReloadError, match="no buffer space"):
        asyncio.run(read_anew(load_and_fail, settings(folder)))
