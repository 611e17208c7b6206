"""``sidecar takeover [all|local|foreign|failback]``: take groups from the peer (hb_takeover)."""

import argparse

from sidecar.commands.request import carry_out


def main(arguments: argparse.Namespace) -> int:
    return carry_out("takeover", arguments)
