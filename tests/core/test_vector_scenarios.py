"""Our core in the place of each node of the captured scenarios (tests/vectors/scenario-*.json).

What it sends is laid beside what the real node sent, in order. Every difference is in the table
below, with its reason; one that is not there fails, and so does one that is there and is none any
more. Nothing is later than the real node by more than ``alignment.LATE_S``.

Left out are f (a partition: the real nodes restart themselves, ours must not) and g (ipfail: the
real daemon's part is a client of its own).
"""

from typing import Final

import pytest

from tests.core.alignment import LATE_S, differences, lines_of
from tests.core.playback import VECTORS, Playback, complete, read

PLAYED: Final = sorted(
    path.stem.removeprefix("scenario-") for path in VECTORS.glob("scenario-[abcde]-*.json")
)
LEFT_OUT: Final = {
    *("f-partition-legacy", "f-partition-off", "f-partition-on", "f-short-partition"),
    *("g-ipfail-off", "g-ipfail-on"),
}

TO_ITSELF: Final = "a real node permits itself to start a group, on the wire; 11.11: normal noise"
HELPER: Final = "a real node's helper repeats the holdings before the scripts; ours has no helper"
NO_FENCING: Final = "the notice of a fencing result; ours fences nobody, and 10.12 ignores it"
NO_GROUPS: Final = "ours tells the end of a foreign takeover only if there are foreign groups"
STABLE_ALONE: Final = (
    "a real node alone is stable 10 s later only (R5); ours knows at once that it is"
)
OWN_TIMER: Final = (
    "ours answers faster, so that its own 10 s are over before the other tells (R5, R4)"
)
DONE_FIRST: Final = "a real taker's holdings overtake its done (4.2); ours sends them in order"
ONCE: Final = "a real giver says twice that it is stable again (6.3)"
SURVIVOR: Final = "a real survivor's helper talks as if there had been a standby (R8: ignore it)"
ASKS_AT_ONCE: Final = "ours asks for the nodes when it first hears the other, and again after 1 s"
HEARS_FIRST: Final = "ours has asked already when it is asked; a real node's hops cross (12)"
NOTHING_TO_GIVE: Final = "ours answers an operator at once if there is nothing to hand over"
IN_FLUX: Final = "ours refuses a second standby to its operator, a real node to the other's face"
TOO_FAST: Final = (
    "the recorded giver went on before our container served, which ours had waited for"
)
NO_NEGOTIATION: Final = "until a peer is met ours may have to do with a sidecar, also with legacy"

