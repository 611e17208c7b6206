"""What HUP finds in the three files: taken over, or refused whole with every reason."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.config.settings import Settings, load
from sidecar.core.terms import SECOND
from sidecar.daemon.reload import ReloadError, read_anew
from tests.config.written import copy_reference

Edit = Callable[[Path], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_reference("masternginx", tmp_path)


def read(folder: Path) -> Settings:
    return load({"config_dir": str(folder), "node": "masternginx"}, {}, {"192.168.17.50"})


def anew(folder: Path, edit: Edit) -> Settings:
    running = read(folder)
    edit(folder)
    return asyncio.run(read_anew(lambda: read(folder), running))


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
        (add("deadtime never"), "ha.cf:15: deadtime: "),
    ],
    ids=["a node", "rtprio", "realtime", "an address", "a mistake"],
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
