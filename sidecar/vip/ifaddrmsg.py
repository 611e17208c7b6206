"""pyroute2's message that describes an address, loaded without the rest of the library.

``import pyroute2`` loads all that the library can do: 190 modules, 9 MiB that stay, and most of the
time from a start to the first claim. The message takes five of them. But Python runs a package's
own ``__init__`` before any module in it, so that this one is laid aside while the message is
loaded. Afterwards it is as if it had never been asked for: who imports it then, gets all of it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec, module_from_spec
from typing import Final

_WHOLE: Final = "pyroute2"


@contextmanager
def _without_its_init() -> Iterator[None]:
    """Modules of the package are found, and the package itself is not run."""
    if _WHOLE in sys.modules:
        yield
        return
    spec = find_spec(_WHOLE)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {_WHOLE!r}", name=_WHOLE)
    sys.modules[_WHOLE] = module_from_spec(spec)
    try:
        yield
    finally:
        del sys.modules[_WHOLE]


with _without_its_init():
    from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg

__all__ = ["ifaddrmsg"]
