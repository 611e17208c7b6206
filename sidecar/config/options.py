"""The options of the command line and the variables of the environment that say the facts of this
node alone.

An option wins over its variable, and an empty variable counts as not set, because that is what
compose makes of ``${NAME:-}``. What the values mean is in ``localfacts.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting: the name among the parsed arguments, the flag, the variable, the default."""

    name: str
    flag: str
    environment: str
    default: str
    metavar: str
    help: str
    several: bool = False
    """Whether the flag may be given more than once; the variable then has blanks in between."""


CONFIG_DIR: Final = Option(
    name="config_dir",
    flag="--config-dir",
    environment="SIDECAR_CONFIG_DIR",
    default="/etc/ha.d",
    metavar="DIR",
    help="the folder of ha.cf, haresources and authkeys",
)
NODE: Final = Option(
    name="node",
    flag="--node",
    environment="SIDECAR_NODE",
    default="",
    metavar="NAME",
    help="the name of this node in ha.cf, where that is not the host name",
)
HTTP: Final = Option(
    name="http",
    flag="--http",
    environment="SIDECAR_HTTP",
    default="0.0.0.0:9694",
    metavar="ADDRESS:PORT",
    help="where the status page and the metrics are served",
)
DOCKER: Final = Option(
    name="docker",
    flag="--docker",
    environment="DOCKER_HOST",
    default="unix:///var/run/docker.sock",
    metavar="URL",
    help="the container engine",
)
CONTROL: Final = Option(
    name="control",
    flag="--control",
    environment="SIDECAR_CONTROL",
    default="/run/sidecar/control.sock",
    metavar="FILE",
    help="the control socket",
)
STATE_DIR: Final = Option(
    name="state_dir",
    flag="--state-dir",
    environment="SIDECAR_STATE_DIR",
    default="/var/lib/sidecar",
    metavar="DIR",
    help="the folder for what outlives a restart: generation, uuid, maintenance, history",
)
LOG_FORMAT: Final = Option(
    name="log_format",
    flag="--log-format",
    environment="SIDECAR_LOG_FORMAT",
    default="text",
    metavar="text|json",
    help="how a log line is written",
)
LOG_LEVEL: Final = Option(
    name="log_level",
    flag="--log-level",
    environment="SIDECAR_LOG_LEVEL",
    default="info",
    metavar="LEVEL",
    help="debug, info, warning or error",
)
CONTAINERS: Final = Option(
    name="containers",
    flag="--containers",
    environment="SIDECAR_CONTAINERS",
    default="",
    metavar="NAME=CONTAINER,...",
    help="containers that have another name on this node than in haresources",
)
FAILBACK_DELAY: Final = Option(
    name="failback_delay",
    flag="--failback-delay",
    environment="SIDECAR_FAILBACK_DELAY",
    default="",
    metavar="TIME",
    help="for how long the preferred node must have been ready before a group goes back by "
    "itself; without it the smaller of 5 s and deadtime, 0: at once",
)
MAX_MOVES: Final = Option(
    name="max_moves",
    flag="--max-moves",
    environment="SIDECAR_MAX_MOVES",
    default="5",
    metavar="NUMBER",
    help="so many moves of a group that nobody asked for, and it stays where it is served; 0: "
    "no bound",
)
MOVES_WINDOW: Final = Option(
    name="moves_window",
    flag="--moves-window",
    environment="SIDECAR_MOVES_WINDOW",
    default="600",
    metavar="TIME",
    help="for how long a move counts towards that bound",
)
WEBHOOK: Final = Option(
    name="webhook",
    flag="--webhook",
    environment="SIDECAR_WEBHOOK",
    default="",
    metavar="URL",
    help="where to post what happens; several with blanks between them, or the option several "
    "times",
    several=True,
)
WEBHOOK_FORMAT: Final = Option(
    name="webhook_format",
    flag="--webhook-format",
    environment="SIDECAR_WEBHOOK_FORMAT",
    default="json",
    metavar="json|slack",
    help="in which form; one word for all webhooks, or one for each",
)
WEBHOOK_LEVEL: Final = Option(
    name="webhook_level",
    flag="--webhook-level",
    environment="SIDECAR_WEBHOOK_LEVEL",
    default="info",
    metavar="LEVEL",
    help="post what is at least info, warning or error, and its end",
)
WEBHOOK_SECRET: Final = Option(
    name="webhook_secret_file",
    flag="--webhook-secret-file",
    environment="SIDECAR_WEBHOOK_SECRET_FILE",
    default="",
    metavar="FILE",
    help="a file with the secret that signs what is posted; without it nothing is signed",
)
OPTIONS: Final = (
    CONFIG_DIR,
    NODE,
    HTTP,
    DOCKER,
    CONTROL,
    STATE_DIR,
    LOG_FORMAT,
    LOG_LEVEL,
    CONTAINERS,
    FAILBACK_DELAY,
    MAX_MOVES,
    MOVES_WINDOW,
    WEBHOOK,
    WEBHOOK_FORMAT,
    WEBHOOK_LEVEL,
    WEBHOOK_SECRET,
)


def choose(option: Option, options: Mapping[str, object], environ: Mapping[str, str]) -> str:
    """The value in force: the option, else the variable, else the default."""
    return choose_with_source(option, options, environ)[0]


def choose_with_source(
    option: Option, options: Mapping[str, object], environ: Mapping[str, str]
) -> tuple[str, str]:
    """The same, and the name of the option or the variable that it came from."""
    given = options.get(option.name)
    if given:
        return " ".join(given) if isinstance(given, list) else str(given), option.flag
    return environ.get(option.environment) or option.default, option.environment
