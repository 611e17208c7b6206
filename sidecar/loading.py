"""How code is loaded that stays: without the collector, which would walk it again and again and
find nothing. That takes a tenth of a start.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage in the block."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
