"""A gate before the Docker socket: just the calls of the sidecar, on just its containers."""
