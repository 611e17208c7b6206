"""The same judge in less time: the simulated code compiled by mypyc, which comes with mypy.

A copy of what a simulation loads is compiled beside the tree, once for each state of it, with
nothing changed but that dataclasses are written out (plainer.py). Nothing is believed of it: it
must first judge some seeds as the sources do, in every packet and every line. Of all who do, and of
the system's own interpreter of the same version if there is one, which is often built with more
care, the quickest is taken.
"""

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.sim.plainer import plainer
from tests.sim.worker import Judge, judged

_SEEDS: Final = (1, 2, 3, 5, 6, 7, 9, 11)
_BUILD_MAX_S: Final = 1800
_COMPILED: Final = ("sidecar/core", "sidecar/wire", "sidecar/daemon/driver.py", "tests/sim")
_INTERPRETED: Final = (
    "sidecar/core/occurrences",  # mypyc takes no dataclass that gives an inherited field a default
    "tests/sim/__main__.py",
    "tests/sim/worker.py",  # what is compiled can only be imported, and this is started
    "tests/sim/nightly.py",
    "tests/sim/compiled.py",
    "tests/sim/plainer.py",
)
_BUILD: Final = """
import sys
from mypyc.build import mypycify
from setuptools import setup
made = mypycify(sys.argv[1:], opt_level="2", debug_level="0", multi_file=True)
sys.argv[1:] = ["build_ext", "--inplace"]
setup(name="simulation", packages=[], ext_modules=made)
"""


def quickest_judge(root: Path, files: Iterable[Path], code: str) -> Judge:
    """``files``: what a simulation loads, below ``root``. ``code``: their digest."""
    place = compiled(root, tuple(files), root / ".cache" / "compiled" / f"{code}-{_how()}")
    sources = Judge(name="the sources", python=sys.executable, place=root)
    others: list[Judge] = []
    if place is not None:
        others.append(Judge(name="compiled", python=sys.executable, place=place))
    system = _system_python()
    if system is not None:
        others.append(Judge(name=f"the sources with {system}", python=system, place=root))
        if place is not None:
            others.append(Judge(name=f"compiled, with {system}", python=system, place=place))
    return quickest(sources, others)


def quickest(
    sources: Judge, others: Iterable[Judge], seeds: tuple[int, ...] = _SEEDS, minutes: float = 2
) -> Judge:
    """Of those who judge these seeds as the sources do; the sources themselves if nobody does."""
    wanted, best_s = _trial(sources, seeds, minutes)
    best = sources
    print(f"{sources.name}: {best_s:.1f} s for {len(seeds)} seeds")
    for judge in others:
        try:
            got, cost_s = _trial(judge, seeds, minutes)
        except (RuntimeError, OSError) as error:
            print(f"{judge.name}: not used: {error}")
            continue
        differ = [str(seed) for seed in seeds if got[seed] != wanted[seed]]
        if differ:
            print(f"{judge.name}: not used: judges seeds {', '.join(differ)} otherwise")
            continue
        print(f"{judge.name}: {cost_s:.1f} s for the same, with the same digests")
        if cost_s < best_s:
            best, best_s = judge, cost_s
    return best


def _trial(judge: Judge, seeds: tuple[int, ...], minutes: float) -> tuple[dict[int, str], float]:
    """The digest and the judgement of some seeds, and what they cost of the processor, in s."""
    began_s = _spent_s()
    outcomes = judged(judge, seeds, minutes=minutes, processes=1)
    told = {outcome.seed: f"{outcome.digest} {outcome.check}" for outcome in outcomes}
    return told, _spent_s() - began_s


def _spent_s() -> float:
    """By all processes that have ended: another load of the machine does not matter to it."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _system_python() -> str | None:
    """The system's interpreter of this version, if it is another one."""
    found = shutil.which(f"python{sysconfig.get_python_version()}", path="/usr/bin:/usr/local/bin")
    ours = os.path.realpath(sys.executable)
    return None if found is None or os.path.realpath(found) == ours else found


def compiled(root: Path, files: tuple[Path, ...], place: Path) -> Path | None:
    """Where the compiled copy is: made now, or before. None when it cannot be made here."""
    if place.exists():
        return place
    making = place.with_suffix(".new")
    shutil.rmtree(place.parent, ignore_errors=True)  # what was made of older code
    names: list[str] = []
    for file in files:
        name = str(file.relative_to(root))
        source = file.read_text()
        copy = making / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if _is_compiled(name):
            names.append(name)
            source = plainer(source)
        copy.write_text(source)
    print(f"compiling {len(names)} files, which takes some minutes", flush=True)
    log = making / "build.log"
    with log.open("w") as told:
        made = subprocess.run(
            [sys.executable, "-c", _BUILD, f"--config-file={root / 'pyproject.toml'}", *names],
            cwd=making,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=subprocess.STDOUT,
            timeout=_BUILD_MAX_S,
            check=False,
        )
    if made.returncode:
        print(f"not compiled, a C compiler and Python.h are needed: see {log}")
        return None
    making.rename(place)
    return place


def _how() -> str:
    """A digest of how it is compiled: of this file, of what it changes in the copy, and of who runs
    it there.
    """
    files = (Path(__file__).with_name(f"{name}.py") for name in ("compiled", "plainer", "worker"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


def _is_compiled(name: str) -> bool:
    return name.startswith(_COMPILED) and not name.startswith(_INTERPRETED)
