"""Packets that nobody with the key has made: each kind of lie that would be believed if the key
were not asked for.
"""

from random import Random
from typing import Final

from sidecar.wire import fields
from sidecar.wire.auth import Key, Method
from sidecar.wire.codec import Form, seal
from sidecar.wire.message import Message

_WRONG: Final = Key(1, Method.SHA1, b"a key that is not in authkeys")
_LIES: Final = (
    ((fields.T, fields.STATUS), (fields.ST, "active"), (fields.DT, "ffff"), ("hs_v", "1")),
    ((fields.T, fields.STATUS), (fields.ST, "dead")),
    ((fields.T, fields.SHUTDONE),),
    ((fields.T, fields.STARTING),),
    ((fields.T, fields.RESOURCE), (fields.RSC_HOLD, "all"), (fields.RTYPE, "full")),
    ((fields.T, fields.RESOURCE), (fields.RSC_HOLD, "none"), (fields.ISSTABLE, "1")),
    ((fields.T, fields.ASK_RESOURCES), (fields.RSC_HOLD, "all"), (fields.INFO, "me")),
    ((fields.T, fields.ASK_RESOURCES), (fields.RSC_HOLD, "all"), (fields.INFO, "done")),
    ((fields.T, fields.HB_TAKEOVER), (fields.RSC_HOLD, "all")),
)


def forged(rng: Random, source: str, victim: str) -> bytes:
    """One datagram in the name of ``source``, or of the victim itself, or of nobody here."""
    name = rng.choices((source, victim, "mallory"), (8, 1, 1))[0]
    message = Message.of(
        *rng.choice(_LIES),
        (fields.SRC, name),
        (fields.SEQ, f"{rng.randrange(1, 100_000):x}"),
        (fields.HG, f"{rng.randrange(1, 0xFFFF_FFFF):x}"),
        (fields.TS, "6b000000"),
        (fields.TTL, "3"),
    )
    data = seal(message, _WRONG, rng.choice(list(Form)))
    return data[: rng.randrange(len(data))] if rng.random() < 0.1 else data
