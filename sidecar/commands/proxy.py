"""`sidecar proxy`: stands between the sidecar and the Docker socket (compose/hardened.yaml)."""

import argparse
import asyncio
import logging
import os
import sys

from sidecar.config.proxying import read_proxy_facts


def main(arguments: argparse.Namespace) -> int:
    facts = read_proxy_facts(vars(arguments), os.environ)
    # Only now: a mistake in the options is told without loading the server.
    from sidecar.proxy.serve import Unusable, serve  # noqa: PLC0415

    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
    try:
        asyncio.run(serve(listen=facts.listen, engine=facts.engine, containers=facts.containers))
    except Unusable as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0
