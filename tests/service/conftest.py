"""One real engine for all the tests of this folder, started at the first that asks for it."""

from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from sidecar.service.engine import Engine
from tests.service.dockerd import Containers, Dockerd, missing


@pytest.fixture(scope="session")
def dockerd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    if reason := missing():
        pytest.skip(reason)
    folder: Path = tmp_path_factory.mktemp("engine")
    engine = Dockerd(folder)
    engine.start()
    try:
        engine.import_image()
        yield engine
    finally:
        engine.end()


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
