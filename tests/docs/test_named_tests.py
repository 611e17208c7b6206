"""A test that a page names as its proof exists."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import pages

_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
_ROOT = Path(__file__).parents[2]


def _named() -> list[tuple[str, str]]:
    return sorted({found for page in pages() for found in _NAMED.findall(page.read_text())})


@pytest.mark.parametrize(("file", "test"), _named())
def test_a_test_that_is_named_exists(file: str, test: str) -> None:
    source = (_ROOT / file).read_text()
    assert re.search(rf"^ *(async )?def {test}\(", source, re.MULTILINE)


def test_some_are_named() -> None:
    assert len(_named()) > 10
