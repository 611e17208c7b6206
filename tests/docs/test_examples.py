"""The examples work: command lines parse, files are accepted, quoted sentences are said."""

import argparse
import ast
import re
from pathlib import Path

import pytest

from sidecar.cli import build_parser
from sidecar.config import haresources
from sidecar.config.haresources import parse_resource
from sidecar.config.problems import Problems
from sidecar.config.settings import load
from sidecar.config.textfile import cut_lines
from sidecar.core.terms import NodeName
from sidecar.service.labels import read_settings
from tests.docs.commands import sidecar_lines
from tests.docs.markdown import fences
from tests.docs.pages import ROOT, name_of, pages

_HOLE = "\N{HORIZONTAL ELLIPSIS}"
_LOCAL = frozenset({"192.168.17.50"})

each_page = pytest.mark.parametrize("page", pages(), ids=name_of)


@each_page
def test_a_command_line_is_one_that_the_command_takes(page: Path):
    parser = build_parser({})
    for arguments in sidecar_lines(page.read_text()):
        assert _is_taken(parser, arguments), f"sidecar {' '.join(arguments)}"


def _is_taken(parser: argparse.ArgumentParser, arguments: list[str]) -> bool:
    try:
        parser.parse_args(arguments)
    except SystemExit as end:
        return end.code == 0  # --help and --version end, too
    return True


def test_the_pages_show_command_lines_at_all():
    shown = [" ".join(words) for page in pages() for words in sidecar_lines(page.read_text())]
    assert {"status", "standby", "takeover", "check", "explain"} <= set(shown)


def test_the_readme_s_files_are_a_configuration(tmp_path: Path):
    (example,) = (f.body for f in fences(_read("README.md")) if f.body.startswith("# ha.cf"))
    for part in re.split(r"^# (?=ha\.cf|haresources|authkeys)", example, flags=re.MULTILINE)[1:]:
        heading, body = part.split("\n", 1)
        file = tmp_path / re.split(r"[:,]", heading)[0]
        file.touch(mode=0o600)
        file.write_text(body.replace(_HOLE, ""))
    settings = load({"config_dir": str(tmp_path), "node": "masternginx"}, {}, _LOCAL)
    assert settings.warnings == ()
    assert [group.name for group in settings.params.groups] == ["192.168.171.100/24/eth0:0"]


def test_the_forms_of_haresources_are_all_taken():
    rows = re.findall(r"^\| (`[^|]*`) \|", _section("haresources"), re.MULTILINE)
    written = [span for row in rows for span in re.findall(r"`([^`]+)`", row)]
    assert len(written) >= 12
    for resource in written:
        assert parse_resource(resource).name
    (example,) = (f.body for f in fences(_section("haresources")))
    assert len(_groups(example)) == 2


def _groups(text: str) -> tuple[object, ...]:
    here = Problems().of("haresources")
    nodes = (NodeName("masternginx"), NodeName("slavenginx"))
    return haresources.parse(cut_lines(text.encode(), here), nodes, here)


def test_the_readme_s_labels_are_taken():
    (example,) = (f.body for f in fences(_read("README.md")) if f.body.startswith("labels:"))
    pairs = dict(re.findall(r"^  (sidecar\S+): (\S+)", example, re.MULTILINE))
    assert len(pairs) == 2
    assert read_settings(pairs, has_healthcheck=False).problems == ()


def test_the_sentences_of_the_troubleshooting_are_said_by_the_code():
    section = _read("docs/operations.md").partition("## Troubleshooting")[2]
    rows = re.findall(r"^\| (`[^|]*`) \|", section, re.MULTILINE)
    quoted = [span for row in rows for span in re.findall(r"`([^`]+)`", row)]
    assert len(quoted) > 20
    said = _sentences_of_the_code()
    unsaid = [one for one in quoted if not any(_normal(one) in text for text in said)]
    assert unsaid == []


def _sentences_of_the_code() -> list[str]:
    """Each string of the package; where a value is put in, stands a hole."""
    said: list[str] = []
    for file in sorted((ROOT / "sidecar").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            match node:
                case ast.JoinedStr(values=parts):
                    said.append(_normal("".join(map(_text_of, parts))))
                case ast.Constant(value=str(text)):
                    said.append(_normal(text))
                case _:
                    pass
    return said


def _text_of(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else _HOLE


def _normal(sentence: str) -> str:
    return re.sub(rf"[{_HOLE}]+", _HOLE, sentence)


def _section(heading: str) -> str:
    _, _, rest = _read("docs/configuration.md").partition(f"\n## {heading}\n")
    return rest.partition("\n## ")[0]


def _read(name: str) -> str:
    return (ROOT / name).read_text()
