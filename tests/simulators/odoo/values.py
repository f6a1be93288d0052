# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of fields: how they are converted, and how Odoo words its refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .exceptions import ValidationError, WrongValue
from .schema import Field

if TYPE_CHECKING:
    from .environment import Environment


def converted(model: str, field: Field, value: Any) -> Any:
    """The value as the database stores it. Raises WrongValue."""
    if field.type == "selection":
        if not value:
            return False
        if value not in [choice for choice, dummy in field.selection]:
            raise WrongValue(f"Wrong value for {model}.{field.name}: {value!r}")
        return value
    if field.type in ("integer", "many2one_reference"):
        return _number(int, value)
    if field.type == "float":
        return _number(float, value)
    if field.type == "boolean":
        return bool(value)
    if field.type == "many2one":
        return int(value) if value else False
    return False if value is None or value is False else str(value)


def _number(kind: Callable[[Any], Any], value: Any) -> Any:
    try:
        return kind(value or 0)
    except ValueError as error:
        raise WrongValue(str(error)) from None


def linked(
    held: Sequence[int], commands: Sequence[Sequence[Any]], create: Callable[[Mapping[str, Any]], int]
) -> list[int]:
    """The ids after the commands of an x2many field."""
    ids = list(held)
    for command in commands:
        code = command[0]
        if code == 0:
            ids.append(create(command[2]))
        elif code == 4 and command[1] not in ids:
            ids.append(command[1])
        elif code in (2, 3) and command[1] in ids:
            ids.remove(command[1])
        elif code == 5:
            ids = []
        elif code == 6:
            ids = list(command[2])
    return ids


def unknown_field(model: str, name: str, version: int) -> WrongValue:
    return WrongValue(f"Invalid field {name!r} {'in' if version >= 19 else 'on model'} {model!r}")


def missing(model: str, title: str, field: Field, version: int) -> str:
    if version >= 18:
        return (
            "The operation cannot be completed: Missing required value for the field "
            f"'{field.string}' ({field.name}).\nModel: '{title}' ({model})\n"
            "- create/update: a mandatory field is not set\n"
            "- delete: another model requires the record being deleted, you can archive it instead\n"
        )
    return (
        "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another model "
        "requires the record being deleted. If possible, archive it instead.\n\n"
        f"Model: {title} ({model}), Field: {field.string} ({field.name})"
    )


def restricted(model: str, version: int) -> str:
    if version >= 18:
        return (
            "The operation cannot be completed: another model requires the record being deleted. If possible, archive "
            f"it instead.\n\nModel: {model}"
        )
    return (
        "The operation cannot be completed:\n- Create/update: a mandatory field is not set.\n- Delete: another model "
        f"requires the record being deleted. If possible, archive it instead.\n\nModel: {model}"
    )


def check_unique(
    env: Environment, model: str, ids: Sequence[int], names: Sequence[str], label: str, message: str
) -> None:
    """Raises ValidationError if a changed record has the same values as another; empty ones are never the same."""

    def key(record: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(record.get(name, False) for name in names)

    counted = Counter(key(record) for record in env.tables[model].values())
    for record_id in ids:
        held = key(env.tables[model][record_id])
        if False not in held and counted[held] > 1:
            # up to 14 the whole message is the name of the constraint
            raise ValidationError(label if env.version <= 14 else f"The operation cannot be completed: {message}")
