"""Any bytes are cut into lines, and what is no text is told."""

import os
from pathlib import Path

import pytest

from sidecar.config.problems import Problem, Problems, Severity, quote
from sidecar.config.textfile import MAX_FILE, MAX_LINE, cut_lines, read_file
from tests.config.written import texts


def cut(data: bytes, *, hash_cuts: bool = False) -> tuple[list[tuple[int, str]], list[str]]:
    problems = Problems()
    lines = cut_lines(data, problems.of("ha.cf"), hash_cuts=hash_cuts)
    return [(line.number, line.text) for line in lines], texts(problems, *Severity)


def read(path: Path) -> tuple[bytes | None, list[str]]:
    problems = Problems()
    data = read_file(path, problems.of("ha.cf"), missing="copy it", empty="fill it")
    return data, texts(problems, *Severity)


def test_lines_are_numbered_from_one():
    assert cut(b"a\n\nb") == ([(1, "a"), (2, ""), (3, "b")], [])


def test_line_ends_of_windows_are_accepted_and_told_once():
    assert cut(b"a\r\nb\r\n") == (
        [(1, "a"), (2, "b"), (3, "")],
        [
            (
                "ha.cf: warning: has lines that end in CR LF; a Heartbeat node may stumble over "
                "them: sed -i 's/\\r$//' ha.cf"
            )
        ],
    )


def test_a_byte_order_mark_is_no_part_of_the_first_line():
    assert cut(b"\xef\xbb\xbfnode a") == ([(1, "node a")], [])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"ab\x00c", "byte 3 of the line is 0x00"),
        (b"\xff\xfe", "byte 1 of the line is 0xff"),
        (b"\x1b[1m", "byte 1 of the line is 0x1b"),
        (b"a\rb", "byte 2 of the line is 0x0d"),
    ],
)
def test_a_line_that_is_no_text_is_told_and_left_out(data, problem):
    assert cut(data + b"\nok") == (
        [(2, "ok")],
        [f"ha.cf:1: {problem}, which is no text: save the file as plain UTF-8 text"],
    )


@pytest.mark.parametrize("line", [b"# f\xfcr", b"\t#\xff\0\x1b", b"node a # f\xfcr"])
def test_a_comment_may_be_in_any_character_set(line):
    ((_, text),), problems = cut(line, hash_cuts=True)
    assert problems == []
    assert text.partition("#")[0].encode() == line.partition(b"#")[0]


def test_what_follows_a_hash_may_be_no_comment():
    assert cut(b"# f\xfcr")[1] == []
    _lines, (problem,) = cut(b"1 sha1 a#\xfc")
    assert problem.startswith("ha.cf:1: byte 10 of the line is 0xfc, which is no text")


def test_a_line_longer_than_heartbeat_reads_is_told():
    assert cut(b"x" * MAX_LINE)[1] == []
    assert cut(b"x" * (MAX_LINE + 1)) == (
        [],
        [
            (
                "ha.cf:1: the line has 5120 characters; a Heartbeat node reads 5119 of a line: "
                "write a shorter one"
            )
        ],
    )


def test_a_missing_file_says_what_to_do(tmp_path):
    assert read(tmp_path / "none") == (None, ["ha.cf: does not exist: copy it"])


@pytest.mark.parametrize("content", [b"", b" \n\t\n"])
def test_an_empty_file_says_what_to_do(tmp_path, content):
    (tmp_path / "ha.cf").write_bytes(content)
    assert read(tmp_path / "ha.cf") == (None, ["ha.cf: is empty: fill it"])


def test_what_is_no_file_is_told(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    problem = "ha.cf: is not a regular file: put the configuration file there instead"
    assert read(tmp_path) == (None, [problem])
    assert read(tmp_path / "pipe") == (None, [problem])


def test_a_path_through_a_file_is_told(tmp_path):
    (tmp_path / "ha.cf").write_text("x")
    assert read(tmp_path / "ha.cf" / "ha.cf") == (
        None,
        ["ha.cf: cannot be read (Not a directory): see to its owner and mode"],
    )


def test_a_file_that_nobody_wrote_by_hand_is_told(tmp_path):
    (tmp_path / "ha.cf").write_bytes(b"x" * (MAX_FILE + 1))
    assert read(tmp_path / "ha.cf") == (
        None,
        ["ha.cf: is longer than 1048576 bytes: is it the right file?"],
    )


def test_a_path_that_no_file_can_have_is_told(tmp_path):
    (problem,) = read(tmp_path / "a\0b")[1]
    assert problem.startswith("ha.cf: cannot be read (")


def test_a_problem_of_the_whole_file_has_no_line():
    problem = Problem(file="ha.cf", line=None, message="is empty")
    assert str(problem) == "ha.cf: is empty"


@pytest.mark.parametrize(
    ("written", "quoted"),
    [("a", "`a`"), ("a\x1b[1m\n", "`a\\x1b[1m\\n`"), ("x" * 100, f"`{'x' * 60}…`")],
)
def test_a_quotation_is_short_and_harmless_on_a_terminal(written, quoted):
    assert quote(written) == quoted
