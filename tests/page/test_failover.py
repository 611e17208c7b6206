"""Both nodes' pages, open all the time, while a node fails and comes back.

The browser is on a third machine of the service network, as an operator's is. What it shows is
kept as pictures: see docs/contributing.md.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.page import access
from tests.page.browser import Reader, chromium
from tests.testbed.host import HTTP_PORT
from tests.testbed.pair import VIP, Pair
from tests.testbed.waiting import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]
# Slower than in the other tests on the pair: a browser beside it takes what time there is.
HA_CF = """\
keepalive 200ms
warntime 600ms
deadtime 1500ms
initdead 5
udpport 694
ucast eth1 192.168.17.50
ucast eth1 192.168.17.51
ucast eth0 192.168.171.50
ucast eth0 192.168.171.51
auto_failback on
node masternginx
node slavenginx
"""
LOST = "Failed to load resource: net::ERR_"
"""The browser's own word when a sidecar is gone: only its console has it, and the page no fault."""
GROUP = f"{VIP}/24/eth0:0"


@pytest.fixture
def pair(shared_pair: Pair) -> Iterator[Pair]:
    """The master serves, the slave stands by. Nobody sends requests: that is measured elsewhere."""
    shared_pair.reset()
    shared_pair.configure(HA_CF)
    shared_pair.up()
    yield shared_pair
    shared_pair.reset()


@pytest.fixture
def pages(pair: Pair) -> Iterator[tuple[Reader, Reader]]:
    """The master's and the slave's."""
    with ExitStack() as stack:
        with pair.observer.entered():
            browser = stack.enter_context(chromium())
        addresses = ("192.168.171.50", "192.168.171.51")
        for node in pair.nodes:
            wait_for(node.status, seconds=20, what=f"the sidecar of {node.name}")
        urls = [f"http://{address}:{HTTP_PORT}/" for address in addresses]
        master, slave = (stack.enter_context(Reader(browser, url)) for url in urls)
        yield master, slave


def test_both_pages_before_during_and_after_a_failover(
    pair: Pair, pages: tuple[Reader, Reader], shots: Path
) -> None:
    master, slave = pages
    for reader, node in zip(pages, pair.nodes, strict=True):
        expect(reader.page.get_by_role("heading", level=1)).to_have_text(node.name)
        assert_at_rest(reader.page, "masternginx")
        expect(reader.page.locator("svg.gaps rect").first).to_be_attached()
        keep(shots, reader, f"1-before-{node.name}")
        assert reader.errors == []

    pair.master.docker("kill", "sidecar")
    assert_holder(slave.page, "slavenginx")
    expect(attention(slave.page)).to_contain_text("masternginx is not heard")
    expect(last_move(slave.page)).to_contain_text(f"slavenginx took over {GROUP} from masternginx")
    expect(last_move(slave.page)).to_contain_text(re.compile("detected.*decided.*address"))
    expect(happened(slave.page)).to_contain_text("masternginx is dead")
    expect(connection(master.page)).to_contain_text(
        re.compile(r"connection lost last heard \d+ (ms|s) ago")
    )
    expect(master.page.get_by_role("alert")).to_contain_text("the sidecar of masternginx")
    expect(attention(master.page)).to_contain_text("not known now")
    for reader, node in zip(pages, pair.nodes, strict=True):
        keep(shots, reader, f"2-during-{node.name}")

    pair.master.docker("start", "sidecar")
    expect(connection(master.page)).to_have_text(re.compile(r"^live\s*$"))
    expect(last_move(master.page)).to_contain_text(f"masternginx took over {GROUP}")
    for reader, node in zip(pages, pair.nodes, strict=True):
        assert_at_rest(reader.page, "masternginx")
        keep(shots, reader, f"3-after-{node.name}")
        assert reader.asked == {reader.url.split("/")[2]}
    assert slave.errors == []
    assert [error for error in master.errors if LOST not in error] == []


def assert_at_rest(page: Page, holder: str) -> None:
    assert_holder(page, holder)
    expect(page.get_by_text("✓ Nothing needs a person.")).to_be_visible()


def assert_holder(page: Page, node: str) -> None:
    """It is said in words that this node alone has the group."""
    seats = page.get_by_role("region", name="Who holds what").locator(".seat")
    holds = seats.filter(has=page.get_by_text("holds it", exact=True))
    expect(holds).to_have_count(1)
    expect(holds).to_contain_text(node)


def attention(page: Page) -> Locator:
    return page.get_by_role("region", name="Needs attention")


def last_move(page: Page) -> Locator:
    return page.locator("#takeovers > li").first


def happened(page: Page) -> Locator:
    return page.get_by_role("region", name="What happened")


def connection(page: Page) -> Locator:
    return page.locator("#connection")


def keep(shots: Path, reader: Reader, name: str) -> None:
    """Pictures of the page, of which everybody can read all."""
    assert access.structure(reader.page) == []
    for device, theme in reader.looks():
        found = (*access.contrast(reader.page), *access.reflow(reader.page))
        reader.shoot(shots / f"{name}-{device}-{theme}.png")
        assert found == ()
