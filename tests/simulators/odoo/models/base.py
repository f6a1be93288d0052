# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The methods of every model, and the hooks that a model overrides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from .. import rights
from ..exceptions import AccessError, Refusal, ValidationError

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record

_Function = TypeVar("_Function", bound=Callable[..., Any])
Computed = Callable[["Environment", "Record"], Any]
METHODS_SINCE = {"has_access": 18}


def public(function: _Function) -> _Function:
    """Mark a method that may be called over RPC."""
    function.__dict__["is_public"] = True
    return function


class Model:
    order = "id"
    computed: Mapping[str, Computed] = {}
    related: Mapping[str, tuple[str, str]] = {}  # field → a many2one, and the field of its target
    unique: Sequence[tuple[tuple[str, ...], str, str]] = ()  # fields, name of the constraint, message

    def __init__(self, name: str) -> None:
        self.name = name

    def exposed(self, method: str) -> Callable[..., Any] | None:
        function = getattr(self, method, None)
        return function if getattr(function, "is_public", False) else None

    # Hooks

    def defaults(self, env: Environment) -> dict[str, Any]:
        """The defaults of a new record."""
        return {}

    def prepared(self, env: Environment, vals: Mapping[str, Any]) -> dict[str, Any]:
        """The values to store."""
        return dict(vals)

    def prepared_write(self, env: Environment, ids: Sequence[int], vals: Mapping[str, Any]) -> dict[str, Any]:
        """The values to store in these records."""
        return self.prepared(env, vals)

    def after_create(self, env: Environment, ids: Sequence[int]) -> None:
        pass

    def before_read(self, env: Environment, ids: Sequence[int], names: Sequence[str]) -> None:
        pass

    def before_write(self, env: Environment, ids: Sequence[int], vals: Mapping[str, Any]) -> None:
        pass

    def after_write(self, env: Environment, ids: Sequence[int], vals: Mapping[str, Any]) -> None:
        pass

    def before_unlink(self, env: Environment, ids: Sequence[int]) -> None:
        pass

    def validate(self, env: Environment, ids: Sequence[int], changed: set[str]) -> None:
        """Check the model's constraints."""

    def display_name(self, env: Environment, record: Record) -> str:
        return str(record.get("name") or f"{self.name},{record['id']}")

    # Public methods of every model

    @public
    def fields_get(self, env: Environment, allfields: Any = None, attributes: Any = None) -> dict[str, Any]:
        return {
            name: {key: value for key, value in field.described().items() if not attributes or key in attributes}
            for name, field in env.fields(self.name).items()
            if not allfields or name in allfields
        }

    @public
    def check_access_rights(self, env: Environment, operation: str, raise_exception: bool = True) -> bool:
        return self._has_right(env, operation, raise_exception)

    @public
    def has_access(self, env: Environment, ids: Any, operation: str) -> bool:
        return self._has_right(env, operation, raises=False)

    def _has_right(self, env: Environment, operation: str, raises: bool) -> bool:
        try:
            rights.check(env, self.name, operation)
        except AccessError:
            if raises:
                raise
            return False
        return True

    @public
    def search(
        self, env: Environment, domain: Any, offset: int = 0, limit: int | None = None, order: str | None = None
    ) -> list[int]:
        return env.search(self.name, domain, order, offset, limit)

    @public
    def search_read(
        self,
        env: Environment,
        domain: Any = None,
        fields: Any = None,
        offset: int = 0,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Record]:
        return env.read(self.name, env.search(self.name, domain or [], order, offset, limit), fields)

    @public
    def search_count(self, env: Environment, domain: Any, limit: int | None = None) -> int:
        return len(env.search(self.name, domain, limit=limit))

    @public
    def read(self, env: Environment, ids: Any, fields: Any = None, load: Any = "_classic_read") -> list[Record]:
        return env.read(self.name, ids, fields)

    @public
    def create(self, env: Environment, vals_list: Any) -> Any:
        if isinstance(vals_list, Mapping):
            return env.create(self.name, [vals_list])[0]
        return env.create(self.name, vals_list)

    @public
    def write(self, env: Environment, ids: Any, vals: Any) -> bool:
        env.write(self.name, ids, vals)
        return True

    @public
    def unlink(self, env: Environment, ids: Any) -> bool:
        env.unlink(self.name, ids)
        return True

    @public
    def default_get(self, env: Environment, fields: Any) -> dict[str, Any]:
        return {name: value for name, value in self.defaults(env).items() if name in fields}

    @public
    def load(self, env: Environment, fields: Any, data: Any) -> dict[str, Any]:
        """Import records with their external ids: all or none."""
        update, noupdate = env.context.get("mode", "init") == "update", bool(env.context.get("noupdate"))
        ids: list[int] = []
        messages = []
        for number, row in enumerate(data):
            vals = {name: self._imported(env, name, text) for name, text in zip(fields, row)}
            module, dummy, name = str(vals.pop("id")).rpartition(".")
            try:
                ids.append(self._load_one(env, module or "__import__", name, _without_paths(vals), update, noupdate))
            except Refusal as error:
                text = (
                    str(error) if env.version >= 16 else f"Unknown error during import: <class '{error.name}'>: {error}"
                )
                messages.append(
                    {"type": "error", "message": text, "record": number, "rows": {"from": number, "to": number}}
                )
        if messages:
            env.database.roll_back()
        return {"ids": False if messages else ids, "messages": messages}

    def _imported(self, env: Environment, name: str, text: Any) -> Any:
        field = env.fields(self.name).get(name)
        if field is not None and field.type == "boolean" and text:
            return text.lower() in ("1", "true", "yes")  # a JSON true fails here, as in Odoo
        return False if text == "" else text

    def _load_one(
        self, env: Environment, module: str, name: str, vals: dict[str, Any], update: bool, noupdate: bool
    ) -> int:
        data = env.tables["ir.model.data"].values()
        row = next((one for one in data if (one["module"], one["name"]) == (module, name)), None)
        if row is not None and row["model"] != self.name and env.version >= 17:
            raise ValidationError(
                f"For external id {module}.{name} when trying to create/update a record of model {self.name} "
                f"found record of different model {row['model']} ({row['id']})"
            )
        if row is not None and row["res_id"] in env.tables[self.name]:
            if not (update and row["noupdate"]):
                env.write(self.name, [row["res_id"]], vals)
            return int(row["res_id"])
        (key,) = env.create(self.name, [vals])
        there = {"model": self.name, "res_id": key, "noupdate": noupdate}
        if row is None:
            env.sudo().create("ir.model.data", [{"module": module, "name": name, **there}])
        else:
            env.sudo().write("ir.model.data", [row["id"]], there)
        return key


def _without_paths(vals: Mapping[str, Any]) -> dict[str, Any]:
    """The values by field: the column ``x/.id`` is the field x, given by its id."""
    return {name.partition("/")[0]: value for name, value in vals.items()}
