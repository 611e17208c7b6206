"""Everything together: the reference set-up, the facts of this node, and what two files share."""

from pathlib import Path

import pytest

from sidecar.config.localfacts import HttpBind, LogFormat, LogLevel
from sidecar.config.problems import ConfigError, Severity
from sidecar.config.settings import read
from sidecar.core.params import (
    Address,
    Container,
    Link,
    Params,
    PingTarget,
    ResourceGroup,
    Timing,
)
from sidecar.core.terms import SECOND, AutoFailback, LinkName, Medium, NodeName
from sidecar.wire.auth import Key, Keyring, Method
from tests.config.written import ADDRESSES, copy_reference, settings, texts


@pytest.fixture
def folder(tmp_path):
    return copy_reference("masternginx", tmp_path)


def problems_of(folder: Path, environ: dict[str, str] | None = None, **options: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings(folder, "masternginx", environ, **options)
    return [str(problem) for problem in caught.value.problems if problem.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("name", "comment"),
    [("ha.cf", b" # f\xfcr"), ("haresources", b" # f\xfcr"), ("authkeys", b"\n# f\xfcr")],
)
def test_a_comment_in_latin_1_refuses_no_file(folder, name, comment):
    before = settings(folder)
    path = folder / name
    path.write_bytes(path.read_bytes().rstrip() + comment)
    assert settings(folder) == before


@pytest.mark.parametrize(
    ("node", "peer"), [("masternginx", "slavenginx"), ("slavenginx", "masternginx")]
)
def test_the_reference_files_work_as_they_are(tmp_path, node, peer):
    key = Key(3, Method.MD5, b"hello!")
    address = Address(name="192.168.171.100", prefix=24, interface="eth0", label="eth0:0")
    assert settings(copy_reference(node, tmp_path), node).params == Params(
        node=NodeName(node),
        peer=NodeName(peer),
        timing=Timing(
            keepalive_ns=2 * SECOND,
            warntime_ns=10 * SECOND,
            deadtime_ns=30 * SECOND,
            initdead_ns=60 * SECOND,
            lease_s=5,
        ),
        auto_failback=AutoFailback.ON,
        links=(
            Link(
                name=LinkName("eth1"),
                medium=Medium.UCAST,
                device="eth1",
                target=ADDRESSES[peer],
                port=694,
            ),
        ),
        groups=(
            ResourceGroup(
                name="192.168.171.100/24/eth0:0",
                preferred=NodeName("masternginx"),
                resources=(address, Container(name="nginx")),
            ),
        ),
        keyring=Keyring(key, (key,)),
        ping=(PingTarget(name="192.168.17.1", hosts=("192.168.17.1",)),),
        deadping_ns=30 * SECOND,
        ipfail=True,
        hopfudge=1,
        inner_auth=True,
        failback_delay_ns=5 * SECOND,
        max_moves=5,
        moves_window_ns=600 * SECOND,
    )


@pytest.mark.parametrize(
    ("written", "delay_ns"), [("0", 0), ("2.5", 2_500_000_000), ("300ms", 300_000_000)]
)
def test_the_failback_delay_is_set_in_the_environment(folder, written, delay_ns):
    told = settings(folder, environ={"SIDECAR_FAILBACK_DELAY": written})
    assert told.params.failback_delay_ns == delay_ns


def test_quick_timers_mean_a_short_failback_delay(folder):
    path = folder / "ha.cf"
    text = path.read_text().replace("keepalive 2\n", "keepalive 200ms\n")
    text = text.replace("warntime 10\n", "warntime 600ms\n")
    path.write_text(text.replace("deadtime 30\n", "deadtime 2\n"))
    assert settings(folder).params.failback_delay_ns == 2 * SECOND


def test_the_bound_of_moves_is_set_in_the_environment(folder):
    told = settings(folder, environ={"SIDECAR_MAX_MOVES": "0", "SIDECAR_MOVES_WINDOW": "60"}).params
    assert (told.max_moves, told.moves_window_ns) == (0, 60 * SECOND)


@pytest.mark.parametrize(
    ("variable", "written", "complaint"),
    [
        ("SIDECAR_FAILBACK_DELAY", "soon", "'soon' is no time"),
        ("SIDECAR_MAX_MOVES", "101", "'101' is no whole number from 0 to 100"),
        ("SIDECAR_MAX_MOVES", "-1", "'-1' is no whole number from 0 to 100"),
        ("SIDECAR_MOVES_WINDOW", "0", "'0' is too short for a window"),
        ("SIDECAR_MOVES_WINDOW", "10min", "'10min' has the unknown unit"),
    ],
)
def test_a_bound_that_makes_no_sense_is_refused_by_its_name(folder, variable, written, complaint):
    with pytest.raises(ConfigError) as caught:
        settings(folder, environ={variable: written})
    assert f"{variable}: {complaint}" in str(caught.value).replace("`", "'")


def test_the_warnings_of_the_reference_files_are_kept_for_the_log(folder):
    warnings = [str(warning).removeprefix(f"{folder}/") for warning in settings(folder).warnings]
    assert warnings == [
        (
            "authkeys:4: warning: this key stands in the documentation of Heartbeat, so everybody "
            "knows it: make one of your own, for instance with `openssl rand -hex 32`"
        ),
    ]


def test_the_defaults_are_those_of_the_documents(folder):
    found = settings(folder)
    assert found.http == HttpBind(host="0.0.0.0", port=9694)
    assert found.docker == "unix:///var/run/docker.sock"
    assert found.control == Path("/run/sidecar/control.sock")
    assert found.state_dir == Path("/var/lib/sidecar")
    assert (found.log_format, found.log_level) == (LogFormat.TEXT, LogLevel.INFO)
    assert found.containers == ()


def test_an_option_wins_over_its_variable_and_an_empty_variable_is_none(folder):
    environ = {
        "SIDECAR_CONFIG_DIR": "/nowhere",
        "SIDECAR_NODE": "nobody",
        "SIDECAR_HTTP": "[::1]:80",
        "DOCKER_HOST": "tcp://127.0.0.1:2375",
        "SIDECAR_CONTROL": "",
        "SIDECAR_LOG_FORMAT": "JSON",
        "SIDECAR_CONTAINERS": "nginx=nginx-a",
    }
    found = settings(folder, environ=environ, http="127.0.0.1:81", state_dir="/state")
    assert found.node == "masternginx"
    assert found.http == HttpBind(host="127.0.0.1", port=81)
    assert found.docker == "tcp://127.0.0.1:2375"
    assert found.control == Path("/run/sidecar/control.sock")
    assert found.state_dir == Path("/state")
    assert found.log_format is LogFormat.JSON
    assert found.container_here("nginx") == "nginx-a"
    assert found.container_here("other") == "other"


@pytest.mark.parametrize(
    ("written", "bind"),
    [
        ("[::]:9694", HttpBind(host="::", port=9694)),
        (":80", HttpBind(host="0.0.0.0", port=80)),
        ("localhost:1", HttpBind(host="localhost", port=1)),
    ],
)
def test_the_http_address_may_be_any_with_a_port(folder, written, bind):
    assert settings(folder, http=written).http == bind


@pytest.mark.parametrize(
    ("option", "environ", "problem"),
    [
        (
            {"http": "9694"},
            {},
            "--http: `9694` is no address with a port: write it like 0.0.0.0:9694 or [::]:9694",
        ),
        (
            {},
            {"SIDECAR_HTTP": "0.0.0.0:70000"},
            (
                "SIDECAR_HTTP: `0.0.0.0:70000` is no address with a port: "
                "write it like 0.0.0.0:9694 or [::]:9694"
            ),
        ),
        (
            {"log_level": "warn"},
            {},
            (
                "--log-level: `warn` is unknown: write debug or info or warning or error; "
                "did you mean `warning`?"
            ),
        ),
        ({}, {"SIDECAR_LOG_FORMAT": "x"}, "SIDECAR_LOG_FORMAT: `x` is unknown: write text or json"),
        (
            {"docker": "/var/run/docker.sock"},
            {},
            (
                "--docker: `/var/run/docker.sock` is no address of a container engine: "
                "write it like unix:///var/run/docker.sock or tcp://127.0.0.1:2375"
            ),
        ),
        (
            {"containers": "nginx"},
            {},
            "--containers: `nginx` is no pair of names: write it like nginx=nginx-a",
        ),
        (
            {},
            {"SIDECAR_CONTAINERS": "ngnix=a"},
            "SIDECAR_CONTAINERS: `ngnix` is no container of haresources; did you mean `nginx`?",
        ),
        (
            {"containers": "nginx=a,nginx=b"},
            {},
            "--containers: `nginx` is given twice: keep one of the two",
        ),
    ],
)
def test_a_wrong_option_names_where_it_came_from(folder, option, environ, problem):
    assert problems_of(folder, environ=environ, **option) == [problem]


@pytest.fixture
def redis(folder):
    with (folder / "haresources").open("a") as written:
        written.write("slavenginx 192.168.171.101/24/eth0 redis\n")


@pytest.mark.parametrize(
    ("pairs", "both"), [("nginx=web,redis=web", "web"), ("nginx=redis", "redis")]
)
@pytest.mark.usefixtures("redis")
def test_two_resources_are_not_one_container(folder, pairs, both):
    (problem,) = problems_of(folder, environ={"SIDECAR_CONTAINERS": pairs})
    assert problem == (
        f"SIDECAR_CONTAINERS: `{both}` would be both nginx and redis: "
        "a container belongs to one group, once"
    )


@pytest.mark.usefixtures("redis")
def test_a_container_of_a_line_with_an_error_is_not_called_unknown(folder):
    path = folder / "haresources"
    path.write_text(path.read_text().replace("192.168.171.100", "192.168.171.300"))
    (problem,) = problems_of(folder, environ={"SIDECAR_CONTAINERS": "nginx=nginx-a"})
    assert problem.startswith(f"{path}:1: `192.168.171.300` is no IPv4 address")


@pytest.mark.usefixtures("redis")
def test_two_containers_may_change_names(folder):
    found = settings(folder, environ={"SIDECAR_CONTAINERS": "nginx=redis,redis=nginx"})
    assert [found.container_here(name) for name in ("nginx", "redis")] == ["redis", "nginx"]


def test_all_files_missing_are_told_at_once(tmp_path):
    folder = tmp_path / "none"
    assert problems_of(folder) == [
        (
            f"{folder}/ha.cf: does not exist: set SIDECAR_CONFIG_DIR (or --config-dir) to its "
            "folder, or make all files with `sidecar init`"
        ),
        (
            f"{folder}/haresources: does not exist: write a line like "
            "`masternginx 192.168.171.100/24/eth0:0 nginx`, the same on both nodes"
        ),
        (
            f"{folder}/authkeys: does not exist: copy the other node's file, "
            "or make all files with `sidecar init`"
        ),
    ]


@pytest.mark.parametrize("name", ["ha.cf", "haresources", "authkeys"])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: path.write_bytes(bytes(range(256)) * 40),
        lambda path: path.write_bytes(b"#" * 6000 + b"\n"),
    ],
    ids=["missing", "empty", "a folder", "garbage", "a long line"],
)
def test_a_spoilt_file_is_an_error_that_names_it(folder, name, spoil):
    spoil(folder / name)
    assert [one for one in problems_of(folder) if one.startswith(f"{folder}/{name}:")]


