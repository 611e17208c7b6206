"""Each medium as the only link of a pair; what a node hears of itself is nothing."""

from pathlib import Path

import pytest

from tests.hosts.running import Pair, pair_of_hosts
from tests.netns import is_root
from tests.waiting import wait_for

pytestmark = pytest.mark.hosts
MEDIA = {
    "bcast": "bcast eth1\n",
    "mcast": "mcast eth1 239.0.0.43 694 1 1\n",
    "mcast6": "mcast6 eth1 ff12::43 694 1 1\n",
    "ucast6": "ucast6 eth1 fd78::1\nucast6 eth1 fd78::2\n",
    "all on one port": "ucast eth1 10.78.0.1\nucast eth1 10.78.0.2\nbcast eth1\n"
    "mcast eth1 239.0.0.43 694 1 1\n",
}


@pytest.mark.parametrize("media", MEDIA.values(), ids=MEDIA.keys())
def test_a_pair_lives_by_it(tmp_path: Path, media: str) -> None:
    if not is_root():
        pytest.skip("needs root for network namespaces")
    with pair_of_hosts(tmp_path) as pair:
        pair.start(media)
        wait_for(lambda: both_ways(pair))
        for node in pair.both:
            assert [link["rejected"] for link in node.links().values()] == [{}] * len(node.links())
            assert node.told("link_one_way") == []
        pair.alpha.stop()
        pair.until_holders("beta", seconds=5)


def both_ways(pair: Pair) -> bool:
    links = [link for node in pair.both for link in node.links().values()]
    return all(link["status"] == "up" and link["heard_by_peer"] for link in links)
