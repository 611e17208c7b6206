"""A host of the pair as it was before: Heartbeat 3 itself, with scripts instead of containers.

The daemon is the Debian package's, boxed in as in tests/interop. Its nginx is a small server with
the host's page: a host has port 80 for one of the two, the old service or the new container.
"""

import sys
from pathlib import Path

from tests.interop.node import run
from tests.interop.real import RUNNER, TOOLS
from tests.testbed.compose import ROOT
from tests.testbed.host import DockerHost

IPADDR = """\
#!/bin/sh
# The packaged IPaddr wants ifconfig; IPaddr2 takes the same words and does with ip.
exec /etc/ha.d/resource.d/IPaddr2 "$@"
"""
NGINX = """\
#!/bin/sh
# start|stop|status, as Heartbeat calls a service of haresources.
case $1 in
    start)
        cd {root} || exit 1
        {python} -S -m tests.interop.page "{page}" </dev/null >/dev/null 2>&1 &
        echo $! >/run/nginx.pid
        ;;
    stop) [ ! -s /run/nginx.pid ] || {{ kill "$(cat /run/nginx.pid)"; rm /run/nginx.pid; }} ;;
    status) if [ -s /run/nginx.pid ]; then echo running; else echo stopped; fi ;;
esac
exit 0
"""


class LegacyNode:
    """Heartbeat on one host. What it writes stays in its state folder, over restarts too."""

    def __init__(self, host: DockerHost, folder: Path) -> None:
        self.host = host
        self.folder = folder
        self.log = folder / "log" / "ha-log"

    def configure(self) -> None:
        """Lay the scripts beside the host's three files."""
        scripts = self.host.config / "resource.d"
        scripts.mkdir(parents=True, exist_ok=True)
        page = NGINX.format(root=ROOT, python=sys.executable, page=self.host.page)
        for name, text in (("IPaddr", IPADDR), ("nginx", page)):
            (scripts / name).write_text(text)
            (scripts / name).chmod(0o755)

    def start(self) -> None:
        run(self._words("start", self.host.name, self.host.net.name, str(self.host.config)))

    def kill(self) -> None:
        run(self._words("kill"))

    def commands(self) -> dict[str, str]:
        """What the host's shell has, besides: the service manager, Heartbeat's own commands."""
        start = self._words("start", self.host.name, self.host.net.name, str(self.host.config))
        inside = " ".join(self._words("exec"))
        kept = f"s#/var/lib/heartbeat#{self.folder}/var-lib#g"
        return {
            "systemctl": f"""case "$*" in
                "disable --now heartbeat") exec {" ".join(self._words("stop"))} ;;
                "enable --now heartbeat") exec {" ".join(start)} ;;
                *) echo "systemctl $*: not here" >&2; exit 1 ;;
            esac""",
            "rm": f'exec /bin/rm $(echo "$*" | sed "{kept}")',
            "hb_standby": f'exec {inside} {TOOLS / "hb_standby"} "$@"',
            "cl_status": f'exec {inside} /usr/bin/cl_status "$@"',
        }

    def _words(self, verb: str, *more: str) -> tuple[str, ...]:
        return (str(RUNNER), verb, *more, str(self.folder))
