# The sidecar's image: Debian's Python with the locked packages in a virtual environment; no pip, no compiler.
# It works with BuildKit and with the classic builder. `just image` builds it where no registry answers, too.
FROM debian:trixie-slim AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log

FROM base AS builder
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3-venv \
    && rm -rf /var/lib/apt/lists/*
# pip trusts what the system trusts, an inspecting proxy's certificate too.
ENV PIP_CERT=/etc/ssl/certs/ca-certificates.crt PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore PIP_NO_COMPILE=1
WORKDIR /src
# What changes least comes first: the builder's layers are kept until a lock file changes.
COPY images/build.lock requirements.lock ./
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r build.lock \
    && python3 -m venv --without-pip /opt/sidecar \
    && /opt/build/bin/pip --python /opt/sidecar/bin/python install --require-hashes --only-binary :all: -r requirements.lock
# Whom to believe when a notification goes to an https address: a file for each, found by its hash when it is asked for.
# The one file with all of them would be read, and kept, by every program that might use TLS: 5 MiB and 35 ms of a start.
RUN mkdir /trusted \
    && csplit --quiet --elide-empty-files --prefix /trusted/ --suffix-format %03d.pem \
        /etc/ssl/certs/ca-certificates.crt '/-----BEGIN/' '{*}' \
    && openssl rehash /trusted
COPY pyproject.toml README.md LICENSE ./
COPY sidecar sidecar
# The bytecode is made here once, and never compared with its source again: the start is quick and the root stays read-only.
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheel . \
    && /opt/build/bin/pip --python /opt/sidecar/bin/python install --no-deps --no-index /wheel/*.whl \
    && /opt/sidecar/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/sidecar/lib \
    && /opt/sidecar/bin/python -P -m sidecar.precompiled

FROM base
ENV PATH=/opt/sidecar/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
COPY --from=builder /opt/sidecar /opt/sidecar
COPY --from=builder /trusted /etc/ssl/certs
RUN rm -f /etc/ssl/certs/ca-certificates.crt
# Where OpenSSL looks by itself, /usr/lib/ssl/certs, is a link of the package openssl, which the registry's image has not.
ENV SSL_CERT_DIR=/etc/ssl/certs
# 694/udp is the heartbeat's port, 9694 the status page's and the metrics'.
EXPOSE 694/udp 9694/tcp
# It runs as root with few capabilities (compose/node.yaml): Docker does not give added capabilities to another user.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=15s --retries=3 CMD ["sidecar", "health"]
ENTRYPOINT ["sidecar"]
CMD ["run"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="heartbeat-sidecar" \
      org.opencontainers.image.description="Two-node high availability for plain Docker hosts, speaking the Linux-HA Heartbeat protocol" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="debian:trixie-slim" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
