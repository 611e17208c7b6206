"""A process that holds 10.77.0.100 by a lease of one second until it is told that it is lost."""

import time

from sidecar.core.actions import ClaimAddress, RenewLease
from sidecar.core.events import AddressClaimed, LeaseRenewed
from sidecar.core.terms import MILLISECOND, SECOND
from sidecar.vip.lease import Lease
from tests.vip.conftest import boottime_ns, vip


def main() -> None:
    lease = Lease(boottime_ns)
    first = ClaimAddress(op=1, address=vip(), lease_s=1, not_after_ns=boottime_ns() + SECOND)
    answer = lease.perform(first)
    while isinstance(answer, AddressClaimed | LeaseRenewed):
        time.sleep(0.1)
        last = answer.at_ns + 800 * MILLISECOND
        answer = lease.perform(RenewLease(address=vip(), lease_s=1, not_after_ns=last))
    print(answer)
    lease.close()


if __name__ == "__main__":
    main()
