"""The runbook as one page of HTML, for who has the monitoring and not the repository at hand.

Prometheus and Grafana serve it, and each alert leads to its section. It is docs/runbook.md and
nothing else; what that uses of Markdown is all that is understood here. A link to another page is
left out, as that page is not there; its words stay.
"""

import html
import re
from collections.abc import Iterator
from typing import Final

from tests.docs.markdown import slug
from tests.docs.pages import ROOT

_HEAD: Final = """\
<!doctype html>
<!-- Written by `python -m tests.monitoring --write`, out of docs/runbook.md. -->
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Heartbeat runbook</title>
<style>
  body { font: 16px/1.5 sans-serif; max-width: 50em; margin: 2em auto; padding: 0 1em }
  code { background: #8882; padding: .1em .3em } pre { background: #8882; padding: 1em }
  pre code { background: none; padding: 0 } :target { background: #fe08 }
</style>
"""
_INLINE: Final = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<bold>[^*]+)\*\*|\*(?P<stress>[^*]+)\*|\[(?P<text>[^\]]+)\]\((?P<to>[^)]+)\)"
)


def runbook_file() -> str:
    return page((ROOT / "docs" / "runbook.md").read_text())


def page(markdown: str) -> str:
    blocks = re.split(r"\n{2,}", markdown.strip())
    return _HEAD + "\n".join(line for block in blocks for line in _block(block)) + "\n"


def _block(block: str) -> Iterator[str]:
    first = block.partition("\n")[0]
    if heading := re.fullmatch(r"(#+) (.+)", first):
        level = len(heading[1])
        yield f'<h{level} id="{slug(heading[2])}">{_inline(heading[2])}</h{level}>'
    elif first.startswith("```"):
        body = "\n".join(block.splitlines()[1:-1])
        yield f"<pre><code>{html.escape(body)}</code></pre>"
    elif first.startswith("- "):
        items = re.split(r"^- ", block, flags=re.MULTILINE)[1:]
        yield "<ul>"
        yield from (f"<li>{_inline(' '.join(item.split()))}</li>" for item in items)
        yield "</ul>"
    else:
        yield f"<p>{_inline(' '.join(block.split()))}</p>"


def _inline(text: str) -> str:
    at, made = 0, ""
    for found in _INLINE.finditer(text):
        made += html.escape(text[at : found.start()], quote=False) + _marked(found)
        at = found.end()
    return made + html.escape(text[at:], quote=False)


def _marked(found: re.Match[str]) -> str:
    if found["code"]:
        return f"<code>{html.escape(found['code'], quote=False)}</code>"
    if found["bold"]:
        return f"<b>{_inline(found['bold'])}</b>"
    if found["stress"]:
        return f"<i>{_inline(found['stress'])}</i>"
    words = _inline(found["text"])
    return f'<a href="{found["to"]}">{words}</a>' if found["to"].startswith("#") else words
