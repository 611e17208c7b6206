#!/usr/bin/env bash
# Gives the engine the image debian:trixie-slim where no registry answers, made from Debian's packages.
#
# The image has the real one's name, so that one Dockerfile serves both. It also carries the certificates that
# this machine trusts, because pip and apt inside `docker build --network host` need them behind an inspecting proxy.
# The archive is kept in the cache folder: a second run, or a second engine, takes seconds.
# Environment: DOCKER_HOST (which engine), XDG_CACHE_HOME. Needs root.
set -euo pipefail
source "$(dirname "$0")/../setup.sh"

image=debian:trixie-slim
archive=$CACHE/debian-trixie-slim.$(dpkg --print-architecture).tar
say() { printf '[base %3d s] %s\n' "$SECONDS" "$*"; }

if docker image inspect "$image" >/dev/null 2>&1; then exit 0; fi

# A kept archive means that the registry did not answer before: do not wait for it again.
if [ ! -e "$archive" ]; then
    say "pulling $image (20 s at most)"
    if timeout 20 docker pull --quiet "$image" >/dev/null 2>&1; then exit 0; fi

    say "no registry answers: making $image from Debian's packages (about a minute)"
    ensure_packages debootstrap
    work=$(mktemp -d "$CACHE/base.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    # The machine's own mirror, or debootstrap's default one where apt names none.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null | head -n 1)
    debootstrap --variant=minbase --include=ca-certificates trixie "$work/root" ${mirror:+"$mirror"} >"$work/log" 2>&1 \
        || { tail -n 20 "$work/log" "$work/root/debootstrap/debootstrap.log" >&2; exit 1; }
    say "adding this machine's trusted certificates, packing"
    for folder in /etc/ssl/certs /usr/local/share/ca-certificates; do
        if [ -d "$folder" ]; then mkdir -p "$work/root$folder"; cp -a "$folder/." "$work/root$folder/"; fi
    done
    # As in the real image, apt keeps no caches in the layers of a Dockerfile, and packages bring no manuals.
    printf '%s\n' 'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' 'Acquire::Languages "none";' \
        'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' >"$work/root/etc/apt/apt.conf.d/container"
    printf 'path-exclude /usr/share/%s/*\n' doc man info locale >"$work/root/etc/dpkg/dpkg.cfg.d/container"
    rm -rf "$work"/root/usr/share/{doc,man,info,locale} "$work"/root/var/lib/apt/lists/* "$work"/root/var/cache/apt/*.bin \
        "$work"/root/var/cache/apt/archives/*.deb "$work"/root/var/log/*.log
    tar -C "$work/root" -cf "$work/root.tar" .
    mv "$work/root.tar" "$archive"
fi

say "importing $image"
docker import --change 'CMD ["bash"]' --change 'LABEL org.opencontainers.image.title="local debian:trixie-slim"' \
    "$archive" "$image" >/dev/null
say "$image is there"
