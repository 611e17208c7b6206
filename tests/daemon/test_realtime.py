"""Real-time scheduling, asked of the real kernel by threads of processes of their own."""

import subprocess
import sys

import pytest

PREFIX = """
import os, threading
from sidecar.daemon.realtime import hurry
def policy():
    return os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK
"""


def run(text: str, *wrapper: str) -> str:
    command = [*wrapper, sys.executable, "-c", PREFIX + text]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.hosts
def test_a_thread_gets_the_priority_that_it_asks_for():
    asked = "print(repr(hurry(7)), policy() == os.SCHED_RR, os.sched_getparam(0).sched_priority)"
    assert run(asked) == "'' True 7"


@pytest.mark.hosts
def test_the_threads_that_it_makes_are_ordinary_ones():
    asked = (
        "hurry(7)\n"
        "made = threading.Thread(target=lambda: print(policy() == os.SCHED_OTHER))\n"
        "made.start(); made.join()"
    )
    assert run(asked) == "True"


@pytest.mark.hosts
def test_without_the_capability_the_reason_names_it_and_all_goes_on():
    asked = "print(hurry(7), policy() == os.SCHED_OTHER)"
    without = run(asked, "setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice")
    assert without == "the capability SYS_NICE is missing (cap_add: [SYS_NICE] in compose) True"


def test_who_does_not_want_it_is_not_refused_it():
    assert run("print(repr(hurry(0)), policy() == os.SCHED_OTHER)") == "'' True"
