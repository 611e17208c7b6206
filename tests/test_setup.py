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


def test_a_mirror_that_cannot_be_reached_is_told(tmp_path):
    (tmp_path / "lists/partial").mkdir(parents=True)
    (tmp_path / "sources.list").write_text("deb http://127.0.0.1:9/debian trixie main\n")
    (tmp_path / "apt.conf").write_text(
        f'Dir::State::lists "{tmp_path}/lists";\n'
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list";\n'
        'Dir::Etc::sourceparts "/dev/null";\nAcquire::Retries::Delay "false";\n'
    )
    done = set_up("refresh_lists", tmp_path, APT_CONFIG=str(tmp_path / "apt.conf"))
    assert "E: Failed to fetch http://127.0.0.1:9/debian/dists/trixie/InRelease" in done.stderr
    assert "is a Debian mirror reachable?" in done.stderr
    assert done.returncode == 0
