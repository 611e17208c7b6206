"""A machine that is no node, and that somebody gave a floating address by mistake."""

from tests.sim.lan import Lan


class Stranger:
    """A station on the service LAN; harmless until it ``takes`` an address."""

    name = "stranger"
    mac = "02:00:00:00:00:99"
    on_the_lan = True

    def __init__(self, lan: Lan) -> None:
        self._lan = lan
        self._address: str | None = None
        lan.join(self)

    def take(self, address: str) -> None:
        """Use the address, and tell everybody, as a booting machine does."""
        self._address = address
        self._lan.announce(self, address)

    def leave(self) -> None:
        self._address = None

    def answers_for(self, address: str) -> bool:
        return address == self._address

    def hear_announcement(self, address: str, mac: str) -> None:
        """It does not care."""

    def hear_question(self, address: str, mac: str) -> None:
        """Its kernel answers; it does not care."""
