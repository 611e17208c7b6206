"""The reference set-up: two hosts on a service and a heartbeat network, an arbiter and a client.

Names, addresses and pages are those of the pair that the project was asked to bring to containers.
"""

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from tests.netns import Host, hosts
from tests.testbed.answers import answers
from tests.testbed.client import Client, client
from tests.testbed.host import DockerHost
from tests.testbed.network import Cable, Network, network
from tests.testbed.owners import Owners, owners

MASTER, SLAVE = "masternginx", "slavenginx"
MASTER_PAGE, SLAVE_PAGE = "1111111111111master Server", "222222222222 slave Server"
VIP = "192.168.171.100"
ARBITER = "192.168.17.1"
NEIGHBOUR = "192.168.171.1"
"""On the service network: a router, say."""
HARESOURCES = f"{MASTER} {VIP}/24/eth0:0 nginx\n"
AUTHKEYS = "auth 3\n#1 crc\n#2 sha1 HI!\n3 md5 hello!\n"
IMAGES = ("heartbeat-sidecar", "heartbeat-nginx")


class Pair:
    """Both hosts and what is around them. The service network is eth0, the heartbeat's eth1."""

    def __init__(self, master: DockerHost, slave: DockerHost, bystanders: dict[str, Host]) -> None:
        self.master = master
        self.slave = slave
        self.nodes = (master, slave)
        self.client_net = bystanders["client"]
        self.arbiter = bystanders["arbiter"]
        self.observer = bystanders["observer"]
        self.neighbour = bystanders["neighbour"]
        self.networks: dict[str, Network] = {}

    def cable(self, host: DockerHost | Host, interface: str) -> Cable:
        net = host.net if isinstance(host, DockerHost) else host
        return self.networks[interface].cable(net)

    def configure(
        self, ha_cf: str, haresources: str = HARESOURCES, authkeys: str = AUTHKEYS
    ) -> None:
        """The same three files on both nodes."""
        for node in self.nodes:
            node.configure(ha_cf=ha_cf, haresources=haresources, authkeys=authkeys)

    def up(self) -> None:
        """`docker compose up` on both hosts at the same time."""
        self.on_both(DockerHost.up)

    def reset(self) -> None:
        for net in self.networks.values():
            net.restore()
        self.on_both(DockerHost.reset)

    def client(self, address: str = VIP, *, port: int = 80) -> AbstractContextManager[Client]:
        return client(self.client_net, address, port=port)

    def owners(self, address: str = VIP) -> AbstractContextManager[Owners]:
        return owners(address, {node.name: node.net for node in self.nodes})

    def answers(self, address: str = VIP) -> AbstractContextManager[Owners]:
        """Which of the two is seen to answer, from a host that is neither nor the client."""
        return answers(address, self.observer, {node.name: node.net for node in self.nodes})

    def on_both(self, action: Callable[[DockerHost], None]) -> None:
        """At the same time on both hosts."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(action, self.nodes))

    def logs(self) -> str:
        """What both sidecars said: for the message of a failing test."""
        return "\n".join(f"--- {node.name}\n{node.logs()}" for node in self.nodes)


@contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    """Two hosts with running engines that have the images; everything goes with the block."""
    archive = save_images(folder / "images.tar")
    with ExitStack() as stack:
        names = (MASTER, SLAVE, "client", "arbiter", "observer", "neighbour")
        nets = stack.enter_context(hosts(*names))
        by_name = dict(zip(names, nets, strict=True))
        master = DockerHost(MASTER, by_name[MASTER], folder / MASTER, MASTER_PAGE)
        slave = DockerHost(SLAVE, by_name[SLAVE], folder / SLAVE, SLAVE_PAGE)
        made = Pair(master, slave, by_name)
        for interface, prefix in (("eth0", "192.168.171"), ("eth1", "192.168.17")):
            net = made.networks[interface] = stack.enter_context(network(interface))
            for node, last in ((master, 50), (slave, 51)):
                node.cables[interface] = net.plug(node.net, f"{prefix}.{last}/24")
        made.networks["eth0"].plug(made.client_net, "192.168.171.60/24")
        made.networks["eth0"].plug(made.observer, "192.168.171.61/24")
        made.networks["eth0"].plug(made.neighbour, f"{NEIGHBOUR}/24")
        made.networks["eth1"].plug(made.arbiter, f"{ARBITER}/24")
        for node in made.nodes:
            stack.callback(node.engine.remove)
            node.engine.start()
        made.on_both(lambda node: node.engine.load(archive))
        yield made


def save_images(archive: Path) -> Path:
    """The project's images from the machine's own engine (`just image` builds them there)."""
    command = ("docker", "save", "--output", str(archive), *IMAGES)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}; run `just image` first")
    return archive
