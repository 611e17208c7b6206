"""Where to tell what happened: the webhooks' addresses, their form, and the secret that signs.

An address is a secret of its own: whoever has it may post there. So no message repeats it; it is
told by its number, and where it is well formed by scheme, host and port.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from sidecar.config import authkeys
from sidecar.config.localfacts import LogLevel
from sidecar.config.options import (
    WEBHOOK,
    WEBHOOK_FORMAT,
    WEBHOOK_LEVEL,
    WEBHOOK_SECRET,
    Option,
    choose_with_source,
)
from sidecar.config.problems import FileProblems, Problems, quote
from sidecar.config.textfile import read_file
from sidecar.config.values import did_you_mean

WEBHOOKS_MAX: Final = 8
"""Each has a thread of its own."""
SECRET_MIN: Final = 16

# A longer part of a name, or an empty one, is none that could be looked up.
_PART: Final = r"[A-Za-z0-9_-]{1,63}"
_HOST: Final = re.compile(rf"{_PART}(\.{_PART})*\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*", re.ASCII)
_URL: Final = re.compile(r"[!-~]+")
_EXAMPLE: Final = "write it like https://example.net/hook"
_LEVELS: Final = (LogLevel.INFO, LogLevel.WARNING, LogLevel.ERROR)


class WebhookFormat(StrEnum):
    JSON = "json"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    url: str = field(repr=False)
    place: str
    """Scheme, host and port: what may be told."""
    form: WebhookFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """None is configured when ``targets`` is empty."""

    targets: tuple[Webhook, ...] = ()
    level: LogLevel = LogLevel.INFO
    secret: bytes | None = field(default=None, repr=False)


def read(options: Mapping[str, object], environ: Mapping[str, str], problems: Problems) -> Webhooks:
    """Everything that makes sense; what does not is told by its number."""

    def chosen(option: Option) -> tuple[str, FileProblems]:
        value, source = choose_with_source(option, options, environ)
        return value, problems.of(source)

    text, here = chosen(WEBHOOK)
    urls = text.split()
    if len(urls) > WEBHOOKS_MAX:
        here.error(None, f"there are {len(urls)} webhooks: write {WEBHOOKS_MAX} at the most")
    forms = _forms(len(urls), *chosen(WEBHOOK_FORMAT))
    level = _level(*chosen(WEBHOOK_LEVEL))
    path, its = chosen(WEBHOOK_SECRET)
    secret = _secret(Path(path), problems) if path else None
    if path and not urls:
        its.warn(None, f"signs nothing: {WEBHOOK.environment} names no webhook")
    return Webhooks(targets=tuple(_targets(urls, forms, here)), level=level, secret=secret)


def _targets(
    urls: list[str], forms: list[WebhookFormat], problems: FileProblems
) -> Iterator[Webhook]:
    for number, (url, form) in enumerate(zip(urls, forms, strict=True), start=1):
        place = _place(url, number, problems)
        if place:
            yield Webhook(url=url, place=place, form=form)


def _place(url: str, number: int, problems: FileProblems) -> str | None:
    """Scheme, host and port of a well-formed address; None, and a word on it, of another."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        problems.error(None, f"webhook {number} is no address: {_EXAMPLE}")
        return None
    trouble = _trouble(url, parts)
    if trouble:
        problems.error(None, f"webhook {number} {trouble}")
        return None
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        problems.warn(
            None, f"webhook {number} is not encrypted: whoever is on the way can read it; use https"
        )
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}" if port is None else f"{parts.scheme}://{host}:{port}"


def _trouble(url: str, parts: SplitResult) -> str | None:
    if parts.scheme not in {"http", "https"}:
        return f"begins neither with https:// nor with http://: {_EXAMPLE}"
    if not _URL.fullmatch(url):
        return "has characters that no address has: write them in percent form"
    if not _HOST.fullmatch(parts.hostname or ""):
        return f"names no host: {_EXAMPLE}"
    if parts.username is not None or parts.password is not None:
        return (
            "carries a user name, which would not be sent: let the receiver check the signature "
            f"({WEBHOOK_SECRET.environment})"
        )
    if parts.fragment:
        return "has a part behind `#`, which is never sent: remove it"
    return None


def _forms(count: int, value: str, problems: FileProblems) -> list[WebhookFormat]:
    words = value.lower().replace(",", " ").split()
    known = list(WebhookFormat)
    forms: list[WebhookFormat] = []
    for word in words:
        if word in known:
            forms.append(WebhookFormat(word))
        else:
            problems.error(
                None,
                f"{quote(word)} is unknown: write {' or '.join(known)}{did_you_mean(word, known)}",
            )
    if count and len(words) not in {1, count}:
        problems.error(
            None, f"there are {len(words)} words for {count} webhooks: write one, or one for each"
        )
    if len(forms) == count:
        return forms
    return (forms[:1] or [WebhookFormat.JSON]) * count


def _level(value: str, problems: FileProblems) -> LogLevel:
    word = value.lower()
    if word in list(_LEVELS):
        return LogLevel(word)
    problems.error(
        None,
        f"{quote(value)} is unknown: write {' or '.join(_LEVELS)}{did_you_mean(word, _LEVELS)}",
    )
    return LogLevel.INFO


def _secret(path: Path, problems: Problems) -> bytes | None:
    here = problems.of(str(path))
    mend = "make it with `openssl rand -hex 32`, mode 0600, and give the receiver the same"
    data = read_file(path, here, missing=mend, empty=mend)
    if data is None:
        return None
    authkeys.check_mode(path, here)
    secret = data.strip()
    if len(secret) < SECRET_MIN:
        here.error(None, f"has {len(secret)} characters: write {SECRET_MIN} or more; {mend}")
    return secret
