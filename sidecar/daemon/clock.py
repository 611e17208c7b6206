"""The only place that reads clocks. CLOCK_BOOTTIME counts suspend; wall time only fills ``ts``."""

import time

from sidecar.core.terms import SECOND, Moment


def moment() -> Moment:
    return Moment(ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME), wall_s=time.time_ns() // SECOND)
