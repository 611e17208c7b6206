"""The page as people meet it, in a real Chromium, with all that a view can say behind it.

One page stays open for all of them, as it does on somebody's desk.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from sidecar.core.occurrences import NodeDied, TakeoverBegan
from sidecar.core.terms import MILLISECOND, SECOND, LinkStatus, NodeStatus
from sidecar.core.view import ClusterView, MaintenanceView
from sidecar.web.attention import attention_of
from sidecar.web.beyond import Beyond, LinkGaps
from sidecar.web.move import Move
from tests.builders import NODE_A, NODE_B, a_group, a_link, a_peer, a_standby_view, a_view
from tests.page import access
from tests.page.browser import Reader
from tests.web.serving import NOON_NS, Served, Stage, serving

GROUP = a_group().name
TIMERS = Beyond(keepalive_ns=SECOND, warntime_ns=2 * SECOND)
GAPS = (LinkGaps(link="eth1", gaps_ns=(SECOND,) * 58 + (2500 * MILLISECOND, SECOND), silence_ns=0),)
TOOK = Move(
    at_ns=NOON_NS,
    group=GROUP,
    kind="takeover",
    reason="peer_dead",
    why="node-a is dead",
    origin=NODE_A,
    target=NODE_B,
    total_ns=51 * MILLISECOND,
    phases=(("detected", 0), ("decided", 1_000_000), ("address", 51_000_000)),
)
DEAD = a_view(
    nodes=(
        a_view().nodes[0],
        a_peer(status=NodeStatus.DEAD, links=(a_link(status=LinkStatus.DEAD),)),
    )
)


def a_stage() -> Stage:
    return Stage(beyond=TIMERS, gaps=GAPS, moves=(TOOK,))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    # The browser's driver has a loop in this thread: a test that waits would count as blocking it.
    with serving(a_stage(), watched=False) as one:
        yield one


@pytest.fixture(scope="module")
def open_page(browser: Browser, served: Served) -> Iterator[Reader]:
    with Reader(browser, f"http://127.0.0.1:{served.port}/") as one:
        yield one


@pytest.fixture
def reader(open_page: Reader, served: Served) -> Reader:
    """The page of a pair at rest."""
    served.stage.view, served.stage.beyond = a_view(), TIMERS
    open_page.errors.clear()
    expect(connection(open_page.page)).to_contain_text("live")
    expect(summary(open_page.page)).to_have_text(a_view().summary)
    return open_page


def connection(page: Page) -> Locator:
    return page.locator("#connection")


def summary(page: Page) -> Locator:
    return page.locator("#summary")


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


# --- what it shows -------------------------------------------------------------------------------


def test_it_shows_both_nodes_and_who_holds_what(reader: Reader):
    page = reader.page
    expect(page.get_by_role("heading", level=1)).to_have_text("node-a")
    card = region(page, "Who holds what").get_by_role("article")
    expect(card).to_contain_text(re.compile("node-a.*holds it.*node-b.*stands by", re.DOTALL))
    expect(card).to_contain_text("192.168.171.100 held on eth0")
    expect(region(page, "Nodes").get_by_role("article")).to_have_count(2)
    expect(page.get_by_text("✓ Nothing needs a person.")).to_be_visible()


def test_it_shows_what_the_other_node_holds(reader: Reader, served: Served):
    served.stage.beyond = replace(TIMERS, peer_holds=(GROUP,))
    served.stage.view = a_standby_view()
    card = region(reader.page, "Who holds what").get_by_role("article")
    expect(card).to_contain_text(re.compile("node-b.*stands by.*node-a.*holds it", re.DOTALL))
    expect(reader.page.get_by_text("✓ Nothing needs a person.")).to_be_visible()


def test_it_draws_the_gaps_of_a_link_and_says_what_the_curve_shows(reader: Reader):
    curve = region(reader.page, "Links").get_by_role("img")
    expect(curve).to_have_accessible_name(
        re.compile("eth1: the last 60 gaps: median 1000 ms, longest 2500 ms, 1 later than warntime")
    )
    expect(curve.locator("rect")).to_have_count(60)
    expect(curve.locator("rect.late")).to_have_count(1)


def test_it_shows_the_last_moves_with_their_phases(reader: Reader):
    move = region(reader.page, "Last moves").get_by_role("listitem").first
    expect(move).to_contain_text(f"node-b took over {GROUP} from node-a")
    expect(move).to_contain_text("peer_dead: node-a is dead.")
    expect(move).to_contain_text("address +51 ms")


def test_it_tells_what_happens_as_it_happens(reader: Reader, served: Served):
    happened = region(reader.page, "What happened")
    served.report(TakeoverBegan(groups=(GROUP,), reason="peer_dead", why="node-a is dead"))
    expect(happened.get_by_role("listitem").first).to_contain_text(f"taking over {GROUP}")
    served.report(
        NodeDied(node="node-b", silence_ns=3 * SECOND, deadtime_ns=3 * SECOND, heard=True)
    )
    expect(happened.get_by_role("listitem").first).to_contain_text("node-b is dead")
    expect(happened.get_by_role("listitem")).to_have_count(2)


def test_a_name_is_text_and_never_markup(reader: Reader, served: Served):
    served.stage.view = a_view(summary="<img src=x onerror=alert(1)><b>bold</b>")
    expect(summary(reader.page)).to_contain_text("<b>bold</b>")
    assert reader.page.locator("img, b:text('bold')").count() == 0
    assert reader.errors == []


# --- what needs a person -------------------------------------------------------------------------


def test_what_needs_a_person_is_told_and_said_aloud(reader: Reader, served: Served):
    page = reader.page
    served.stage.view = DEAD
    banner = region(page, "Needs attention")
    expect(banner).to_contain_text(
        "warning node-b is not heard: if node-a fails too, nobody serves."
    )
    expect(banner).to_contain_text("HeartbeatPeerLost")
    expect(page.locator("#change")).to_contain_text("node-b is not heard")
    served.stage.view = a_standby_view()
    expect(banner).to_contain_text(f"critical nobody is known to hold {GROUP}.")
    expect(page.get_by_role("alert")).to_contain_text(f"Critical: nobody is known to hold {GROUP}")
    served.stage.view = a_view()
    expect(page.get_by_text("✓ Nothing needs a person.")).to_be_visible()
    expect(banner.get_by_role("listitem")).to_have_count(0)
    expect(page.locator("#change")).to_have_text("Nothing needs a person any more.")


def test_a_countdown_is_shown_and_not_said_aloud_every_second(reader: Reader, served: Served):
    page = reader.page
    maintenance = MaintenanceView(left_ns=90 * SECOND, by=NODE_A, since_s=0)
    for left_s in (90, 89):
        served.stage.view = a_view(
            summary=f"MAINTENANCE for {left_s} s more, nothing moves by itself",
            maintenance=replace(maintenance, left_ns=left_s * SECOND),
        )
        expect(summary(page)).to_contain_text(f"MAINTENANCE for {left_s} s more")
        expect(region(page, "Needs attention")).to_contain_text(f"for {left_s} s more")
    expect(page.locator("#news")).to_contain_text("MAINTENANCE for 90 s more")
    expect(page.locator("#change")).to_contain_text("for 90 s more")


# --- the connection ------------------------------------------------------------------------------


def test_silence_alone_tells_that_the_sidecar_hangs_and_nothing_looks_well_then(
    reader: Reader, served: Served
):
    """Nothing fails: the connection stays open, and no word comes."""
    page = reader.page
    held = page.get_by_text("holds it", exact=True)
    green = colour(held)
    served.loop.call_soon_threadsafe(time.sleep, 4.5)
    expect(connection(page)).to_contain_text(re.compile(r"connection lost last heard \d+ ms ago"))
    expect(page.get_by_role("alert")).to_contain_text("Connection lost: the sidecar of node-a")
    expect(page.locator("#lost")).to_be_visible()
    assert colour(held) != green
    assert page.title().startswith("connection lost")
    expect(summary(page)).to_have_text(f"Last known: {a_view().summary}")
    assert access.contrast(page) == []
    expect(connection(page)).to_have_text(re.compile(r"^live\s*$"))
    expect(page.locator("#lost")).to_be_hidden()
    assert colour(held) == green


def colour(locator: Locator) -> str:
    found: str = locator.first.evaluate("(element) => getComputedStyle(element).color")
    return found


# --- for everybody -------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [a_view(), DEAD, a_standby_view()], ids=["calm", "dead", "none"])
def test_it_can_be_read_by_everybody(reader: Reader, served: Served, view: ClusterView):
    page = reader.page
    served.stage.view = view
    expect(summary(page)).to_have_text(view.summary)
    expect(page.locator("#attention li")).to_have_count(len(attention_of(view, TIMERS)))
    assert access.structure(page) == []
    for _ in reader.looks():
        assert access.contrast(page) == []
        assert access.reflow(page) == []


def test_it_can_be_walked_through_by_the_keyboard(reader: Reader):
    page = reader.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the status")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    assert access.focus(page, steps=3) == []
    expect(page.get_by_role("link", name="metrics")).to_be_focused()


def test_it_asks_nobody_but_its_sidecar_and_complains_of_nothing(reader: Reader, served: Served):
    reader.page.wait_for_function("document.querySelector('svg.gaps rect')")
    assert reader.asked == {f"127.0.0.1:{served.port}"}
    assert set(reader.paths) == {"/", "/api/events", "/api/gaps", "/api/history"}
    assert reader.errors == []
