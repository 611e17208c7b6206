"""What one status message says, read whole before anything of it is believed.

A field that cannot be read makes the whole message malformed, and a malformed message counts as not
received at all (protocol sections 3.4 and 5.1). Never looks at its number or generation.
"""

from dataclasses import dataclass
from typing import Final

from sidecar.core import dialect
from sidecar.core.terms import MILLISECOND, SECOND, NodeStatus
from sidecar.wire import fields
from sidecar.wire.message import Message

DT_MAX_NS: Final = 3600 * SECOND  # a dead time beyond an hour would be no dead time
_OF_LIVING: Final = (NodeStatus.INIT, NodeStatus.UP, NodeStatus.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One status message of the peer."""

    status: NodeStatus | None
    """None: a word that no living node says of itself."""
    dead_after_ns: int | None
    """The sender's own dead time; None when it does not say."""
    acknowledges: bool
    """It wants acknowledgements and names the nodes when asked; older ones do not (section 4.4)."""
    is_sidecar: bool
    ready: bool | None
    ping_count: int | None
    macs: dict[str, str]
    link: str
    """The sender's name for the link that this copy came by; empty when it does not say."""
    sees: dict[str, bool]
    """Of the addresses that we hold and the sender looks for: whether it sees them."""
    heard: tuple[str, ...] | None
    """On which of our links the sender hears us; None when it does not say."""
    upto: tuple[int, int] | None
    """Generation and number of our newest status that the sender has; None when it does not say."""
    maintenance: dialect.MaintenanceWord | None
    """The newest order that the sender knows; None when it does not say."""
    configuration: str | None
    """A digest of the sender's configuration (agreement.py); None when it does not say."""
    wall_s: int | None
    """The sender's wall clock, to compare and never to decide by."""


def read_beat(message: Message) -> Beat:
    """Raise Malformed when a number in it is none."""
    said = message.texts()
    word = said.get(fields.ST, "")
    dt_ms = message.hex_int(fields.DT)
    ready = said.get(dialect.READY)
    return Beat(
        status=NodeStatus(word) if word in _OF_LIVING else None,
        dead_after_ns=min(dt_ms * MILLISECOND, DT_MAX_NS) if dt_ms else None,
        acknowledges=fields.PROTOCOL in said,
        is_sidecar=dialect.VERSION_FIELD in said,
        ready=None if ready is None else ready == "1",
        sees=dialect.decode_sees(said.get(dialect.SEES, "")),
        ping_count=message.dec_int(dialect.PING),
        macs=dialect.decode_macs(said.get(dialect.MACS, "")),
        link=dialect.decode_link(said.get(dialect.LINK)),
        heard=dialect.decode_heard(said.get(dialect.HEARD)),
        upto=dialect.decode_upto(said.get(dialect.UPTO)),
        maintenance=dialect.decode_maintenance(
            said.get(dialect.MAINTENANCE), said.get(dialect.MAINTENANCE_ORDER)
        ),
        configuration=dialect.decode_digest(said.get(dialect.CONF)),
        wall_s=message.hex_int(fields.TS),
    )
