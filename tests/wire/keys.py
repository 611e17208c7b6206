"""Keys and a message that the tests sign."""

from sidecar.wire.auth import Key, Keyring, Method
from sidecar.wire.message import Message

SHA1 = Key(1, Method.SHA1, b"one secret")
CRC = Key(2, Method.CRC, b"")
RING = Keyring(SHA1, (SHA1, CRC))

STATUS = Message.of(
    ("t", "status"),
    ("st", "active"),
    ("dt", "3e8"),
    ("protocol", "1"),
    ("src", "alpha"),
    ("srcuuid", bytes(range(16))),
    ("seq", "1f"),
    ("hg", "6b059cf4"),
    ("ts", "6b059cf3"),
    ("ttl", "3"),
)
