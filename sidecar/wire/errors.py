"""Why received bytes are refused.

Whatever arrives, reading it raises nothing but a WireError. Its `reason` is a short stable label,
fit for a metric; its text says what is wrong with this very datagram. A message of our own that
cannot be sent is no WireError but a ValueError: it is our mistake, not the network's.
"""

from typing import Literal


class WireError(Exception):
    """Received bytes that are refused. A refused datagram counts as not received at all."""

    reason: str

    def __init__(self, text: str, *, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


class Malformed(WireError):
    """The bytes are no message of either form."""

    def __init__(self, text: str) -> None:
        super().__init__(text, reason="malformed")


class Oversized(WireError):
    """More bytes or fields than any real message has."""

    def __init__(self, text: str) -> None:
        super().__init__(text, reason="oversized")


class Unauthenticated(WireError):
    """A message that was not signed with a key of ours."""

    def __init__(
        self, text: str, *, reason: Literal["unknown_key", "bad_auth", "unsigned"]
    ) -> None:
        super().__init__(text, reason=reason)
