"""A host's second service: sends each datagram back with the host's number behind it.

    python -m tests.bench.echo NUMBER PORT

It binds to no address, so it answers on a floating one as soon as the host has it, and tells which
host that is.
"""

import socket
import sys

from tests.bench.schedule import first_in_line


def main() -> None:
    number, port = int(sys.argv[1]), int(sys.argv[2])
    mark = bytes([number])
    first_in_line()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("", port))
        while True:
            try:
                data, asker = service.recvfrom(64)
                service.sendto(data + mark, asker)
            except OSError:  # a route that has just gone: the asker counts what is missing
                continue


if __name__ == "__main__":
    main()
