"""What this machine has: addresses as two files of /proc list them, names, serial devices."""

import pytest

from sidecar.config.machine import local_addresses, resolve, serial_trouble

FIB_TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 4
     +-- 127.0.0.0/8 2 0 2
        +-- 127.0.0.0/31 1 0 0
           |-- 127.0.0.0
              /8 host LOCAL
           |-- 127.0.0.1
              /32 host LOCAL
     |-- 192.168.17.0
        /24 link UNICAST
     |-- 192.168.17.50
        /32 host LOCAL
     |-- 192.168.17.51
        /32 universe UNICAST
     |-- 192.168.17.255
        /32 link BROADCAST
"""
IF_INET6 = """\
00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000002 02 40 00 80     eth0
"""


def test_only_addresses_of_this_machine_are_taken(tmp_path):
    (tmp_path / "fib_trie").write_text(FIB_TRIE)
    (tmp_path / "if_inet6").write_text(IF_INET6)
    assert local_addresses(tmp_path) == {"127.0.0.1", "192.168.17.50", "::1", "fd00::2"}


def test_a_system_that_tells_nothing_has_no_addresses(tmp_path):
    assert local_addresses(tmp_path) == frozenset()


def test_this_machine_has_its_loopback_address():
    assert "127.0.0.1" in local_addresses()


def test_a_name_is_looked_up_for_the_wanted_version_of_ip():
    assert resolve("localhost", 4) == "127.0.0.1"
    assert resolve("127.0.0.1", 4) == "127.0.0.1"
    assert resolve("::1", 4) is None


@pytest.mark.parametrize("name", ["", "no such host", "x" * 100, "a..b"])
def test_a_name_that_nobody_can_have_has_no_address(name):
    assert resolve(name, 6) is None


def test_a_serial_device_that_could_not_be_used_is_told(tmp_path):
    assert serial_trouble("/dev/null") == ""
    assert serial_trouble(str(tmp_path)) == "is no device: correct its name in ha.cf"
    assert "devices: [/dev/ttyX9]" in serial_trouble("/dev/ttyX9")
