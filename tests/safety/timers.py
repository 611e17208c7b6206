"""The timers of the table: the quickest with every guarantee (docs/configuration.md, Timers).

Deadtime is keepalive + 1.4 s or more, so that a lease has ended before the other node takes over.
"""

from tests.e2e import scene

KEEPALIVE_MS, WARNTIME_MS, DEADTIME_MS = 200, 1000, 2000
HA_CF = (
    scene.HA_CF.replace(f"keepalive {scene.KEEPALIVE_MS}ms", f"keepalive {KEEPALIVE_MS}ms")
    .replace(f"warntime {scene.WARNTIME_MS}ms", f"warntime {WARNTIME_MS}ms")
    .replace(f"deadtime {scene.DEADTIME_MS}ms", f"deadtime {DEADTIME_MS}ms")
)
TIGHT = scene.HA_CF
"""Those of the other tests on two hosts: no guarantee for a sidecar that hangs."""

TAKEOVER_MS = DEADTIME_MS + 300
"""Deadtime counts from the last heartbeat; then the address moves. The machine may be busy."""
