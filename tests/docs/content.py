"""What stands in each marked block: its name, and the function that makes it."""

from enum import Enum
from functools import partial
from typing import Final, TypeVar

from sidecar.core import negotiation, presence, shutdown, standby
from sidecar.core.machine import Transitions, mermaid
from tests.docs import alerts, commands, configuration, judged, metrics, mutants, stories
from tests.docs.blocks import Makers
from tests.docs.markdown import fenced

S = TypeVar("S", bound=Enum)


def _diagram(transitions: Transitions[S]) -> str:
    return fenced(mermaid(transitions), "mermaid")


BLOCKS: Final[Makers] = {
    "commands": commands.commands,
    "directives": configuration.directives,
    "every-directive": configuration.every_directive,
    "options": configuration.options,
    "methods": configuration.methods,
    "metrics": metrics.metrics,
    "alerts": alerts.alerts,
    "mutants": mutants.mutants,
    "judged": judged.judged,
    "presence": partial(_diagram, presence.TRANSITIONS),
    "negotiation": partial(_diagram, negotiation.TRANSITIONS),
    "hand-over": partial(_diagram, standby.TRANSITIONS),
    "clean-stop": partial(_diagram, shutdown.TRANSITIONS),
    "check": stories.check,
    "status": stories.status,
    "explain": stories.explain,
    "failover": partial(stories.excerpt, "failover", "crash a"),
    "killed": partial(stories.excerpt, "killed", "kill a"),
    "partition": partial(stories.excerpt, "links", "cut all"),
    "heal": partial(stories.excerpt, "links", "mend all"),
    "service-failure": partial(stories.excerpt, "container", "sicken a nginx"),
    "ping-lost": partial(stories.excerpt, "ping", "lose-ping a"),
    "planned": partial(stories.excerpt, "standby", "operator a standby all"),
}
