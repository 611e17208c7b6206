"""A serial device, opened raw as Heartbeat opens it, and never waiting (protocol section 8).

8 bits, no parity, RTS/CTS, no modem control; on input a carriage return is ignored and the 8th bit
stripped. A break is ignored instead of interrupting. Raises OSError where something fails.
"""

import fcntl
import os
import struct
import termios
from typing import Final

SPEEDS: Final = {
    9600: termios.B9600,
    19200: termios.B19200,
    38400: termios.B38400,
    57600: termios.B57600,
    115200: termios.B115200,
    230400: termios.B230400,
    460800: termios.B460800,
}
BITS_PER_BYTE: Final = 10  # with start and stop bit

_CRTSCTS: Final = 0o20000000000  # <asm-generic/termbits.h>; Python 3.11 has it on some builds only


def open_tty(device: str, baud: int) -> int:
    """A file descriptor of our own. The rest of what somebody sent before is thrown away."""
    # Without O_NONBLOCK a line without carrier would make the open wait.
    descriptor = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _make_raw(descriptor, SPEEDS[baud])
        # Whoever opens it from now on is refused: two readers would take each other's bytes.
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
        termios.tcflush(descriptor, termios.TCIOFLUSH)
    except termios.error as error:
        close_tty(descriptor)
        raise OSError(*error.args) from error
    except OSError:
        close_tty(descriptor)
        raise
    return descriptor


def close_tty(descriptor: int) -> None:
    """Close at once: the kernel would wait for what the other end does not take."""
    throw_away_output(descriptor)
    os.close(descriptor)


def throw_away_output(descriptor: int) -> None:
    try:
        termios.tcflush(descriptor, termios.TCOFLUSH)
    except termios.error:
        return  # the device is gone, and with it what waited


def unsent_bytes(descriptor: int) -> int:
    """What the kernel has not yet handed to the line."""
    answer = fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4))
    return int(struct.unpack("=i", answer)[0])


def _make_raw(descriptor: int, speed: int) -> None:
    characters = termios.tcgetattr(descriptor)[6]
    characters[termios.VMIN] = 1  # so that an empty read means a hang-up and nothing else
    characters[termios.VTIME] = 0
    termios.tcsetattr(
        descriptor,
        termios.TCSANOW,
        [
            termios.IGNBRK | termios.IGNCR | termios.ISTRIP,
            0,
            termios.CS8 | termios.CREAD | termios.CLOCAL | _CRTSCTS,
            0,
            speed,
            speed,
            characters,
        ],
    )
