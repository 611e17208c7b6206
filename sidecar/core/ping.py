"""Ping nodes and ping groups: third parties that tell a cut-off node from a dead peer (ha.cf ping,
ping_group, deadping).

With each status message every target gets one ICMP echo. Its payload is a signed message "from" the
target, which the reply brings back (protocol section 5.6), so that a forged reply counts for
nothing. Of a group any member's reply counts. Never decides what follows from a loss.
"""

from collections.abc import Callable, Iterator

from sidecar.core.actions import SendPing
from sidecar.core.events import PingReplied
from sidecar.core.occurrences import PingChanged
from sidecar.core.params import Params, PingTarget
from sidecar.core.timers import Timers
from sidecar.core.turn import Respite, Turn
from sidecar.core.view import PingView
from sidecar.wire import fields
from sidecar.wire.codec import Form, seal, unseal
from sidecar.wire.errors import WireError
from sidecar.wire.message import Message


class _Target:
    __slots__ = ("asked", "asked_s", "respite", "spec", "up")

    def __init__(self, spec: PingTarget, *, up: bool | None) -> None:
        self.spec = spec
        self.up = up
        """None until it was heard, or deadping has passed."""
        self.respite = Respite()
        self.asked = b""
        """What was sent last, and in which second: it says nothing else than the time."""
        self.asked_s = 0


class PingNodes:
    """All targets, in the order of ha.cf."""

    def __init__(self, params: Params, timers: Timers, changed: Callable[[Turn], None]) -> None:
        self._targets: dict[str, _Target] = {}
        self._timers = timers
        self._changed = changed
        self.reconfigure(params)

    def reconfigure(self, params: Params) -> None:
        """Keep what is known of the targets that stay; who is cut off is so until one answers."""
        unheard = False if self.all_lost else None
        before, self._targets = self._targets, {}
        for spec in params.ping:
            target = before.pop(spec.name, None) or _Target(spec, up=unheard)
            target.spec, target.asked = spec, b""
            self._targets[spec.name] = target
        for target in before.values():
            self._timers.disarm(self._timer(target))
        self._deadping_ns = params.deadping_ns
        self._keepalive_ns = params.timing.keepalive_ns
        self._key = params.keyring.current
        self._keyring = params.keyring
        self._inner = params.inner_auth

    def __iter__(self) -> Iterator[PingView]:
        return (PingView(name=t.spec.name, up=bool(t.up)) for t in self._targets.values())

    @property
    def count(self) -> int:
        """How many answer; a group counts once."""
        return sum(1 for target in self._targets.values() if target.up)

    @property
    def number(self) -> int:
        """How many there are."""
        return len(self._targets)

    @property
    def known(self) -> bool:
        """Each was heard, or had its time to be."""
        return all(target.up is not None for target in self._targets.values())

    @property
    def all_lost(self) -> bool:
        """There are some, and not one of them answers."""
        return bool(self._targets) and self.known and self.count == 0

    def ask(self, turn: Turn) -> None:
        """Send each one an echo."""
        for target in self._targets.values():
            if target.up is None and not self._timers.is_armed(self._timer(target)):
                self._watch(turn, target)
            if not target.asked or target.asked_s != turn.wall_s:
                target.asked, target.asked_s = self._payload(turn, target.spec), turn.wall_s
            turn.do(SendPing(target=target.spec, data=target.asked))

    def on_reply(self, turn: Turn, event: PingReplied) -> None:
        target = self._targets.get(event.target)
        if target is None or not (event.data == target.asked or self._is_ours(event)):
            return
        self._watch(turn, target)
        self._set(turn, target, up=True)

    def excuse_silence(self, turn: Turn) -> None:
        """We were deaf ourselves: silence counts from now."""
        for target in self._targets.values():
            if target.up:
                self._watch(turn, target)

    def _is_ours(self, event: PingReplied) -> bool:
        """An answer to an earlier question."""
        try:
            message = unseal(event.data, self._keyring).message
        except WireError:
            return False
        return message.kind == fields.NS_ST and message.get(fields.SRC) == event.target

    def _payload(self, turn: Turn, spec: PingTarget) -> bytes:
        message = Message.of(
            (fields.T, fields.NS_ST),
            (fields.ST, "ping"),
            (fields.INFO, "ping_group" if spec.is_group else "ping"),
            (fields.SRC, spec.name),
            (fields.TS, f"{turn.wall_s:x}"),
        )
        return seal(message, self._key, Form.NETSTRING, inner=self._inner)

    def _watch(self, turn: Turn, target: _Target) -> None:
        def silent(turn: Turn) -> None:
            if target.respite.take(turn):  # nothing was asked in the sleep, either
                self._timers.arm(self._timer(target), turn.ns + self._keepalive_ns, silent)
                return
            self._set(turn, target, up=False)

        target.respite.renew()
        self._timers.arm(self._timer(target), turn.ns + self._deadping_ns, silent)

    def _set(self, turn: Turn, target: _Target, *, up: bool) -> None:
        if target.up is up:
            return
        was_known, target.up = target.up is not None, up
        if was_known or not up:
            turn.tell(PingChanged(target=target.spec.name, up=up))
        self._changed(turn)

    @staticmethod
    def _timer(target: _Target) -> str:
        return f"ping {target.spec.name}"
