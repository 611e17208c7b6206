# Set-up shared by the demo and the tests: sourced by bash, never run by itself.
#
# Each ensure_* function looks first and acts only on what is missing, so that a second run takes seconds.
# What is started here by hand (an engine, where no service manager runs) is remembered by its process id
# in the cache folder, and stop_engine ends exactly that process.
# Needs: Debian 12 or 13, root. Sets: CACHE, COMPOSE (an array), TOOLS (the tools' virtual environment).
set -euo pipefail

# A service manager's job may have no HOME, and root's shell by plain su none of the sbin folders.
export HOME=${HOME:-/root}
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/heartbeat-sidecar
TOOLS=$CACHE/tools
COMPOSE=()
mkdir -p "$CACHE"

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }
die() { printf '[%4d s] error: %s\n' "$SECONDS" "$*" >&2; exit 1; }

# Runs a command whose output only matters when it fails.
quietly() {
    local log
    log=$(mktemp "$CACHE/log.XXXXXX")
    if "$@" >"$log" 2>&1 </dev/null; then rm -f "$log"; return 0; fi
    tail -n 40 "$log" >&2
    say "failed: $* (the whole output: $log)" >&2
    return 1
}

need_root() { [ "$(id -u)" = 0 ] || die "this needs root: it makes network namespaces and talks to Docker"; }

# Renews apt's lists. What cannot be fetched is told and no end: the packages may come from elsewhere, or from older lists.
refresh_lists() {
    local log tries
    log=$(mktemp "$CACHE/log.XXXXXX")
    for tries in $(seq 60); do
        # Without the error mode it says 0 when no server at all was reached.
        if LC_ALL=C apt-get update -o APT::Update::Error-Mode=any -o Acquire::Retries=3 >"$log" 2>&1 </dev/null; then
            rm -f "$log"
            return 0
        fi
        grep -q 'Could not get lock' "$log" || break
        [ "$tries" -gt 1 ] || say "another program holds apt's lock: waiting for it, 10 minutes at most"
        sleep 10
    done
    { grep '^[EW]:' "$log" || tail -n 10 "$log"; } >&2
    say "warning: not all of apt's lists could be renewed (see above): is a Debian mirror reachable?" >&2
    rm -f "$log"
}

# Installs packages, when the programs that hold dpkg's lock have ended.
install_packages() {
    local install=(apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 "$@")
    if quietly "${install[@]}"; then return 0; fi
    # An interrupted dpkg left work behind here, and apt does nothing before that is done.
    [ -n "$(ls /var/lib/dpkg/updates)" ] || return 1
    say "dpkg was interrupted: dpkg --configure -a"
    quietly dpkg --configure -a && quietly "${install[@]}"
}

# ensure_packages NAME...: Debian packages, without their recommendations.
ensure_packages() {
    local name missing=()
    for name in "$@"; do
        case $(dpkg-query -W -f='${Status}' "$name" 2>/dev/null) in
            "install ok installed") ;;
            *) missing+=("$name") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing packages: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    refresh_lists
    install_packages "${missing[@]}" || die "apt-get install failed: is a Debian mirror reachable?"
}

