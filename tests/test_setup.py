"""The set-up that the demo and the tests share: images/setup.sh, run by a real bash."""

import subprocess
from pathlib import Path
from typing import Final

SETUP: Final = Path(__file__).parents[1] / "images/setup.sh"


def set_up(what: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Source the set-up in an otherwise empty environment, its cache in this folder."""
    environ = {"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(folder), **environ}
    words = ["bash", "-c", f'source "{SETUP}"; {what}']
    return subprocess.run(
        words, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_it_works_without_a_home(tmp_path):
    done = set_up('echo "$HOME"', tmp_path)
    assert done.stdout == "/root\n", done.stderr


def test_it_finds_what_only_root_has_in_its_path(tmp_path):
    done = set_up("command -v useradd", tmp_path)
    assert done.stdout == "/usr/sbin/useradd\n", done.stderr
