"""authkeys is read as authkeys(5) and protocol section 9.2 say, and never shown."""

from pathlib import Path

import pytest

from sidecar.config import authkeys
from sidecar.config.problems import Problems, Severity
from sidecar.wire.auth import Key, Keyring, Method
from tests.config.written import keyring, texts

SECRET = "a-long-key-of-our-own"


def read(path: Path, secrets: Path = authkeys.SECRETS) -> tuple[Keyring | None, list[str]]:
    problems = Problems()
    return authkeys.read(path, problems.of("authkeys"), secrets=secrets), texts(problems, *Severity)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "authkeys"
    path.write_text(f"auth 1\n1 sha1 {SECRET}\n")
    path.chmod(0o600)
    return path


@pytest.mark.parametrize("method", [Method.MD5, Method.SHA1])
def test_the_named_key_signs_and_all_are_kept(method):
    found, problems = keyring(f"auth 2\n#1 crc\n\n2 {method} {SECRET}\n3 sha1 other-key\n")
    assert problems == []
    assert found is not None
    assert found.current == Key(2, method, SECRET.encode())
    assert found.keys == (found.current, Key(3, Method.SHA1, b"other-key"))


def test_crc_has_no_key_and_is_told_to_protect_nothing():
    found, problems = keyring("auth 1\n1 crc\n")
    assert found is not None
    assert found.current == Key(1, Method.CRC, b"")
    assert problems == [
        (
            "authkeys:2: warning: crc keeps out damage, not people: anyone who can send to this "
            "node is believed; write `1 sha1 KEY` unless the link is a cable between the two nodes"
        )
    ]


def test_sha256_is_ours_alone():
    found, problems = keyring(f"auth 1\n1 sha256 {SECRET}\n")
    assert found is not None
    assert found.current.method is Method.SHA256
    assert problems == [
        "authkeys:2: note: sha256 is known to sidecars only: a Heartbeat 3 node refuses the file"
    ]


def test_the_key_of_the_documentation_is_told():
    _found, (problem,) = keyring("auth 3\n3 md5 hello!\n")
    assert problem.startswith("authkeys:2: warning: this key stands in the documentation")


def test_words_after_the_key_are_ignored_and_told():
    found, problems = keyring(f"auth 1\n1 sha1 {SECRET} # mine\n")
    assert found is not None
    assert found.current.text == SECRET.encode()
    assert problems == [
        "authkeys:2: warning: only the first word after the method is the key: remove the rest"
    ]


@pytest.mark.parametrize("rest", ["# mine", "2"])
def test_words_after_the_number_of_auth_are_ignored_and_told(rest):
    found, problems = keyring(f"auth 1 {rest}\n1 sha1 {SECRET}\n2 sha1 other-key\n")
    assert found is not None
    assert found.current.number == 1
    assert problems == [
        "authkeys:1: warning: only the first word after auth is the number: remove the rest"
    ]


def test_a_hash_inside_a_key_belongs_to_it():
    found, _problems = keyring("auth 1\n1 sha1 ab#cdefgh\n")
    assert found is not None
    assert found.current.text == b"ab#cdefgh"


