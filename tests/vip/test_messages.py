"""The kernel's requests about addresses: the same as pyroute2 makes them, and quick to load."""

import json
import subprocess
import sys
from typing import Final

import pytest
from pyroute2 import IPBatch
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg

from sidecar.vip import messages, rtnl
from sidecar.vip.messages import Request

INDEX: Final = 7
LEASE: Final[Request] = {"valid_lft": 5, "preferred_lft": 5}
V4: Final[Request] = {"address": "10.77.0.100", "prefixlen": 24}
V6: Final[Request] = {"address": "fd77::100", "prefixlen": 64}

ALONE: Final = """
import json, sys
from sidecar.vip import messages
messages.put(1, {"address": "10.77.0.100", "prefixlen": 24, "valid_lft": 5, "preferred_lft": 5})
without = sorted(name for name in sys.modules if name.partition(".")[0] == "pyroute2")
import pyroute2
print(json.dumps([without, hasattr(pyroute2, "IPRoute")]))
"""
NEEDED_MAX: Final = 8


def by_the_library(verb: str, request: Request) -> bytes:
    batch = IPBatch()
    try:
        batch.addr(verb, index=INDEX, **request)
        return bytes(batch.batch)
    finally:
        batch.close()


def read(data: bytes) -> dict[str, object]:
    """All but the numbers of the request and of its sender."""
    message = ifaddrmsg(data)
    message.decode()
    fields = ("family", "prefixlen", "flags", "scope", "index")
    return {
        "length": len(data),
        "type": message["header"]["type"],
        "flags": message["header"]["flags"],
        "attributes": sorted(map(repr, message["attrs"])),
        **{name: message[name] for name in fields},
    }


@pytest.mark.parametrize(
    "request_",
    [
        V4 | LEASE,
        V4 | LEASE | {"label": "eth0:0"},
        V4 | LEASE | {"label": "eth0:0", "broadcast": "10.77.0.255"},
        V6 | LEASE | {"flags": 0x02},
        V6 | LEASE | {"flags": 0x202},
    ],
)
def test_an_address_is_put_as_the_library_puts_it(request_: Request):
    whole = by_the_library("replace", request_ | {"proto": rtnl.OUR_PROTO})
    assert read(messages.put(INDEX, request_)) == read(whole)


@pytest.mark.parametrize("request_", [V4, V6])
def test_an_address_is_deleted_as_the_library_deletes_it(request_: Request):
    assert read(messages.delete(INDEX, request_)) == read(by_the_library("del", request_))


def test_the_rest_of_the_library_is_not_loaded_and_can_still_be():
    """A new version that needs more of itself would be noticed here."""
    command = [sys.executable, "-c", ALONE]
    shown = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded, whole = json.loads(shown.stdout)
    assert "pyroute2.netlink.rtnl.ifaddrmsg" in loaded
    assert "pyroute2" not in loaded
    assert len(loaded) <= NEEDED_MAX
    assert whole
