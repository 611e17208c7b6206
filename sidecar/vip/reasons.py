"""Says in a sentence why the kernel refused, and what to do. Never a bare error number."""

import errno
import os


def reason_of(error: OSError, interface: str, *, wish: str) -> str:
    """``wish`` is what could not be done, as in "claim 10.0.0.100"."""
    return f"cannot {wish}: {_sentence(error, interface)}"


def _sentence(error: OSError, interface: str) -> str:
    match error.errno:
        case errno.ENODEV | errno.ENXIO:
            return (
                f"interface {interface} does not exist on this host: correct its name in "
                f"haresources, or bring it back"
            )
        case errno.EPERM | errno.EACCES:
            return (
                f"the kernel does not permit it on {interface}: give the container the "
                f"capabilities NET_ADMIN and NET_RAW (cap_add); for an IPv6 address see also that "
                f"net.ipv6.conf.{interface}.disable_ipv6 is 0"
            )
        case errno.ENETDOWN | errno.ENETUNREACH:
            return f"interface {interface} is down: bring it up (ip link set {interface} up)"
        case errno.ENOBUFS | errno.EAGAIN:
            return f"the send queue of {interface} is full, or it has no carrier: check its cable"
        case int(number):
            return f"the kernel says on {interface}: {os.strerror(number)} (error {number})"
        case _:
            return str(error)