def test_a_blank_of_another_alphabet_belongs_to_the_key_too():
    found, problems = keyring("auth 1\n1 sha1 a\N{NO-BREAK SPACE}key\N{IDEOGRAPHIC SPACE}\n")
    assert problems == []
    assert found is not None
    assert found.current.text == "a\N{NO-BREAK SPACE}key\N{IDEOGRAPHIC SPACE}".encode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "1 sha1 key-of-ours\nauth 1\n",
            (
                "authkeys:2: auth 1 stands below the key that it names (line 1), which a Heartbeat "
                "node refuses: move the auth line to the top"
            ),
        ),
        ("1 sha1 key-of-ours\n", "authkeys: has no auth line: write `auth 1` as the first line"),
        (
            "auth 2\n1 sha1 key-of-ours\n",
            "authkeys:1: auth names key 2, but no line begins with 2: write `2 sha1 KEY` below it",
        ),
        (
            "auth 1\nauth 2\n1 sha1 key-of-ours\n2 sha1 key-of-ours\n",
            "authkeys:2: auth is already given in line 1: keep one of the two",
        ),
        (
            "auth one\n1 sha1 key-of-ours\n",
            "authkeys:1: auth takes the number of one key from 0 to 15: write it like `auth 1`",
        ),
        (
            "auth 1\n1 sha1 key-of-ours\n1 md5 key-of-ours\n",
            (
                "authkeys:3: key 1 is already given in line 2: "
                "keep one of the two, or give this one another number"
            ),
        ),
        ("auth 1\n1\n", "authkeys:2: has no method: write it like `1 sha1 KEY`"),
        (
            "auth 1\n1 sha-1 key-of-ours\n",
            (
                "authkeys:2: the word behind 1 is no method: write crc, md5, sha1 or sha256; "
                "did you mean `sha1`?"
            ),
        ),
        (
            "auth 1\n1 crc key-of-ours\n",
            "authkeys:2: crc takes no key: write `1 crc`, or sha1 to use the key",
        ),
        (
            "auth 1\n1 sha1\n",
            "authkeys:2: sha1 needs a key: write `1 sha1 KEY`, or use `sidecar init`",
        ),
        (
            "auth 1\n1 sha1 key-of-ours\n16 sha1 key-of-ours\n",
            (
                "authkeys:3: begins neither with `auth` nor with a key number from 0 to 15: "
                "write lines like `auth 1` and `1 sha1 KEY`"
            ),
        ),
    ],
)
def test_a_fault_is_told_with_its_mend(text, problem):
    _found, problems = keyring(text)
    assert problems == [problem]


def test_no_message_repeats_a_key():
    text = f"auth 9\n{SECRET}\n1 {SECRET[:8]} {SECRET}\n2 crc {SECRET}\n3 sha1 {SECRET} {SECRET}\n"
    _found, problems = keyring(f"{text}4 {SECRET}\n")
    assert len(problems) == 6
    assert not [problem for problem in problems if SECRET in problem]


def test_a_private_file_is_read(file):
    found, problems = read(file)
    assert problems == []
    assert found is not None


def test_a_file_that_goes_while_it_is_read_is_told(file, monkeypatch):
    def read_and_gone(path, *_others, **_more):
        data = path.read_bytes()
        path.unlink()
        return data

    monkeypatch.setattr(authkeys, "read_file", read_and_gone)
    assert read(file) == (
        None,
        ["authkeys: changes while it is read (No such file or directory): try again"],
    )


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(file, mode):
    file.chmod(mode)
    found, problems = read(file)
    assert found is None
    assert problems == [
        f"authkeys: can be read by others than its owner (mode {mode:04o}): chmod 600 authkeys"
    ]


def test_a_file_that_others_can_change_is_refused(file):
    file.chmod(0o602)
    assert read(file)[1] == [
        "authkeys: can be changed by others than its owner (mode 0602): chmod 600 authkeys"
    ]


def test_a_secret_of_compose_may_have_any_mode_but_writable_by_all(file):
    file.chmod(0o444)
    assert read(file, secrets=file.parent)[1] == []
    file.chmod(0o646)
    assert read(file, secrets=file.parent)[1] == [
        (
            "authkeys: everybody may write to it (mode 0646): "
            "chmod 600 the file that the secret is made from"
        )
    ]


def test_a_link_to_a_secret_counts_as_one(file, tmp_path):
    file.chmod(0o444)
    link = tmp_path / "link"
    link.symlink_to(file)
    assert read(link, secrets=tmp_path)[1] == []
    other = tmp_path / "other"
    other.mkdir()
    assert len(read(link, secrets=other)[1]) == 1


def test_a_secret_is_found_where_the_folder_has_no_file(file, tmp_path):
    folder = tmp_path / "ha.d"
    folder.mkdir()
    assert authkeys.find(folder, secrets=file.parent) == file
    (folder / "authkeys").write_text("")
    assert authkeys.find(folder, secrets=file.parent) == folder / "authkeys"
    assert authkeys.find(folder / "none", secrets=folder / "none") == folder / "none" / "authkeys"
