"""A cluster whose groups are addresses alone needs no Docker engine."""

from sidecar.core.events import EngineChanged
from tests.core.harness import NODE, VIP, a_group, some_params
from tests.core.scenes import just_started


def test_no_engine_is_no_obstacle_where_no_container_is_to_run() -> None:
    scene = just_started(some_params(groups=(a_group(NODE, VIP),)))
    scene.node.step(EngineChanged(up=False, reason="no such socket"))
    assert scene.node.cluster.view().ready


def test_no_engine_is_an_obstacle_where_a_container_is_to_run() -> None:
    scene = just_started(some_params(groups=(a_group(NODE, VIP, "nginx"),)))
    scene.node.step(EngineChanged(up=False, reason="no such socket"))
    assert "no such socket" in " ".join(scene.node.cluster.view().reasons)
