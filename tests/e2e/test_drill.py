"""``sidecar drill`` and ``sidecar history`` on the real pair: what they say is what happened."""

import json
from typing import Any

import pytest

from tests.e2e.scene import GROUP, Scene
from tests.testbed.host import DockerHost
from tests.testbed.pair import VIP

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
LIMIT_MS = 500


def test_a_drill_measures_what_a_client_feels_and_leaves_all_as_it_was(scene: Scene) -> None:
    with scene.round("sidecar drill") as drilled:
        told = json.loads(scene.master.sidecar("drill", "--json", "--limit-ms", str(LIMIT_MS)))
        scene.at_rest(scene.master)
    assert told["passed"] is True
    # From the label of the container: its check, asked at the floating address.
    assert told["url"] == f"http://{VIP}:80/healthz"
    assert told["groups"] == [GROUP]
    assert (told["there"]["to"], told["back"]["to"]) == ("slavenginx", "masternginx")
    assert drilled.cost.pages == ("master", "slave", "master")
    for leg in (told["there"], told["back"]):
        assert leg["requests"] > leg["failed"]
        assert 0 < leg["gap_ms"] <= LIMIT_MS

    took, gave = moves(scene.master)
    assert (took["kind"], took["reason"], took["from"]) == ("takeover", "standby", "slavenginx")
    assert (gave["kind"], gave["reason"], gave["to"]) == ("giveup", "standby", "slavenginx")
    names = [phase["name"] for phase in took["phases"]]
    assert names == ["decided", "container", "address", "announced", "first good check"]


def moves(node: DockerHost) -> list[dict[str, Any]]:
    """The last two, the newest first."""
    told = node.sidecar("history", "--json", "-n", "2")
    newest: list[dict[str, Any]] = json.loads(told)["takeovers"]
    return newest
