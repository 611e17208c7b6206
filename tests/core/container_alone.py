"""A bench of a container alone, and ways that many of its tests go."""

from sidecar.core.actions import PauseService, RestartService, StartService, StopService
from sidecar.core.params import Container
from sidecar.core.terms import ContainerState
from tests.core.resources import Bench, a_group

ABSENT, STOPPED, RESTARTING, PAUSED, RUNNING, UNKNOWN = (
    ContainerState.ABSENT,
    ContainerState.STOPPED,
    ContainerState.RESTARTING,
    ContainerState.PAUSED,
    ContainerState.RUNNING,
    ContainerState.UNKNOWN,
)
VERBS = (StartService, RestartService, PauseService, StopService)


def a_bench(**more) -> Bench:
    """A bench of a container alone."""
    return Bench(a_group(Container(name="nginx")), **more)


def starting(**more) -> Bench:
    """It runs, and its first check has not come yet."""
    bench = a_bench()
    bench.inspected(STOPPED, **more)
    bench.want()
    bench.done(StartService, RUNNING, **more)
    return bench


def serving(**more) -> Bench:
    bench = starting(**more)
    bench.check(passed=True)
    assert bench.nginx.serving
    bench.wishes.clear()
    bench.told.clear()
    return bench


def failed(**more) -> Bench:
    """It crashed, and crashed again after its one restart."""
    bench = serving(**more)
    bench.inspected(STOPPED, **more)
    bench.done(StartService, RUNNING, **more)
    bench.inspected(STOPPED, **more)
    assert bench.nginx.failed
    bench.wishes.clear()
    bench.told.clear()
    return bench
