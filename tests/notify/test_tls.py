"""A receiver behind https is believed only with a certificate that is trusted."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.notify.receiver import receiving
from tests.notify.telling import telling
from tests.waiting import wait_for


def a_certificate(folder: Path) -> Path:
    """Key and certificate of 127.0.0.1, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl to make a certificate")
    path = folder / "own.pem"
    command = (
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
        *(
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=receiver",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ),
        *("-keyout", str(path), "-out", str(folder / "certificate.pem")),
    )
    subprocess.run(command, check=True, capture_output=True)
    with path.open("a") as both:
        both.write((folder / "certificate.pem").read_text())
    return path


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_is_checked(tmp_path: Path, caplog, monkeypatch, *, trusted: bool):
    certificate = a_certificate(tmp_path)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with receiving(context=context) as receiver:
        url = receiver.url.replace("http:", "https:")
        with telling(url) as told:
            told.tell("web")
            if trusted:
                wait_for(lambda: told.counted("delivered") == 1)
            else:
                wait_for(lambda: "its certificate is not trusted: self" in caplog.text)
                assert receiver.got == []


def test_a_scheme_in_capitals_is_encrypted_too(tmp_path: Path, monkeypatch):
    certificate = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with (
        receiving(context=context) as receiver,
        telling(receiver.url.replace("http:", "HTTPS:")) as told,
    ):
        told.tell("web")
        wait_for(lambda: told.counted("delivered") == 1)
