"""What must outlive the process: the generation and the uuid of this node (protocol 2.1 and 4.1),
and the last order of maintenance.

The generation is raised and on disk before the first packet leaves, since a peer takes a node that
repeats its generation for a replay. Where the folder cannot be written the clock serves instead
(as with ``hbgenmethod time``), which is worth a reason for not being ready: a clock that is set
back would lock this node out.
"""

import json
import logging
import os
import uuid
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sidecar.core.params import Boot, MaintenanceOrder

GENERATION: Final = "generation"
UUID: Final = "uuid"
MAINTENANCE: Final = "maintenance"
_UUID_BYTES: Final = 16
_GENERATION_END: Final = 2**48
"""No generation that was written here is ever as high: what is came from somewhere else."""

log = logging.getLogger("sidecar")


def boot(folder: Path, node: str, wall_s: int) -> Boot:
    """Begin a new life: raise the generation, find or make the uuid."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        identity = _identity(folder / UUID)
        return Boot(
            generation=_raise(folder / GENERATION, wall_s),
            uuid=identity,
            maintenance=_kept_maintenance(folder / MAINTENANCE),
        )
    except OSError as error:
        mend = "make it writable, or mount a volume there (SIDECAR_STATE_DIR)"
        trouble = f"state folder {folder} cannot be used: {error.strerror or error}; {mend}"
        stand_in = uuid.uuid5(uuid.NAMESPACE_DNS, node).bytes
        order = None
        with suppress(OSError):  # a folder that is full, or read-only, can be read
            order = _kept_maintenance(folder / MAINTENANCE)
        return Boot(generation=wall_s, uuid=stand_in, trouble=(trouble,), maintenance=order)


def keep_maintenance(folder: Path, order: MaintenanceOrder) -> None:
    """For the next life, which must not act where this one was told not to. Raises OSError."""
    write_whole(folder / MAINTENANCE, json.dumps(asdict(order)).encode() + b"\n")


def _kept_maintenance(path: Path) -> MaintenanceOrder | None:
    try:
        return _read_order(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        log.warning("%s is not as this program wrote it, and counts for nothing: %r", path, error)
        return None


def _read_order(kept: dict[str, Any]) -> MaintenanceOrder:
    numbers = {name: kept[name] for name in ("number", "seconds", "since_s", "until_s")}
    for name, value in numbers.items():
        if type(value) is not int or value < 0:
            raise ValueError(f"{name} is {value!r}")
    return MaintenanceOrder(by=str(kept["by"]), **numbers)


def _raise(path: Path, wall_s: int) -> int:
    """Above the last one, and above the clock, which a life without a folder may have used."""
    generation = max(_last(path), wall_s) + 1
    write_whole(path, f"{generation:>15}\n".encode())
    return generation


def _last(path: Path) -> int:
    try:
        last = int(path.read_text("ascii"))
    except (FileNotFoundError, ValueError):
        return 0
    return last if 0 < last < _GENERATION_END else 0


def _identity(path: Path) -> bytes:
    try:
        known = path.read_bytes()
    except FileNotFoundError:
        known = b""
    if len(known) == _UUID_BYTES and any(known):
        return known
    made = uuid.uuid4().bytes
    write_whole(path, made)
    return made


def write_whole(path: Path, data: bytes) -> None:
    """All or nothing, also when the power fails. Raises OSError."""
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """The new name is on disk, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
