"""The methods of our dataclasses, compiled when the image was made.

The standard library writes the methods of each dataclass as source text, and compiles it anew at
each start: some 150 times before the first beat, a fifth of the time to it. While our modules are
loaded, its ``exec`` is one that knows those texts in their compiled form. A text that it does not
know is compiled as ever: another Python, or another class, costs time and nothing else.

``python -m sidecar.precompiled`` compiles them, after the package was installed.
"""

import builtins
import dataclasses
import importlib
import marshal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import MAGIC_NUMBER
from pathlib import Path
from types import CodeType
from typing import Any, Final

PLACE: Final = Path(__file__).parent / "__pycache__" / f"methods.{sys.implementation.cache_tag}"
"""Begins with the number of the bytecode, as the compiled modules beside it do."""

Methods = dict[str, CodeType]
"""The compiled form of a text."""


@contextmanager
def known_methods(place: Path = PLACE) -> Iterator[None]:
    """Dataclasses that are made in the block are made of what was compiled, where it was."""
    known = _read(place)
    if not known:
        yield
        return
    with _compiling_by(lambda source: known.get(source) or _compiled(source)):
        yield


def keep(place: Path, modules: Iterable[str]) -> int:
    """Load these modules, and keep what their dataclasses are made of; return of how many."""
    made: Methods = {}

    def noted(source: str) -> CodeType:
        made[source] = _compiled(source)
        return made[source]

    with _compiling_by(noted):
        for name in modules:
            importlib.import_module(name)
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(MAGIC_NUMBER + marshal.dumps(made))
    return len(made)


def _read(place: Path) -> Methods:
    """Nothing where there is nothing of this Python's."""
    try:
        data = place.read_bytes()
    except OSError:
        return {}
    if not data.startswith(MAGIC_NUMBER):
        return {}
    methods: Methods = marshal.loads(data[len(MAGIC_NUMBER) :])  # noqa: S302 - as good as a .pyc
    return methods


def _compiled(source: str) -> CodeType:
    return compile(source, "<string>", "exec", dont_inherit=True)


@contextmanager
def _compiling_by(compiled: Any) -> Iterator[None]:
    """A module's own name comes before the built-in one, so nobody else's ``exec`` is touched."""

    def execute(source: str, *names: dict[str, Any]) -> None:
        builtins.exec(compiled(source), *names)  # noqa: S102 - what the library would execute

    setattr(dataclasses, "exec", execute)  # noqa: B010 - the library has no such name
    try:
        yield
    finally:
        delattr(dataclasses, "exec")


def _all_modules() -> Iterator[str]:
    """To list what is in a package loads it, so that this is done one by one."""
    import pkgutil  # noqa: PLC0415 - not at each start

    import sidecar  # noqa: PLC0415

    for found in pkgutil.walk_packages(sidecar.__path__, "sidecar."):
        yield found.name


if __name__ == "__main__":
    keep(PLACE, _all_modules())
