"""Says in words and figures what a configuration means: the text of `sidecar check`.

Says as much as could be understood, even where there are errors. Never shows the text of a key.
"""

from collections.abc import Iterator

from sidecar.config.hacf import HaCf
from sidecar.config.localfacts import LocalFacts
from sidecar.config.settings import Reading, failback_delay_ns
from sidecar.config.values import say_time
from sidecar.config.webhooks import Webhooks
from sidecar.core.params import Address, Link, Resource, ResourceGroup, Timing
from sidecar.core.terms import AutoFailback, Medium
from sidecar.wire.auth import Keyring


def describe(reading: Reading) -> Iterator[str]:
    """Lines for people, section by section."""
    ha_cf, local = reading.ha_cf, reading.local
    yield f"configuration of {local.node}, from {local.config_dir}"
    if ha_cf is not None:
        yield from _section("nodes", _nodes(ha_cf))
        yield from _section("links", _links(ha_cf))
        if ha_cf.timing is not None:
            yield from _section("timing", _timing(ha_cf.timing))
        yield from _section("ping nodes", _pings(ha_cf))
    if reading.groups:
        yield from _section("groups", _groups(reading.groups, ha_cf, local))
    if reading.keyring is not None:
        yield from _section("keys", _keys(reading.keyring))
    if reading.webhooks.targets:
        yield from _section("webhooks", _webhooks(reading.webhooks))
    udp = [link for link in ha_cf.links if link.medium is not Medium.SERIAL] if ha_cf else []
    if udp:
        yield from _section("firewall", _firewall(tuple(udp)))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield title
    found = False
    for line in lines:
        found = True
        yield f"  {line}"
    if not found:
        yield "  not understood: see the problems"


def _nodes(ha_cf: HaCf) -> Iterator[str]:
    if ha_cf.pair is not None:
        yield f"{ha_cf.pair.node}: this node"
        yield f"{ha_cf.pair.peer}: the peer"


def _links(ha_cf: HaCf) -> Iterator[str]:
    for link in ha_cf.links:
        yield f"{link.name}: {_way(link)}"
    for own in ha_cf.own_lines:
        yield (
            f"line {own.line} ({own.text}) is for the other node: the address belongs to this one"
        )


def _way(link: Link) -> str:
    match link.medium:
        case Medium.SERIAL:
            return f"serial at {link.baud} baud"
        case Medium.BCAST:
            return f"bcast to all on {link.device}, UDP port {link.port}"
        case Medium.MCAST | Medium.MCAST6:
            return f"{link.medium} to group {link.target}, UDP port {link.port}, ttl {link.ttl}"
        case _:
            return f"{link.medium} to {link.target}, UDP port {link.port}"


def _pings(ha_cf: HaCf) -> Iterator[str]:
    targets = [one.target for one in ha_cf.ping_lines]
    if not targets:
        yield "none: a node that is cut off from everything cannot tell"
        return
    for target in targets:
        hosts = " or ".join(target.hosts)
        what = f"group of {hosts}" if target.is_group else "" if hosts == target.name else hosts
        yield f"{target.name}: {what}" if what else target.name
    yield f"one that does not answer for {say_time(ha_cf.deadping_ns)} is lost"
    if ha_cf.ipfail:
        yield (
            "ipfail is on: the node that sees fewer hands over (it is a part of the sidecar: the "
            "respawn line starts no program)"
        )
    else:
        yield "ipfail is off: a loss moves nothing while the nodes hear each other"


def _timing(timing: Timing) -> Iterator[str]:
    beats = timing.deadtime_ns // timing.keepalive_ns
    yield f"a heartbeat every {say_time(timing.keepalive_ns)}"
    yield f"a peer silent for {say_time(timing.warntime_ns)} is late: the log warns"
    yield (
        f"a peer silent for {say_time(timing.deadtime_ns)} is dead: "
        f"{beats} beats must be lost in a row"
    )
    yield f"after the start a peer that was never heard is dead at {say_time(timing.initdead_ns)}"
    yield (
        f"an address that is not renewed for {timing.lease_s} s is taken away by the kernel: "
        "so a node that hangs loses it"
    )


def _groups(
    groups: tuple[ResourceGroup, ...], ha_cf: HaCf | None, local: LocalFacts
) -> Iterator[str]:
    for group in groups:
        yield f"{group.name}: on {group.preferred} when both nodes are well"
        for resource in group.resources:
            yield f"  {_resource(resource, dict(local.containers))}"
    if ha_cf is None:
        return
    if ha_cf.auto_failback is AutoFailback.OFF:
        yield "auto_failback off: a group stays where it is when its preferred node returns"
    else:
        word = ha_cf.auto_failback.value
        ready = _ready(ha_cf, local)
        yield f"auto_failback {word}: a group goes back when its preferred node {ready}"
    if local.max_moves:
        yield (
            f"a group that has moved {local.max_moves} times within "
            f"{say_time(local.moves_window_ns)} by itself stays where it is served"
        )


def _ready(ha_cf: HaCf, local: LocalFacts) -> str:
    if ha_cf.timing is None:
        return "is ready again"
    delay_ns = failback_delay_ns(local, ha_cf.timing)
    return f"has been ready for {say_time(delay_ns)}" if delay_ns else "is ready again"


def _resource(resource: Resource, containers: dict[str, str]) -> str:
    if isinstance(resource, Address):
        where = f" on {resource.interface}" if resource.interface else ""
        label = f", label {resource.label}" if resource.label else ""
        return f"address {resource.name}/{resource.prefix}{where}{label}"
    here = containers.get(resource.name)
    renamed = f", here named {here}" if here else ""
    standby = f", on the standby: {resource.standby}" if resource.standby else ""
    return f"container {resource.name}{renamed}{standby}"


def _keys(keyring: Keyring) -> Iterator[str]:
    for key in keyring.keys:
        role = "signs what this node sends" if key == keyring.current else "accepted"
        yield f"key {key.number}, {key.method}: {role}"


def _webhooks(webhooks: Webhooks) -> Iterator[str]:
    signed = "not signed" if webhooks.secret is None else "signed"
    for number, one in enumerate(webhooks.targets, start=1):
        yield f"{number}: {one.place}, {one.form} from {webhooks.level} on, {signed}"


def _firewall(links: tuple[Link, ...]) -> Iterator[str]:
    for port in sorted({link.port for link in links}):
        yield f"UDP {port} must be let through on both hosts:"
        here = [link for link in links if link.port == port]
        for device, tables in sorted({(link.device, _tables(link)) for link in here}):
            yield f"  {tables} -I INPUT -i {device} -p udp --dport {port} -j ACCEPT"
        for device in sorted({link.device for link in here}):
            yield f'  nft insert rule inet filter input iifname "{device}" udp dport {port} accept'


def _tables(link: Link) -> str:
    return "ip6tables" if link.medium in {Medium.UCAST6, Medium.MCAST6} else "iptables"
