"""Dataclasses written out as plain classes, for mypyc, in the copy that it compiles.

mypyc leaves to the interpreter what the decorator makes: such a constructor takes fifteen times as
long as a compiled one, a comparison twenty times. So both are written into the class here, and
compiled with it. What is lost: that an attribute of a frozen object cannot be set, and that objects
of two classes are never equal. Whether it judges as the sources do is found out by compiled.py.
"""

import ast
from typing import Final

_UNDERSTOOD: Final = {"frozen", "slots", "kw_only"}
_COMPARISON: Final = """
def __eq__(self, other: object) -> bool:
    return isinstance(other, {name}){equal}
"""
_HASH: Final = """
def __hash__(self) -> int:
    return hash(({values}))
"""


def plainer(source: str) -> str:
    """The same module; a dataclass that cannot be written out stays what it is."""
    module = ast.parse(source)
    classes = {node.name: node for node in ast.walk(module) if isinstance(node, ast.ClassDef)}
    inherited = {ast.unparse(base) for node in classes.values() for base in node.bases}
    for node in classes.values():
        arguments = _arguments(node)
        bases = [classes.get(ast.unparse(base)) for base in node.bases]
        # What a base brings along must be no field, and a frozen one inherits from its like only.
        if arguments is None or any(base is None or _fields(base) for base in bases):
            continue
        if node.name in inherited:
            continue
        if all(_is_simple(field) for field in _fields(node)):
            _write_out(node, arguments)
    return ast.unparse(module)


def _arguments(node: ast.ClassDef) -> set[str] | None:
    """Of the decorator; None if it is no dataclass, or one of another sort."""
    match node.decorator_list:
        case [ast.Call(func=ast.Name(id="dataclass"), args=[], keywords=keywords)]:
            names = {keyword.arg or "**" for keyword in keywords}
            return names if names <= _UNDERSTOOD else None
        case _:
            return None


def _fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [part for part in node.body if isinstance(part, ast.AnnAssign)]


def _is_simple(field: ast.AnnAssign) -> bool:
    return isinstance(field.target, ast.Name) and not isinstance(field.value, ast.Call)


def _write_out(node: ast.ClassDef, arguments: set[str]) -> None:
    fields = _fields(node)
    names = [ast.unparse(field.target) for field in fields]
    node.decorator_list = [ast.parse("dataclass(init=False, eq=False)", mode="eval").body]
    node.body += _parsed(_constructor(fields, kw_only="kw_only" in arguments))
    equal = "".join(f" and self.{name} == other.{name}" for name in names)
    node.body += _parsed(_COMPARISON.format(name=node.name, equal=equal))
    if "frozen" in arguments:
        values = "".join(f"self.{name}, " for name in names)
        node.body += _parsed(_HASH.format(values=values))


def _constructor(fields: list[ast.AnnAssign], *, kw_only: bool) -> str:
    parameters = ["self", "*"] if kw_only and fields else ["self"]
    parameters += [ast.unparse(field) for field in fields]
    lines = [f"def __init__({', '.join(parameters)}) -> None:", "    pass"]
    lines += [f"    self.{name} = {name}" for name in (ast.unparse(f.target) for f in fields)]
    return "\n".join(lines)


def _parsed(source: str) -> list[ast.stmt]:
    return ast.parse(source).body
