"""Dataclasses written out: they are what the decorator makes, as far as a simulation can tell."""

import dataclasses
import sys
from types import ModuleType

import pytest

from tests.sim.plainer import plainer

_SOURCE = """
from dataclasses import dataclass, field


class _Base:
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Point(_Base):
    x: int
    y: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    x: int = 1
    y: int


@dataclass(slots=True)
class Counter:
    count: int
    def more(self) -> None:
        self.count += 1


@dataclass(frozen=True, slots=True)
class Empty(_Base):
    pass


@dataclass(frozen=True, slots=True)
class Held:
    parts: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Root:
    x: int


@dataclass(frozen=True)
class Leaf(Root):
    z: int = 3
"""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    made = ModuleType("written_out")
    monkeypatch.setitem(sys.modules, made.__name__, made)
    exec(plainer(_SOURCE), made.__dict__)
    return made


def test_the_constructor_is_written_out_with_its_defaults(module: ModuleType):
    point = module.Point(1)
    assert (point.x, point.y) == (1, 2)
    assert "def __init__(self, x: int, y: int=2) -> None" in plainer(_SOURCE)


def test_what_is_named_must_be_named(module: ModuleType):
    assert module.Place(y=5).x == 1
    with pytest.raises(TypeError):
        module.Place(1, 5)


def test_objects_with_the_same_fields_are_equal_and_those_of_another_class_are_not(
    module: ModuleType,
):
    assert module.Point(1, 2) == module.Point(1, 2)
    assert module.Point(1, 2) != module.Point(1, 3)
    assert module.Point(1, 2) != module.Place(x=1, y=2)
    assert module.Empty() == module.Empty()


def test_a_frozen_one_is_a_key_and_another_one_is_none(module: ModuleType):
    assert {module.Point(1, 2): "found"}[module.Point(1, 2)] == "found"
    with pytest.raises(TypeError):
        hash(module.Counter(1))


def test_methods_and_the_functions_of_dataclasses_work(module: ModuleType):
    counter = module.Counter(1)
    counter.more()
    assert counter.count == 2
    assert dataclasses.replace(module.Point(1, 2), y=7) == module.Point(1, 7)
    assert [field.name for field in dataclasses.fields(module.Place)] == ["x", "y"]


def test_one_that_cannot_be_written_out_stays_what_it_is(module: ModuleType):
    assert module.Held().parts == []
    assert module.Held().parts is not module.Held().parts
    assert module.Leaf(1).z == 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        module.Held().parts = [1]
