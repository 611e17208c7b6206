"""One look at the host for many wishes: when it is taken anew."""

import pytest

from sidecar.core.terms import MILLISECOND
from sidecar.vip import interfaces, secondary
from sidecar.vip.interfaces import Network
from sidecar.vip.surroundings import FRESH_NS, Surroundings


class Host:
    """A clock, and a count of what the kernel was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_ns = 1_000_000 * MILLISECOND
        self.looks = 0
        self.promoted: list[int] = []
        self.around = Surroundings(lambda: self.now_ns)
        monkeypatch.setattr(interfaces, "network", self._look)
        monkeypatch.setattr(secondary, "promote_secondaries", self.promoted.append)

    def _look(self) -> Network:
        self.looks += 1
        return Network(interfaces={}, assignments=())


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(monkeypatch)


def test_a_hundred_addresses_at_once_take_one_look(host: Host) -> None:
    for last in range(100):
        host.around.before_changing(f"10.0.0.{last}")
        host.around.promote_secondaries(2)
    assert (host.looks, host.promoted) == (1, [2])


def test_a_look_is_soon_too_old(host: Host) -> None:
    host.around.before_changing("10.0.0.1")
    host.now_ns += FRESH_NS + 1
    host.around.before_changing("10.0.0.2")
    host.around.promote_secondaries(2)
    assert host.looks == 2


def test_an_address_that_was_changed_since_is_looked_at_again(host: Host) -> None:
    host.around.before_changing("10.0.0.1")
    host.around.before_changing("10.0.0.1")
    assert host.looks == 2
