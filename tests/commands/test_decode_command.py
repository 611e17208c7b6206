"""`sidecar decode` as a command: keys from a file, hex from standard input, JSON lines out."""

import io
import json
from pathlib import Path

import pytest

from sidecar import cli
from sidecar.wire.auth import Key, Method
from sidecar.wire.codec import Form, seal
from tests.wire.keys import STATUS

SHA1 = Key(2, Method.SHA1, b"one-word-of-ours")


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "authkeys"
    path.write_text("auth 2\n2 sha1 one-word-of-ours\n")
    return path


@pytest.fixture
def decode(monkeypatch, capsys):
    def run(keys: Path, *lines: str):
        data = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(data))
        status = cli.main(["decode", "--authkeys", str(keys)])
        captured = capsys.readouterr()
        return status, [json.loads(line) for line in captured.out.splitlines()], captured.err

    return run


@pytest.mark.parametrize("form", Form)
def test_a_datagram_is_one_line_of_json(decode, keys, form):
    status, (record,), err = decode(keys, seal(STATUS, SHA1, form).hex())
    assert (status, err) == (0, "")
    assert list(record) == ["ok", "form", "key", "fields", "error"]
    assert (record["ok"], record["form"], record["key"]) == (True, form.value, SHA1.number)
    assert record["fields"]["t"] == "status"


def test_one_refused_datagram_among_good_ones_exits_with_1(decode, keys):
    good = seal(STATUS, SHA1, Form.NETSTRING).hex()
    status, records, _err = decode(keys, good, "zz", "", good)
    assert status == 1
    assert [record["ok"] for record in records] == [True, False, True]


def test_keys_that_cannot_be_read_exit_with_2(decode, tmp_path):
    status, records, err = decode(tmp_path / "none", "00")
    assert (status, records) == (2, [])
    assert err.startswith(f"{tmp_path}/none: does not exist: ")


def test_the_mode_of_a_copied_key_file_does_not_matter(decode, keys):
    keys.chmod(0o644)
    assert decode(keys)[0] == 0


def test_bytes_that_are_no_hex_are_refused_not_a_crash(decode, keys):
    status, (record,), _err = decode(keys, "é\x00")
    assert status == 1
    assert "not hex" in record["error"]
