"""What the pages take from the code is what the code says now."""

import re
from pathlib import Path

import pytest

from sidecar.core import negotiation, presence, shutdown, standby
from sidecar.core.machine import mermaid
from tests.docs import blocks
from tests.docs.commands import shell_lines
from tests.docs.content import BLOCKS
from tests.docs.pages import ROOT, name_of, pages
from tests.docs.stories import ANSWERS

_PRINTED = re.compile(r"<!-- printed by (?P<script>\S+) -->\n```text\n(?P<lines>.*?)```", re.DOTALL)
_SAID = re.compile(r'\bsay "(?P<text>.*)"')
_VARIABLE = re.compile(r"\$\((?:[^()]|\([^()]*\))*\)|\$\{[^}]*\}|\$[\w*]+")
_TIME = re.compile(r"^\[....\ s] ")


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_no_block_is_stale(page: Path):
    text = page.read_text()
    hint = f"{name_of(page)}: python -m tests.docs --write"
    assert blocks.renew(text, BLOCKS) == text, hint


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_mark_belongs_to_a_block(page: Path):
    assert blocks.stray_marks(page.read_text()) == []


def test_every_block_is_shown_somewhere():
    shown = {name for page in pages() for name in blocks.names(page.read_text())}
    assert shown == set(BLOCKS)


def test_a_block_is_replaced_and_nothing_else():
    text = "before\n<!-- begin: one -->\nold\n<!-- end: one -->\nafter\n"
    expected = "before\n<!-- begin: one -->\nnew\n<!-- end: one -->\nafter\n"
    assert blocks.renew(text, {"one": lambda: "new\n"}) == expected


@pytest.mark.parametrize("machine", [presence, negotiation, standby, shutdown])
def test_a_diagram_has_one_line_a_transition_and_no_statement_in_a_label(machine):
    head, begin, *transitions = mermaid(machine.TRANSITIONS).splitlines()
    assert head == "stateDiagram-v2"
    assert begin.startswith("    [*] --> ")
    assert len(transitions) == len(machine.TRANSITIONS)
    for line in transitions:
        label = line.split(": ", 1)[1]
        assert not re.search(r"[:;#]", label), f"Mermaid would not draw this as a label: {label}"


@pytest.mark.parametrize("script", ["compose/demo.sh", "tests/run.sh"])
def test_what_a_command_prints_is_what_its_script_says(script: str):
    found = {one["script"]: one["lines"] for one in _PRINTED.finditer(_readme())}
    said = "\n".join((ROOT / path).read_text() for path in (script, "images/setup.sh"))
    patterns = [_pattern(one["text"]) for one in _SAID.finditer(said)]
    lines = found[script].splitlines()
    assert lines
    for line in lines:
        text = _TIME.sub("", line)
        assert text != line
        assert any(pattern.fullmatch(text) for pattern in patterns), line


def test_the_quick_start_gives_the_answers_that_its_output_was_made_from():
    (line,) = (line for line in shell_lines(_readme()) if " init " in line)
    for name in ("node_a", "node_b", "address_a", "address_b", "interface", "vip", "vip_interface"):
        flag = "--" + name.replace("_", "-")
        assert f"{flag} {getattr(ANSWERS, name)}" in re.sub(r"\s+", " ", line)


def _readme() -> str:
    return (ROOT / "README.md").read_text()


def _pattern(said: str) -> re.Pattern[str]:
    """A line of the script's text: variables stand for anything."""
    parts = _VARIABLE.split(said.replace('\\"', '"'))
    return re.compile(".*".join(map(re.escape, parts)))
