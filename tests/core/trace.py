"""Two eventful minutes of a pair, as a digest: `python -m tests.core.trace`.

Every action of both nodes goes into it, with its instant and its order.
"""

import hashlib
from random import Random

from sidecar.core.events import LinkFailed, LinkOpened, ShutdownRequested, StandbyRequested
from sidecar.core.terms import MILLISECOND, SECOND
from tests.core.harness import ETH1, ETH2, NODE, PEER, VIP, VIP_OF_PEER, Wired, a_group, a_link
from tests.core.harness import some_params as params_with


def eventful_pair(seed: int = 1) -> Wired:
    """Start, lose packets, part, heal, hand over, lose a link, fail over, stop."""
    groups = (a_group(NODE, VIP, "web", "cache"), a_group(PEER, VIP_OF_PEER, "db"))
    pair = Wired(params_with(groups=groups, links=(a_link(ETH1), a_link(ETH2))), seed=seed)
    pair.start()
    chance = Random(seed)
    pair.loses = lambda _receiver, _data: chance.randrange(10) == 0
    pair.world.run(20 * SECOND)
    pair.partition()
    pair.world.run(5 * SECOND)
    pair.heal()
    pair.world.run(20 * SECOND)
    pair.a.step(StandbyRequested(request=1, which="local"))
    pair.world.run(20 * SECOND)
    pair.a.step(LinkFailed(link=ETH1, reason="unplugged"))
    pair.world.run(777 * MILLISECOND)
    pair.a.step(LinkOpened(link=ETH1))
    pair.world.run(20 * SECOND)
    pair.restart_b(generation=8).start()
    pair.world.run(20 * SECOND)
    pair.a.step(ShutdownRequested())
    pair.world.run(20 * SECOND)
    return pair


def digest_of(pair: Wired) -> str:
    digest = hashlib.sha256()
    for node in pair.world.nodes:
        for ns, action in node.actions:
            digest.update(f"{ns} {action!r}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    print(digest_of(eventful_pair()))
