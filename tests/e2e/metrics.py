"""What ``/metrics`` of one sidecar said at one moment, and how far a counter has moved since."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from tests.testbed.host import DockerHost

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Every sample of one scrape. A name that nobody exports is a mistake, not a zero."""

    values: Mapping[tuple[str, Labels], float] = field(default_factory=dict)

    def value(self, name: str, **labels: str) -> float:
        """The sample with exactly these labels."""
        key = (name, frozenset(labels.items()))
        assert key in self.values, f"no sample {name} {labels}"
        return self.values[key]

    def since(self, before: "Samples", name: str, **labels: str) -> float:
        """How far it has moved; from 0 where it was not there before."""
        earlier = before.values.get((name, frozenset(labels.items())), 0.0)
        return self.value(name, **labels) - earlier


def scrape(node: DockerHost) -> Samples | None:
    """None while the sidecar does not answer."""
    answer = node.get("/metrics")
    if answer is None or answer.status != 200:
        return None
    return Samples(
        values={
            (sample.name, frozenset(sample.labels.items())): float(sample.value)
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
    )
