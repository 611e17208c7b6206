"""A node's service: answers every connection to port 80 with the node's name.

    python -m tests.interop.page NAME

It binds to no address, so it answers on a floating one as soon as the node has it.
"""

import socket
import sys


def main() -> None:
    answer = b"HTTP/1.0 200 OK\r\n\r\n" + sys.argv[1].encode()
    with socket.create_server(("", 80), backlog=64) as listener:
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(0.2)
                try:
                    connection.recv(1000)
                    connection.sendall(answer)
                except OSError:
                    continue


if __name__ == "__main__":
    main()
