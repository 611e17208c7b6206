"""``sidecar standby [all|local|foreign|failback]``: hand groups over to the peer (hb_standby)."""

import argparse

from sidecar.commands.request import carry_out


def main(arguments: argparse.Namespace) -> int:
    return carry_out("standby", arguments)
