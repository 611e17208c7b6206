"""The kinds of trouble that a seed may switch on.

A new kind is one member here and one maker in one of the files ``trouble_*.py``; a test says so
when one of the two is missing.
"""

from enum import Enum


class Fault(Enum):
    """What goes wrong; the value says it to a person."""

    BAD_QUALITY = "links lose, delay, double, damage, reorder and repeat for a while"
    CLOGGED = "one direction holds packets back, and then lets all of them go at once"
    CUT_ONE_WAY = "one direction of one link"
    CUT_LINK = "one link, both directions"
    PARTITION = "all links, both directions"
    PARTITION_ONE_WAY = "all links, one direction"
    LINK_DOWN = "ifdown of a heartbeat interface"
    FORGED = "somebody without the key sends packets in the name of a node"
    REPLAYED = "somebody sends authentic packets of the past, also of earlier lives"
    PING_LOST = "a node's way to the ping nodes"
    ARBITER_DOWN = "the ping nodes themselves"
    LAN_CUT = "the switch port of a host on the service LAN, without a change of carrier"
    PARTED = "any pairs of both hosts, the client and the ping nodes, with or without the heartbeat"
    LAN_HICCUP = "the service LAN loses the next frame or two to or from a host"
    ROUTER_ANSWERS = "a router answers every broadcast question, also for the dead"
    CARRIER_LOST = "the service interface of a host"
    CRASH = "power loss of a host, and its return"
    KILL = "SIGKILL of a sidecar, and its restart"
    FREEZE = "SIGSTOP of a sidecar, and SIGCONT"
    STOP = "SIGTERM of a sidecar, and its restart"
    WALL_JUMP = "the wall clock of a host is set"
    CONTAINER_KILL = "a container's process dies"
    CONTAINER_SICK = "a container runs and does not serve"
    CONTAINER_PAUSED = "a stranger pauses a container"
    CONTAINER_UNPAUSED = "a stranger unpauses or starts a container"
    CONTAINER_LOOPS = "a container dies again and again under a restart policy"
    CONTAINER_REMOVED = "a container is removed, and created anew later"
    STARTS_FAIL = "the next starts of a container fail, after its process died"
    ENGINE_DOWN = "the engine refuses connections"
    ENGINE_HUNG = "the engine takes requests and says nothing"
    ENGINE_SLOW = "the engine takes seconds for what it does"
    ENGINE_RESTARTED = "the engine restarts, and its containers with it"
    STANDBY = "the operator asks a node to stand by"
    TAKEOVER = "the operator asks a node to take over"
    ADDRESS_DELETED = "a stranger removes an address"
    DUPLICATE_ADDRESS = "a machine that is no node uses an address"
    KERNEL_REFUSES = "the kernel refuses claims, renewals and releases, so that leases end"
    KERNEL_SLOW = "the kernel takes up to seconds for a claim, a renewal or a release"
    MAINTENANCE = "the operator begins or ends maintenance on a node"
