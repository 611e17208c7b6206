"""What the readers make of some text, with the problems as they would be printed."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from sidecar.config import authkeys, hacf, haresources
from sidecar.config.pings import Resolve
from sidecar.config.problems import Problems, Severity
from sidecar.config.settings import Settings, load
from sidecar.config.textfile import cut_lines
from sidecar.core.params import ResourceGroup
from sidecar.core.terms import NodeName
from sidecar.wire.auth import Keyring

REFERENCE = Path(__file__).parent / "reference"
NODES = (NodeName("masternginx"), NodeName("slavenginx"))

ADDRESSES = {"masternginx": "192.168.17.50", "slavenginx": "192.168.17.51"}

# Every test of one directive adds its line to these, which are fine by themselves.
HA_CF = """\
keepalive 2
deadtime 30
ucast eth1 192.168.17.51
auto_failback on
node masternginx slavenginx
"""


class Understood(NamedTuple):
    ha_cf: hacf.HaCf
    problems: Problems

    @property
    def errors(self) -> list[str]:
        return texts(self.problems, Severity.ERROR)

    @property
    def warnings(self) -> list[str]:
        return texts(self.problems, Severity.WARNING)

    @property
    def notes(self) -> list[str]:
        return texts(self.problems, Severity.NOTE)


def texts(problems: Problems, *severities: Severity) -> list[str]:
    return [str(problem) for problem in problems.having(*severities)]


def nobody(_name: str, _version: int) -> str | None:
    """A name service that knows nobody."""
    return None


def ha_cf(
    text: str,
    *,
    own: str = "masternginx",
    local: Iterable[str] = (),
    resolve: Resolve = nobody,
) -> Understood:
    problems = Problems()
    here = problems.of("ha.cf")
    lines = cut_lines(text.encode(), here, hash_cuts=True)
    return Understood(hacf.parse(lines, own, frozenset(local), here, resolve), problems)


def without(directive: str, text: str = HA_CF) -> str:
    return "".join(
        line for line in text.splitlines(keepends=True) if not line.startswith(f"{directive} ")
    )


def groups(
    text: str, nodes: tuple[NodeName, ...] = NODES
) -> tuple[tuple[ResourceGroup, ...], list[str]]:
    problems = Problems()
    here = problems.of("haresources")
    found = haresources.parse(cut_lines(text.encode(), here, hash_cuts=True), nodes, here)
    return found, [str(problem) for problem in problems.all]


def keyring(text: str) -> tuple[Keyring | None, list[str]]:
    problems = Problems()
    here = problems.of("authkeys")
    found = authkeys.parse(cut_lines(text.encode(), here), here)
    return found, [str(problem) for problem in problems.all]


def copy_reference(node: str, folder: Path) -> Path:
    """The three files of a reference host, with the modes that a checkout does not keep."""
    for name in ("ha.cf", "haresources", "authkeys"):
        copy = folder / name
        copy.write_bytes((REFERENCE / node / name).read_bytes())
        copy.chmod(0o600 if name == "authkeys" else 0o644)
    return folder


def settings(
    folder: Path,
    node: str = "masternginx",
    environ: dict[str, str] | None = None,
    **options: str,
) -> Settings:
    """As the daemon of this node reads the folder. Raises ConfigError."""
    return load(
        {"config_dir": str(folder), "node": node, **options},
        environ or {},
        {ADDRESSES.get(node, "")},
    )
