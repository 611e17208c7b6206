"""The completion scripts of three shells, from the words that the command line knows."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from sidecar.commands.completion_words import Command, Flag, Takes

Commands = Sequence[Command]


def bash(commands: Commands) -> str:
    """Nothing but builtins, so that it needs no package of completions."""
    return "\n".join(
        (
            "# sidecar: completion for bash; source it",
            "_sidecar() {",
            "    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}",
            "    COMPREPLY=()",
            '    if [ "$COMP_CWORD" -eq 1 ]; then',
            f"        {_bash_words((*(c.name for c in commands), '--help', '--version'))}",
            "        return",
            "    fi",
            '    case "${COMP_WORDS[1]} $before" in',
            *(line for command in commands for line in _bash_values(command)),
            "    esac",
            '    case "${COMP_WORDS[1]}" in',
            *(
                f"        {command.name}) {_bash_words((*command.words, *_names(command)))} ;;"
                for command in commands
            ),
            "    esac",
            "}",
            "complete -F _sidecar sidecar",
            "",
        )
    )


def _bash_values(command: Command) -> Iterator[str]:
    for flag in command.flags:
        if flag.takes is not Takes.NOTHING:
            asked = "|".join(shlex.quote(f"{command.name} {name}") for name in flag.names)
            yield f"        {asked}) {_bash_value(flag)}return ;;"


def _bash_value(flag: Flag) -> str:
    match flag.takes:
        case Takes.CHOICE:
            return f"{_bash_words(flag.choices)}; "
        case Takes.FILE:
            return 'mapfile -t COMPREPLY < <(compgen -f -- "$current"); '
        case Takes.FOLDER:
            return 'mapfile -t COMPREPLY < <(compgen -d -- "$current"); '
        case _:
            return ""


def _bash_words(words: Sequence[str]) -> str:
    return f'mapfile -t COMPREPLY < <(compgen -W {shlex.quote(" ".join(words))} -- "$current")'


def zsh(commands: Commands) -> str:
    return "\n".join(
        (
            "#compdef sidecar",
            "# sidecar: completion for zsh; source it after compinit, or put it into $fpath",
            "_sidecar() {",
            "    local context state line",
            "    typeset -A opt_args",
            "    local -a commands",
            "    commands=(",
            *(f"        {_zsh_word(command.name, command.help)}" for command in commands),
            "    )",
            "    _arguments -C '(-)--help[help]' '(-)--version[version]' \\",
            "        '1: :->command' '*:: :->rest'",
            "    case $state in",
            "        command) _describe -t commands command commands ;;",
            "        rest)",
            "            case $line[1] in",
            *(line for command in commands for line in _zsh_command(command)),
            "            esac ;;",
            "    esac",
            "}",
            'if [ "$funcstack[1]" = _sidecar ]; then',
            '    _sidecar "$@"',
            "else",
            "    compdef _sidecar sidecar",
            "fi",
            "",
        )
    )


def _zsh_word(name: str, help_text: str) -> str:
    return shlex.quote(f"{name}:{help_text.replace(':', ' -')}")


def _zsh_command(command: Command) -> Iterator[str]:
    yield f"                {command.name}) _arguments \\"
    for flag in command.flags:
        for name in flag.names:
            yield f"                    {shlex.quote(_zsh_flag(name, flag))} \\"
    if command.words:
        words = shlex.quote(f"1:which:({' '.join(command.words)})")
        yield f"                    {words} \\"
    yield "                    ;;"


def _zsh_flag(name: str, flag: Flag) -> str:
    text = flag.help.translate(str.maketrans("[]:", "()-"))
    what = flag.what.replace(":", "-") or "value"
    match flag.takes:
        case Takes.NOTHING:
            return f"{name}[{text}]"
        case Takes.CHOICE:
            return f"{name}[{text}]:{what}:({' '.join(flag.choices)})"
        case Takes.FILE:
            return f"{name}[{text}]:{what}:_files"
        case Takes.FOLDER:
            return f"{name}[{text}]:{what}:_files -/"
        case _:
            return f"{name}[{text}]:{what}: "


def fish(commands: Commands) -> str:
    names = " ".join(command.name for command in commands)
    return "\n".join(
        (
            "# sidecar: completion for fish; source it",
            "complete -c sidecar -f",
            f"set -l none 'not __fish_seen_subcommand_from {names}'",
            'complete -c sidecar -n "$none" -l help -d help',
            'complete -c sidecar -n "$none" -l version -d version',
            *(
                f'complete -c sidecar -n "$none" -a {command.name} -d {_fish_quote(command.help)}'
                for command in commands
            ),
            *(line for command in commands for line in _fish_command(command)),
            "",
        )
    )


def _fish_command(command: Command) -> Iterator[str]:
    head = f"complete -c sidecar -n '__fish_seen_subcommand_from {command.name}'"
    if command.words:
        yield f"{head} -a {_fish_quote(' '.join(command.words))}"
    for flag in command.flags:
        names = " ".join(
            f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in flag.names
        )
        yield f"{head} {names}{_fish_value(flag)} -d {_fish_quote(flag.help)}"


def _fish_value(flag: Flag) -> str:
    match flag.takes:
        case Takes.NOTHING:
            return ""
        case Takes.CHOICE:
            return f" -x -a {_fish_quote(' '.join(flag.choices))}"
        case Takes.FILE:
            return " -r -F"
        case Takes.FOLDER:
            return " -x -a '(__fish_complete_directories)'"
        case _:
            return " -x"


def _fish_quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _names(command: Command) -> Iterator[str]:
    for flag in command.flags:
        yield from flag.names


SCRIPTS: Final[dict[str, Callable[[Commands], str]]] = {"bash": bash, "zsh": zsh, "fish": fish}
