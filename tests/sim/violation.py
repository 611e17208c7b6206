"""A rule was broken: the simulation ends here, and the seed tells it again."""

from typing import Final

CHECKS: Final = frozenset(
    {
        "two owners",
        "not served",
        "order",
        "honest",
        "exit",
        "pace",
        "cut off",
        "not taken over",
        "not warm",
        "not found",
        "older stays",
        "no worse",
        "too early",
        "no need",
        "deaf itself",
        "by sight",
        "does not settle",
        "does not stay",
    }
)
"""What a node may be found to do: the safety checks, and at the end the two of liveness."""

MISTAKES: Final = frozenset({"the core raised", "the simulator"})
"""Not a rule of the pair, but a mistake in its code or in the simulator's."""


class Violation(Exception):
    """Which check, and what was seen."""

    def __init__(self, check: str, detail: str) -> None:
        assert check in CHECKS | MISTAKES, check
        super().__init__(f"{check}: {detail}")
        self.check = check
        self.detail = detail
