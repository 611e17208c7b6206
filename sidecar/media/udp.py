"""Carries packets by UDP, with one socket to send and one to hear (protocol section 8).

All that the UDP media have in common: reading until the socket is empty, sending without waiting,
failing with a reason and trying again. An interface that was without IPv6 for a while, as one with
an MTU below 1280 is, has forgotten the groups that were joined there, and no socket hears of it: so
they are joined again when packets leave again. What kind of sockets they are is a ``Kind``, such as
Ucast.
"""

import asyncio
import errno
import socket
from typing import Final, Protocol

from sidecar.core.events import LinkRefused, PacketReceived, PacketsRefused
from sidecar.core.params import Link
from sidecar.core.terms import Medium
from sidecar.media.attempts import Attempts
from sidecar.media.base import Emit, Signed
from sidecar.media.flood import FloodGuard, attach, make_room, only_from
from sidecar.media.reasons import reason_of
from sidecar.media.refusal import take_errors
from sidecar.media.sharing import Sorter
from sidecar.media.sockopts import is_bound_to, switched_on

Destination = tuple[str, int]

_LONGEST: Final = 64 * 1024  # no UDP datagram has more than 65507 bytes: none is cut short
_PER_TURN: Final = 64  # datagrams, then the loop's other business: a flood must not stop the timers

# The kernel could not take this one datagram; the link is as good as before.
_PASSING: Final = frozenset({errno.EAGAIN, errno.ENOBUFS, errno.ECONNREFUSED, errno.EMSGSIZE})
# The socket is bound to an interface that is no more; another one of this name needs a new socket.
_STALE: Final = frozenset({errno.ENODEV, errno.ENXIO, errno.EBADF})

_GROUPS: Final = (Medium.MCAST, Medium.MCAST6)


class Kind(Protocol):
    """How one UDP medium makes its sockets. Each call raises OSError where it cannot."""

    def sender(self, link: Link) -> socket.socket:
        """A socket to send from."""

    def receiver(self, link: Link) -> socket.socket:
        """A socket bound to the link's port."""

    def destination(self, link: Link, sender: socket.socket) -> Destination:
        """Where packets go now: never a name that would have to be resolved."""


