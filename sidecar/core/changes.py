"""Whether something has changed since one last looked.

What follows from the state of all addresses is asked for in every turn, and with a thousand of them
takes longer than all else. So whoever works it out keeps it until the count has moved on.
"""


class Changes:
    """Counts changes of one kind, wherever they happen; says nothing of what they are."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0

    def note(self) -> None:
        self.count += 1
