"""The demo's client: one new HTTP request every 10 ms, a line for each outage and each new page.

It never gives up and needs nothing but Python. Lines start with the seconds since its start.
"""

import http.client
import sys
import time
from urllib.parse import urlsplit

PAUSE_S = 0.010
# An answer on this network takes about a millisecond: a longer silence is an outage.
TIMEOUT_S = 0.100


def fetch(host: str, port: int, path: str) -> str | None:
    """The page, or None when no good answer came in time."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        page = answer.read().decode().strip()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return page if answer.status == http.client.OK else None


def main() -> None:
    url = urlsplit(sys.argv[1])
    start = last_good = time.monotonic()
    page_before: str | None = None
    failed = 0

    def tell(text: str) -> None:
        print(f"{time.monotonic() - start:9.3f} s  {text}", flush=True)

    tell(f"requesting {url.geturl()} every {PAUSE_S * 1000:.0f} ms")
    while True:
        page = fetch(url.hostname or "", url.port or 80, url.path or "/")
        now = time.monotonic()
        if page is None:
            failed += 1
        else:
            if failed and page_before is not None:
                gap_ms = (now - last_good) * 1000
                tell(f"outage {gap_ms:.0f} ms, failed requests: {failed}")
            if page != page_before:
                tell(f"page: {page}")
            page_before, failed, last_good = page, 0, now
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main()
