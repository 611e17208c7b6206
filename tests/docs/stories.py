"""Excerpts of the transcripts in tests/scenarios, and what the commands print for a simulated pair.

That the transcripts are true is proved by tests/test_scenarios.py.
"""

import tempfile
from pathlib import Path
from typing import Final

from sidecar.commands.check import report
from sidecar.commands.status_text import status_text
from sidecar.config.settings import read
from sidecar.config.template import Answers, render
from sidecar.core.view import ClusterView
from sidecar.web.document import status_document
from tests.docs.markdown import fenced
from tests.sim.storyteller import Storyteller
from tests.sim.transcript import FOLDER, Block, parse

ANSWERS: Final = Answers(
    node_a="masternginx",
    address_a="192.168.17.50",
    node_b="slavenginx",
    address_b="192.168.17.51",
    interface="eth1",
    vip="192.168.171.100/24",
    vip_interface="eth0",
)
"""Of the quick start; that it says the same is tested."""
_ADDRESSES: Final = {
    ANSWERS.node_a: (ANSWERS.address_a, "192.168.171.50"),
    ANSWERS.node_b: (ANSWERS.address_b, "192.168.171.51"),
}
_KEY: Final = "0" * 64


def excerpt(story: str, containing: str) -> str:
    """The block of a transcript with this command: what happens, and what the log then says."""
    for block in parse((FOLDER / f"{story}.txt").read_text()):
        if containing in block.commands:
            return fenced(_text(block), "text")
    raise LookupError(f"{story}.txt has no block with the command {containing!r}")


def _text(block: Block) -> str:
    return "\n".join((*block.commands, "----", *block.expected))


def status() -> str:
    """`sidecar status` on the first node of the quick start."""
    return fenced(status_text(status_document(_settled())), "text")


def explain() -> str:
    return fenced("\n".join(_settled().explanation), "text")


def check() -> str:
    """`sidecar check` on the first node of the quick start."""
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder))
        options = {"config_dir": folder, "node": ANSWERS.node_a}
        reading = read(options, {}, frozenset(_ADDRESSES[ANSWERS.node_a]))
        text = "\n".join(report(reading))
    return fenced(text.replace(folder, "/etc/ha.d"), "text")


def _settled() -> ClusterView:
    """The first node of the quick start, some seconds after both have started."""
    story = Storyteller()
    with tempfile.TemporaryDirectory() as folder:
        for node, addresses in _ADDRESSES.items():
            _write(Path(folder) / node, without=addresses[0])
        story.tell(f"files {folder} {ANSWERS.node_a} {ANSWERS.node_b}")
    story.tell(f"start {ANSWERS.node_a} {ANSWERS.node_b}")
    story.tell("run 10s")
    process = story._pair().node(ANSWERS.node_a).process
    assert process is not None
    return process.cluster.view()


def _write(folder: Path, without: str = "") -> None:
    """The files as `sidecar init` writes them; ``without`` the link to a node's own address,
    which the simulated node has not.
    """
    files = render(ANSWERS, _KEY, folder)
    folder.mkdir(exist_ok=True)
    lines = files.ha_cf.splitlines(keepends=True)
    kept = (line for line in lines if not (without and line.endswith(f" {without}\n")))
    (folder / "ha.cf").write_text("".join(kept))
    (folder / "haresources").write_text(files.haresources)
    keys = folder / "authkeys"
    keys.touch(mode=0o600)
    keys.write_text(files.authkeys)
