"""Links lead somewhere, and files, recipes and modules that are named exist."""

import importlib.util
import re
from pathlib import Path

import pytest

from tests.docs.commands import shell_lines
from tests.docs.markdown import anchors, links, spans
from tests.docs.pages import ROOT, name_of, pages

_IN_THE_REPOSITORY = re.compile(r"(?<![\w./:-])(?:compose|docs|images|sidecar|tests)/[\w./-]*")
_RECIPES = re.findall(
    r"^([a-z-]+)(?: [^:\n]*)?:(?!=)", (ROOT / "justfile").read_text(), re.MULTILINE
)

each_page = pytest.mark.parametrize("page", pages(), ids=name_of)


@each_page
def test_a_link_leads_to_a_page_and_a_heading(page: Path):
    for link in links(page.read_text()):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.read_text()), link


@each_page
def test_a_file_that_is_named_exists(page: Path):
    text = page.read_text()
    for words in (*shell_lines(text), *spans(text)):
        for path in _IN_THE_REPOSITORY.findall(words):
            assert (ROOT / path).exists(), path


@each_page
def test_a_recipe_that_is_named_exists(page: Path):
    text = page.read_text()
    for words in (*shell_lines(text), *spans(text)):
        for recipe in re.findall(r"\bjust ([a-z-]+)", words):
            assert recipe in _RECIPES


@each_page
def test_a_module_that_is_named_exists(page: Path):
    text = page.read_text()
    for words in (*shell_lines(text), *spans(text)):
        for module in re.findall(r"python -m (\S+)", words):
            assert importlib.util.find_spec(module), module


@each_page
def test_a_test_that_is_named_exists(page: Path):
    for words in spans(page.read_text()):
        for path, name in re.findall(r"(tests/[\w/]+\.py)::(\w+)", words):
            assert f"def {name}(" in (ROOT / path).read_text(), f"{path}::{name}"
