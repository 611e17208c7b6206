"""The kernel's requests about addresses: the same as those of a library that is used everywhere."""

import subprocess
import sys
from typing import Any, Final

import pytest
from pyroute2 import IPBatch
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg

from sidecar.vip import messages, rtnl
from sidecar.vip.messages import Placement

INDEX: Final = 7
V4: Final = {"address": "10.77.0.100", "prefixlen": 24}
V6: Final = {"address": "fd77::100", "prefixlen": 64}


def by_the_library(verb: str, **request: Any) -> bytes:
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
    ("where", "more"),
    [
        (V4, {}),
        (V4, {"label": "eth0:0"}),
        (V4, {"label": "eth0:0", "broadcast": "10.77.0.255"}),
        (V6, {"flags": 0x02}),
        (V6, {"flags": 0x202}),
    ],
)
def test_an_address_is_put_as_the_library_puts_it(where: dict[str, Any], more: dict[str, Any]):
    whole = by_the_library(
        "replace", valid_lft=5, preferred_lft=5, proto=rtnl.OUR_PROTO, **where, **more
    )
    name, prefix = where["address"], where["prefixlen"]
    wish = Placement(index=INDEX, name=name, prefix=prefix, lifetime_s=5, **more)
    assert read(messages.put(wish)) == read(whole)


@pytest.mark.parametrize("where", [V4, V6])
def test_an_address_is_deleted_as_the_library_deletes_it(where: dict[str, Any]):
    made = messages.delete(INDEX, where["address"], where["prefixlen"])
    assert read(made)["attributes"] == read(by_the_library("del", **where))["attributes"]
    assert read(made)["prefixlen"] == where["prefixlen"]


def test_several_requests_in_one_datagram_have_numbers_that_follow_each_other():
    requests = [messages.delete(INDEX, f"10.77.0.{last}", 24) for last in (1, 2, 3)]
    data = messages.numbered(requests, 0xFFFFFFFE)
    at = [sum(map(len, requests[:before])) for before in range(3)]
    assert [data[start + 8 : start + 12] for start in at] == [
        b"\xfe\xff\xff\xff",
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
    ]


@pytest.mark.parametrize("wrong", [{"name": "no address"}, {"prefix": 999}, {"broadcast": "x"}])
def test_what_cannot_be_written_is_an_error_of_the_system(wrong: dict[str, Any]):
    wish: dict[str, Any] = {"index": INDEX, "name": "10.77.0.1", "prefix": 24, "lifetime_s": 5}
    with pytest.raises(OSError, match="no netlink request can be made"):
        messages.put(Placement(**wish | wrong))


def test_addresses_that_differ_in_nothing_else_are_written_by_the_library_once():
    messages._pattern.cache_clear()
    made = [
        messages.put(Placement(index=INDEX, name=f"10.77.0.{last}", prefix=24, lifetime_s=5))
        for last in range(1, 101)
    ]
    assert messages._pattern.cache_info().misses == 1
    assert len(set(made)) == 100


def test_loading_the_message_does_not_load_the_library_and_leaves_it_loadable():
    program = (
        "import sys, sidecar.vip.ifaddrmsg as narrow; few = len(sys.modules);"
        "assert 'pyroute2' not in sys.modules; import pyroute2;"
        "assert pyroute2.IPBatch and len(sys.modules) > few + 100;"
        "from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg as whole;"
        "assert whole is narrow.ifaddrmsg"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
