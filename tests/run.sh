#!/usr/bin/env bash
# All the tests, as CI runs them: on a fresh Debian 12 or 13, as root, from a clone.
#
#   bash tests/run.sh [PYTEST OPTIONS]
#
# It installs what is missing, builds the images, checks format, lint, types and layers, and ends with
# pytest's own summary. A second run takes only the tests' time. What it starts it also ends.
set -euo pipefail
cd "$(dirname "$0")/.."
source images/setup.sh

packages=(iproute2 iptables iputils-arping nftables procps python3 socat util-linux)
optional=(chromium heartbeat prometheus prometheus-alertmanager prometheus-blackbox-exporter) # what reads the status page; the real Heartbeat 3 as a peer; what watches the pair

finish() {
    local status=$?
    if [ "${ENGINE_STARTED:-no}" = yes ]; then stop_engine >&2; fi
    exit $status
}

# One check: its output only when it fails. All of them run, so that one look shows everything.
checked=0
check() {
    if quietly "$@"; then say "ok: $*"; else checked=1; fi
}

need_root
trap finish EXIT
say "setting up (what is already there is kept)"
lock_setup
ensure_packages "${packages[@]}"
ensure_optional "${optional[@]}"
ensure_venv .venv requirements-dev.lock
ensure_engine
ensure_images
unlock_setup

check .venv/bin/ruff format --check .
check .venv/bin/ruff check .
check .venv/bin/mypy
check .venv/bin/lint-imports
if [ $checked != 0 ]; then say "a check has failed (see above); the tests run all the same"; fi

say "running the tests"
status=0
.venv/bin/python -m pytest --durations=15 "$@" </dev/null || status=$?
[ $status != 0 ] || status=$checked
exit $status
