"""Room in a socket's buffers for what a thousand addresses bring at once. See socket(7)."""

import socket
from typing import Final

ROOM: Final = 4 * 2**20
"""Bytes of each buffer."""

_FORCED: Final = {socket.SO_SNDBUF: 32, socket.SO_RCVBUF: 33}  # SO_SNDBUFFORCE, SO_RCVBUFFORCE


def give_room(sock: socket.socket, *buffers: int) -> None:
    """``buffers``: SO_SNDBUF, SO_RCVBUF or both. Raise OSError."""
    for buffer in buffers:
        try:
            sock.setsockopt(socket.SOL_SOCKET, _FORCED[buffer], ROOM)
        except PermissionError:  # without CAP_NET_ADMIN the kernel gives what it gives anybody
            sock.setsockopt(socket.SOL_SOCKET, buffer, ROOM)
