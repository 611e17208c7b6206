"""The image: what its programs find there."""

import json
import subprocess
from typing import Any, Final

import pytest

pytestmark = pytest.mark.engine

TRUSTED: Final = """
import json, pathlib, ssl
loaded = ssl.create_default_context().cert_store_stats()["x509"]
found = [ssl.PEM_cert_to_DER_cert(one.read_text())
         for one in pathlib.Path(ssl.get_default_verify_paths().capath).glob("*.0") if one.exists()]
print(json.dumps([loaded, len(found)]))
"""

COMPILED: Final = """
import json
from sidecar import precompiled
compiled = []
precompiled._compiled = compiled.append
with precompiled.known_methods():
    import sidecar.core.cluster
print(json.dumps([precompiled.PLACE.exists(), len(compiled)]))
"""


def in_the_image(program: str, *options: str) -> Any:
    command = ("docker", "run", "--rm", "--network", "none", "--entrypoint", "python", *options)
    run = subprocess.run(
        (*command, "heartbeat-sidecar", "-c", program), capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def test_certificates_are_read_when_one_is_asked_for_and_not_all_at_each_start():
    # The registry's image has nothing there; one made from packages has a link to them.
    loaded, found = in_the_image(TRUSTED, "--tmpfs", "/usr/lib/ssl")
    assert loaded == 0
    assert found > 100


def test_the_methods_of_dataclasses_are_compiled_already():
    there, compiled = in_the_image(COMPILED)
    assert there
    assert compiled == 0
