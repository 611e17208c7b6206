"""``sidecar run``: from checked settings to a running node, and back to an exit status.

What may block (state on disk, addresses left behind by an earlier life) is done before the loop
starts. See node.py for what runs in the loop.
"""

import asyncio
import gc
import logging
from dataclasses import replace

from sidecar.config.settings import Settings
from sidecar.core.params import Boot, Params
from sidecar.daemon import history_file, state
from sidecar.daemon.clock import moment
from sidecar.daemon.logs import LogFormat, logging_to
from sidecar.daemon.node import Node
from sidecar.daemon.places import placed
from sidecar.daemon.reload import Load
from sidecar.daemon.waiting import exact_loop
from sidecar.vip.leftover import left_behind, sweep

log = logging.getLogger("sidecar")


def run(settings: Settings, load: Load) -> int:
    """Run until told to stop; 0 after a clean stop, 1 after an internal error.

    ``load`` reads the settings anew when HUP comes.
    """
    form = LogFormat(settings.log_format.value)
    with logging_to(form=form, level=settings.log_level.value):
        for warning in settings.warnings:
            log.warning("%s", warning)
        settings = placed(settings)
        boot = state.boot(settings.state_dir, settings.node, moment().wall_s)
        past = history_file.read(settings.state_dir)
        boot = _with_what_was_left(boot, settings.params)

        async def live() -> int:
            return await _live(Node(settings, boot, load=load, past=past))

        with asyncio.Runner(loop_factory=exact_loop) as runner:
            return runner.run(live())


async def _live(node: Node) -> int:
    # What was made until now lives to the end: a full collection need not walk it, which would
    # stop the loop for tens of milliseconds.
    gc.freeze()
    return await node.run()


def _with_what_was_left(boot: Boot, params: Params) -> Boot:
    """What an earlier life left on the interfaces, before anybody is spoken to.

    An address whose lease still runs stays: if the peer has not taken it, this life takes it up
    again without an interruption, and otherwise it ends by itself. One without a lease goes.
    """
    found = left_behind(a for group in params.groups for a in group.addresses)
    for one in found:
        fate = "its lease still runs" if one.leased else "removed"
        log.warning("%s on %s was left by an earlier life: %s", one.name, one.interface, fate)
    unleased = tuple(one for one in found if not one.leased)
    trouble = sweep(unleased) if unleased else ()
    left = tuple(one.name for one in found if one.leased)
    return replace(boot, left=left, trouble=(*boot.trouble, *trouble))
