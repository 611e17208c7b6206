"""Makes the lock files from pyproject.toml: packages with versions and hashes, no host's name.

They hold for every Python that we support: pip-compile resolves on the oldest one, whose packages
include those of the newer ones, and the hashes are of every wheel of a release.
Run it with Python 3.11: `just lock`.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Which lock file holds which dependency groups; "" stands for what the package itself needs.
LOCKS = {
    "requirements.lock": ("",),
    "requirements-dev.lock": ("", "dev", "build", "tools"),
    "images/build.lock": ("build",),
    "images/tools.lock": ("tools",),
    "tests/monitoring/grafana.lock": ("grafana",),
}
HEADER = "# Made by `just lock` from pyproject.toml ({}). Do not edit.\n"
OPTIONS = (
    "--quiet",
    "--generate-hashes",
    "--strip-extras",
    "--allow-unsafe",
    "--no-annotate",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-emit-trusted-host",
)


def compile_lock(requirements: list[str], held: Path | None) -> str:
    """What pip-compile makes of the requirements, keeping to an earlier lock file's versions."""
    constraint = ("--constraint", str(held)) if held else ()
    command = (sys.executable, "-m", "piptools", "compile", *OPTIONS, *constraint)
    made = subprocess.run(  # noqa: S603 - a fixed command
        (*command, "--output-file", "-", "-"),
        input="\n".join(requirements),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return made.stdout


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = {"": project["project"]["dependencies"], **project["dependency-groups"]}
    first: Path | None = None
    for name, parts in LOCKS.items():
        wanted = [requirement for part in parts for requirement in groups[part]]
        said = ", ".join(part or "dependencies" for part in parts)
        # What runs is tested: the development lock keeps to the runtime lock's versions.
        text = compile_lock(wanted, first if "" in parts else None)
        if "//" in text:
            sys.exit(f"{name} would name a host")
        (ROOT / name).write_text(HEADER.format(said) + text)
        first = first or ROOT / name
        print(f"{name}: {text.count('==')} packages")


if __name__ == "__main__":
    main()
