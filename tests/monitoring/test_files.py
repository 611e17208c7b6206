"""The files of compose/monitoring as the programs themselves read them, and as Compose does."""

import json
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.monitoring.alerts import ALERTS
from tests.monitoring.programs import COMPOSE_FILE, contents, copied
from tests.monitoring.test_rules import promtool
from tests.monitoring.written import FOLDER
from tests.notify.receiver import receiving
from tests.notify.test_tls import a_certificate
from tests.service.test_probe import free_port
from tests.testbed.compose import Compose
from tests.testbed.waiting import wait_for

_SHOWN = ("prometheus", "alertmanager", "grafana")
VARIABLES = {"NODE_A": "192.168.171.50", "NODE_B": "192.168.171.51", "VIP": "192.168.171.100"}


def understood(**variables: str):
    compose = Compose("unix:///nowhere.sock", variables, COMPOSE_FILE)
    return json.loads(compose("config", "--format", "json"))


def test_prometheus_reads_its_configuration(tmp_path: Path):
    copied(tmp_path / "config", VARIABLES)
    said = promtool("check", "config", str(tmp_path / "config" / "prometheus.yaml"))
    assert "is valid prometheus config file" in said
    assert "WARNING" not in said


@pytest.mark.parametrize(
    ("program", "arguments"),
    [
        ("amtool", ("check-config", str(FOLDER / "alertmanager.yaml"))),
        (
            "prometheus-blackbox-exporter",
            (f"--config.file={FOLDER / 'blackbox.yaml'}", "--config.check"),
        ),
    ],
)
def test_a_program_reads_its_configuration(program: str, arguments: tuple[str, ...]):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done = subprocess.run((program, *arguments), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_three_variables_say_what_is_watched():
    made = {name: json.loads(text) for name, text in contents(VARIABLES).items()}
    assert made == {
        "nodes": [
            {
                "targets": ["192.168.171.50:9694", "192.168.171.51:9694"],
                "labels": {"cluster": "heartbeat"},
            }
        ],
        "addresses": [
            {
                "targets": ["http://192.168.171.100/"],
                "labels": {"cluster": "heartbeat", "address": "192.168.171.100"},
            }
        ],
    }


@pytest.mark.parametrize("missing", VARIABLES)
def test_without_one_of_them_compose_says_so(missing: str):
    rest = {name: value for name, value in VARIABLES.items() if name != missing}
    with pytest.raises(AssertionError, match=f"required variable {missing}"):
        understood(**rest)


def test_every_image_has_a_version():
    images = [service["image"] for service in understood(**VARIABLES)["services"].values()]
    assert len(images) == 4
    for image in images:
        _, _, version = image.partition(":")
        assert version[:1] in set("v0123456789"), image


def test_only_this_machine_reaches_what_asks_for_no_password():
    for service in understood(**VARIABLES)["services"].values():
        assert {port["host_ip"] for port in service.get("ports", ())} <= {"127.0.0.1"}


def test_what_is_mounted_is_there():
    for service in understood(**VARIABLES)["services"].values():
        for mount in service.get("volumes", ()):
            assert mount["type"] == "volume" or Path(mount["source"]).exists(), mount


def test_each_alert_leads_to_its_section_of_the_page_that_is_served():
    text = (FOLDER / "runbook" / "runbook.html").read_text()
    assert {alert.anchor for alert in ALERTS} <= set(re.findall(r'<h3 id="(\w+)">', text))
    for service, served_at in (
        ("prometheus", "/etc/prometheus/runbook"),
        ("grafana", "/usr/share/grafana/public/heartbeat"),
    ):
        mounts = understood(**VARIABLES)["services"][service]["volumes"]
        sources = {mount["target"]: mount["source"] for mount in mounts}
        assert sources[served_at] == str(FOLDER / "runbook")


def test_the_links_of_alerts_begin_with_the_address_that_people_use():
    urls = {f"{name.upper()}_URL": f"https://{name}.example" for name in _SHOWN}
    services = understood(**VARIABLES, **urls)["services"]
    for name in ("prometheus", "alertmanager"):
        assert f"--web.external-url=https://{name}.example" in services[name]["command"]
    assert services["grafana"]["environment"]["GF_SERVER_ROOT_URL"] == "https://grafana.example"


@pytest.mark.parametrize("service", ["prometheus", "alertmanager"])
def test_they_find_each_other_where_the_address_for_people_has_a_path(service: str):
    """Without the option a program answers below that path alone, and all alerts are lost."""
    urls = {f"{service.upper()}_URL": f"https://example.net/{service}"}
    assert "--web.route-prefix=/" in understood(**VARIABLES, **urls)["services"][service]["command"]


def test_what_speaks_no_http_is_asked_for_a_connection(tmp_path: Path):
    config = tmp_path / "config"
    copied(config, VARIABLES | {"VIP_URL": "tcp://192.168.171.100:5432"})
    arguments = ("--timeout=2s", str(config / "prometheus.yaml"), "heartbeat-address")
    said = promtool("check", "service-discovery", *arguments)
    labels = json.loads(said[said.index("[\n") : said.rindex("]") + 1])[0]["labels"]
    assert labels["__param_target"] == "192.168.171.100:5432"
    assert labels["instance"] == "tcp://192.168.171.100:5432"
    with probing() as probe, socket.create_server(("127.0.0.1", 0)) as listening:
        place = f"127.0.0.1:{listening.getsockname()[1]}"
        assert probe(labels["__param_module"], place)
        listening.close()
        assert not probe(labels["__param_module"], place)


def test_whether_a_service_answers_is_asked_and_not_whose_certificate_it_has(tmp_path: Path):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(a_certificate(tmp_path))
    with receiving(context=context) as receiver, probing() as probe:
        assert probe("address", receiver.url.replace("http:", "https:"))


@contextmanager
def probing() -> Iterator[Callable[[str, str], bool]]:
    """The real exporter with our file: whether what is asked by a module answers."""
    program = shutil.which("prometheus-blackbox-exporter")
    if program is None:
        pytest.skip("prometheus-blackbox-exporter is not installed")
    place = f"127.0.0.1:{free_port()}"
    options = (f"--config.file={FOLDER / 'blackbox.yaml'}", f"--web.listen-address={place}")
    process = subprocess.Popen((program, *options), stderr=subprocess.DEVNULL)

    def probe(module: str, target: str) -> bool:
        url = f"http://{place}/probe?{urlencode({'module': module, 'target': target})}"
        with suppress(URLError), urlopen(url, timeout=10) as answer:
            return "\nprobe_success 1\n" in answer.read().decode()
        return False

    def serves() -> bool:
        with suppress(URLError), urlopen(f"http://{place}/-/healthy", timeout=5):
            return True
        return False

    try:
        wait_for(serves, seconds=15, what="the exporter's first answer")
        yield probe
    finally:
        process.terminate()
        process.wait(10)
