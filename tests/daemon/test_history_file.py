"""The history on the disk: it outlives the sidecar, and damage costs what is damaged, no more."""

import asyncio
import logging
from pathlib import Path

import pytest

from sidecar.core.occurrences import TakeoverBegan
from sidecar.core.terms import SECOND
from sidecar.daemon import history_file
from sidecar.daemon.history_file import HistoryFile
from sidecar.web.history import KEPT, History
from sidecar.web.move import Move
from tests.builders import a_group, a_view
from tests.waiting import wait_for

NOON_NS = 1_796_040_000 * SECOND


def a_history(kept: tuple[Move, ...] = ()) -> History:
    return History(a_view, clock_ns=lambda: SECOND, wall_ns=lambda: NOON_NS, kept=kept)


def take_over(history: History, why: str) -> None:
    history.report(TakeoverBegan(groups=(a_group().name,), reason="peer_dead", why=why))


def whys(moves: tuple[Move, ...]) -> list[str]:
    return [move.why for move in moves]


def write(folder: Path, *reasons: str) -> Path:
    """A file as a life of the sidecar leaves it, closed at its end."""

    async def live() -> None:
        history = a_history(history_file.read(folder))
        file = HistoryFile(folder, history)
        for why in reasons:
            take_over(history, why)
        await file.close()

    asyncio.run(live())
    return folder / history_file.NAME


def test_the_next_life_goes_on_with_the_moves_of_the_last_one(tmp_path: Path):
    write(tmp_path, "first", "second")
    write(tmp_path, "third")
    kept = history_file.read(tmp_path)
    assert whys(kept) == ["first", "second", "third"]
    assert whys(a_history(kept).moves()) == ["third", "second", "first"]


def test_a_move_is_on_the_disk_a_moment_later_without_an_end(tmp_path: Path):
    """A sidecar that is killed has no end."""

    async def live() -> None:
        history = a_history()
        HistoryFile(tmp_path, history)
        take_over(history, "it is killed")
        await asyncio.to_thread(wait_for, (tmp_path / history_file.NAME).exists)

    asyncio.run(live())
    assert whys(history_file.read(tmp_path)) == ["it is killed"]


def test_an_end_does_not_wait_for_the_moment_after_a_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(history_file, "LATER_S", 3600)

    async def live() -> None:
        history = a_history()
        file = HistoryFile(tmp_path, history)
        take_over(history, "it ends")
        await asyncio.wait_for(file.close(), 20)

    asyncio.run(live())
    assert whys(history_file.read(tmp_path)) == ["it ends"]


def test_there_are_never_more_lines_than_moves_kept(tmp_path: Path):
    path = write(tmp_path, *(f"move {number}" for number in range(KEPT + 7)))
    assert len(path.read_text().splitlines()) == KEPT


@pytest.mark.parametrize(
    "damage",
    [b"", b"\x00" * 40, b'{"at": ', b"[" * 100_000, b'{"at": 1}', b"\xff\xfe", b"null"],
    ids=["empty", "zeros", "cut off", "deep", "other keys", "no utf-8", "null"],
)
def test_a_damaged_line_costs_itself_and_is_told(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
):
    path = write(tmp_path, "first", "second")
    first, second = path.read_bytes().splitlines()
    path.write_bytes(b"\n".join([first, damage, second, b""]))
    with caplog.at_level(logging.WARNING):
        assert whys(history_file.read(tmp_path)) == ["first", "second"]
    assert f"{path}:2: " in caplog.text


def test_a_file_that_is_far_too_long_is_not_read_to_its_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    path = write(tmp_path, "first")
    with path.open("ab") as file:
        file.truncate(10 * history_file.BYTES_MAX)
    with caplog.at_level(logging.WARNING):
        assert whys(history_file.read(tmp_path)) == ["first"]
    assert f"{path}:2: " in caplog.text


def test_what_cannot_be_read_is_told_and_begins_anew(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    (tmp_path / history_file.NAME).mkdir()
    with caplog.at_level(logging.WARNING):
        assert history_file.read(tmp_path) == ()
    assert "the history begins anew" in caplog.text


def test_a_first_life_has_no_history_and_says_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    assert history_file.read(tmp_path) == ()
    assert caplog.text == ""


def test_a_disk_that_refuses_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async def live() -> None:
        history = a_history()
        file = HistoryFile(tmp_path / "missing", history)
        for why in ("first", "second"):
            take_over(history, why)
            await file.close()

    with caplog.at_level(logging.WARNING):
        asyncio.run(live())
    assert caplog.text.count("would not outlive a restart") == 1
    assert "No such file or directory" in caplog.text
