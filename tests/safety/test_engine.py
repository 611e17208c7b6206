"""Trouble with the Docker engine of the active host, and with what strangers do by it.

The rules are those of docs/safety.md, "The Docker engine".
"""

import pytest

from tests.safety.row import Safety
from tests.safety.timers import HA_CF
from tests.testbed.waiting import wait_for

pytestmark = [pytest.mark.safety, pytest.mark.e2e]
RESTART_MS = 2000
HANDOVER_MS = 1500
"""Most of it is the engine's own time, and depends on what else the machine does."""
THAWED_MS = 250
ENGINE_RESTART_MS = 2500
"""The starting engine stops nginx and the sidecar in any order; the other node takes over."""


def doubts_the_engine(safety: Safety) -> None:
    wait_for(
        lambda: safety.master.metric("heartbeat_docker_up") == 0,
        seconds=20,
        what="heartbeat_docker_up 0",
    )


def trusts_the_engine(safety: Safety) -> None:
    wait_for(
        lambda: safety.master.metric("heartbeat_docker_up") == 1,
        seconds=20,
        what="heartbeat_docker_up 1",
    )


@pytest.mark.costly
def test_a_killed_engine_has_stopped_nothing(safety: Safety) -> None:
    """Its containers run on. The engine that is started next stops them in good order, as engines
    without live-restore do, and (engine 20.10) leaves them so until they are started by hand.
    """
    with safety.fault("dockerd killed on the active host", outage_ms=0) as fault:
        safety.master.engine.kill()
        doubts_the_engine(safety)
        fault.shows(safety.master, "heartbeat_docker_up", 0)
        assert safety.scene.owners.now() == ["masternginx"]
    with safety.fault(
        "dockerd started again, without live-restore", outage_ms=ENGINE_RESTART_MS
    ) as fault:
        safety.master.engine.start()
        fault.wait_for_page(safety.slave.page, seconds=30)
        fault.told(safety.slave, "taking over", seconds=30)
        safety.master.up()
        safety.scene.at_rest(safety.master, seconds=30)


@pytest.mark.costly
def test_an_engine_with_live_restore_is_restarted_and_nothing_happens(
    safety_by_own_files: Safety,
) -> None:
    """The sidecar gets the folder of the socket: an engine that is started anew makes a new one."""
    safety = safety_by_own_files
    engine = safety.master.engine
    safety.master.override(
        "services: {sidecar: {environment: {DOCKER_HOST: unix:///engine/docker.sock},"
        f" volumes: ['{engine.folder}:/engine']}}}}"
    )
    safety.begin(HA_CF)
    with safety.fault("dockerd killed and started, with live-restore", outage_ms=0) as fault:
        engine.kill()
        doubts_the_engine(safety)
        engine.settings["live-restore"] = True
        try:
            engine.start()
        finally:
            engine.settings.clear()
        trusts_the_engine(safety)
        fault.told(safety.master, "the Docker engine answers again")
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)


@pytest.mark.costly  # tests/e2e/test_bad_world.py is the same for CI
def test_an_engine_that_hangs_has_stopped_nothing(safety: Safety) -> None:
    with safety.fault("dockerd SIGSTOPped on the active host, SIGCONT", outage_ms=0) as fault:
        safety.master.engine.freeze()
        try:
            doubts_the_engine(safety)
            assert safety.scene.owners.now() == ["masternginx"]
        finally:
            safety.master.engine.thaw()
        fault.told(safety.master, "the Docker engine does not answer")
        safety.scene.at_rest(safety.master)


def test_a_removed_nginx_moves_the_group(safety: Safety) -> None:
    with safety.fault("docker rm -f of the active nginx", outage_ms=HANDOVER_MS) as fault:
        safety.master.docker("rm", "--force", "nginx")
        fault.wait_for_page(safety.slave.page)
        fault.told(safety.master, "container nginx failed: ")
        safety.master.up("nginx")
        safety.scene.at_rest(safety.master)


def test_an_nginx_that_is_made_anew_goes_on_where_its_group_prefers(safety: Safety) -> None:
    what = "docker compose up --force-recreate of the active nginx"
    with safety.fault(what, outage_ms=HANDOVER_MS) as fault:
        safety.master.compose("up", "--detach", "--force-recreate", "--no-deps", "nginx")
        fault.told(safety.master, "container nginx")
        safety.scene.at_rest(safety.master)
    assert fault.pages[-1] == "master"


def test_an_nginx_that_somebody_restarts_costs_no_restart(safety: Safety) -> None:
    """Twice as often as its budget allows, and the group ends where it was.

    Where the engine says only after the container's second end who restarted it, the other node
    serves in between.
    """
    with safety.fault("docker restart of the active nginx, twice", outage_ms=RESTART_MS) as fault:
        for _ in range(2):
            safety.master.docker("restart", "nginx")
            safety.scene.at_rest(safety.master)
        fault.told(safety.master, "container nginx was restarted by somebody else")
        safety.scene.at_rest(safety.master)
    assert fault.pages[-1] == "master"


def test_an_nginx_that_somebody_pauses_is_thawed(safety: Safety) -> None:
    with safety.fault("docker pause of the active nginx", outage_ms=THAWED_MS) as fault:
        safety.master.docker("pause", "nginx")
        fault.told(safety.master, "container nginx is running, was paused")
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)


def test_an_nginx_that_somebody_thaws_on_the_standby_is_paused_again(safety: Safety) -> None:
    with safety.fault("docker unpause of nginx on the standby", outage_ms=0) as fault:
        safety.slave.docker("unpause", "nginx")
        fault.told(safety.slave, "container nginx is paused, was running")
        safety.scene.at_rest(safety.master)
    assert fault.pages == ("master",)


@pytest.mark.costly
def test_an_nginx_that_is_renamed_is_absent_until_it_has_its_name_back(safety: Safety) -> None:
    with safety.fault(
        "docker rename of the active nginx, and back", outage_ms=HANDOVER_MS
    ) as fault:
        safety.master.docker("rename", "nginx", "other")
        fault.wait_for_page(safety.slave.page)
        fault.told(safety.master, "container nginx failed: it does not exist")
        safety.master.docker("rename", "other", "nginx")
        safety.scene.at_rest(safety.master)
