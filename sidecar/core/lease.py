"""How long the kernel keeps an address by itself, and the timer that makes it longer in time.

Each claim and each renewal begins the lease anew (safety rules 1 and 2). A renewal carries the
instant after which it is not to be sent: one that waits for its turn until the lease is over would
put the address back that another may have taken. Never decides whether the address is wanted.
"""

from typing import Final

from sidecar.core.actions import RenewLease
from sidecar.core.params import Address, Timing
from sidecar.core.terms import LEASE_GRAIN_NS, MILLISECOND, SECOND
from sidecar.core.timers import Timers
from sidecar.core.turn import HEARD_WITHIN_NS, Respite, Turn

RENEWALS_PER_LEASE: Final = 5
OVERTAKEN_NS: Final = 50 * MILLISECOND
"""So long after an answer of the kernel its watch may tell of what had happened before."""


class Lease:
    """The lease of one address."""

    def __init__(self, address: Address, timing: Timing, timers: Timers) -> None:
        self._address = address
        self._timers = timers
        self._name = f"renew {address.name}"
        self._expires_ns = 0
        self._latest_end_ns = 0
        """When the lease ends at the latest, whenever the kernel began it."""
        self._unanswered = 0
        """Renewals under way: a slow kernel may carry one out long after it was asked."""
        self._made_ns: int | None = None
        """When the kernel last answered a claim or a renewal; None: it has released it since."""
        self._respite = Respite()
        self.reconfigure(timing)

    def reconfigure(self, timing: Timing) -> None:
        """The next renewal has the new lifetime."""
        self.seconds = timing.lease_s

    def asked_for(self, not_after_ns: int) -> None:
        """A claim is under way that the kernel takes before this instant, if it does."""
        self._latest_end_ns = max(self._latest_end_ns, not_after_ns + self.seconds * SECOND)

    @property
    def renewing(self) -> bool:
        """The kernel has been asked, and has not answered yet."""
        return self._unanswered > 0

    def renewed(self, at_ns: int, now_ns: int) -> None:
        """As ``claimed``, by the answer to a renewal: it may have been carried out only now."""
        self.claimed(at_ns, now_ns)
        self._latest_end_ns = max(self._latest_end_ns, now_ns + self.seconds * SECOND)
        self.not_renewed()

    def not_renewed(self) -> None:
        """It has refused, or it was asked too late."""
        self._unanswered = max(0, self._unanswered - 1)

    def claimed(self, at_ns: int, now_ns: int) -> None:
        """The kernel has done as it was asked, at some instant between these."""
        self.extend(at_ns)
        self._made_ns = now_ns

    def released(self) -> None:
        """What the kernel's watch tells from now on is of the release, or later."""
        self._made_ns = None

    def made_lately(self, now_ns: int) -> bool:
        """Whether a loss that is told now may have happened before the kernel made it anew."""
        return self._made_ns is not None and now_ns < self._made_ns + OVERTAKEN_NS

    def extend(self, at_ns: int) -> None:
        """The kernel began it anew at this instant."""
        self._expires_ns = max(self._expires_ns, at_ns + self.seconds * SECOND)

    def runs(self, now_ns: int) -> bool:
        """As far as the kernel has told: a claim that it has not answered does not count."""
        return now_ns < self._expires_ns

    def is_over(self, now_ns: int) -> bool:
        """Nobody renewed it for so long that the kernel has ended it, whatever it answers."""
        ends_ns = max(self._expires_ns, self._latest_end_ns)
        return not self._unanswered and now_ns > ends_ns + LEASE_GRAIN_NS

    def keep(self, turn: Turn) -> None:
        """Renew it from now on, several times in its length."""
        self._respite.renew()
        every_ns = self.seconds * SECOND // RENEWALS_PER_LEASE
        self._timers.arm(self._name, turn.ns + every_ns, self._renew)

    def let_run_out(self) -> None:
        self._timers.disarm(self._name)

    def renew(self, turn: Turn, not_after_ns: int) -> None:
        """Ask the kernel to begin it anew, unless it is later than that."""
        self._unanswered += 1
        turn.do(RenewLease(address=self._address, lease_s=self.seconds, not_after_ns=not_after_ns))

    def _renew(self, turn: Turn) -> None:
        if self._respite.take(turn):
            # Somebody may have removed it meanwhile, and the other node may have it.
            self._timers.arm(self._name, turn.ns + HEARD_WITHIN_NS, self._renew)
            return
        # A little before the end, so that a renewal that waits for its turn cannot become a claim.
        margin_ns = self.seconds * SECOND // 10
        self.renew(turn, self._expires_ns - margin_ns)
        self.keep(turn)
