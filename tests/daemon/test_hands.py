"""In which order a real node's hands do what a turn wishes."""

import asyncio
from types import SimpleNamespace
from typing import cast

from sidecar.core.actions import Announce, ClaimAddress, PauseService, ProbeAddress
from sidecar.core.occurrences import AddressHeld
from sidecar.core.params import Address
from sidecar.core.terms import LinkName
from sidecar.daemon.adapters import Adapters
from sidecar.daemon.hands import NodeHands, Requests
from sidecar.daemon.news import News
from sidecar.vip.table import AT_ONCE
from sidecar.web.ports import Reply

ADDRESS = Address(name="10.0.0.100", prefix=24, interface="eth0")
CLAIM = ClaimAddress(op=1, address=ADDRESS, lease_s=3, not_after_ns=9)
PAUSE = PauseService(op=2, container="nginx")
HELD = AddressHeld(address=ADDRESS.name, interface="eth0")


def hands_that_note(did: list[object]) -> tuple[NodeHands, News]:
    def note(what: object) -> None:
        did.append(what)

    adapters = SimpleNamespace(
        addresses={ADDRESS.name: ADDRESS},
        media={"eth1": SimpleNamespace(send=note)},
        leases=SimpleNamespace(submit=note),
        announcer=SimpleNamespace(announce=note),
        prober=SimpleNamespace(
            holding=lambda address, held: did.append((address.name, held)),
            probe=lambda *asked: did.append(asked),
        ),
        service=SimpleNamespace(carry_out=note),
    )
    news = News((note,), crashed=note)
    hands = NodeHands(
        cast("Adapters", adapters),
        Requests(note, reload=no_reload),
        news=news,
        keep=note,
        done=lambda: did.append("end"),
    )
    return hands, news


async def no_reload() -> Reply:
    raise AssertionError("nobody asked for it")


def end_turn_and_node(hands: NodeHands, news: News) -> None:
    """The turn ends, and then the node, which tells what still waits."""

    async def run() -> None:
        hands.end_turn()
        news.tell()

    asyncio.run(run())


def test_containers_and_news_wait_until_packets_and_addresses_are_on_their_way():
    did: list[object] = []
    hands, news = hands_that_note(did)
    hands.report(HELD)
    hands.service(PAUSE)
    hands.vip(CLAIM)
    hands.send(LinkName("eth1"), b"done")
    assert PAUSE not in did
    assert HELD not in did
    end_turn_and_node(hands, news)
    assert did == [(ADDRESS.name, True), b"done", (CLAIM,), PAUSE, HELD]


def test_what_concerns_many_addresses_leaves_in_few_goes_at_the_turns_end():
    did: list[object] = []
    hands, news = hands_that_note(did)
    question = ProbeAddress(op=3, address=ADDRESS, mac=None, patience_ns=1)
    for _ in range(AT_ONCE + 1):
        for action in (CLAIM, question, Announce(address=ADDRESS)):
            hands.vip(action)
    assert did == []
    end_turn_and_node(hands, news)
    many = AT_ONCE + 1
    assert did == [[ADDRESS] * many, (CLAIM,) * AT_ONCE, (CLAIM,), (question,) * many]


def test_what_was_put_off_is_done_once():
    did: list[object] = []
    hands, _ = hands_that_note(did)
    hands.service(PAUSE)
    hands.end_turn()
    hands.end_turn()
    assert did == [PAUSE]


def test_nothing_is_put_off_beyond_the_turn_in_which_the_core_ends():
    did: list[object] = []
    hands, _ = hands_that_note(did)
    hands.report(HELD)
    hands.exit()
    hands.end_turn()
    assert did[-2:] == ["end", HELD]
