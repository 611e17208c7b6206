"""Puts the webhooks together from the settings, where there are any.

Their code is loaded only then: a node without them starts as quickly as before.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sidecar.config.settings import Settings
from sidecar.core.occurrences import Severity
from sidecar.core.params import Boot

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from sidecar.notify.notifier import Notifier


def notifier_of(
    settings: Settings, boot: Boot, registry: Callable[[], "CollectorRegistry"]
) -> "Notifier | None":
    """None when no webhook is configured; then no registry is asked for either."""
    webhooks = settings.webhooks
    if not webhooks.targets:
        return None
    from sidecar.notify.news import SHAPES, Origin  # noqa: PLC0415
    from sidecar.notify.notifier import Notifier  # noqa: PLC0415
    from sidecar.notify.post import Target  # noqa: PLC0415

    return Notifier(
        [
            Target(url=one.url, place=one.place, shape=SHAPES[one.form.value])
            for one in webhooks.targets
        ],
        Origin(node=settings.node, generation=boot.generation),
        level=Severity(webhooks.level.value),
        secret=webhooks.secret,
        registry=registry(),
        wall_ns=time.time_ns,
    )
