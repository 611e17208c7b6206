"""Lost packets are asked for and sent again, in both directions; both forms and all three methods
of signing are understood, and who has another key is not believed.
"""

from collections import Counter

from tests.interop.duo import UNNOTICED_MS, Duo
from tests.interop.halog import DEATH, HURRIED_STOP, LOSS, REPEATS_MAX, WRONG_KEY
from tests.interop.plan import OURS, REAL, VIP, Plan
from tests.interop.stage import scenario
from tests.testbed.network import Cable
from tests.testbed.waiting import wait_for

MOVE_MS = 1500
REQUESTS = 5


def until_rejected(duo: Duo) -> None:
    """More packets are refused for their signature, and counted, than any line may come again."""

    def refused() -> bool:
        links = duo.ours.peer().get("links", [])
        return any(link["rejected"].get("bad_auth", 0) > REPEATS_MAX for link in links)

    wait_for(refused, seconds=10, what="rejected packets in the sidecar's status")


def lose_every_fourth(cable: Cable) -> None:
    """Of the packets that the host sends on the heartbeat cable."""
    rule = "udp dport 694 numgen inc mod 4 0 drop"
    hook = f"type filter hook ingress device {cable.port} priority 0; policy accept;"
    table = f"netdev drop_{cable.port}"
    chain = f"add chain {table} thin {{ {hook} }}"
    cable.switch.run("nft", f"add table {table}; {chain}; add rule {table} thin {rule}")


@scenario()
def test_what_the_sidecar_said_and_was_lost_is_sent_again(duo: Duo) -> None:
    duo.allow(*LOSS)
    duo.serve(nobody_dies=True)
    cable = duo.ours.cables["eth1"]
    with duo.step("every fourth packet of the sidecar is lost", outage_ms=UNNOTICED_MS):
        lose_every_fourth(cable)
        wait_for(
            lambda: len(duo.tap.seen("NS_rexmit", REAL)) >= REQUESTS,
            seconds=20,
            what="requests of the real node",
        )
    with duo.step("meanwhile hb_standby all on the real node", outage_ms=MOVE_MS):
        duo.real.standby("all")
        duo.at_rest(OURS)
    with duo.step("the cable is mended", outage_ms=UNNOTICED_MS):
        cable.restore()
        duo.at_rest(OURS)

    def unanswered() -> set[int | None]:
        asked = {seen.message.dec_int("firstseq") for seen in duo.tap.seen("NS_rexmit", REAL)}
        sent = Counter(seen.message.hex_int("seq") for seen in duo.tap.seen(source=OURS))
        return {number for number in asked if sent[number] < 2}

    wait_for(lambda: not unanswered(), seconds=5, what=lambda: f"no answer for {unanswered()}")
    assert not duo.tap.seen("NS_nak_rexmit")
    assert "Irretrievably lost" not in duo.real.log.read_text()


@scenario(Plan(named="ours"))
def test_what_the_real_node_said_and_was_lost_is_asked_for(duo: Duo) -> None:
    duo.serve(nobody_dies=True)
    cable = duo.real.cables["eth1"]
    with duo.step("every fourth packet of the real node is lost", outage_ms=UNNOTICED_MS):
        lose_every_fourth(cable)
        wait_for(
            lambda: len(duo.tap.seen("NS_rexmit", OURS)) >= REQUESTS,
            seconds=20,
            what="requests of the sidecar",
        )
    with duo.step("meanwhile sidecar standby all", outage_ms=MOVE_MS):
        duo.ours.standby("all")
        duo.at_rest(REAL)
    with duo.step("the cable is mended", outage_ms=UNNOTICED_MS):
        cable.restore()
        duo.at_rest(REAL)

    def missing() -> set[int | None]:
        """Of the numbers that were asked for. A beat may be asked for until the cable is mended,
        and a real node sends nothing a second time within a second.
        """
        came = {seen.message.hex_int("seq") for seen in duo.tap.seen(source=REAL)}
        return asked_for() - came

    def asked_for() -> set[int | None]:
        return {seen.message.dec_int("firstseq") for seen in duo.tap.seen("NS_rexmit", OURS)}

    wait_for(lambda: not missing(), seconds=5, what=lambda: f"{missing()} never came")
    assert duo.ours.peer()["packets_lost"] >= len(asked_for())


@scenario(
    Plan(key="1 md5 another-key-of-both-nodes"),
    Plan(key="1 crc"),
    Plan(key=f"1 sha1 {'a-key-longer-than-one-block-' * 3}", more=("msgfmt classic",)),
)
def test_every_method_of_signing_is_understood(duo: Duo) -> None:
    duo.serve(nobody_dies=True)
    with duo.step("hb_standby all on the real node", outage_ms=MOVE_MS):
        duo.real.standby("all")
        duo.at_rest(OURS)
    with duo.step("sidecar standby all", outage_ms=MOVE_MS):
        duo.ours.standby("all")
        duo.at_rest(REAL)
    assert all(seen.message.get("auth") for seen in duo.tap.seen("status"))


@scenario(Plan(more=("msgfmt netstring",)))
def test_messages_without_an_inner_signature_are_understood(duo: Duo) -> None:
    """No hb_standby here: with this form a real node loses words that it writes to itself, also
    in a pair of real nodes.
    """
    duo.serve()
    assert not any(seen.message.get("auth") for seen in duo.tap.seen())
    with duo.step("power cut of the real node", outage_ms=2500):
        duo.real.power_off()
        duo.page(OURS)


@scenario(Plan(keys={"ours": "1 sha1 not-the-key-of-the-other"}))
def test_a_sidecar_with_a_wrong_key_takes_nothing_that_still_answers(duo: Duo) -> None:
    duo.allow(*DEATH, *WRONG_KEY)
    with duo.step("the real node starts alone", outage_ms=6000):
        duo.real.start()
        duo.page(REAL)
    with duo.step("the sidecar starts with a wrong key", outage_ms=UNNOTICED_MS):
        duo.ours.start()
        wait_for(
            lambda: VIP in duo.ours.log.read_text(),
            seconds=10,
            what="a word on the address",
        )
        duo.page(REAL)
    assert duo.ours.peer()["status"] == "dead"
    until_rejected(duo)
    assert duo.ours.floods() == []


@scenario(Plan(named="ours", keys={"ours": "1 sha1 not-the-key-of-the-other"}))
def test_a_real_node_with_a_wrong_key_takes_the_address_and_the_sidecar_tells(duo: Duo) -> None:
    """It does not ask before it claims. The sidecar cannot know who it is, and stays and tells."""
    duo.allow(*DEATH, *WRONG_KEY, *HURRIED_STOP)
    with duo.step("the sidecar starts alone", outage_ms=6000):
        duo.ours.start()
        duo.page(OURS)
    with duo.step("the real node starts with a wrong key", overlap_ms=60_000):
        duo.real.start()
        wait_for(
            lambda: f"also uses {VIP}, which is held here" in duo.ours.log.read_text(),
            seconds=15,
            what="the sidecar's word on another owner",
        )
        until_rejected(duo)
        assert OURS in duo.holder()
    with duo.step("the real node is stopped", overlap_ms=20_000):
        duo.real.stop()
        duo.page(OURS)
    assert duo.ours.peer()["status"] == "dead"
    assert duo.ours.floods() == []
