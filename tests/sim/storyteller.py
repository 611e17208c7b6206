"""Understands the commands of a transcript and lets them happen to a simulated pair.

The checkers watch every scenario, too: a transcript that breaks a rule fails, whatever it expects.
"""

from collections.abc import Callable
from typing import Final

from sidecar.config.values import TimeError, parse_time  # placeholder
from sidecar.core.terms import NodeName
