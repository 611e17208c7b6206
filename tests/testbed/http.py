"""HTTP from inside a host's namespace: the socket is made there and then used from anywhere."""

import http.client
from dataclasses import dataclass

from tests.netns import Host


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


def get(
    host: Host, path: str, *, address: str = "127.0.0.1", port: int = 80, timeout: float = 3.0
) -> Answer | None:
    """What the address answers to a request made on that host; None when it does not answer."""
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        with host.entered():
            connection.connect()
        connection.request("GET", path)
        answer = connection.getresponse()
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            text=answer.read().decode(),
        )
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
