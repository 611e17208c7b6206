"""The status page: a few files put together into one document at the start, and its policy.

One document, because a page that explains an outage must not depend on a second request. The
policy names what may run in it by its hash: nothing that anybody slipped into a name could run.
"""

import base64
import hashlib
import re
from importlib import resources
from typing import Final

STYLE: Final = "status.css"
SCRIPTS: Final = ("dom.js", "overview.js", "links.js", "timeline.js", "live.js")
"""In the order in which they build upon one another; together they are one module."""

_STYLE_PLACE: Final = "/* the style */"
_SCRIPT_PLACE: Final = "/* the script */"
_INLINE: Final = re.compile(r"<(style|script)[^>]*>(.*?)</\1>", re.DOTALL)


def page_text() -> str:
    """The whole page. Reading a file may block: not in the loop."""
    script = "\n".join(_part(name) for name in SCRIPTS)
    page = _part("status.html").replace(_STYLE_PLACE, _part(STYLE))
    return page.replace(_SCRIPT_PLACE, script)


def policy_of(page: str) -> str:
    """The content security policy that lets the page's own style and script work, and no more."""
    hashes = {"style": "'none'", "script": "'none'"}
    hashes |= {kind: f"'sha256-{_digest(text)}'" for kind, text in _INLINE.findall(page)}
    return "; ".join(
        (
            "default-src 'none'",
            *(f"{kind}-src {one}" for kind, one in hashes.items()),
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _part(name: str) -> str:
    return resources.files("sidecar.web").joinpath("page", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
