"""``python -m tests.sim.nightly``: very many seeds on all cores, stopped and gone on with at will.

What is done is kept in a file, with a digest of the code that it was done for, which is all that a
simulation loads of this repository: other code, or another length of the runs, starts anew. Ctrl-C
or TERM ends it after what is under way is thrown away. What was done elsewhere stands in the same
form in judged.json, and is gone on with if it is of this code: after a long run, what was kept
takes its place in the repository. ``--first`` begins on new ground after a mend: the seeds before
that one come last.

``--compiled`` lets compiled code judge where that can be made (compiled.py); what breaks a rule
there is judged again by the sources. Exit 0 when all seeds are done and none broke a rule, 1 when
one did, 3 when it was stopped before.
"""

import argparse
import hashlib
import json
import os
import signal
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from sidecar.core.terms import SECOND
from tests.sim.__main__ import commit, tell_shrunk
from tests.sim.compiled import quickest_judge
from tests.sim.run import Outcome, run_seed
from tests.sim.worker import Judge, judged

ROOT: Final = Path(__file__).parents[2]
RECORD: Final = Path(__file__).with_name("judged.json")
_RUNNERS: Final = ("nightly.py", "worker.py", "compiled.py", "plainer.py")
"""Which seeds are run, and by whom: what becomes of each does not depend on it."""
_SAVE_EVERY_S: Final = 5.0
STOPPED: Final = 3


@dataclass(slots=True, kw_only=True)
class Progress:
    """What has been done for one state of the code."""

    code: str
    commit: str
    """That was checked out at the end."""
    minutes: float
    done: list[list[int]] = field(default_factory=list)
    """Ranges of seeds, both ends included, in order."""
    virtual_ns: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    violations: dict[str, str] = field(default_factory=dict)
    """By the seed, as text: JSON knows no other keys."""

    @classmethod
    def load(cls, *paths: Path, code: str, at_commit: str, minutes: float) -> "Progress":
        """Go on with what the first of these files says that is of this code, or begin anew."""
        for path in filter(Path.exists, paths):
            kept = json.loads(path.read_text())
            if (kept.get("code"), kept["minutes"]) == (code, minutes):
                return cls(**{**kept, "commit": at_commit})
        return cls(code=code, commit=at_commit, minutes=minutes)

    def save(self, path: Path) -> None:
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), indent=1) + "\n")
        beside.replace(path)

    def has(self, seed: int) -> bool:
        return any(first <= seed <= last for first, last in self.done)

    def count(self) -> int:
        return sum(last - first + 1 for first, last in self.done)

    def hours(self) -> float:
        """Of virtual time."""
        return self.virtual_ns / SECOND / 3600

    def add(self, outcome: Outcome) -> None:
        seed = outcome.seed
        merged: list[list[int]] = []
        for first, last in sorted([*self.done, [seed, seed]]):
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(last, merged[-1][1])
            else:
                merged.append([first, last])
        self.done = merged
        self.virtual_ns += outcome.virtual_ns
        made = Counter(self.faults)
        made.update({fault.name.lower(): times for fault, times in outcome.made.items()})
        self.faults = dict(made)
        if outcome.violation:
            self.violations[str(seed)] = outcome.violation

    def report(self) -> list[str]:
        """What a person wants to know in the morning."""
        faults = sum(self.faults.values())
        lines = [
            f"{self.count()} seeds, {self.hours():.0f} virtual hours, {faults} faults",
            f"{len(self.violations)} violations (commit {self.commit})",
        ]
        by_times = sorted(self.faults.items(), key=lambda pair: -pair[1])
        lines += [f"    {times:>9}  {name}" for name, times in by_times]
        lines += [f"seed {seed}: {what}" for seed, what in self.violations.items()]
        return lines


def loaded_code() -> list[Path]:
    """The files of this repository that are loaded: a simulation's, and those of who runs it."""
    loaded = (getattr(module, "__file__", None) for module in tuple(sys.modules.values()))
    files = {Path(file) for file in loaded if file}
    ours = sorted(file for file in files if file.is_relative_to(ROOT) and file.suffix == ".py")
    return [file for file in ours if ".venv" not in file.parts]


def digest_of_code() -> str:
    """Of what decides how a seed runs: the sources, whoever runs them."""
    digest = hashlib.sha256()
    for file in loaded_code():
        if file.name not in _RUNNERS:
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def main() -> int:
    options = _arguments()
    code = digest_of_code()
    progress = Progress.load(
        options.progress, RECORD, code=code, at_commit=commit(), minutes=options.minutes
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # TERM stops it as Ctrl-C does
    seeds = [*range(options.first, options.seeds + 1), *range(1, options.first)]
    todo = [seed for seed in seeds if not progress.has(seed)]
    if progress.done:
        print(f"going on: {progress.count()} seeds are done for this code")
    try:
        _run(_judge(code, compiled=options.compiled), todo, progress, options)
    except KeyboardInterrupt:
        progress.save(options.progress)
        print("\nstopped; the same command goes on", *progress.report(), sep="\n")
        return STOPPED
    progress.save(options.progress)
    print(*progress.report(), sep="\n")
    if not progress.violations:
        return 0
    first = min(int(seed) for seed in progress.violations)
    tell_shrunk(run_seed(first, options.minutes), options.minutes)
    return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sim.nightly", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000, help="seeds 1 to N (20000)")
    parser.add_argument("--first", type=int, default=1, help="begin with this one (1)")
    parser.add_argument("--minutes", type=float, default=10, help="virtual minutes of each (10)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--compiled", action="store_true", help="compile the code first")
    parser.add_argument("--progress", type=Path, default=Path(".swarm.json"), help="what is done")
    return parser.parse_args()


def _judge(code: str, *, compiled: bool) -> Judge:
    if not compiled:
        return Judge(name="the sources", python=sys.executable, place=ROOT)
    judge = quickest_judge(ROOT, loaded_code(), code)
    print(f"{judge.name} will judge", flush=True)
    return judge


def _run(judge: Judge, todo: list[int], progress: Progress, options: argparse.Namespace) -> None:
    saved = began = time.monotonic()
    outcomes = judged(judge, todo, minutes=options.minutes, processes=options.jobs)
    with closing(outcomes):
        for number, told in enumerate(outcomes, start=1):
            # A broken rule is the sources' word only.
            outcome = run_seed(told.seed, options.minutes) if told.violation else told
            if (outcome.digest, outcome.check) != (told.digest, told.check):
                raise RuntimeError(
                    f"{judge.name}: seed {told.seed} is another one than the sources'"
                )
            progress.add(outcome)
            now = time.monotonic()
            if now - saved > _SAVE_EVERY_S or outcome.violation:
                saved = now
                progress.save(options.progress)
                left_s = (now - began) / number * (len(todo) - number)
                sys.stderr.write(
                    f"\r{progress.count()}/{options.seeds} seeds, "
                    f"{len(progress.violations)} violations, {left_s / 60:.0f} min left "
                )
                sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
