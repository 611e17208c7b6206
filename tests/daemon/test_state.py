"""Generation and uuid: kept on disk before they are used, and replaced where they cannot be."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sidecar.core.params import MaintenanceOrder
from sidecar.daemon import state

CLOCK_S = 1_900_000_000


def generation_on_disk(folder: Path) -> int:
    return int((folder / "generation").read_text())


def test_the_first_generation_is_above_the_clock(tmp_path):
    assert state.boot(tmp_path, "node-a", CLOCK_S).generation == CLOCK_S + 1


def test_each_life_has_a_higher_generation_even_when_the_clock_stands_still(tmp_path):
    lives = [state.boot(tmp_path, "node-a", CLOCK_S).generation for _ in range(5)]
    assert lives == sorted(set(lives))


def test_a_clock_that_was_set_back_lowers_no_generation(tmp_path):
    before = state.boot(tmp_path, "node-a", CLOCK_S).generation
    assert state.boot(tmp_path, "node-a", 1).generation == before + 1


def test_the_generation_is_on_disk_when_it_is_used(tmp_path):
    boot = state.boot(tmp_path, "node-a", CLOCK_S)
    assert generation_on_disk(tmp_path) == boot.generation


def test_file_and_folder_are_synced_before_the_generation_is_used(tmp_path, monkeypatch):
    synced: list[str] = []
    real: Callable[[int], None] = os.fsync

    def fsync(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    state.boot(tmp_path, "node-a", CLOCK_S)
    at = synced.index(str(tmp_path / "generation.new"))
    assert str(tmp_path) in synced[at:]


def test_a_life_after_one_without_a_folder_is_above_it(tmp_path):
    """Else the peer would take the node for a replay of itself, and hear it no more."""
    state.boot(tmp_path, "node-a", CLOCK_S)
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    without = state.boot(blocked, "node-a", CLOCK_S + 3600)
    assert state.boot(tmp_path, "node-a", CLOCK_S + 3700).generation > without.generation


@pytest.mark.parametrize(
    "garbage",
    [b"", b"seven", b"-5\n", b"0\n", b"\xff\xfe\x00", b"9" * 40, b"12 13\n"],
    ids=["empty", "a word", "negative", "zero", "bytes", "enormous", "two numbers"],
)
def test_garbage_in_the_place_of_the_generation_is_replaced_by_the_clock(tmp_path, garbage):
    (tmp_path / "generation").write_bytes(garbage)
    boot = state.boot(tmp_path, "node-a", CLOCK_S)
    assert boot.generation == CLOCK_S + 1
    assert boot.trouble == ()
    assert generation_on_disk(tmp_path) == CLOCK_S + 1


def test_the_uuid_is_made_once_and_kept(tmp_path):
    first = state.boot(tmp_path, "node-a", CLOCK_S)
    second = state.boot(tmp_path, "node-a", CLOCK_S)
    assert first.uuid == second.uuid
    assert len(first.uuid) == 16


def test_two_nodes_have_two_uuids(tmp_path):
    a = state.boot(tmp_path / "a", "node-a", CLOCK_S)
    b = state.boot(tmp_path / "b", "node-b", CLOCK_S)
    assert a.uuid != b.uuid


@pytest.mark.parametrize("garbage", [b"", b"short", bytes(16), bytes(range(17))])
def test_a_uuid_that_is_none_is_made_anew(tmp_path, garbage):
    (tmp_path / "uuid").write_bytes(garbage)
    made = state.boot(tmp_path, "node-a", CLOCK_S).uuid
    assert len(made) == 16
    assert any(made)
    assert (tmp_path / "uuid").read_bytes() == made


def test_a_folder_that_is_missing_is_made(tmp_path):
    boot = state.boot(tmp_path / "var" / "lib" / "sidecar", "node-a", CLOCK_S)
    assert boot.trouble == ()
    assert generation_on_disk(tmp_path / "var" / "lib" / "sidecar") == boot.generation


def a_file_in_its_place(tmp_path: Path) -> Path:
    path = tmp_path / "state"
    path.write_text("not a folder")
    return path


def a_folder_in_the_place_of_the_generation(tmp_path: Path) -> Path:
    (tmp_path / "generation").mkdir()
    return tmp_path


def a_folder_in_the_place_of_the_draft(tmp_path: Path) -> Path:
    (tmp_path / "generation.new").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "broken",
    [
        a_file_in_its_place,
        a_folder_in_the_place_of_the_generation,
        a_folder_in_the_place_of_the_draft,
    ],
)
def test_where_nothing_can_be_kept_the_clock_serves_and_a_person_is_told_what_to_do(
    tmp_path, broken
):
    folder = broken(tmp_path)
    boot = state.boot(folder, "node-a", CLOCK_S)
    assert boot.generation == CLOCK_S
    (trouble,) = boot.trouble
    assert str(folder) in trouble
    assert "SIDECAR_STATE_DIR" in trouble
    assert "writable" in trouble


def test_the_stand_in_for_a_uuid_stays_the_same_and_differs_by_node(tmp_path):
    folder = a_file_in_its_place(tmp_path)
    a = state.boot(folder, "node-a", CLOCK_S)
    again = state.boot(folder, "node-a", CLOCK_S + 5)
    b = state.boot(folder, "node-b", CLOCK_S)
    assert a.uuid == again.uuid != b.uuid


def test_a_draft_that_a_power_cut_left_behind_does_not_matter(tmp_path):
    first = state.boot(tmp_path, "node-a", CLOCK_S).generation
    (tmp_path / "generation.new").write_text("half a num")
    assert state.boot(tmp_path, "node-a", CLOCK_S).generation == first + 1


def test_a_write_that_fails_leaves_the_last_generation_in_place(tmp_path, monkeypatch):
    first = state.boot(tmp_path, "node-a", CLOCK_S).generation

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    boot = state.boot(tmp_path, "node-a", CLOCK_S + 100)
    assert "No space left on device" in boot.trouble[0]
    assert generation_on_disk(tmp_path) == first


ORDER = MaintenanceOrder(
    number=3, seconds=3600, by="node-b", since_s=CLOCK_S, until_s=CLOCK_S + 3600
)


def test_an_order_of_maintenance_outlives_the_process(tmp_path):
    assert state.boot(tmp_path, "node-a", CLOCK_S).maintenance is None
    state.keep_maintenance(tmp_path, ORDER)
    assert state.boot(tmp_path, "node-a", CLOCK_S).maintenance == ORDER


def test_an_order_of_maintenance_counts_where_the_disk_is_full_now(tmp_path, monkeypatch):
    state.keep_maintenance(tmp_path, ORDER)

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    boot = state.boot(tmp_path, "node-a", CLOCK_S)
    assert boot.trouble
    assert boot.maintenance == ORDER


@pytest.mark.parametrize(
    "written",
    [
        *(b"", b"[]", b"{}", b"\xff", b'{"number": true, "seconds": 1}'),
        *(b"7" * 5000, b"[" * 100_000),
    ],
    ids=lambda written: repr(written[:32]),
)
def test_an_order_that_cannot_be_read_counts_for_nothing_and_is_told(tmp_path, caplog, written):
    (tmp_path / "maintenance").write_bytes(written)
    assert state.boot(tmp_path, "node-a", CLOCK_S).maintenance is None
    assert f"{tmp_path}/maintenance is not as this program wrote it" in caplog.text
