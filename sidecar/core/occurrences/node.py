"""What is told of this node itself, and of what a person asked of it."""

from dataclasses import dataclass

from sidecar.core.occurrences.base import Occurrence, Severity, seconds_text, wait_text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessChanged(Occurrence):
    severity = Severity.WARNING
    ready: bool
    reasons: tuple[str, ...]

    def sentence(self) -> str:
        if self.ready:
            return "ready to serve"
        return f"not ready to serve: {'; '.join(self.reasons)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnLate(Occurrence):
    """We slept: what we held may be another's now."""

    severity = Severity.ERROR
    gap_ns: int

    def sentence(self) -> str:
        return (
            f"this node did not run for {seconds_text(self.gap_ns)}: what it held counts as lost, "
            "and it probes before it claims again"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceBegan(Occurrence):
    """Or is learnt of, from the disk or the other node, or has become longer."""

    severity = Severity.WARNING
    by: str
    left_ns: int
    alone: str
    """The real Heartbeat node that knows nothing of it; empty when there is none."""

    def sentence(self) -> str:
        but = f"; {self.alone} is a Heartbeat node, and goes on by itself" if self.alone else ""
        return (
            f"maintenance, ordered on {self.by}: nothing moves by itself for "
            f"{wait_text(self.left_ns)}{but}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceEnded(Occurrence):
    severity = Severity.WARNING
    why: str

    def sentence(self) -> str:
        return f"maintenance is over: {self.why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationReloaded(Occurrence):
    changes: tuple[str, ...]

    def sentence(self) -> str:
        return f"configuration reloaded: {'; '.join(self.changes) or 'nothing has changed'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadFailed(Occurrence):
    severity = Severity.ERROR
    problems: tuple[str, ...]

    def sentence(self) -> str:
        return f"reload refused, everything stays as it was: {'; '.join(self.problems)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutdownBegan(Occurrence):
    def sentence(self) -> str:
        return "shutting down: handing over what is held"
