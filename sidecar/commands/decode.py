r"""`sidecar decode`: captured datagrams, hex and one a line, as one record each.

A record has the keys ok, form, key, fields and error. Text fields are shown as text, with bytes
that are no utf-8 as \xNN; all other fields as hex. If a name occurs again, as no real node does,
the first keeps the name, because that is the one a receiver goes by, and the next ones are shown as
`name#2`, `name#3`. A datagram that is refused only for its signature still shows its fields.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from sidecar.config import authkeys
from sidecar.config.problems import Problems
from sidecar.wire.auth import Keyring
from sidecar.wire.codec import Form, form_of, unseal
from sidecar.wire.codec import decode as decode_unverified
from sidecar.wire.errors import WireError
from sidecar.wire.message import Field, FieldKind, Message


def main(arguments: argparse.Namespace) -> int:
    """Exit 0 when every datagram was accepted, 1 when any was refused, 2 without usable keys."""
    problems = Problems()
    path = Path(arguments.authkeys)
    # The mode is not looked at: the keys of a capture are often a copy, and no node runs by them.
    keyring = authkeys.read(path, problems.of(str(path)), any_mode=True)
    problems.raise_errors()
    if keyring is None:
        raise AssertionError("no keys, and no problem tells why")
    status = 0
    lines = (line.decode("ascii", "replace") for line in sys.stdin.buffer)
    for record in decode(keyring, lines):
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()
        status = status if record["ok"] else 1
    return status


def decode(keyring: Keyring, lines: Iterable[str]) -> Iterator[dict[str, object]]:
    """One record for every line that is not blank; each can be written as a line of JSON."""
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text:
            continue
        try:
            data = bytes.fromhex(text)
        except ValueError:
            yield _record(error=f"line {number}: not hex; give each datagram as one line of hex")
        else:
            yield _decode_datagram(keyring, data, number)


def _decode_datagram(keyring: Keyring, data: bytes, number: int) -> dict[str, object]:
    form = form_of(data)
    try:
        sealed = decode_unverified(data)
    except WireError as refusal:
        return _record(form=form, error=_explain(number, refusal))
    fields = _shown(sealed.message)
    try:
        unseal(data, keyring)
    except WireError as refusal:
        error = _explain(number, refusal)
        return _record(form=form, key=sealed.key_number, fields=fields, error=error)
    return _record(form=form, key=sealed.key_number, fields=fields)


def _explain(number: int, refusal: WireError) -> str:
    return f"line {number}: {refusal.reason}: {refusal}"


def _shown(message: Message) -> dict[str, str]:
    shown: dict[str, str] = {}
    for field in message.fields:
        name, count = field.name, 1
        while name in shown:
            count += 1
            name = f"{field.name}#{count}"
        shown[name] = _show(field)
    return shown


def _show(field: Field) -> str:
    raw = field.raw()
    if field.kind is FieldKind.STRING:
        return raw.decode("utf-8", "backslashreplace")
    return raw.hex()


def _record(
    *,
    form: Form | None = None,
    key: int | None = None,
    fields: dict[str, str] | None = None,
    error: str | None = None,
) -> dict[str, object]:
    return {"ok": error is None, "form": form, "key": key, "fields": fields or {}, "error": error}
