"""What the images' own scripts do, run by a real shell on the machine of the tests."""

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.netns import is_root

DOCKERFILE: Final = Path(__file__).parents[1] / "Dockerfile"
SERVE: Final = Path(__file__).parents[1] / "images/nginx/serve"
_WITHOUT_IPV6: Final = "mount -t proc -o subset=pid proc /proc"
"""It hides /proc/net, where a kernel without IPv6 has no if_inet6."""


def listens(folder: Path, before: str) -> str:
    """What nginx is told to listen on, by a script that has a /run of its own."""
    nginx = folder / "nginx"
    nginx.write_text("#!/bin/sh\ncat /run/nginx/listen.conf\n")
    nginx.chmod(0o755)
    script = f"{before} && mount -t tmpfs tmpfs /run && exec sh {SERVE}"
    done = subprocess.run(
        ("unshare", "--mount", "sh", "-c", script),
        env={"PATH": f"{folder}:{os.environ['PATH']}", "PORT": "81", "PAGE": "a page"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.hosts
@pytest.mark.parametrize(
    ("before", "expected"),
    [("true", "listen 81;\nlisten [::]:81;\n"), (_WITHOUT_IPV6, "listen 81;\n")],
    ids=["with IPv6", "without IPv6"],
)
def test_nginx_listens_on_what_the_kernel_has(before: str, expected: str, tmp_path: Path) -> None:
    if not is_root():
        pytest.skip("needs root for a /run and a /proc of its own")
    assert listens(tmp_path, before) == expected


def test_certificates_are_looked_for_where_the_image_has_them() -> None:
    """Not where only a base image with the package openssl has a link to them."""
    image = DOCKERFILE.read_text().rpartition("\nFROM ")[2].splitlines()
    (place,) = (
        line.split()[-1] for line in image if line.startswith("COPY --from=builder /trusted")
    )
    assert f"ENV SSL_CERT_DIR={place}" in image
