"""A rule was broken: the simulation ends here, and the seed tells it again."""


class Violation(Exception):
    """Which check, and what was seen."""

    def __init__(self, check: str, detail: str) -> None:
        super().__init__(f"{check}: {detail}")
        self.check = check
        self.detail = detail
