"""Both nodes' pages, open all the time, while a node fails and comes back.

The browser is on a third machine of the service network, as an operator's is. What it shows is
kept as pictures: see docs/contributing.md.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.scene import Scene
from tests.page import access
from tests.page.browser import PHONE, THEMES, Reader, chromium
from tests.testbed.host import HTTP_PORT
from tests.testbed.pair import VIP, Pair

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
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


@pytest.fixture
def scene(shared_pair: Pair) -> Iterator[Scene]:
    with shared_pair.client() as client, shared_pair.owners() as owners:
        made = Scene(shared_pair, client, owners, [], ha_cf=HA_CF)
        made.ready()
        yield made
        shared_pair.reset()


@pytest.fixture
def pages(scene: Scene) -> Iterator[tuple[Reader, Reader]]:
    """The master's and the slave's."""
    with ExitStack() as stack:
        with scene.pair.observer.entered():
            browser = stack.enter_context(chromium())
        master, slave = (
            stack.enter_context(Reader(browser, f"http://{address}:{HTTP_PORT}/"))
            for address in ("192.168.171.50", "192.168.171.51")
        )
        yield master, slave


def test_both_pages_before_during_and_after_a_failover(
    scene: Scene, pages: tuple[Reader, Reader], shots: Path
) -> None:
    master, slave = pages
    for reader, node in ((master, "masternginx"), (slave, "slavenginx")):
        expect(reader.page.get_by_role("heading", level=1)).to_have_text(node)
        assert_holder(reader.page, "masternginx")
        expect(reader.page.get_by_text("✓ Nothing needs a person.")).to_be_visible()
        expect(reader.page.locator("svg.gaps rect").first).to_be_attached()
    keep(shots, "1-before", master, slave)

    scene.master.docker("kill", "sidecar")
    assert_holder(slave.page, "slavenginx")
    expect(attention(slave.page)).to_contain_text("masternginx is not heard")
    expect(slave.page.get_by_role("region", name="Last moves")).to_contain_text(
        f"slavenginx took over {VIP}/24/eth0:0 from masternginx"
    )
    expect(happened(slave.page)).to_contain_text("masternginx is dead")
    expect(master.page.locator("#connection")).to_contain_text(
        re.compile(r"connection lost last heard \d+ (ms|s) ago")
    )
    expect(master.page.get_by_role("alert")).to_contain_text("the sidecar of masternginx")
    expect(attention(master.page)).to_contain_text("not known now")
    keep(shots, "2-during", master, slave)
    master.errors.clear()  # a refused connection is what the browser has to complain of here

    scene.master.docker("start", "sidecar")
    expect(master.page.locator("#connection")).to_have_text(re.compile(r"^live\s*$"))
    scene.at_rest(scene.master)
    for reader in pages:
        assert_holder(reader.page, "masternginx")
        expect(reader.page.get_by_text("✓ Nothing needs a person.")).to_be_visible()
    moves = master.page.get_by_role("region", name="Last moves").get_by_role("listitem")
    expect(moves.first).to_contain_text("masternginx took over")
    keep(shots, "3-after", master, slave)
    for reader, address in zip(pages, ("192.168.171.50", "192.168.171.51"), strict=True):
        assert reader.asked == {f"{address}:{HTTP_PORT}"}


def assert_holder(page: Page, node: str) -> None:
    """It is said in words that this node alone has the group."""
    seats = page.get_by_role("region", name="Who holds what").locator(".seat")
    holds = seats.filter(has=page.get_by_text("holds it", exact=True))
    expect(holds).to_have_count(1)
    expect(holds).to_contain_text(node)


def attention(page: Page):
    return page.get_by_role("region", name="Needs attention")


def happened(page: Page):
    return page.get_by_role("region", name="What happened")


def keep(shots: Path, moment: str, master: Reader, slave: Reader) -> None:
    """Pictures of both pages, of which everybody can read all."""
    for reader, name in ((master, "master"), (slave, "slave")):
        assert access.structure(reader.page) == []
        for theme in THEMES:
            reader.page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            assert access.contrast(reader.page) == []
        with reader.on(PHONE):
            assert access.reflow(reader.page) == []
        reader.shoot(shots, f"{moment}-{name}")
        if reader.page.locator("body").get_attribute("data-connection") == "live":
            assert reader.errors == []
