"""What is told of the containers and of the engine that runs them."""

from dataclasses import dataclass

from sidecar.core.occurrences.base import Occurrence, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerChanged(Occurrence):
    container: str
    state: str
    was: str
    detail: str

    def sentence(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"container {self.container} is {self.state}, was {self.was}{detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFailed(Occurrence):
    severity = Severity.ERROR
    container: str
    reason: str
    restarts_left: int

    def sentence(self) -> str:
        then = "restarting it" if self.restarts_left else "no restarts left"
        return f"container {self.container} failed: {self.reason}; {then}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceLeftAlone(Occurrence):
    """It does not serve though it should, and maintenance forbids to mend it."""

    severity = Severity.ERROR
    container: str
    reason: str

    def sentence(self) -> str:
        return f"container {self.container} failed: {self.reason}; left as it is: maintenance is on"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartedByOthers(Occurrence):
    severity = Severity.WARNING
    container: str

    def sentence(self) -> str:
        return (
            f"container {self.container} was restarted by somebody else: "
            "this does not count against its restarts"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecovered(Occurrence):
    container: str

    def sentence(self) -> str:
        return f"container {self.container} serves again"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFailed(Occurrence):
    severity = Severity.WARNING
    container: str
    detail: str
    in_a_row: int
    limit: int

    def sentence(self) -> str:
        return (
            f"check of {self.container} failed ({self.in_a_row} in a row, "
            f"limit {self.limit}): {self.detail}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPassed(Occurrence):
    """The first good check since its group was held here; those that follow are not told."""

    severity = Severity.DEBUG
    container: str

    def sentence(self) -> str:
        return f"check of {self.container} passed, with its addresses here"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReported(Occurrence):
    severity = Severity.WARNING
    up: bool
    reason: str

    def sentence(self) -> str:
        if self.up:
            return "the Docker engine answers again"
        return f"the Docker engine does not answer: {self.reason}"
