"""Carries packets by UDP, with one socket to send and one to hear (protocol section 8).

All that the UDP media have in common: reading until the socket is empty, sending without waiting,
failing with a reason and trying again. What kind of sockets they are is a ``Kind``, such as Ucast.
"""

import asyncio
import errno
import socket
from typing import Final, Protocol

from sidecar.core.events import LinkFailed, LinkOpened, PacketReceived
from sidecar.core.params import Link
from sidecar.media.base import BackOff, Emit
from sidecar.media.reasons import reason_of
from sidecar.media.sockopts import switched_on

_LONGEST: Final = 64 * 1024  # no UDP datagram has more than 65507 bytes: none is cut short
_PER_TURN: Final = 64  # datagrams, then the loop's other business: a flood must not stop the timers

# The kernel could not take this one datagram; the link is as good as before.
_PASSING: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ECONNREFUSED, errno.EMSGSIZE})
# The socket is bound to an interface that is no more; another one of this name needs a new socket.
_STALE: Final = frozenset({errno.ENODEV, errno.ENXIO, errno.EBADF})


class Kind(Protocol):
    """How one UDP medium makes its sockets. Each call raises OSError where it cannot."""

    def sender(self, link: Link) -> socket.socket:
        """A socket to send from."""

    def receiver(self, link: Link) -> socket.socket:
        """A socket bound to the link's port."""

    def destination(self, link: Link) -> tuple[str, int]:
        """Where packets go: never a name that would have to be resolved."""


class UdpMedium:
    def __init__(self, link: Link, kind: Kind, emit: Emit) -> None:
        self.link = link
        self.dropped = 0
        """Datagrams that the kernel would not take, and refusals that came back for one."""
        self._kind = kind
        self._emit = emit
        self._back_off = BackOff()
        self._sender: socket.socket | None = None
        self._receiver: socket.socket | None = None
        self._reason: str | None = None
        self._retry: asyncio.Handle | None = None
        self._closed = False

    def open(self) -> None:
        """Open the sockets, from inside the running loop, and again until it works."""
        try:
            self._destination = self._kind.destination(self.link)
            self._sender = self._kind.sender(self.link)
            self._must_be_up(self._sender)
            self._receiver = self._kind.receiver(self.link)
        except OSError as error:
            self._drop_sockets()
            self._fail(error)
            return
        asyncio.get_running_loop().add_reader(self._receiver, self._on_readable)
        self._works()

    def send(self, data: bytes) -> None:
        """Send now or drop."""
        if self._sender is None:
            return
        try:
            self._sender.sendto(data, self._destination)
        except OSError as error:
            if error.errno in _PASSING:
                self.dropped += 1
                return
            if error.errno in _STALE:
                self._drop_sockets()
            # Otherwise the sockets stay: a node that may not send must go on hearing.
            self._fail(error)
        else:
            self._back_off.reset()
            if self._reason is not None:
                self._works()

    def close(self) -> None:
        """End, and emit nothing any more."""
        self._closed = True
        self._cancel_retry()
        self._drop_sockets()

    def _on_readable(self) -> None:
        for _ in range(_PER_TURN):
            if self._receiver is None:  # closed by what the last packet led to
                return
            try:
                data = self._receiver.recv(_LONGEST)
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                self.dropped += 1
                continue
            except OSError as error:
                self._drop_sockets()
                self._fail(error)
                return
            self._emit(PacketReceived(link=self.link.name, data=data))

    def _works(self) -> None:
        self._reason = None
        self._cancel_retry()
        self._tell(LinkOpened(link=self.link.name))

    def _fail(self, error: OSError) -> None:
        reason = reason_of(error, self.link)
        if reason != self._reason:  # said once, not at every attempt
            self._reason = reason
            self._tell(LinkFailed(link=self.link.name, reason=reason))
        if self._retry is None:
            loop = asyncio.get_running_loop()
            self._retry = loop.call_later(self._back_off.pause_s(), self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        if self._sender is None:
            self.open()
            return
        # The sockets are whole, but sending failed. Only a packet can tell whether it works now,
        # so the link counts as open until the next one fails; the pauses grow until one succeeds.
        try:
            self._must_be_up(self._sender)
        except OSError as error:
            if error.errno in _STALE:
                self._drop_sockets()
            self._fail(error)
            return
        self._works()

    def _must_be_up(self, sock: socket.socket) -> None:
        if not switched_on(sock, self.link.device):
            raise OSError(errno.ENETDOWN, "switched off")

    def _tell(self, event: LinkOpened | LinkFailed) -> None:
        # Not at once: ``send`` is called in the middle of the driver's turn.
        asyncio.get_running_loop().call_soon(self._tell_unless_closed, event)

    def _tell_unless_closed(self, event: LinkOpened | LinkFailed) -> None:
        if not self._closed:
            self._emit(event)

    def _drop_sockets(self) -> None:
        if self._receiver is not None and self._receiver.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._receiver)
        for sock in (self._sender, self._receiver):
            if sock is not None:
                sock.close()
        self._sender = self._receiver = None

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