# ensure_optional NAME...: the same for packages that not every release has; what uses them says what it lacks.
ensure_optional() {
    local name missing=() there=()
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${Status}' "$name" 2>/dev/null)" = "install ok installed" ] || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    refresh_lists
    for name in "${missing[@]}"; do
        if apt-cache show "$name" >/dev/null 2>&1; then there+=("$name"); else say "apt knows no package $name"; fi
    done
    [ ${#there[@]} -eq 0 ] || ensure_packages "${there[@]}"
}

# The engine that was started by hand, as long as it runs. Its file may outlive it, with a number that is another's by now.
engine_pid() {
    local pid
    pid=$(cat "$CACHE/dockerd.pid" 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] && echo "$pid"
}

engine_answers() { timeout 5 docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# A running engine on the machine's own socket (or the one that DOCKER_HOST names). ENGINE_STARTED tells
# whether this call started one by hand.
ensure_engine() {
    ENGINE_STARTED=no
    if command -v docker >/dev/null && engine_answers; then return 0; fi
    [ -z "${DOCKER_HOST:-}" ] || die "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST"
    if ! command -v dockerd >/dev/null; then
        ensure_packages docker.io iptables
        # From Debian 13 on the client is a package of its own.
        command -v docker >/dev/null || ensure_packages docker-cli
    fi
    local child="" tries
    if [ -d /run/systemd/system ]; then
        say "starting the Docker service"
        quietly systemctl start docker || die "systemctl start docker failed"
    else
        say "starting dockerd (no service manager runs here); its log: $CACHE/dockerd.log"
        # dockerd refuses to start where its file names any process that lives.
        engine_pid >/dev/null || rm -f "$CACHE/dockerd.pid"
        # The lock's descriptor (9) must not live on in the engine, or no later run could take the lock.
        setsid dockerd --pidfile "$CACHE/dockerd.pid" >"$CACHE/dockerd.log" 2>&1 </dev/null 9>&- &
        child=$!
        ENGINE_STARTED=yes
    fi
    for tries in $(seq 120); do
        if engine_answers; then return 0; fi
        if [ -n "$child" ] && ! kill -0 "$child" 2>/dev/null; then break; fi
        sleep 0.25
    done
    tail -n 20 "$CACHE/dockerd.log" >&2 2>/dev/null || true
    die "the Docker engine has ended, or did not answer within 30 s ($tries tries)"
}

# Ends the engine that ensure_engine started by hand, if there is one.
stop_engine() {
    local pid
    pid=$(engine_pid) || return 0
    say "stopping the dockerd that was started by hand (process $pid)"
    kill "$pid"
    for _ in $(seq 120); do
        [ -e "/proc/$pid" ] || return 0
        sleep 0.25
    done
    say "dockerd (process $pid) has not ended within 30 s" >&2
}

# What a virtual environment is made from: the Python, whose version its folders are named after, and the lock files.
venv_stamp() { "${PYTHON:-python3}" -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null || true; cat "$@" | sha256sum; }

# ensure_venv FOLDER LOCKFILE...: a virtual environment with exactly the locked packages.
ensure_venv() {
    local folder=$1 python=${PYTHON:-python3}
    shift
    [ "$(cat "$folder/.locked" 2>/dev/null)" != "$(venv_stamp "$@")" ] || [ ! -x "$folder/bin/python" ] || return 0
    # python3-venv carries ensurepip on Debian; other Pythons bring their own.
    "$python" -c 'import ensurepip' 2>/dev/null || ensure_packages python3-venv
    say "making the virtual environment $folder"
    quietly "$python" -m venv --clear "$folder" || die "cannot make $folder"
    local lock
    for lock in "$@"; do
        quietly "$folder/bin/python" -m pip install --require-hashes --no-deps -r "$lock" || die "pip install -r $lock failed"
    done
    venv_stamp "$@" >"$folder/.locked"
}

# Compose v2 (the old docker-compose 1 cannot read our files) and just, from a private environment.
ensure_tools() { ensure_packages python3; ensure_venv "$TOOLS" "$PROJECT/images/tools.lock"; }

ensure_compose() {
    if docker compose version >/dev/null 2>&1; then COMPOSE=(docker compose); return 0; fi
    ensure_tools
    COMPOSE=("$TOOLS/bin/docker-compose")
}

# The builder: BuildKit where the client has it, else the classic one.
build() {
    local kit=0
    if docker buildx version >/dev/null 2>&1; then kit=1; fi
    DOCKER_BUILDKIT=$kit quietly docker build --network host "$@" || die "docker build $* failed"
}

# The images under the names that the compose files use. Docker's layer cache makes the second call quick.
ensure_images() {
    bash "$PROJECT/images/base/build.sh" || die "the base image could not be made"
    local revision version
    revision=$(git -C "$PROJECT" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
    version=$(sed -n 's/^version = "\(.*\)"/\1/p' "$PROJECT/pyproject.toml")
    say "building heartbeat-nginx"
    build -t heartbeat-nginx "$PROJECT/images/nginx"
    say "building heartbeat-sidecar"
    build -t heartbeat-sidecar --build-arg "VERSION=$version" --build-arg "REVISION=$revision" "$PROJECT"
    # What the new ones replace; the layers that the builder keeps for the next time are not labelled.
    quietly docker image prune --force --filter label=org.opencontainers.image.title=heartbeat-sidecar
    quietly docker image prune --force --filter label=org.opencontainers.image.title=heartbeat-nginx
}

# One set-up at a time on a machine: two would build the same base image twice.
lock_setup() { exec 9>"$CACHE/lock"; flock -w 1800 9 || die "another set-up holds $CACHE/lock"; }
unlock_setup() { exec 9>&-; }