KEY: Final = "10.91.1.100/24/eth0:0"
TABLE: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "a-both-start-legacy hbp-a": ((TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),),
    "a-both-start-off hbp-a": (
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
    ),
    "a-both-start-off hbp-b": (
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
    ),
    "a-both-start-on hbp-a": (
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
    ),
    "a-both-start-on hbp-b": (
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
    ),
    "b-other-joins-on hbp-a": (
        (NO_FENCING, "- stonith hbp-b n_stnth"),
        (NO_GROUPS, "- resource foreign mach_down"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (STABLE_ALONE, "- resource all full 0"),
        (STABLE_ALONE, "- resource all full 1"),
        (STABLE_ALONE, "+ resource all full 1"),
        (ONCE, "- resource local full 1"),
    ),
    "b-other-joins-on hbp-b": (
        (DONE_FIRST, "- resource local full 1"),
        (DONE_FIRST, "+ resource local full 1"),
    ),
    "b-owner-joins-legacy hbp-b": (
        (NO_FENCING, "- stonith hbp-a n_stnth"),
        (NO_NEGOTIATION, "+ starting"),
        (NO_NEGOTIATION, "+ resource all full 1 req_our_resources()"),
        (NO_NEGOTIATION, "+ resource foreign mach_down"),
    ),
    "b-owner-joins-off hbp-b": (
        (NO_FENCING, "- stonith hbp-a n_stnth"),
        (STABLE_ALONE, "- resource all full 0"),
        (STABLE_ALONE, "- resource all full 1"),
        (STABLE_ALONE, "+ resource all full 1"),
    ),
    "b-owner-joins-on hbp-a": (
        (DONE_FIRST, "- resource local full 1"),
        (DONE_FIRST, "+ resource local full 1"),
    ),
    "b-owner-joins-on hbp-b": (
        (NO_FENCING, "- stonith hbp-a n_stnth"),
        (STABLE_ALONE, "- resource all full 0"),
        (STABLE_ALONE, "- resource all full 1"),
        (STABLE_ALONE, "+ resource all full 1"),
        (ONCE, "- resource local full 1"),
    ),
    "c-clean-stop-other-on hbp-a": (
        (ASKS_AT_ONCE, "+ reqnodes hbp-b"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (SURVIVOR, "- resource all full 1"),
        (SURVIVOR, "- ask_resources all done"),
        (SURVIVOR, "- resource foreign mach_down"),
        (NO_FENCING, "- stonith hbp-b unneeded"),
    ),
    "c-clean-stop-other-on hbp-b": (
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
    ),
    "c-clean-stop-owner-off hbp-a": (
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
    ),
    "c-clean-stop-owner-off hbp-b": (
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
        (SURVIVOR, "- resource all full 1"),
        (SURVIVOR, "- ask_resources all done"),
        (NO_FENCING, "- stonith hbp-a unneeded"),
    ),
    "c-clean-stop-owner-on hbp-a": (
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (ASKS_AT_ONCE, "+ reqnodes hbp-b"),
        (TOO_FAST, "- ask_resources foreign other"),
        (DONE_FIRST, "- resource local full 1"),
        (DONE_FIRST, "+ resource local full 1"),
    ),
    "c-clean-stop-owner-on hbp-b": (
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (SURVIVOR, "- resource all full 1"),
        (SURVIVOR, "- ask_resources all done"),
        (OWN_TIMER, "+ resource local full 1"),
        (NO_FENCING, "- stonith hbp-a unneeded"),
        (ONCE, "- resource local full 1"),
    ),
    "d-kill-fast-restart-on hbp-a": (
        (OWN_TIMER, "- resource none full 0"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
    ),
    "d-kill-fast-restart-on hbp-b": (
        (HEARS_FIRST, "- repnodes hbp-a hbp-a hbp-b"),
        (HEARS_FIRST, "+ repnodes hbp-a hbp-a hbp-b"),
        (HELPER, "- resource local full 1 req_our_resources()"),
    ),
    "d-kill-other-on hbp-a": (
        (ASKS_AT_ONCE, "+ reqnodes hbp-b"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (NO_FENCING, "- stonith hbp-b n_stnth"),
        (NO_GROUPS, "- resource foreign mach_down"),
    ),
    "d-kill-other-on hbp-b": (
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
    ),
    "d-kill-owner-legacy hbp-a": ((TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),),
    "d-kill-owner-legacy hbp-b": ((NO_FENCING, "- stonith hbp-a n_stnth"),),
    "d-kill-owner-on hbp-a": (
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (DONE_FIRST, "- resource local full 1"),
        (DONE_FIRST, "+ resource local full 1"),
    ),
    "d-kill-owner-on hbp-b": (
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (NO_FENCING, "- stonith hbp-a n_stnth"),
        (OWN_TIMER, "+ resource local full 1"),
        (ONCE, "- resource local full 1"),
    ),
    "d-kill-owner-stonith hbp-a": (
        (ASKS_AT_ONCE, "+ reqnodes hbp-b"),
        (OWN_TIMER, "- resource none full 0"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
    ),
    "d-kill-owner-stonith hbp-b": (
        (ASKS_AT_ONCE, "+ reqnodes hbp-a"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (NO_FENCING, "- stonith hbp-a OK"),
    ),
    "e-standby-all hbp-a": (
        (ASKS_AT_ONCE, "+ reqnodes hbp-b"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (ONCE, "- resource none full 1"),
        (DONE_FIRST, "- resource all full 1"),
        (DONE_FIRST, "+ resource all full 1"),
    ),
    "e-standby-all hbp-b": (
        (ASKS_AT_ONCE, "+ reqnodes hbp-a"),
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
        (DONE_FIRST, "- resource all full 1"),
        (DONE_FIRST, "+ resource all full 1"),
        (ONCE, "- resource none full 1"),
    ),
    "e-standby-foreign-local hbp-a": (
        (OWN_TIMER, "- resource none full 0"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (NOTHING_TO_GIVE, "- ask_resources foreign me"),
        (NOTHING_TO_GIVE, "- resource local full 0 standby"),
        (NOTHING_TO_GIVE, "- ask_resources foreign done"),
        (NOTHING_TO_GIVE, "- resource local full 1"),
        (NOTHING_TO_GIVE, "- resource local full 1"),
        (OWN_TIMER, "+ resource local full 1"),
        (ONCE, "- resource none full 1"),
    ),
    "e-standby-foreign-local hbp-b": (
        (HEARS_FIRST, "- repnodes hbp-a hbp-a hbp-b"),
        (HEARS_FIRST, "+ repnodes hbp-a hbp-a hbp-b"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (DONE_FIRST, "- resource local full 1"),
        (DONE_FIRST, "+ resource local full 1"),
        (IN_FLUX, "- ask_resources all me"),
        (DONE_FIRST, "- resource all full 1"),
        (DONE_FIRST, "+ resource all full 1"),
    ),
    "e-standby-local-failback hbp-a": (
        (OWN_TIMER, "- resource none full 0"),
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
        (ONCE, "- resource none full 1"),
        (DONE_FIRST, "- resource local full 1"),
        (DONE_FIRST, "+ resource local full 1"),
    ),
    "e-standby-local-failback hbp-b": (
        (HELPER, "- resource local full 1 req_our_resources()"),
        (DONE_FIRST, "- resource all full 1"),
        (DONE_FIRST, "+ resource all full 1"),
        (ONCE, "- resource local full 1"),
    ),
    "e-takeover hbp-a": (
        (TO_ITSELF, f"- ip-request-resp hbp-a {KEY}"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (ONCE, "- resource none full 1"),
        (DONE_FIRST, "- resource local full 1"),
        (DONE_FIRST, "+ resource local full 1"),
        (ONCE, "- resource none full 1"),
    ),
    "e-takeover hbp-b": (
        (OWN_TIMER, "- resource none full 0"),
        (HELPER, "- resource local full 1 req_our_resources()"),
        (OWN_TIMER, "+ resource local full 1"),
        (DONE_FIRST, "- resource all full 1"),
        (DONE_FIRST, "+ resource all full 1"),
        (ONCE, "- resource local full 1"),
        (TOO_FAST, "- ask_resources local other"),
        (DONE_FIRST, "- resource all full 1"),
        (DONE_FIRST, "+ resource all full 1"),
    ),
}


def differences_of(scenario: str, node: str) -> list[str]:
    played = read(f"scenario-{scenario}")
    ours = Playback(played, node, after_script_s=LATE_S).run()
    return differences(lines_of(played.of(node)), lines_of(ours))


@pytest.mark.parametrize("node", ["hbp-a", "hbp-b"])
@pytest.mark.parametrize("scenario", PLAYED)
def test_our_node_says_what_the_real_one_said_but_for_the_table(scenario: str, node: str):
    """6.4: the sequences a to e, each from both sides."""
    expected = [difference for _, difference in TABLE.get(f"{scenario} {node}", ())]
    assert differences_of(scenario, node) == expected


@pytest.mark.parametrize("node", ["hbp-a", "hbp-b"])
@pytest.mark.parametrize("scenario", PLAYED)
def test_our_node_serves_when_the_real_one_did(scenario: str, node: str):
    """The scripts' calls: held soon after each start, released soon after each stop."""
    playback = Playback(read(f"scenario-{scenario}"), node, after_script_s=LATE_S)
    playback.run()
    wrong = [(t, what) for t, what, held in playback.serves if held is not (what == "start")]
    assert wrong == []


def test_every_scenario_is_played_or_left_out_by_name():
    every = {path.stem.removeprefix("scenario-") for path in VECTORS.glob("scenario-*.json")}
    assert every == {*PLAYED, *LEFT_OUT}


def test_the_table_speaks_of_scenarios_that_are_played():
    assert {key.split()[0] for key in TABLE} <= set(PLAYED)


@pytest.mark.parametrize("scenario", PLAYED)
def test_the_recorded_nodes_speak_without_gaps(scenario: str):
    """The status messages that the recordings leave out are filled in: each number is sent once."""
    played = read(f"scenario-{scenario}")
    for node in played.nodes:
        lives: dict[str, list[int]] = {}
        for said in complete(played, node):
            lives.setdefault(said.generation, []).append(said.seq)
        for numbers in lives.values():
            assert sorted(numbers) == list(range(1, len(numbers) + 1))
