"""Which class carries which medium."""

from sidecar.core.params import Link
from sidecar.core.terms import Medium as Kind
from sidecar.media.base import Emit, Medium
from sidecar.media.ucast import ucast


def open_medium(link: Link, emit: Emit) -> Medium:
    """The medium for a line of ha.cf; raises ValueError for one that is not carried yet."""
    if link.medium is Kind.UCAST:
        return ucast(link, emit)
    raise ValueError(f"{link.medium} is not carried yet")
