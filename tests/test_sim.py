"""Seeds of the simulator: no check is violated, and a seed is the same wherever it runs."""

import os
import subprocess
import sys

import pytest

from tests.sim.ahead import SeedsAhead
from tests.sim.run import run_seed

DIGEST = "from tests.sim.run import run_seed; print(run_seed({seed}, 2).digest)"


@pytest.mark.timeout(900)
def test_no_seed_violates_a_check(seeds: SeedsAhead):
    outcomes = list(seeds.outcomes())
    assert len(outcomes) == seeds.count
    broken = sorted((o for o in outcomes if o.violation), key=lambda outcome: outcome.seed)
    how = f"--minutes {seeds.minutes:g} --trace"
    hint = "\n".join(
        f"python -m tests.sim --seed {o.seed} {how}\n    {o.violation}" for o in broken
    )
    assert not broken, hint


@pytest.mark.parametrize("seed", [3, 21, 34])
def test_a_seed_gives_the_same_run_under_any_hash_seed(seed: int):
    digests = {_digest(seed, hash_seed) for hash_seed in ("0", "1", "4711")}
    assert len(digests) == 1


def test_two_seeds_are_two_stories():
    assert run_seed(3, 1).digest != run_seed(4, 1).digest


def _digest(seed: int, hash_seed: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-c", DIGEST.format(seed=seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.strip()
