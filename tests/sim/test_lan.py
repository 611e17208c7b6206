"""The service LAN: who answers for an address, and what the client believes."""

from random import Random

from sidecar.core.terms import SECOND
from tests.sim.lan import CLIENT, Lan
from tests.sim.world import World

VIP = "10.0.0.100"


class AStation:
    def __init__(self, name: str, *, holds: bool = False) -> None:
        self.name = name
        self.mac = f"mac of {name}"
        self.on_the_lan = True
        self.holds = holds
        self.heard: list[str] = []
        self.questions: list[tuple[str, str]] = []

    def answers_for(self, address: str) -> bool:
        return self.holds and address == VIP

    def hear_announcement(self, address: str, mac: str) -> None:
        if self.answers_for(address):
            self.heard.append(mac)

    def hear_question(self, address: str, mac: str) -> None:
        self.questions.append((address, mac))


class ALan:
    """Station a asks, station b holds the address."""

    def __init__(self) -> None:
        self.world = World()
        self.lan = Lan(self.world, Random(1))
        self.a, self.b = AStation("a"), AStation("b", holds=True)
        self.lan.join(self.a)
        self.lan.join(self.b)

    def ask(self, mac: str | None = None) -> list[str]:
        answers: list[str] = []
        self.lan.ask(self.a, VIP, mac, answers.append)
        self.world.run_for(SECOND)
        return answers


def test_the_holder_answers_a_question_to_all_and_one_to_itself():
    net = ALan()
    assert net.ask() == net.ask("mac of b") == ["mac of b"]


def test_a_question_to_another_machine_is_not_answered_by_the_holder():
    assert ALan().ask("mac of a router") == []


def test_who_is_asked_hears_the_question_whether_it_holds_or_not():
    net = ALan()
    net.b.holds = False
    net.ask()
    net.ask("mac of a router")
    assert net.b.questions == [(VIP, "mac of a")]
    assert net.a.questions == []


def test_nobody_answers_its_own_question():
    net = ALan()
    net.a.holds, net.b.holds = True, False
    assert net.ask() == []


def test_a_cut_port_and_a_lost_carrier_silence_the_holder():
    net = ALan()
    net.lan.cut("b")
    assert net.ask() == []
    net.lan.restore("b")
    net.b.on_the_lan = False
    assert net.ask() == []


def test_who_is_cut_off_itself_hears_nobody():
    net = ALan()
    net.lan.cut("a")
    assert net.ask() == []


def test_the_client_believes_the_last_announcement_that_it_heard():
    net = ALan()
    net.lan.announce(net.b, VIP)
    net.world.run_for(SECOND)
    assert net.lan.client_cache == {VIP: "mac of b"}
    net.lan.cut(CLIENT)
    net.lan.announce(net.a, VIP)
    net.world.run_for(SECOND)
    assert net.lan.client_cache == {VIP: "mac of b"}


def test_a_holder_is_alarmed_by_another_ones_announcement_and_not_by_its_own():
    net = ALan()
    net.lan.announce(net.a, VIP)
    net.lan.announce(net.b, VIP)
    net.world.run_for(SECOND)
    assert net.b.heard == ["mac of a"]


def test_the_client_finds_each_station_that_answers():
    net = ALan()
    net.a.holds = True
    assert net.lan.answering(VIP) == [net.a, net.b]
    net.lan.cut("a")
    assert net.lan.answering(VIP) == [net.b]


def test_no_frames_are_lost_within_a_second_of_the_last_that_were():
    """Seed 14065: two that were to be lost waited for a question, and a third came to them."""
    net = ALan()
    assert net.lan.lose("b", 2)
    net.world.run_for(5 * SECOND)
    assert net.ask() == []
    assert not net.lan.lose("b", 1)
    assert net.ask() == []
    net.world.run_for(SECOND)
    assert net.lan.lose("b", 1)
    assert net.ask() == []
    assert net.ask() == ["mac of b"]


def test_no_frames_are_lost_by_chance_within_a_second_of_the_last_that_a_cut_has_lost():
    """Seed 4595: the one question between the mending of a cut and a claim was lost."""
    net = ALan()
    assert net.lan.lose("b", 1)
    net.lan.cut("b")
    assert net.ask() == []
    net.lan.restore("b")
    assert not net.lan.lose("b", 1)
    assert net.ask() == ["mac of b"]
    net.world.run_for(SECOND)
    assert net.lan.lose("b", 1)
    assert net.ask() == []
