"""Two-node high availability for plain Docker hosts, speaking the Linux-HA Heartbeat protocol."""

from typing import Final

VERSION: Final = "0.1.0"
