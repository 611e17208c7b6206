"""Where to tell what happened. No message repeats an address or a secret."""

from pathlib import Path

import pytest

from sidecar.cli import build_parser
from sidecar.config.localfacts import LogLevel
from sidecar.config.problems import Problems, Severity
from sidecar.config.settings import read as read_all
from sidecar.config.understood import describe
from sidecar.config.webhooks import Webhook, WebhookFormat, Webhooks, read
from tests.config.written import copy_reference, texts

HOOK = "https://hooks.example.net/services/T0/HIDDEN"
OTHER = "https://[2001:db8::1]:8443/?token=HIDDEN"
KEY = "0123456789abcdef0123456789abcdef"


def understood(environ: dict[str, str] | None = None, **options: object) -> tuple[Webhooks, str]:
    problems = Problems()
    found = read(options, environ or {}, problems)
    said = "\n".join(texts(problems, Severity.ERROR, Severity.WARNING))
    assert "HIDDEN" not in said + repr(found)
    return found, said


def a_secret(folder: Path, text: str = KEY, mode: int = 0o600) -> str:
    path = folder / "webhook.key"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_without_a_webhook_nothing_is_told():
    assert understood() == (Webhooks(), "")


def test_several_are_told_each_in_its_form():
    environ = {"SIDECAR_WEBHOOK": f"{HOOK} {OTHER}", "SIDECAR_WEBHOOK_FORMAT": "slack json"}
    found, said = understood(environ)
    assert said == ""
    assert found.targets == (
        Webhook(url=HOOK, place="https://hooks.example.net", form=WebhookFormat.SLACK),
        Webhook(url=OTHER, place="https://[2001:db8::1]:8443", form=WebhookFormat.JSON),
    )
    assert found.level is LogLevel.INFO
    assert found.secret is None


def test_the_option_may_be_given_several_times():
    words = ("run", "--webhook", HOOK, "--webhook", OTHER, "--webhook-format", "slack")
    options = vars(build_parser({}).parse_args(words))
    found, said = understood(**options)
    assert said == ""
    assert [(one.url, one.form.value) for one in found.targets] == [
        (HOOK, "slack"),
        (OTHER, "slack"),
    ]


@pytest.mark.parametrize(
    ("url", "trouble"),
    [
        ("hooks.example.net/HIDDEN", "begins neither with https:// nor with http://"),
        ("ftp://hooks.example.net/HIDDEN", "begins neither with https:// nor with http://"),
        ("https:///HIDDEN", "names no host"),
        ("https://exa..mple/HIDDEN", "names no host"),
        ("https://fe..ed/HIDDEN", "names no host"),
        (f"https://{'a' * 64}.example/HIDDEN", "names no host"),
        ("https://host:99999/HIDDEN", "is no address"),
        ("https://[::1/HIDDEN", "is no address"),
        ("https://host/HIDDEN\N{SNOWMAN}", "has characters that no address has"),
        ("https://me:HIDDEN@host/", "carries a user name"),
        ("https://host/#HIDDEN", "has a part behind `#`"),
    ],
)
def test_what_is_no_address_is_told_by_its_number(url: str, trouble: str):
    found, said = understood({"SIDECAR_WEBHOOK": f"{HOOK} {url}"})
    assert said.startswith(f"SIDECAR_WEBHOOK: webhook 2 {trouble}")
    assert len(found.targets) == 1


def test_one_that_is_not_encrypted_is_warned_of_unless_it_is_here():
    _, said = understood({"SIDECAR_WEBHOOK": "http://127.0.0.1:8080/ http://other/"})
    assert said == (
        "SIDECAR_WEBHOOK: warning: webhook 2 is not encrypted: whoever is on the way can read it; "
        "use https"
    )


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("FORMAT", "slak", "`slak` is unknown: write json or slack; did you mean `slack`?"),
        ("FORMAT", "json json json", "there are 3 words for 2 webhooks: write one, or one for"),
        ("LEVEL", "debug", "`debug` is unknown: write info or warning or error"),
    ],
)
def test_a_word_that_makes_no_sense_is_told(variable: str, value: str, message: str):
    environ = {"SIDECAR_WEBHOOK": f"{HOOK} {OTHER}", f"SIDECAR_WEBHOOK_{variable}": value}
    _, said = understood(environ)
    assert f"SIDECAR_WEBHOOK_{variable}: {message}" in said


def test_there_may_not_be_too_many():
    _, said = understood({"SIDECAR_WEBHOOK": " ".join([HOOK] * 9)})
    assert said == "SIDECAR_WEBHOOK: there are 9 webhooks: write 8 at the most"


def test_the_secret_is_the_file_s_text_without_its_line_end(tmp_path: Path):
    environ = {
        "SIDECAR_WEBHOOK": HOOK,
        "SIDECAR_WEBHOOK_SECRET_FILE": a_secret(tmp_path, f"{KEY}\n"),
    }
    found, said = understood(environ)
    assert (found.secret, said) == (KEY.encode(), "")
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("text", "mode", "trouble"),
    [
        (KEY, 0o644, "can be read by others than its owner (mode 0644)"),
        ("hello!", 0o600, "has 6 characters: write 16 or more"),
        ("\n", 0o600, "is empty"),
    ],
)
def test_a_secret_that_is_none_is_told(tmp_path: Path, text: str, mode: int, trouble: str):
    path = a_secret(tmp_path, text, mode)
    environ = {"SIDECAR_WEBHOOK": HOOK, "SIDECAR_WEBHOOK_SECRET_FILE": path}
    _, said = understood(environ)
    assert said.startswith(f"{path}: {trouble}")
    assert "hello!" not in said


def test_a_secret_without_a_webhook_is_warned_of(tmp_path: Path):
    _, said = understood({"SIDECAR_WEBHOOK_SECRET_FILE": a_secret(tmp_path)})
    assert said == (
        "SIDECAR_WEBHOOK_SECRET_FILE: warning: signs nothing: SIDECAR_WEBHOOK names no webhook"
    )


def test_check_says_where_to_and_how(tmp_path: Path):
    environ = {
        "SIDECAR_CONFIG_DIR": str(copy_reference("masternginx", tmp_path)),
        "SIDECAR_NODE": "masternginx",
        "SIDECAR_WEBHOOK": f"{HOOK} {OTHER}",
        "SIDECAR_WEBHOOK_LEVEL": "error",
        "SIDECAR_WEBHOOK_SECRET_FILE": a_secret(tmp_path),
    }
    lines = list(describe(read_all({}, environ, frozenset())))
    at = lines.index("webhooks")
    assert lines[at + 1 : at + 3] == [
        "  1: https://hooks.example.net, json from error on, signed",
        "  2: https://[2001:db8::1]:8443, json from error on, signed",
    ]
    assert "HIDDEN" not in "\n".join(lines)
