"""What the pair is like now, in a few lines for a person: what each node believes, and what a
client finds.
"""

from sidecar.core.view import AddressView, ClusterView, ContainerView
from tests.sim.cluster import TwoNodes


def tell_pair(two: TwoNodes) -> list[str]:
    lines: list[str] = []
    width = max(len(name) for name in two.pair.nodes)
    for node in two:
        name = f"{node.name:<{width}}"
        if node.process is None:
            lines.append(f"{name}  is not running")
            continue
        view = node.process.cluster.view()
        lines.append(f"{name}  {view.summary}")
        lines += [f"{' ' * width}  {line}" for line in _details(view)]
    lines += [_found_by_client(two, address.name) for address in two.pair.addresses]
    return lines


def _details(view: ClusterView) -> list[str]:
    own, peer = view.nodes
    ready = "ready" if view.ready else f"not ready: {'; '.join(view.reasons)}"
    links = ", ".join(f"{link.name} {link.status}" for link in peer.links)
    lines = [f"{own.status}, {ready}; {peer.name} {peer.status} ({links})"]
    for group in view.groups:
        wish = "held" if group.held else "wanted" if group.wanted else "not wanted"
        parts = ", ".join(_part(part) for part in group.resources)
        lines.append(f"{group.name}: {wish} ({parts})")
    return lines


def _part(part: AddressView | ContainerView) -> str:
    return f"{part.name} {part.state}"


def _found_by_client(two: TwoNodes, address: str) -> str:
    mac = two.lan.client_cache.get(address)
    answering = [station.name for station in two.lan.answering(address)]
    sent_to = next((node.name for node in two if node.host.mac == mac), "nobody")
    if not answering:
        return f"client: nobody answers for {address}"
    if sent_to not in answering:
        return f"client: {' and '.join(answering)} has {address}, but it is sent to {sent_to}"
    node = two.node(sent_to)
    group = next(g for g in two.pair.groups if any(a.name == address for a in g.addresses))
    boxes = [node.host.engine.boxes[container.name] for container in group.containers]
    served = all(box.serves for box in boxes)
    return f"client: {address} is {'served by' if served else 'unanswered on'} {sent_to}"
