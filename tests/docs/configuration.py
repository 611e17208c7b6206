"""Tables of what can be configured, out of the code's own tables."""

from typing import Final

from sidecar.config.directives import DIRECTIVES, Directive, Standing
from sidecar.config.options import OPTIONS
from sidecar.wire.auth import Method
from tests.docs.markdown import code, table

_METHODS: Final = {
    Method.CRC: "No protection against anybody: a checksum. For a serial cable or a test.",
    Method.MD5: "HMAC-MD5, for files that are in use already.",
    Method.SHA1: "HMAC-SHA1: the best that a Heartbeat 3 node knows.",
    Method.SHA256: "HMAC-SHA-256, where both nodes are sidecars. `sidecar init` writes it.",
}
_PREFIXES: Final = {
    Standing.IMPLEMENTED: "",
    Standing.NO_EFFECT: "no effect: ",
    Standing.REFUSED: "refused: ",
}


def directives() -> str:
    """A table for each standing; one that is empty is left out."""
    parts: list[str] = []
    for standing, title in (
        (Standing.IMPLEMENTED, "Implemented"),
        (Standing.NO_EFFECT, "Accepted, no effect"),
        (Standing.REFUSED, "Refused"),
    ):
        rows = [_row(one) for one in DIRECTIVES if one.standing is standing]
        if rows:
            parts += [f"### {title}\n", table(("directive", "default", "here"), rows), ""]
    return "\n".join(parts)


def every_directive() -> str:
    """One line each, in the order of the alphabet: for who has a file and looks a word up."""
    rows = (
        (code(one.name), f"{_PREFIXES[one.standing]}{one.here}")
        for one in sorted(DIRECTIVES, key=lambda one: one.name)
    )
    return table(("directive", "here"), rows)


def _row(one: Directive) -> tuple[str, str, str]:
    written = f"{one.name} {one.syntax}".strip()
    accepted = f"only {code(one.harmless[0])} is accepted: " if one.harmless else ""
    return code(written), one.default, f"{accepted}{one.here}"


def options() -> str:
    rows = (
        (
            code(f"{one.flag} {one.metavar}"),
            code(one.environment),
            code(one.default),
            one.help,
        )
        for one in OPTIONS
    )
    return table(("option", "variable", "default", "what"), rows)


def methods() -> str:
    """KeyError for a method that nobody has described yet."""
    return table(("method", "what"), ((code(one.value), _METHODS[one]) for one in Method))
