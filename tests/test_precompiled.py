"""Dataclasses made of what was compiled before: the same classes, and nothing is left behind."""

import dataclasses
import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from sidecar import precompiled
from sidecar.precompiled import keep, known_methods

CLASS: Final = """
from dataclasses import dataclass

@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    node: str
    number: int = {number}
"""


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a module that can be imported."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "some_beat.py"
    path.write_text(CLASS.format(number=1))
    monkeypatch.delitem(sys.modules, path.stem, raising=False)
    return path


@pytest.fixture
def kept(source: Path, tmp_path: Path) -> Path:
    place = tmp_path / "__pycache__" / "methods"
    assert keep(place, [source.stem]) >= 1
    return place


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are compiled from now on."""
    texts: list[str] = []
    compile_it = precompiled._compiled

    def counted(text: str) -> object:
        texts.append(text)
        return compile_it(text)

    monkeypatch.setattr(precompiled, "_compiled", counted)
    return texts


def imported_anew(source: Path, place: Path) -> ModuleType:
    sys.modules.pop(source.stem, None)
    importlib.invalidate_caches()
    with known_methods(place):
        return importlib.import_module(source.stem)


def is_as_ever(module: ModuleType, number: int) -> bool:
    beat = module.Beat(node="node-a")
    assert repr(beat) == f"Beat(node='node-a', number={number})"
    assert beat == module.Beat(node="node-a", number=number) != module.Beat(node="node-b")
    assert len({beat, module.Beat(node="node-a")}) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        beat.node = "node-b"
    return True


def test_nothing_is_compiled_when_it_is_known(source: Path, kept: Path, compiled: list[str]):
    """A Python that makes dataclasses in another way would be noticed here."""
    module = imported_anew(source, kept)
    assert not compiled
    assert is_as_ever(module, number=1)


def test_what_is_not_known_is_compiled(source: Path, kept: Path, compiled: list[str]):
    source.write_text(CLASS.format(number=2).replace("Beat:", "Beat:\n    serial: bool = True"))
    module = imported_anew(source, kept)
    assert compiled
    assert module.Beat(node="node-a").serial


@pytest.mark.parametrize("found", [None, b"", b"of another Python"])
def test_without_what_was_compiled_by_this_python_all_is_as_ever(
    source: Path, tmp_path: Path, found: bytes | None
):
    place = tmp_path / "other"
    if found is not None:
        place.write_bytes(found)
    assert is_as_ever(imported_anew(source, place), number=1)


def test_the_library_is_left_as_it_was(source: Path, kept: Path):
    imported_anew(source, kept)
    assert not hasattr(dataclasses, "exec")
    with pytest.raises(ZeroDivisionError), known_methods(kept):
        raise ZeroDivisionError
    assert not hasattr(dataclasses, "exec")
