"""An operator moves the groups, on either node, with the node's own commands.

``local`` and ``foreign`` are meant as seen from the node that the command is given to: local are
the groups whose line in haresources begins with its name.
"""

from tests.interop.duo import UNNOTICED_MS, Duo
from tests.interop.plan import OURS, REAL, NodeName, Plan
from tests.interop.stage import scenario
from tests.testbed.waiting import wait_for

MOVE_MS = 1500


Where = tuple[NodeName, NodeName]
"""Who holds the group that prefers the real node, and who the one that prefers the sidecar."""
HOME: Where = (REAL, OURS)
ALL_OURS: Where = (OURS, OURS)
ALL_REAL: Where = (REAL, REAL)
MOVES: tuple[tuple[NodeName, str, Where], ...] = (
    (OURS, "standby all", ALL_REAL),
    (OURS, "takeover failback", HOME),
    (OURS, "takeover foreign", ALL_OURS),
    (REAL, "takeover failback", HOME),
    (OURS, "standby local", ALL_REAL),
    (OURS, "takeover local", HOME),
    (REAL, "standby all", ALL_OURS),
    (REAL, "takeover local", HOME),
    (REAL, "standby local", ALL_OURS),
    (OURS, "standby foreign", HOME),
    (OURS, "takeover all", ALL_OURS),
    (OURS, "standby failback", HOME),
    (REAL, "takeover foreign", ALL_REAL),
    (REAL, "standby foreign", HOME),
    (REAL, "takeover all", ALL_REAL),
    (REAL, "standby failback", HOME),
)
COMMANDS = {OURS: "sidecar {} on the sidecar's node", REAL: "hb_{} on the real node"}


@scenario(Plan(two_groups=True), Plan(two_groups=True, failback="off"), long=True)
def test_every_word_moves_what_it_names_and_nothing_else(duo: Duo) -> None:
    duo.serve(nobody_dies=True)
    if duo.plan.failback == "off":
        duo.ours.standby("failback")
    duo.at_rest(REAL, second=OURS)
    before = HOME
    for node, words, after in MOVES:
        limit_ms = UNNOTICED_MS if before[0] == after[0] else MOVE_MS
        with duo.step(COMMANDS[node].format(words), outage_ms=limit_ms):
            command, which = words.split()
            (duo.node(node).standby if command == "standby" else duo.node(node).takeover)(which)
            duo.at_rest(after[0], second=after[1])
        before = after


@scenario()
def test_a_standby_of_what_is_not_held_moves_nothing(duo: Duo) -> None:
    duo.serve(nobody_dies=True)
    with duo.step("hb_standby foreign on the real node", outage_ms=UNNOTICED_MS) as step:
        duo.real.standby("foreign")
        wait_for(
            lambda: duo.tap.seen("ask_resources", REAL, step.since_ns), seconds=5, what="an offer"
        )
        duo.at_rest(REAL)
    with duo.step("sidecar standby local", outage_ms=UNNOTICED_MS):
        duo.ours.standby("local")
        duo.at_rest(REAL)
