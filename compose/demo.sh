#!/usr/bin/env bash
# The demo: two nodes on this machine, a client, and one node losing its power. On a fresh Debian 12 or 13, as root:
#
#   compose/demo.sh         sets up what is missing, shows a takeover and a failback, leaves the demo running
#   compose/demo.sh down    takes away all that it made
set -euo pipefail
cd "$(dirname "$0")/.."
source images/setup.sh

export DEMO_CONFIG=$CACHE/demo
page_a="1111111111111master Server"

compose() { quietly "${COMPOSE[@]}" -f compose/demo.yaml "$@" || die "compose $* failed"; }

# The configuration as both nodes read it. Git keeps no file modes, so the secret key is made here.
write_config() {
    install -d -m 755 "$DEMO_CONFIG"
    install -m 644 compose/demo/ha.cf compose/demo/haresources "$DEMO_CONFIG/"
    [ -s "$DEMO_CONFIG/authkeys" ] || (
        umask 077
        printf 'auth 1\n1 sha256 %s\n' "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >"$DEMO_CONFIG/authkeys"
    )
}

# The client's lines from the given one on: "page: ..." and "outage ... ms".
client_lines() { docker logs client 2>&1 | tail -n "+${1:-1}"; }
client_count() { docker logs client 2>&1 | wc -l; }
last_of() { sed -n "s/^.* s  $1//p" | tail -n 1; }

# wait_for SECONDS WHAT COMMAND...: until the command succeeds.
wait_for() {
    local limit=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        [ $SECONDS -lt $limit ] || die "no $what within the time given; look at: docker logs sidecar-a; docker logs sidecar-b; docker logs client"
        sleep 0.2
    done
}
page_shown() { client_lines "$1" | grep -q 's  page: '; }
page_is() { [ "$(client_lines "$1" | last_of 'page: ')" = "$2" ]; }
stable() { docker exec "sidecar-$1" sidecar status --json 2>/dev/null | grep -q '"stable": *true'; }

up() {
    need_root
    say "setting up (what is already there is kept)"
    lock_setup
    ensure_engine
    if [ "$ENGINE_STARTED" = yes ]; then touch "$CACHE/demo-started-engine"; fi
    ensure_compose
    ensure_images
    unlock_setup
    write_config
    say "starting two nodes and a client"
    # From the beginning: an earlier demo may have been left with node-b holding, or with a node that is off.
    compose down --remove-orphans --timeout 5
    compose up -d

    say "waiting for a node to serve 10.213.171.100 (initdead: 5 s)"
    wait_for 60 "page of node-a" page_is 1 "$page_a"
    wait_for 60 "stable cluster" stable b
    say "the client gets:   $page_a   (from node-a)"

    say "switching node-a off: docker kill node-a nginx-a sidecar-a"
    local mark
    mark=$(($(client_count) + 1))
    quietly docker kill node-a nginx-a sidecar-a || die "could not kill node-a"
    wait_for 30 takeover page_shown "$mark"
    say "the client gets:   $(client_lines "$mark" | last_of 'page: ')   (from node-b)"
    say "measured outage:   $(client_lines "$mark" | last_of 'outage ')"

    say "switching node-a on again"
    mark=$(($(client_count) + 1))
    compose up -d
    wait_for 60 failback page_is "$mark" "$page_a"
    say "auto_failback: the client gets   $(client_lines "$mark" | last_of 'page: ')   again"
    say "outage of the planned move:   $(client_lines "$mark" | last_of 'outage ' | grep . || echo "none")"
    cat <<END

The demo goes on running. Look at it:
  status pages   http://10.213.171.50:9694/ (node-a)   http://10.213.171.51:9694/ (node-b)
  what happens   docker logs -f sidecar-a      docker logs -f client
  ask it         docker exec sidecar-a sidecar status
  move it        docker exec sidecar-a sidecar standby
Take it away:    compose/demo.sh down   (or: just demo-down)
END
}

down() {
    need_root
    if command -v docker >/dev/null && engine_answers; then
        ensure_compose
        compose down --volumes --remove-orphans --timeout 5
    fi
    rm -rf "$DEMO_CONFIG"
    if [ -e "$CACHE/demo-started-engine" ]; then
        rm -f "$CACHE/demo-started-engine"
        stop_engine
    fi
    say "the demo is gone; the images are kept for the next time"
}

case ${1:-up} in
    up) up ;;
    down) down ;;
    *) die "usage: compose/demo.sh [up|down]" ;;
esac
