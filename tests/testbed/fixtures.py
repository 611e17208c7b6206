"""Fixtures for tests on two real hosts. The hosts are made once a run and cleaned for each test."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.testbed.pair import Pair, pair


@pytest.fixture(scope="session")
def shared_pair() -> Iterator[Pair]:
    """Two hosts with engines and images, for the whole run."""
    if os.geteuid() != 0:
        pytest.skip("needs root: it makes network namespaces and starts Docker engines")
    if shutil.which("dockerd") is None:
        pytest.skip("needs dockerd: apt-get install docker.io")
    # A short path: a unix socket's may have 107 bytes.
    with (
        tempfile.TemporaryDirectory(prefix="hosts-", ignore_cleanup_errors=True) as folder,
        in_memory(folder),
        pair(Path(folder)) as made,
    ):
        yield made


@contextmanager
def in_memory(folder: str) -> Iterator[None]:
    """Keep what is below the folder in memory: an engine's data is many thousands of files, and on
    some disks it takes a minute to delete them.
    """
    subprocess.run(("mount", "-t", "tmpfs", "-o", "mode=700", "hosts", folder), check=True)
    try:
        yield
    finally:
        subprocess.run(("umount", "--lazy", folder), check=True)


@pytest.fixture
def two_hosts(shared_pair: Pair) -> Iterator[Pair]:
    """The two hosts with nothing on them, as after a fresh boot."""
    shared_pair.reset()
    yield shared_pair
    shared_pair.reset()
