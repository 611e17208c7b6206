"""Whatever is in the files, the readers collect problems and raise nothing else."""

import contextlib
import os

from hypothesis import given
from hypothesis import strategies as st

from sidecar.config import authkeys, hacf, haresources
from sidecar.config.addresses import parse_ipv4, parse_ipv6
from sidecar.config.directives import names
from sidecar.config.localfacts import read_local_facts
from sidecar.config.options import OPTIONS
from sidecar.config.problems import Problems
from sidecar.config.textfile import cut_lines
from sidecar.config.values import BadValue, parse_time
from tests.config.written import NODES

# Text that gets past the first word more often than random letters would.
words = st.one_of(
    st.sampled_from([*names(), "auth", "1", "sha1", "crc", "eth0", "10.0.0.5/24/eth0:0", "::"]),
    st.text(max_size=12),
    st.from_regex(r"[0-9.]{1,20}(ms|us|s)?", fullmatch=True),
)
lines = st.lists(words, max_size=6).map(" ".join)
texts = st.lists(lines, max_size=12).map("\n".join)
files = st.one_of(st.binary(max_size=400), texts.map(lambda text: text.encode("utf-8", "ignore")))


@given(files)
def test_any_ha_cf_is_understood_or_told(data):
    here = Problems().of("ha.cf")
    read = hacf.parse(cut_lines(data, here), "masternginx", {"10.0.0.5"}, here)
    usable = bool(read.pair and read.timing and read.links)
    assert usable or here.errors


@given(files)
def test_any_haresources_is_understood_or_told(data):
    here = Problems().of("haresources")
    assert haresources.parse(cut_lines(data, here), NODES, here) or here.errors


@given(files)
def test_any_authkeys_is_understood_or_told(data):
    here = Problems().of("authkeys")
    assert authkeys.parse(cut_lines(data, here), here) or here.errors


@given(st.text())
def test_any_text_is_an_address_or_told(text):
    for parse in (parse_ipv4, parse_ipv6):
        with contextlib.suppress(BadValue):
            assert parse(text).name


@given(st.from_regex(r"[0-9.]*[a-z]*", fullmatch=True))
def test_any_text_is_a_time_or_told(text):
    with contextlib.suppress(BadValue):
        assert parse_time(text) >= 0


@given(st.dictionaries(st.sampled_from([one.environment for one in OPTIONS]), st.text()))
def test_any_environment_is_understood_or_told(environ):
    assert read_local_facts({}, environ, Problems()).http.port


def test_a_whole_file_of_noise_is_read_in_no_time():
    here = Problems().of("ha.cf")
    read = hacf.parse(cut_lines(os.urandom(200_000), here), "masternginx", set(), here)
    assert read.pair is None
