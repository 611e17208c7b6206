"""An interface for each address that haresources names none for: the one whose subnet contains it.

It is looked for at the start and at each reload; and as long as there is none, again and again,
for after a power cut a host may be up long before its network. Where it was found the address
stays, whatever is found later: it may be held there.

For the same reason a link may turn out to lead to this host itself only when its address has come.
"""

from dataclasses import replace
from typing import Final

from sidecar.config.links import leads_to, to_several
from sidecar.config.machine import local_addresses
from sidecar.config.problems import Problem, Severity
from sidecar.config.settings import HARESOURCES, Settings
from sidecar.core.params import Address, Params, Resource
from sidecar.vip.interfaces import find_interface

LOOK_EVERY_S: Final = 2.0


def placed(settings: Settings, running: Settings | None = None) -> Settings:
    """The settings with an interface for each address, as far as this host has one.

    ``running`` are those that a reload replaces. Blocks for the look at the kernel's tables, and
    raises OSError when the kernel does not tell.
    """
    before = addresses_of(running.params) if running else {}
    warnings: list[Problem] = []

    def place(resource: Resource) -> Resource:
        if not isinstance(resource, Address) or resource.interface:
            return resource
        found = find_interface(resource.name, resource.prefix) or ""
        known = before.get(resource.name)
        if known is None or not known.interface:
            return replace(resource, interface=found)
        if found and found != known.interface:
            path = str(settings.config_dir / HARESOURCES)
            message = (
                f"the address {known.name} is on {known.interface} since the start, and its subnet "
                f"is on {found} now: restart the sidecar, or remove the address, reload, and add "
                "it again"
            )
            warnings.append(
                Problem(file=path, line=None, message=message, severity=Severity.WARNING)
            )
        return replace(resource, interface=known.interface)

    groups = tuple(
        replace(group, resources=tuple(place(r) for r in group.resources))
        for group in settings.params.groups
    )
    return replace(
        settings,
        params=replace(settings.params, groups=groups),
        warnings=(*settings.warnings, *warnings),
    )


def as_of_now(settings: Settings) -> Settings:
    """The same settings, as the start would make them with the network that is there now."""
    return _without_own(placed(settings))


def _without_own(settings: Settings) -> Settings:
    """Without the links that lead to this host itself. The others keep their names, and so all that
    is known of them.
    """
    own = local_addresses()
    links = tuple(one for one in settings.params.links if not leads_to(one, own))
    if not links:
        return settings
    return replace(settings, params=replace(settings.params, links=links))


def any_doubtful(params: Params) -> bool:
    """Whether one of several links by an interface may lead to this host, whose address is late."""
    return bool(to_several(params.links))


def any_placeless(params: Params) -> bool:
    """Whether there is an address that no interface fits yet."""
    return any(not one.interface for one in addresses_of(params).values())


def addresses_of(params: Params) -> dict[str, Address]:
    """All of them by their names."""
    return {address.name: address for group in params.groups for address in group.addresses}
