"""Reads a real node's log: it must complain of nothing but what the scenario did to it.

Every entry of the allow-lists says why the real node says so and why that is right. A log that
repeats itself is a complaint, too.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LEVELS = "DEBUG|info|notice|WARN|ERROR|CRIT|EMERG|crit|error|warning"
LINE = re.compile(rf"(?P<level>{LEVELS}): (?P<text>.*)")
HARMLESS = ("DEBUG", "info", "notice")
REPEATS_MAX = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Lines that are no fault, and why."""

    pattern: str
    reason: str
    repeats: bool = False
    """As many such lines as there are."""

    def covers(self, text: str) -> bool:
        return re.search(self.pattern, text) is not None


ALWAYS = (
    Known(
        pattern=r"Core dumps could be lost|Consider setting .*core_",
        reason="the test machine's core_pattern: nothing of the cluster's",
    ),
    Known(
        pattern=r"Initial dead time .* may be too small",
        reason="initdead is 3 s here, so that a scenario takes seconds",
    ),
    Known(
        pattern=r"Deprecated 'legacy' auto_failback|Please convert to 'auto_failback on'"
        r"|See documentation for conversion details",
        reason="what it says to everybody who asks for the older protocol, which a scenario may",
    ),
    Known(
        pattern=r"Logging daemon is disabled",
        reason="each node writes its own file, so that a scenario can read it",
    ),
    Known(
        pattern=r"No Previous generation",
        reason="the node's first start ever",
    ),
    Known(
        pattern=r"Cannot lock ourselves into memory",
        reason="the test machine's limit of locked memory",
    ),
)

DEATH = (
    Known(
        pattern=r"node ours: is dead",
        reason="the sidecar was silent for the dead time, because the scenario silenced it",
    ),
    Known(
        pattern=r"No STONITH device configured|Shared disks are not protected",
        reason="what a node without a fencing device says each time it takes over from a dead one",
    ),
)
"""For a scenario in which the sidecar is not there yet, or there no more."""
RETURN = (
    Known(
        pattern=r"node ours: is dead",
        reason="a clean stop ends with silence, and the real node says of it what it always says",
    ),
    Known(
        pattern=r"Late heartbeat: Node ours|late heartbeats",
        reason="the first beat after an absence comes later than warntime",
    ),
)

BUSY_START = (
    Known(
        pattern=r"Late heartbeat: Node ours|late heartbeats",
        reason="while it starts and runs its scripts it reads late what came in time",
    ),
)

PING_LOST = (
    Known(
        pattern=r"node 10\.80\.0\.3: is dead|Late heartbeat: Node 10\.80\.0\.3",
        reason="the scenario takes the ping node away, and brings it back",
    ),
)
HURRIED_STOP = (
    Known(
        pattern=r"Shutdown delayed until current resource activity finishes",
        reason="it is stopped within its first 10 s, in which it does not call itself stable",
    ),
)
OVERTAKEN = (
    Known(
        pattern=r"\d+ lost packet\(s\) for \[ours\]",
        reason="on a serial line a newer heartbeat overtakes what waits, which comes after it",
    ),
)
LOSS = (
    Known(
        pattern=r"\d+ lost packet\(s\) for \[ours\]",
        reason="the scenario loses packets of the sidecar's",
    ),
)


PARTITION = (
    Known(
        pattern=r"Both machines own (our|foreign) resources",
        reason="after a partition they do, and tell each other before the real node restarts",
    ),
    Known(
        pattern=r"Cluster node ours returning after partition",
        reason="the scenario heals a partition",
    ),
    Known(
        pattern=r"Deadtime value may be too small",
        reason="what a real node says of a partition: it takes it for a late heartbeat",
    ),
)
OVERHEARD = (
    Known(
        pattern=r"Both machines own our resources",
        reason="the sidecar heard nothing and said that it takes over; it had not taken anything",
    ),
)
WRONG_KEY = (
    Known(
        pattern=r"authtoken does not match|authentication failed|MSG: Dumping|MSG\[\d+\]",
        reason="the sidecar signs with another key; a real node shows each such message whole",
        repeats=True,
    ),
)


class OwnTrouble(AssertionError):
    """The real node got into trouble with itself, and what came of it shows nothing of the sidecar:
    such a scenario is played again.
    """


OWN_TROUBLE = {
    # Its scripts and its daemon share one FIFO. A script's message may reach it in two pieces, with
    # another one between them; then what it was about (a takeover, often) never happens. Nothing
    # that comes from a network goes through that FIFO.
    r"NV failure \(msgfromsteam\)": "the real node lost a message of its own",
    # What is left of one that was cut may be a message without a single field. Only the FIFO's
    # reader writes messages down again: those of a network are handed on as they came.
    r"msg2string: Message with zero fields": "the real node lost a message of its own",
    # It measures how long its own functions take, those that wait for nobody, too.
    r"Dispatch function for .* (took too long to execute|was delayed)": "the real node had no "
    "processor",
}
"""By the line that the real node writes then."""


SLEPT = re.compile(r"Late heartbeat: Node ours: interval (\d+) ms")
SLEPT_MS = range(900, 1200)
"""While it starts, a real node may not look at what has come before its loop wakes by itself, which
it does every second. If that is its dead time, it takes the other node for dead.
"""
NEAR_MS = 300


def complaints(text: str, allowed: Iterable[Known]) -> list[str]:
    """Lines of warning and worse that nothing explains."""
    known = (*ALWAYS, *allowed)
    found = [match for line in text.splitlines() if (match := LINE.search(line))]
    return [
        match.group(0)
        for match in found
        if match["level"] not in HARMLESS and not any(k.covers(match["text"]) for k in known)
    ]


def floods(text: str, allowed: Iterable[Known]) -> list[str]:
    """Lines that come again and again; their numbers do not make them different."""
    every = (match["text"] for line in text.splitlines() if (match := LINE.search(line)))
    repeating = [known for known in allowed if known.repeats]
    texts = (text for text in every if not any(known.covers(text) for known in repeating))
    return repeated(texts)


def repeated(texts: Iterable[str]) -> list[str]:
    """Those that come too often; their numbers do not make them different."""
    counts = Counter(re.sub(r"[0-9a-f]*\d[0-9a-f]*", "#", text) for text in texts)
    return [f"{count} times: {text}" for text, count in counts.items() if count > REPEATS_MAX]


def check(log: Path, allowed: Iterable[Known]) -> None:
    if not log.exists():
        return
    text = log.read_text(errors="replace")
    found = [*complaints(text, allowed), *floods(text, allowed)]
    assert not found, "the real node's log says:\n" + "\n".join(found)


def own_trouble(log: Path, silences_ms: Iterable[int]) -> str:
    """Which of them this log tells of; empty when of none.

    ``silences_ms``: how long the sidecar was silent each time, as others heard it.
    """
    text = log.read_text(errors="replace") if log.exists() else ""
    told = next((what for line, what in OWN_TROUBLE.items() if re.search(line, text)), "")
    if not told and _slept(text, tuple(silences_ms)):
        return "the real node slept over what had come"
    return told


def _slept(text: str, silences_ms: tuple[int, ...]) -> bool:
    """It complains of a silence of a second that nobody else has heard."""
    complained = [int(match[1]) for match in SLEPT.finditer(text)]
    return any(
        not any(abs(silence - interval) < NEAR_MS for silence in silences_ms)
        for interval in complained
        if interval in SLEPT_MS
    )
