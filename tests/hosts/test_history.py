"""What real sidecars remember of their moves, over their own end."""

from pathlib import Path

import pytest

from tests.hosts.running import TIMERS, UCAST, pair_of_hosts
from tests.netns import is_root
from tests.waiting import wait_for

pytestmark = pytest.mark.hosts


@pytest.fixture(autouse=True)
def _root() -> None:
    if not is_root():
        pytest.skip("needs root to make network namespaces")


def test_a_node_remembers_its_moves_when_it_is_started_anew(tmp_path: Path) -> None:
    with pair_of_hosts(tmp_path) as pair:
        pair.start()
        assert [move["reason"] for move in pair.alpha.moves()] == ["start"]
        pair.alpha.stop()
        pair.until_holders("beta")
        wait_for(lambda: pair.beta.moves()[0]["total_ms"] is not None)
        (taken,) = pair.beta.moves()
        assert (taken["kind"], taken["from"], taken["to"]) == ("takeover", "alpha", "beta")
        assert {"decided", "address", "announced"} <= {phase["name"] for phase in taken["phases"]}

        pair.beta.stop()
        pair.beta.start(f"{TIMERS}{UCAST}node alpha beta\n")
        wait_for(lambda: len(pair.beta.moves()) == 2, seconds=10)
        given, kept = pair.beta.moves()
        assert kept == taken
        assert (given["kind"], given["reason"], given["to"]) == ("giveup", "shutdown", None)
        assert [phase["name"] for phase in given["phases"]] == ["detected", "decided", "address"]
