"""`sidecar run`: reads the configuration and becomes a node."""

import argparse
import os

from sidecar.config.machine import local_addresses
from sidecar.config.settings import Settings, load
from sidecar.loading import uncollected


def main(arguments: argparse.Namespace) -> int:
    def load_now() -> Settings:
        return load(vars(arguments), os.environ, local_addresses())

    settings = load_now()
    # Only now: a mistake in the configuration is told without loading the daemon.
    with uncollected():
        from sidecar.daemon.run import run  # noqa: PLC0415

    return run(settings, load_now)
