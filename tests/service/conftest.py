"""One real engine for all the tests of this folder, started at the first that asks for it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from sidecar.service.engine import Engine
from tests.service.dockerd import Containers, Dockerd, missing, new_dockerd
from tests.service.proxy import Events, MakeProxy, Proxy


@pytest.fixture(scope="session")
def dockerd() -> Iterator[Dockerd]:
    if reason := missing():
        pytest.skip(reason)
    with new_dockerd() as engine:
        yield engine


@pytest.fixture
def docker_client(dockerd: Dockerd) -> Iterator[docker.DockerClient]:
    client = dockerd.client()
    yield client
    client.close()


@pytest.fixture
def containers(docker_client: docker.DockerClient) -> Iterator[Containers]:
    made = Containers(docker_client)
    yield made
    made.remove_all()


@pytest.fixture
def engine(dockerd: Dockerd) -> Iterator[Engine]:
    engine = Engine(docker_host=dockerd.host, containers={})
    yield engine
    engine.close()


@pytest.fixture
def proxied(dockerd: Dockerd) -> Iterator[MakeProxy]:
    made: list[Proxy] = []
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:

        def make(
            *, events: Events = Events.FORBIDDEN, lies: bool = False, delay_s: float = 0
        ) -> Proxy:
            path = Path(folder) / f"{len(made)}.sock"
            made.append(Proxy(path, dockerd.socket, events=events, lies=lies, delay_s=delay_s))
            return made[-1]

        yield make
        for proxy in made:
            proxy.close()
