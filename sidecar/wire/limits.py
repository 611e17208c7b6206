"""What no message may exceed, whoever sent it, and what a field's name may look like.

A real node sends 250 to 370 bytes and encodes at most 256 KiB (protocol section 1.4). The bounds
keep hostile or damaged input from costing memory; they are far above anything in use.
"""

from typing import Final

MAX_DATAGRAM: Final = 256 * 1024  # bytes of one encoded message, in either form
MAX_INFLATED: Final = 2 * 1024 * 1024  # bytes of a message before it was compressed
MAX_FIELDS: Final = 1000  # fields of one message

# Printable ASCII without blanks and "=". A leading bracket is refused, because the classic form
# could not tell it from a type prefix or from its first and last line.
NAME: Final = r"[!-'*-;?-~][!-<>-~]{0,127}"
