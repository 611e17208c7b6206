# From a fresh clone on Debian 12 or 13; `just` alone lists them. A test skips where a program is missing: `just test` installs all.
set shell := ["bash", "-euo", "pipefail", "-c"]

python := ".venv/bin/python"

_list:
    @just --list --unsorted

# Two nodes on this machine: a takeover, a failback and the measured outages
[group('look')]
demo:
    compose/demo.sh

# Take the demo away
[group('look')]
demo-down:
    compose/demo.sh down

# All that CI runs
[group('prove')]
test *options:
    bash tests/run.sh {{ options }}

# Format, lint, types, layers
[group('prove')]
check: setup
    .venv/bin/ruff format --check .
    .venv/bin/ruff check .
    .venv/bin/mypy
    .venv/bin/lint-imports

# The simulator: many seeds of faults against the safety rules, e.g. just sim --seeds 500
[group('prove')]
sim *options='--seed 1 --seeds 200': setup
    {{ python }} -m tests.sim {{ options }}

# The nightly swarm on all cores: Ctrl-C stops it, the same command goes on
[group('prove')]
swarm *options: setup
    {{ python }} -m tests.sim.nightly --compiled {{ options }}

# Break each safety rule on purpose: does a check of the simulator notice?
[group('prove')]
mutants *options: setup
    {{ python }} -m tests.sim.mutants {{ options }}

# Real kernels: the tests that make network namespaces and start Docker engines
[group('prove')]
hosts *options: setup image
    {{ python }} -m pytest -m "hosts or engine or e2e" {{ options }}

# A peer that lies with the key, and damaged packets, for about half an hour
[group('prove')]
hostile *options: setup
    HOSTILE_SEEDS=100 HOSTILE_LIES=2000 FUZZ_MUTATIONS=1000 {{ python }} -m pytest --timeout 3600 \
        tests/core/test_hostile_life.py tests/wire/test_mutated.py {{ options }}

# The table of faults on two real hosts: outage, two that answer at once, lost requests, reports
[group('prove')]
safety *options: setup image
    {{ python }} -m pytest --costly tests/safety {{ options }}

# A sidecar against the real Heartbeat 3 daemon (apt-get install heartbeat iputils-arping)
[group('prove')]
interop *options: setup
    {{ python }} -m pytest --costly tests/interop {{ options }}

# The sidecar beside keepalived, Heartbeat and ucarp, for an hour or two, and docs/bench.md from it
[group('prove')]
bench *options: setup image
    bash -c 'source images/setup.sh; ensure_packages iputils-arping; ensure_optional keepalived heartbeat ucarp'
    {{ python }} -m tests.bench run {{ options }}
    {{ python }} -m tests.bench report {{ if options =~ '--quick' { '--quick' } else { '' } }}

# The status page in a real Chromium (apt-get install chromium); pictures in .cache/artifacts/page
[group('prove')]
page *options: setup image
    {{ python }} -m pytest tests/page {{ options }}

# docs/migration.md on two hosts, each step forwards, back and forwards again
[group('prove')]
migration *options: setup image
    MIGRATION_BACK=1 {{ python }} -m pytest tests/e2e/test_migration.py {{ options }}

# The real Prometheus and Alertmanager watch a pair that is broken on purpose (apt-get install libfaketime for a wrong clock)
[group('prove')]
monitoring *options: setup image
    {{ python }} -m pytest --costly tests/monitoring {{ options }}

# The files for Grafana against the types that Grafana publishes
[group('prove')]
grafana:
    @bash -c 'source images/setup.sh; ensure_venv "$CACHE/grafana" tests/monitoring/grafana.lock; "$CACHE/grafana/bin/python" -m tests.monitoring.published'

# The virtual environment .venv with exactly the locked packages
[group('make')]
setup:
    @bash -c 'source images/setup.sh; ensure_venv .venv requirements-dev.lock'

# The images heartbeat-sidecar and heartbeat-nginx
[group('make')]
image:
    @bash -c 'source images/setup.sh; need_root; lock_setup; ensure_engine; ensure_images'

# docs/status-page.png: the page of a node that has just taken over
[group('make')]
picture: (page "--artifacts .cache/artifacts")
    {{ python }} -m tests.page.picture .cache/artifacts/page/2-during-slavenginx-desktop-light.png docs/status-page.png

# The lock files from pyproject.toml
[group('make')]
lock: setup
    {{ python }} images/lock.py
