"""The image: what its programs find there."""

import json
import subprocess
from typing import Final

import pytest

pytestmark = pytest.mark.engine

TRUSTED: Final = """
import json, pathlib, ssl
loaded = ssl.create_default_context().cert_store_stats()["x509"]
found = [ssl.PEM_cert_to_DER_cert(one.read_text())
         for one in pathlib.Path(ssl.get_default_verify_paths().capath).glob("*.0") if one.exists()]
print(json.dumps([loaded, len(found)]))
"""


def test_certificates_are_read_when_one_is_asked_for_and_not_all_at_each_start():
    command = ("docker", "run", "--rm", "--network", "none", "--entrypoint", "python")
    run = subprocess.run(
        (*command, "heartbeat-sidecar", "-c", TRUSTED), capture_output=True, text=True, check=True
    )
    loaded, found = json.loads(run.stdout)
    assert loaded == 0
    assert found > 100
