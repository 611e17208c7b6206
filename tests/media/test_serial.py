"""A serial line between two nodes, over pseudo terminals."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sidecar.core.events import LinkOpened, PacketReceived
from sidecar.core.params import Link
from sidecar.core.terms import LinkName, Medium
from sidecar.media import base
from sidecar.media.base import MediumEvent
from sidecar.media.open import open_media
from sidecar.media.serial import STUCK_S, SerialMedium
from tests.media.cable import Heard, anything, on
from tests.media.test_backlog import a_resource, a_status
from tests.media.ttys import Cable, cable
from tests.waiting import until


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Cable]:
    with cable(tmp_path) as made:
        yield made


class End(Heard):
    """A serial medium on one end of the cable."""

    def __init__(self, device: Path, baud: int = 115200) -> None:
        super().__init__()
        link = Link(name=LinkName("ttyA"), medium=Medium.SERIAL, device=str(device), baud=baud)
        medium = open_media((link,), self.heard.append, anything)[link.name]
        assert isinstance(medium, SerialMedium)
        self.medium = medium
        as_the_daemon_sees_it: base.Medium = medium
        as_the_daemon_sees_it.open()


def closing(*ends: End) -> ExitStack:
    stack = ExitStack()
    for end in ends:
        stack.callback(end.medium.close)
    return stack


def test_messages_go_both_ways_whole_and_in_order(line: Cable) -> None:
    async def scene() -> None:
        left, right = End(line.ends[0]), End(line.ends[1])
        with closing(left, right):
            for seq in range(20):
                left.medium.send(a_resource(seq))
            right.medium.send(a_status(1))
            await until(lambda: len(right.packets) == 20 and bool(left.packets))
            assert right.packets == [a_resource(seq) for seq in range(20)]
            assert left.packets == [a_status(1)]
            assert left.faults == right.faults == []
            assert left.opened == 1

    on(scene)


def test_a_message_longer_than_a_piece_arrives_whole(line: Cable) -> None:
    long = b">>>\nt=resource\ninfo=" + b"x" * 3000 + b"\n<<<\n"

    async def scene() -> None:
        left, right = End(line.ends[0]), End(line.ends[1])
        with closing(left, right):
            left.medium.send(long)
            await until(lambda: right.packets == [long])

    on(scene)


def test_the_line_is_set_as_heartbeat_sets_it(line: Cable) -> None:
    async def scene() -> None:
        left = End(line.ends[0], baud=38400)
        with closing(left):
            assert left.medium._descriptor is not None
            iflag, oflag, cflag, lflag, ispeed, ospeed, _ = termios.tcgetattr(
                left.medium._descriptor
            )
            assert iflag == termios.IGNBRK | termios.IGNCR | termios.ISTRIP
            assert oflag == 0
            assert lflag == 0
            assert cflag & termios.CSIZE == termios.CS8
            assert cflag & termios.CRTSCTS
            assert not cflag & (termios.PARENB | termios.CSTOPB)
            assert (ispeed, ospeed) == (termios.B38400, termios.B38400)

    on(scene)


def test_noise_costs_the_messages_that_it_hits_and_no_more(line: Cable) -> None:
    async def scene() -> None:
        left, right = End(line.ends[0]), End(line.ends[1])
        with closing(left, right):
            line.spoil = lambda data: b"\x00\xff<<<garbage>>>" + data[:-7]
            left.medium.send(a_resource(1))
            await until(lambda: line.passed > 40)
            line.spoil = lambda data: data
            left.medium.send(a_resource(2))
            left.medium.send(a_resource(3))
            await until(lambda: a_resource(3) in right.packets)
            assert a_resource(1) not in right.packets

    on(scene)


def test_a_second_program_is_told_that_the_line_is_in_use(line: Cable) -> None:
    if os.geteuid() or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv")
    # As in the container: the kernel lets root with CAP_SYS_ADMIN open a line that is in use.
    without = ("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin")
    program = "import sys; from sidecar.media.tty import open_tty; open_tty(sys.argv[1], 9600)"
    command = (*without, sys.executable, "-c", program, str(line.ends[0]))
    assert subprocess.run(command, check=False).returncode == 0

    async def scene() -> None:
        with closing(End(line.ends[0])):
            done = await asyncio.to_thread(
                subprocess.run, command, capture_output=True, text=True, check=False
            )
            assert "Device or resource busy" in done.stderr

    on(scene)


def test_a_missing_device_is_named_and_used_when_it_comes(line: Cable) -> None:
    line.unplug()

    async def scene() -> None:
        left = End(line.ends[0])
        with closing(left):
            await until(lambda: bool(left.faults))
            assert left.faults[0].startswith(f"serial device {line.ends[0]} does not exist")
            assert f"devices: [{line.ends[0]}]" in left.faults[0]
            line.plug_in()
            await until(lambda: left.opened == 1)

    on(scene)


def test_a_device_that_goes_and_comes_back_carries_messages_again(line: Cable) -> None:
    async def scene() -> None:
        left, right = End(line.ends[0]), End(line.ends[1])
        with closing(left, right):
            left.medium.send(a_resource(1))
            await until(lambda: right.packets == [a_resource(1)])
            line.unplug()
            await until(lambda: bool(left.faults) and bool(right.faults))
            assert left.faults[0].startswith(f"serial device {line.ends[0]} hung up")
            left.medium.send(a_resource(2))
            line.plug_in()
            await until(lambda: left.opened == 2 and right.opened == 2)
            left.medium.send(a_resource(3))
            await until(lambda: a_resource(3) in right.packets)
            assert a_resource(2) not in right.packets

    on(scene)


@pytest.mark.parametrize("what", ["a file", "a folder"])
def test_something_else_than_a_serial_line_is_a_fault(tmp_path: Path, what: str) -> None:
    path = tmp_path / "thing"
    if what == "a file":
        path.write_text("")
    else:
        path.mkdir()

    async def scene() -> None:
        end = End(path)
        with closing(end):
            await until(lambda: bool(end.faults))
            assert end.faults == [f"{path} is no serial line: correct its name in ha.cf"]

    on(scene)


def test_the_newest_heartbeat_goes_first_on_a_slow_line(line: Cable) -> None:
    line.bytes_per_s = 960

    async def scene() -> None:
        left, right = End(line.ends[0], baud=9600), End(line.ends[1], baud=9600)
        with closing(left, right):
            last = 0
            begin = time.monotonic()
            # 2.5 times what the line can carry: a heartbeat every 20 ms.
            while time.monotonic() - begin < 2.5:
                last += 1
                left.medium.send(a_status(last))
                await asyncio.sleep(0.02)
            await until(lambda: a_status(last) in right.packets, seconds=0.5)
            assert left.medium.backlog.dropped > last / 4
            assert left.faults == []

    on(scene)


def test_a_line_that_takes_nothing_is_told_of_and_used_again_when_it_does(line: Cable) -> None:
    async def scene() -> None:
        left, right = End(line.ends[0]), End(line.ends[1])
        with closing(left, right):
            left.medium.send(a_resource(1))
            await until(lambda: right.packets == [a_resource(1)])
            line.stopped = True
            sent = 0

            def fill() -> bool:
                nonlocal sent
                sent += 1
                left.medium.send(b">>>\nt=resource\nseq=%x\ninfo=%b\n<<<\n" % (sent, b"x" * 9000))
                return bool(left.faults)

            await until(fill, seconds=20)
            assert left.faults[0].startswith(f"serial line {line.ends[0]} takes no data")
            line.stopped = False
            await until(lambda: left.opened == 2)
            left.medium.send(a_resource(2))
            await until(lambda: a_resource(2) in right.packets)
            assert len(left.faults) == 1

    on(scene)


def test_a_line_that_was_at_rest_has_its_time_to_take_what_comes(line: Cable) -> None:
    async def scene() -> None:
        left, right = End(line.ends[0]), End(line.ends[1])
        with closing(left, right):
            left.medium.send(a_status(1))
            await until(lambda: right.packets == [a_status(1)])
            await asyncio.sleep(STUCK_S + 0.1)
            line.stopped = True
            fill(line.ends[0])
            left.medium.send(a_status(2))
            await asyncio.sleep(STUCK_S / 2)
            assert left.faults == []
            line.stopped = False
            await until(lambda: a_status(2) in right.packets)
            assert left.faults == []

    on(scene)


def fill(device: Path) -> None:
    """Write until it takes no byte more."""
    descriptor = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        for size in (512, 1):
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(descriptor, b"\n" * size)
    finally:
        os.close(descriptor)


def test_a_line_that_is_closed_by_a_message_hands_over_no_more(line: Cable) -> None:
    async def scene() -> None:
        heard: list[MediumEvent] = []

        def emit(event: MediumEvent) -> None:
            heard.append(event)
            if isinstance(event, PacketReceived):
                left.close()

        link = Link(name=LinkName("ttyA"), medium=Medium.SERIAL, device=str(line.ends[0]))
        left = open_media((link,), emit, anything)[link.name]
        left.open()
        right = End(line.ends[1])
        with closing(right):
            line.stopped = True
            for seq in (1, 2):
                right.medium.send(a_resource(seq))
            await until(lambda: not right.medium.backlog and right.medium._next is None)
            line.stopped = False  # both pass in one piece
            await until(lambda: bool(heard) and heard[-1] != LinkOpened(link=link.name))
            assert heard[1:] == [PacketReceived(link=link.name, data=a_resource(1))]

    on(scene)


def test_a_closed_line_is_silent_and_free_for_others(line: Cable) -> None:
    async def scene() -> None:
        left = End(line.ends[0])
        left.medium.close()
        left.medium.close()
        left.medium.send(a_status(1))
        await asyncio.sleep(0)
        assert left.heard == []
        again = End(line.ends[0])
        with closing(again):
            await until(lambda: again.opened == 1)

    on(scene)