def test_an_authkeys_file_that_others_can_read_names_the_command_that_mends_it(folder):
    (folder / "authkeys").chmod(0o644)
    assert problems_of(folder) == [
        (
            f"{folder}/authkeys: can be read by others than its owner (mode 0644): "
            f"chmod 600 {folder}/authkeys"
        )
    ]


def test_files_from_windows_work(folder):
    for name in ("ha.cf", "haresources", "authkeys"):
        path = folder / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    found = settings(folder)
    assert found.params.keyring.current.text == b"hello!"
    assert found.params.groups[0].containers == (Container(name="nginx"),)


def test_a_floating_address_is_no_ping_node(folder):
    path = folder / "ha.cf"
    path.write_text(path.read_text() + "ping_group both 192.168.17.2 192.168.171.100\n")
    assert problems_of(folder) == [
        (
            f"{folder}/ha.cf:15: the ping node 192.168.171.100 is an address that haresources "
            "moves between the nodes: write that of a router or another machine beyond both nodes"
        )
    ]


def test_a_link_must_not_lead_to_a_floating_address(folder):
    path = folder / "ha.cf"
    path.write_text(path.read_text() + "ucast eth0 192.168.171.100\n")
    assert problems_of(folder) == [
        (
            f"{folder}/ha.cf:15: ucast leads to 192.168.171.100, which haresources moves between "
            "the nodes: write the other node's own address"
        )
    ]


def test_problems_of_every_file_and_option_come_together(folder):
    (folder / "ha.cf").write_text("keepalive 3s\n")
    (folder / "haresources").write_text("masternginx Filesystem::x\n")
    (folder / "authkeys").write_text("auth 1\n")
    found = problems_of(folder, http="x")
    assert {one.split(":")[0].removeprefix(f"{folder}/") for one in found} == {
        "--http",
        "ha.cf",
        "haresources",
        "authkeys",
    }


def test_reading_gives_what_was_understood_in_spite_of_errors(folder):
    (folder / "authkeys").unlink()
    reading = read({"config_dir": str(folder), "node": "masternginx"}, {}, frozenset())
    assert reading.ha_cf is not None
    assert reading.groups
    assert reading.keyring is None
    assert len(texts(reading.problems, Severity.ERROR)) == 1


def test_the_same_files_give_equal_settings(folder):
    assert settings(folder) == settings(folder)
    assert settings(folder) != settings(folder, http=":1")
