"""What the nightly swarm has judged, from the record in the repository."""

import json

from tests.sim.nightly import RECORD, Progress


def judged() -> str:
    progress = Progress(**json.loads(RECORD.read_text()))
    broken = len(progress.violations)
    return (
        f"Seeds judged so far: {progress.count():,}, of {progress.minutes:g} virtual minutes each, "
        f"which is {progress.hours():,.0f} hours with {sum(progress.faults.values()):,} faults of "
        f"{len(progress.faults)} kinds. Seeds in which a rule was broken: {broken or 'none'}. "
        f"State of the simulated code: `{progress.code}`."
    )
