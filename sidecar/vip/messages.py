"""Makes the kernel's requests about addresses with pyroute2's messages, and loads no more of it.

``import pyroute2`` loads all that the library can do: 190 modules, 9 MiB that stay, and most of the
time from a start to the first claim. The message that describes an address takes five of them. But
Python runs a package's own ``__init__`` before any module in it, so that this one is laid aside for
as long as the message is loaded. See netlink(7), rtnetlink(7).
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from typing import Final

from sidecar.vip import rtnl

Request = dict[str, int | str]
"""``address`` and ``prefixlen``. To put one takes ``valid_lft`` and ``preferred_lft`` (s), and
where they are wanted ``label`` and ``broadcast`` (IPv4) or ``flags`` (IPv6)."""

_NLM_F_REQUEST: Final = 0x1
_NLM_F_ACK: Final = 0x4
_NLM_F_REPLACE: Final = 0x100
_NLM_F_CREATE: Final = 0x400

Attribute = tuple[str, object]

_OPTIONAL: Final = {"label": "IFA_LABEL", "broadcast": "IFA_BROADCAST", "flags": "IFA_FLAGS"}
_WHOLE: Final = "pyroute2"


@contextmanager
def _without_its_init() -> Iterator[None]:
    """Modules of the package are found, and the package itself is not run.

    Afterwards it is as if it had never been asked for: who imports it then, gets all of it.
    """
    if _WHOLE in sys.modules:
        yield
        return
    spec = find_spec(_WHOLE)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {_WHOLE!r}", name=_WHOLE)
    sys.modules[_WHOLE] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[_WHOLE]


with _without_its_init():
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg


def put(index: int, request: Request) -> bytes:
    """Add the address to the interface of this number, or renew its lifetime."""
    lifetimes = {"ifa_preferred": request["preferred_lft"], "ifa_valid": request["valid_lft"]}
    attributes: list[Attribute] = [
        *_named(request),
        ("IFA_CACHEINFO", lifetimes),
        ("IFA_PROTO", rtnl.OUR_PROTO),
    ]
    attributes += [(_OPTIONAL[name], request[name]) for name in _OPTIONAL if name in request]
    flags = _NLM_F_REQUEST | _NLM_F_ACK | _NLM_F_CREATE | _NLM_F_REPLACE
    return _message(rtnl.RTM_NEWADDR, flags, index, request, attributes)


def delete(index: int, request: Request) -> bytes:
    """Remove the address from that interface."""
    return _message(rtnl.RTM_DELADDR, _NLM_F_REQUEST | _NLM_F_ACK, index, request, _named(request))


def _named(request: Request) -> list[Attribute]:
    name = request["address"]
    named: list[Attribute] = [("IFA_ADDRESS", name)]
    if _family(request) == socket.AF_INET:
        named.append(("IFA_LOCAL", name))
    return named


def _family(request: Request) -> int:
    return socket.AF_INET6 if ":" in str(request["address"]) else socket.AF_INET


def _message(
    kind: int, flags: int, index: int, request: Request, attributes: list[Attribute]
) -> bytes:
    message = ifaddrmsg()
    message["header"] = {"type": kind, "flags": flags}
    message["family"] = _family(request)
    message["prefixlen"] = request["prefixlen"]
    message["index"] = index
    message["attrs"] = attributes
    message.encode()
    return bytes(message.data)