class UdpMedium:
    """One link over UDP. With a sorter it hears for others, too; a deaf one is heard for."""

    def __init__(
        self,
        link: Link,
        kind: Kind,
        emit: Emit,
        *,
        signed: Signed,
        sorter: Sorter | None = None,
        deaf: bool = False,
    ) -> None:
        self.link = link
        self.dropped = 0
        """Datagrams that the kernel would not take, and refusals that came back for one."""
        self._kind = kind
        self._emit = emit
        self._sorter = sorter
        self._guard = FloodGuard(sorter.links if sorter else (link,), signed)
        self._deaf = deaf
        self._attempts = Attempts(link.name, emit, self._try_again)
        self._sender: socket.socket | None = None
        self._receiver: socket.socket | None = None
        self._forgotten = False
        """The interface may not know any more which groups were joined there."""

    def open(self) -> None:
        """Open the sockets, from inside the running loop, and again until it works."""
        try:
            self._sender = self._open_sender()
            if not self._deaf:
                self._receiver = self._open_receiver()
            self._must_be_usable(self._sender)
        except OSError as error:
            # A broadcast without an address goes on hearing: it may hear for others, too.
            if self._receiver is None or error.errno != errno.EADDRNOTAVAIL:
                self._drop_sockets()
            self._fail(error)
            return
        self._forgotten = False
        self._attempts.works()

    def send(self, data: bytes) -> None:
        """Send now or drop."""
        if self._sender is None:
            return
        try:
            self._send_by(self._sender, data)
        except OSError as error:
            if error.errno in _PASSING:
                self.dropped += 1
                return
            error = self._cause_of(error)
            if error.errno in _STALE:
                self._drop_sockets()
            # Otherwise the sockets stay: a node that may not send must go on hearing.
            self._fail(error)
            self._forgotten = self.link.medium in _GROUPS
        else:
            self._attempts.proved()
            if self._forgotten:
                self._drop_sockets()
                self.open()

    def close(self) -> None:
        """End, and emit nothing any more."""
        self._attempts.close()
        self._drop_sockets()

    def _send_by(self, sender: socket.socket, data: bytes) -> None:
        # Asked each time: an interface may get another address, and with it another broadcast.
        destination = self._kind.destination(self.link, sender)
        try:
            sender.sendto(data, destination)
        except OSError:
            if not self._take_errors():
                raise
            sender.sendto(data, destination)  # the error was an earlier packet's

    def _take_errors(self) -> bool:
        """Hear what has come back for earlier packets; whether anything has."""
        if self._sender is None:
            return False
        taken, refused = take_errors(self._sender, self.link.target)
        for _ in range(refused):
            self._emit(LinkRefused(link=self.link.name))
        return taken > 0

    def _open_sender(self) -> socket.socket:
        sender = self._kind.sender(self.link)
        # It only sends. What comes to its port would lie there unread and wake the loop for ever;
        # it has no port yet, so that nothing can have come.
        attach(sender, only_from(()))
        asyncio.get_running_loop().add_reader(sender, self._take_errors)
        return sender

    def _open_receiver(self) -> socket.socket:
        receiver = self._kind.receiver(self.link)
        make_room(receiver)
        if self._sorter is not None:
            self._sorter.prepare(receiver)
        asyncio.get_running_loop().add_reader(receiver, self._on_readable)
        return receiver

    def _on_readable(self) -> None:
        read = self._read_some()
        if self._receiver is not None:
            self._guard.note(self._receiver, read)
            if refused := self._guard.take_refused():
                self._emit(PacketsRefused(link=self.link.name, count=refused))

    def _read_some(self) -> int:
        """How many datagrams were read, and handed on."""
        for read in range(_PER_TURN):
            if self._receiver is None:  # closed by what the last packet led to
                return read
            try:
                packet = self._read(self._receiver)
            except BlockingIOError:
                return read
            except ConnectionRefusedError:
                self.dropped += 1
                continue
            except OSError as error:
                self._drop_sockets()
                self._fail(error)
                return read
            if packet is not None:
                self._emit(packet)
        return _PER_TURN

    def _read(self, receiver: socket.socket) -> PacketReceived | None:
        """The next one; None when it was refused."""
        if self._sorter is None:
            data = receiver.recv(_LONGEST)
            if self._guard.refuses(data):
                return None
            return PacketReceived(link=self.link.name, data=data)
        data, about, _, source = receiver.recvmsg(_LONGEST, self._sorter.ROOM)
        if self._guard.refuses(data):
            return None
        return PacketReceived(link=self._sorter.link_of(about, source), data=data)

    def _fail(self, error: OSError) -> None:
        self._attempts.fail(reason_of(error, self.link))

    def _try_again(self) -> None:
        if self._sender is None:
            self.open()
            return
        # The sockets are whole, but sending failed. Only a packet can tell whether it works now,
        # so the link counts as open until the next one fails; the pauses grow until one succeeds.
        try:
            self._must_be_usable(self._sender)
        except OSError as error:
            if error.errno in _STALE:
                self._drop_sockets()
            self._fail(error)
            return
        self._attempts.works()

    def _cause_of(self, error: OSError) -> OSError:
        """Where the interface is gone, made anew or down, IPv6 says only that there is no route."""
        if self._sender is not None:
            try:
                self._must_be_usable(self._sender)
            except OSError as cause:
                return cause
        return error

    def _must_be_usable(self, sender: socket.socket) -> None:
        if not is_bound_to(sender, self.link.device):
            raise OSError(errno.ENODEV, "another one has its name")
        if not switched_on(sender, self.link.device):
            raise OSError(errno.ENETDOWN, "switched off")
        self._kind.destination(self.link, sender)

    def _drop_sockets(self) -> None:
        self._guard.close()
        for sock in (self._sender, self._receiver):
            if sock is not None:
                if sock.fileno() >= 0:
                    asyncio.get_running_loop().remove_reader(sock)
                sock.close()
        self._sender = self._receiver = None
