# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search domains and orders: ``[("name", "=", "x"), "|", …]`` in prefix notation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .exceptions import WrongValue
from .schema import Field

if TYPE_CHECKING:
    from .environment import Environment

Record = dict[str, Any]
Test = Callable[[Record], bool]


def compiled(env: Environment, model: str, domain: Sequence[Any]) -> Test:
    """A function that tests a record. Raises WrongValue as Odoo does."""
    stack: list[Test] = []
    for element in reversed(list(domain)):
        if element == "!":
            stack.append(_negated(stack.pop()))
        elif element in ("&", "|"):
            first, second = stack.pop(), stack.pop()
            stack.append(_joined(first, second, any if element == "|" else all))
        else:
            stack.append(_leaf(env, model, element))
    return lambda record: all(test(record) for test in stack)


def names_active(domain: Sequence[Any]) -> bool:
    """Whether the domain has a condition on ``active``: then archived records are not hidden."""
    return any(isinstance(part, (list, tuple)) and part[0] == "active" for part in domain)


def _negated(test: Test) -> Test:
    return lambda record: not test(record)


def _joined(first: Test, second: Test, join: Callable[[Any], bool]) -> Test:
    return lambda record: join(test(record) for test in (first, second))


def _leaf(env: Environment, model: str, leaf: Any) -> Test:
    path, operator, wanted = leaf
    name, dummy, rest = str(path).partition(".")
    field = env.schema[model].get(name)
    if field is None:
        word = "condition" if env.version >= 19 else "leaf"
        raise WrongValue(f"Invalid field {model}.{path} in {word} {tuple(leaf)!r}")
    if rest:
        inner = _leaf(env, field.relation, (rest, operator, wanted))
        return lambda record: any(
            inner(env.tables[field.relation][key]) for key in _ids(env.value(model, record, name))
        )
    compare = _OPERATORS.get(operator)
    if compare is None:
        what = "Invalid operator in condition" if env.version >= 19 else "Invalid leaf"
        raise WrongValue(f"{what} {tuple(leaf)!r}")
    value = _value_of(env, model, field)
    return lambda record: compare(value(record), wanted)


def _value_of(env: Environment, model: str, field: Field) -> Callable[[Record], Any]:
    def value(record: Record) -> Any:
        held = env.value(model, record, field.name)
        # since 18 False also finds an empty text
        return False if held == "" and env.version >= 18 else held

    return value


def _ids(value: Any) -> list[int]:
    if isinstance(value, list):
        return value
    return [value] if value else []


def _equal(held: Any, wanted: Any) -> bool:
    if isinstance(held, list):
        return wanted in held or (not wanted and not held)
    if not wanted and not isinstance(wanted, int):
        wanted = False
    return bool(held == wanted)


def _in(held: Any, wanted: Any) -> bool:
    listed = wanted if isinstance(wanted, (list, tuple, set)) else [wanted]
    if isinstance(held, list):
        return any(one in listed for one in held)
    return held in listed


def _like(held: Any, wanted: Any, pattern: str, flags: int = 0) -> bool:
    expression = re.escape(str(wanted)).replace("%", ".*").replace("_", ".")
    return bool(held) and re.fullmatch(pattern.format(expression), str(held), flags | re.DOTALL) is not None


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "!=": lambda held, wanted: not _equal(held, wanted),
    "in": _in,
    "not in": lambda held, wanted: not _in(held, wanted),
    "<": lambda held, wanted: held < wanted,
    ">": lambda held, wanted: held > wanted,
    "<=": lambda held, wanted: held <= wanted,
    ">=": lambda held, wanted: held >= wanted,
    "like": lambda held, wanted: _like(held, wanted, ".*{}.*"),
    "ilike": lambda held, wanted: _like(held, wanted, ".*{}.*", re.IGNORECASE),
    "not like": lambda held, wanted: not _like(held, wanted, ".*{}.*"),
    "not ilike": lambda held, wanted: not _like(held, wanted, ".*{}.*", re.IGNORECASE),
    "=like": lambda held, wanted: _like(held, wanted, "{}"),
    "=ilike": lambda held, wanted: _like(held, wanted, "{}", re.IGNORECASE),
}


def ordered(env: Environment, model: str, records: list[Record], order: str) -> list[Record]:
    """Sorted by an order such as ``sequence, name desc``; empty is greater than any value, as in PostgreSQL."""
    for part in reversed([part.split() for part in order.split(",")]):
        name, descending = part[0], part[1:] == ["desc"]
        if name not in env.schema[model]:
            raise WrongValue(f"Invalid field {name!r} on model {model!r}")

        def key(record: Record, name: str = name) -> tuple[bool, Any]:
            value = env.value(model, record, name)
            missing = value is False and env.schema[model][name].type != "boolean"
            return (missing, 0 if missing else value)

        records = sorted(records, key=key, reverse=descending)
    return records
