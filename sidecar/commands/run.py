"""`sidecar run`: reads the configuration and becomes a node."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sidecar.loading import uncollected
from sidecar.precompiled import known_methods

if TYPE_CHECKING:
    from sidecar.config.settings import Settings


def main(arguments: argparse.Namespace) -> int:
    with _ended_by_term():
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    with _quickly():
        from sidecar.config.machine import local_addresses  # noqa: PLC0415 - quickly
        from sidecar.config.settings import load  # noqa: PLC0415

    def load_now() -> "Settings":
        return load(vars(arguments), os.environ, local_addresses())

    settings = load_now()
    # Only now: a mistake in the configuration is told without loading the daemon.
    with _quickly():
        from sidecar.daemon.run import run  # noqa: PLC0415

    return run(settings, load_now)


@contextmanager
def _ended_by_term() -> Iterator[None]:
    """Until the node hears it: by default TERM does nothing to a container's first process."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _quickly() -> Iterator[None]:
    with uncollected(), known_methods():
        yield
