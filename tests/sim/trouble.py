"""What the maker of a fault is given: the pair, its own chance, and words for "now" and "later"."""

from collections.abc import Callable
from random import Random

from sidecar.core.terms import SECOND
from tests.sim.cluster import TwoNodes
from tests.sim.node import Node
from tests.sim.schedule import Trouble
from tests.sim.swarm import Options
from tests.sim.witness import FaultMade
from tests.sim.world import Callback

After = Callable[[int, Callback], None]


class Scene:
    """One fault that is being made. ``trouble`` is None when the healing makes use of it."""

    def __init__(
        self, two: TwoNodes, options: Options, trouble: Trouble | None, after: After
    ) -> None:
        self.two = two
        self.options = options
        self.rng = Random(trouble.chance if trouble else "healing")
        self.lasting_ns = trouble.lasting_ns if trouble else SECOND
        self.was_made = False
        """Whether it could be made: there may be nothing to break."""
        self.after = after
        """Do something later, unless all has been healed by then."""
        self._number = f"({trouble.number}) " if trouble else ""

    def tell(self, what: str) -> None:
        self.was_made = True
        self.two.stage.witness(FaultMade(f"{self._number}{what}"))

    def for_a_while(self, what: str, undo: Callback, undone: str) -> None:
        """Tell of a fault just made, and undo it in time."""
        self.tell(what)

        def end() -> None:
            undo()
            self.tell(undone)

        self.after(self.lasting_ns, end)

    def done(self) -> None:
        """It was made, and tells of itself."""
        self.was_made = True


Maker = Callable[[Scene, Node], None]
"""Makes one fault; the node is the one it strikes, where it strikes one."""
