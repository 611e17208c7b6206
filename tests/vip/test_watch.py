"""The watch on a real kernel: losses and carriers are seen as they happen."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from sidecar.core.actions import ClaimAddress
from sidecar.core.events import AddressLost, CarrierChanged, Together
from sidecar.core.params import Address
from sidecar.core.terms import SECOND
from sidecar.vip import watch
from sidecar.vip.lease import Lease
from sidecar.vip.mirror import News
from sidecar.vip.watch import AddressWatch
from tests.netns import Host
from tests.vip.conftest import boottime_ns, vip
from tests.waiting import until

pytestmark = pytest.mark.hosts


class Watching:
    """All that the watch of the addresses emitted."""

    def __init__(self) -> None:
        self.heard: list[News] = []
        self.events: list[News | Together] = []

    def hear(self, event: News | Together) -> None:
        self.events.append(event)
        if isinstance(event, Together):
            self.heard += cast("tuple[AddressLost, ...]", event.facts)
        else:
            self.heard.append(event)

    @property
    def lost(self) -> list[AddressLost]:
        return [event for event in self.heard if isinstance(event, AddressLost)]

    @property
    def carriers(self) -> list[CarrierChanged]:
        return [event for event in self.heard if isinstance(event, CarrierChanged)]


def watched(scene: Callable[[Watching], Awaitable[None]], *addresses: Address) -> None:
    """Run the scene once the watch has told of its start."""

    async def run() -> None:
        watching = Watching()
        task = asyncio.create_task(AddressWatch(addresses or [vip()], watching.hear).run())
        await until(lambda: bool(watching.heard))
        try:
            await scene(watching)
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())


async def put(address: Address, lease_s: int = 60) -> None:
    def claim() -> None:
        lease = Lease(boottime_ns)
        last_ns = boottime_ns() + SECOND
        lease.perform(ClaimAddress(op=1, address=address, lease_s=lease_s, not_after_ns=last_ns))
        lease.rest()
        lease.close()

    await asyncio.to_thread(claim)


def test_an_interface_is_known_by_its_other_names_too(host: Host) -> None:
    host.ip("link", "property", "add", "dev", "eth0", "altname", "ens3")
    address = vip(interface="ens3")

    async def scene(watching: Watching) -> None:
        up = CarrierChanged(interface="ens3", up=True, mac=host.mac("eth0"))
        assert watching.heard == [up]
        await put(address)
        host.ip("addr", "del", "10.77.0.100/24", "dev", "ens3")
        await until(lambda: bool(watching.lost))

    watched(scene, address)


def test_an_interface_with_a_carrier_is_told_of_at_start(host: Host) -> None:
    async def scene(watching: Watching) -> None:
        up = CarrierChanged(interface="eth0", up=True, mac=host.mac("eth0"))
        assert watching.heard == [up]

    watched(scene)


def test_an_interface_that_does_not_exist_is_down_until_it_comes(host: Host) -> None:
    async def scene(watching: Watching) -> None:
        assert watching.heard == [CarrierChanged(interface="eth7", up=False, exists=False)]
        host.ip("link", "add", "eth7", "type", "bridge")
        host.ip("link", "set", "eth7", "up")
        await until(lambda: watching.carriers[-1].mac == host.mac("eth7"))

    watched(scene, vip(interface="eth7"))


@pytest.mark.parametrize("name", ["10.77.0.100", "fd77::100"])
def test_a_deleted_address_is_seen_within_a_tenth_of_a_second(host: Host, name: str) -> None:
    async def scene(watching: Watching) -> None:
        await put(vip(name))
        host.ip("addr", "del", f"{name}/{vip(name).prefix}", "dev", "eth0")
        await until(lambda: bool(watching.lost), seconds=0.1)
        assert watching.lost == [AddressLost(address=name, reason="somebody deleted it from eth0")]

    watched(scene, vip(name))


def test_a_lease_that_ended_is_told_apart_from_a_deletion(host: Host) -> None:
    async def scene(watching: Watching) -> None:
        await put(vip(), lease_s=1)
        await until(lambda: bool(watching.lost), seconds=2.5)
        assert watching.lost[0].reason == "its lease of 1 s ended without a renewal"
        assert not host.has("10.77.0.100")

    watched(scene)


def test_a_lost_carrier_and_its_return_are_seen(switch_and_host: tuple[Host, Host]) -> None:
    switch, _ = switch_and_host

    async def scene(watching: Watching) -> None:
        switch.ip("link", "set", "port1", "down")
        await until(lambda: not watching.carriers[-1].up, seconds=2)
        switch.ip("link", "set", "port1", "up")
        await until(lambda: watching.carriers[-1].up, seconds=2)
        assert [event.up for event in watching.carriers] == [True, False, True]

    watched(scene)


def test_a_removed_interface_takes_address_and_carrier(host: Host) -> None:
    async def scene(watching: Watching) -> None:
        await put(vip())
        host.ip("link", "del", "eth0")
        await until(lambda: watching.carriers[-1].mac == "")
        assert [event.address for event in watching.lost] == ["10.77.0.100"]
        host.ip("link", "add", "eth0", "type", "bridge")
        await put(vip())
        host.ip("addr", "del", "10.77.0.100/24", "dev", "eth0")
        await until(lambda: len(watching.lost) == 2)

    watched(scene)


def test_an_own_address_that_comes_later_asks_for_a_new_claim(host: Host) -> None:
    async def scene(watching: Watching) -> None:
        host.ip("addr", "del", "10.77.0.1/24", "dev", "eth0")
        await put(vip())
        host.ip("addr", "add", "10.77.0.1/24", "dev", "eth0")
        await until(lambda: bool(watching.lost))
        assert "came later" in watching.lost[0].reason
        assert not watching.lost[0].gone
        assert host.has("10.77.0.100")
        await put(vip())
        secondary = [line for line in host.addresses("eth0") if " secondary " in line]
        assert ["10.77.0.100/24" in line for line in secondary] == [True]

    watched(scene)


def test_a_privacy_address_that_comes_later_takes_nothing_from_ours(host: Host) -> None:
    host.run("sysctl", "-qw", "net.ipv6.conf.eth0.use_tempaddr=2")
    advertised = ("fd77::2/64", "dev", "eth0", "valid_lft", "900", "preferred_lft", "800")

    async def scene(watching: Watching) -> None:
        await put(vip("fd77::100"))
        host.ip("addr", "add", *advertised, "mngtmpaddr", "nodad")
        await until(lambda: any(" temporary " in line for line in host.addresses("eth0")))
        host.ip("addr", "del", "fd77::100/64", "dev", "eth0")  # the kernel tells of it last
        await until(lambda: bool(watching.lost))
        assert [loss.reason for loss in watching.lost] == ["somebody deleted it from eth0"]

    watched(scene, vip("fd77::100"))


def test_losses_in_a_flood_that_the_kernel_dropped_are_found_again(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_socket = watch._open
    opened: list[socket.socket] = []

    def open_small() -> socket.socket:
        sock = open_socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the least: about 2 KiB
        opened.append(sock)
        return sock

    monkeypatch.setattr(watch, "_open", open_small)

    async def scene(watching: Watching) -> None:
        await put(vip())
        await until(lambda: bool(watching.heard))
        # The loop stands still while all of this happens, so its socket overflows.
        for last in range(120, 150):
            host.ip("addr", "add", f"10.77.0.{last}/24", "dev", "eth0")
        host.ip("addr", "del", "10.77.0.100/24", "dev", "eth0")
        await until(lambda: bool(watching.lost))
        assert len(opened) > 1
        assert "read again" in watching.lost[0].reason

    watched(scene)


def test_many_addresses_that_go_at_once_are_told_of_in_few_goes(host: Host) -> None:
    many = [vip(f"10.77.1.{last}", prefix=32) for last in range(1, 201)]

    async def scene(watching: Watching) -> None:
        for address in many:
            host.ip("addr", "add", f"{address.name}/32", "dev", "eth0")
        await asyncio.sleep(0)
        host.ip("link", "del", "eth0")
        await until(lambda: len(watching.lost) == len(many))
        events = [event for event in watching.events if not isinstance(event, CarrierChanged)]
        assert len(events) <= len(many) // 20

    watched(scene, *many)
