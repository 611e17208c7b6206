"""Says in a sentence why a link does not work, and what to do. Never a bare error number."""

import errno
import os
from typing import Final

from sidecar.core.params import Link
from sidecar.core.terms import Medium

_UNPRIVILEGED: Final = 1024  # net.ipv4.ip_unprivileged_port_start unless somebody lowered it


def reason_of(error: OSError, link: Link) -> str:
    device, port = link.device, link.port
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"UDP port {port} on {device} is taken by another program: stop the other sidecar "
                f"or Heartbeat on this host, or give each cluster its own udpport in ha.cf"
            )
        case errno.EACCES if port < _UNPRIVILEGED:
            return (
                f"UDP port {port} may not be opened: give the container the capability "
                f"NET_BIND_SERVICE (cap_add), or choose a udpport above 1023 in ha.cf"
            )
        case errno.EPERM | errno.EACCES:
            return (
                f"the kernel forbids sending from {device} to {_whom(link)} port {port}: a "
                f"firewall rule on this host drops it, or the container lacks NET_RAW (cap_add)"
            )
        case errno.ENODEV | errno.ENXIO | errno.EBADF:
            return (
                f"interface {device} does not exist on this host: correct its name in ha.cf, or "
                f"bring it back"
            )
        case errno.ENETDOWN:
            return f"interface {device} is down: bring it up (ip link set {device} up)"
        case errno.EADDRNOTAVAIL if link.medium is Medium.BCAST:
            return (
                f"interface {device} has no broadcast address: give its address one "
                f"(ip addr add ADDRESS/BITS brd + dev {device}), or write ucast instead"
            )
        case errno.ENETUNREACH | errno.EHOSTUNREACH | errno.EADDRNOTAVAIL:
            return (
                f"no way from {device} to {_whom(link)}: the interface is down, or has no address, "
                f"or a route forbids it (ip addr show {device}; ip route get {_whom(link)})"
            )
        case int(number):
            return f"{device}, port {port}: {os.strerror(number)} (error {number})"
        case _:
            return f"{device}, port {port}: {error}"


def serial_reason_of(error: OSError | None, link: Link) -> str:
    """``None`` for a hang-up without an error."""
    device = link.device
    pass_on = f"pass it to the container (compose: devices: [{device}])"
    match error.errno if error is not None else errno.EIO:
        case errno.ENOENT | errno.ENXIO | errno.ENODEV:
            return f"serial device {device} does not exist: correct its name in ha.cf, or {pass_on}"
        case errno.EPERM | errno.EACCES:
            return f"serial device {device} may not be opened: {pass_on}"
        case errno.EBUSY:
            return (
                f"serial device {device} is in use by another program: stop the other sidecar, "
                f"Heartbeat or getty on it"
            )
        case errno.EIO:
            return f"serial device {device} hung up: nothing is behind it, or it was unplugged"
        case errno.ENOTTY | errno.EISDIR | errno.EINVAL:
            return f"{device} is no serial line: correct its name in ha.cf"
        case int(number):
            return f"serial device {device}: {os.strerror(number)} (error {number})"
        case _:
            return f"serial device {device}: {error}"


def stuck_reason(link: Link) -> str:
    return (
        f"serial line {link.device} takes no data: is the cable in, does it carry RTS and CTS, "
        f"and is the other end running?"
    )


def _whom(link: Link) -> str:
    return link.target or "its broadcast address"
