"""The transcripts in ``scenarios``: what the pair says there is what it says now."""

from pathlib import Path

import pytest

from tests.sim.transcript import parse, play, render, scenarios


@pytest.mark.parametrize("path", scenarios(), ids=lambda path: path.stem)
def test_the_story_is_still_true(path: Path):
    blocks = parse(path.read_text())
    for told, now in zip(blocks, play(blocks), strict=True):
        where = f"{path.name}:{told.line}"
        mend = "if this is meant: python -m tests.sim.transcript --rewrite"
        assert now.expected == told.expected, f"{where}; {mend}"


@pytest.mark.parametrize("path", scenarios(), ids=lambda path: path.stem)
def test_reading_and_writing_a_story_changes_nothing(path: Path):
    text = path.read_text()
    assert render(parse(text)) == text


def test_commands_without_their_rule_are_refused():
    with pytest.raises(ValueError, match="line 2: no line ----"):
        parse("# a story\ncluster\nstart a\n\nrun 3s\n----\n")
