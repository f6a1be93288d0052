# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database as one user sees it: reading, searching and writing with that user's rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import rights, values
from .exceptions import ValidationError, WrongValue
from .schema import Field, Fields
from .search import Record, compiled, names_active, ordered

if TYPE_CHECKING:
    from .database import Database

# fields whose target cannot be deleted
_RESTRICTED = {("mail.alias", "alias_domain_id"), ("res.users", "company_id"), ("res.company", "partner_id")}


class Environment:
    """The user, the context of the call, and the operations on records."""

    def __init__(
        self, database: Database, uid: int, context: Mapping[str, Any] | None = None, superuser: bool = False
    ) -> None:
        self.database = database
        self.uid = uid
        self.context = dict(context or {})
        self.is_superuser = superuser or uid == 1
        self._groups: frozenset[str] | None = None

    @property
    def version(self) -> int:
        return self.database.version

    @property
    def schema(self) -> dict[str, Fields]:
        return self.database.schema

    @property
    def tables(self) -> dict[str, dict[int, Record]]:
        return self.database.tables

    def sudo(self) -> Environment:
        return Environment(self.database, self.uid, self.context, superuser=True)

    def groups(self) -> frozenset[str]:
        if self._groups is None:
            self._groups = rights.groups_of(self)
        return self._groups

    # Fields and values

    def fields(self, model: str) -> Fields:
        """The fields that this user may see."""
        if self.is_superuser:
            return self.schema[model]
        groups = self.groups()
        return {name: field for name, field in self.schema[model].items() if not field.groups or field.groups in groups}

    def value(self, model: str, record: Record, name: str) -> Any:
        """The value of a field as stored: a many2one is an id or False, x2many a list of ids."""
        field = self.schema[model][name]
        owner = self.database.model(model)
        if name == "display_name":
            return owner.display_name(self, record)
        if name in owner.computed:
            return owner.computed[name](self, record)
        if name in owner.related:
            via, there = owner.related[name]
            target = self.schema[model][via].relation
            return self.value(target, self.tables[target][record[via]], there) if record.get(via) else field.empty
        if field.type == "one2many":
            return self._others(field, record["id"])
        return record.get(name, field.empty)

    def _others(self, field: Field, key: int) -> list[int]:
        """The records that point here; archived ones only if the context asks for them."""
        if field.relation not in self.schema:
            return []
        hides = "active" in self.schema[field.relation] and self.context.get("active_test", True)
        return [
            other["id"]
            for other in self.tables[field.relation].values()
            if other.get(field.relation_field) == key and not (hides and not other.get("active", True))
        ]

    def display_name(self, model: str, key: int) -> str:
        return self.database.model(model).display_name(self.sudo(), self.tables[model][key])

    # Reading

    def search(
        self,
        model: str,
        domain: Sequence[Any] = (),
        order: str | None = None,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[int]:
        rights.check(self, model, "read")
        test = compiled(self, model, domain)
        hides = (
            "active" in self.schema[model] and self.context.get("active_test", True) and not names_active(domain)
        )  # fmt: skip
        visible = rights.visible(self, model)
        found = [
            record
            for record in self.tables[model].values()
            if visible(record) and test(record) and not (hides and not record.get("active", True))
        ]
        found = ordered(self, model, found, order or self.database.model(model).order)
        return [record["id"] for record in found[offset : None if not limit else offset + limit]]

    def read(self, model: str, ids: Iterable[int], names: Sequence[str] | None = None) -> list[Record]:
        rights.check(self, model, "read")
        fields = self.fields(model)
        ids = list(ids)
        self._refuse_hidden(model, names or (), fields, bool(ids))
        self.database.model(model).before_read(self, ids, list(names or fields))
        chosen = [fields[name] for name in (names or fields) if name in fields and name != "id"]
        return [
            {"id": key, **{field.name: self._shown(model, key, field) for field in chosen}}
            for key in ids
            if key in self.tables[model]
        ]

    def _refuse_hidden(self, model: str, names: Sequence[str], fields: Fields, found_any: bool) -> None:
        for name in names:
            if name in self.schema[model] and name not in fields:
                rights.refuse_field(self, model, name)
            # older versions notice an unknown field only if there is something to read
            if name not in fields and (found_any or self.version >= 19):
                raise WrongValue(f"Invalid field {name!r} on {'' if self.version >= 19 else 'model '}{model!r}")

    def _shown(self, model: str, key: int, field: Field) -> Any:
        value = self.value(model, self.tables[model][key], field.name)
        if field.type == "many2one" and value:
            return [value, self.display_name(field.relation, value)] if field.relation in self.schema else [value, "?"]
        return list(value) if isinstance(value, list) else value

    # Writing

    def create(self, model: str, vals_list: Sequence[Mapping[str, Any]]) -> list[int]:
        rights.check(self, model, "create")
        owner = self.database.model(model)
        created = [self._insert(model, owner.prepared(self, {**owner.defaults(self), **vals})) for vals in vals_list]
        owner.after_create(self.sudo(), created)
        self._validate(model, created, vals_list)
        return created

    def _insert(self, model: str, vals: Mapping[str, Any]) -> int:
        self.database.last_ids[model] += 1
        key = self.database.last_ids[model]
        self.database.put(model, key, {"id": key})
        self._assign(model, [key], vals)
        return key

    def write(self, model: str, ids: Sequence[int], vals: Mapping[str, Any]) -> None:
        rights.check(self, model, "write")
        owner = self.database.model(model)
        there = [key for key in ids if key in self.tables[model]]
        owner.before_write(self, there, vals)
        self._assign(model, there, owner.prepared_write(self, there, vals))
        owner.after_write(self, there, vals)
        self._validate(model, there, [vals])

    def _assign(self, model: str, ids: Sequence[int], vals: Mapping[str, Any]) -> None:
        fields, owner = self.fields(model), self.database.model(model)
        for name in vals:
            if name not in fields:
                raise values.unknown_field(model, name, self.version)
        simple: Record = {}
        for name, value in vals.items():
            field = fields[name]
            if name in owner.related:
                via, there = owner.related[name]
                targets = [self.tables[model][key].get(via) for key in ids]
                self.write(self.schema[model][via].relation, [one for one in targets if one], {there: value})
            elif field.type in ("one2many", "many2many"):
                for key in ids:
                    self._link(model, key, field, value)
            elif name not in owner.computed:
                simple[name] = values.converted(model, field, value)
        for key in ids:
            self.database.put(model, key, {**self.tables[model][key], **simple})

    def _link(self, model: str, key: int, field: Field, commands: Sequence[Sequence[Any]]) -> None:
        env = self.sudo()
        held = list(env.value(model, self.tables[model][key], field.name))
        wanted = values.linked(held, commands, lambda vals: env.create(field.relation, [vals])[0])
        if field.type == "many2many":
            self.database.put(model, key, {**self.tables[model][key], field.name: wanted})
            return
        for other in wanted:
            if other not in held:
                env.write(field.relation, [other], {field.relation_field: key})
        for other in held:
            if other not in wanted:
                env.write(field.relation, [other], {field.relation_field: False})

    def unlink(self, model: str, ids: Sequence[int]) -> None:
        rights.check(self, model, "unlink")
        owner = self.database.model(model)
        there = [key for key in ids if key in self.tables[model]]
        owner.before_unlink(self, there)
        for key in there:
            self.database.put(model, key, None)
        self._forget(model, set(there))
        data = self.tables["ir.model.data"]
        for row in [row for row in data.values() if row["model"] == model and row["res_id"] in there]:
            self.database.put("ir.model.data", row["id"], None)

    def _forget(self, model: str, gone: set[int]) -> None:
        """Empty the fields that point to deleted records. Raises ValidationError if one of them prevents this."""
        for other, fields in self.schema.items():
            for field in fields.values():
                if field.type != "many2one" or field.relation != model:
                    continue
                for record in list(self.tables[other].values()):
                    if record.get(field.name) in gone and record.get(field.name):
                        if (other, field.name) in _RESTRICTED:
                            raise ValidationError(values.restricted(other, self.version))
                        self.database.put(other, record["id"], {**record, field.name: False})

    def _validate(self, model: str, ids: Sequence[int], written: Sequence[Mapping[str, Any]]) -> None:
        owner, title = self.database.model(model), rights.title(model)
        required = [
            field for field in self.schema[model].values() if field.required and field.name not in owner.computed
        ]
        for key in ids:
            record = self.tables[model][key]
            for field in required:
                if field.name not in owner.related and record.get(field.name, field.empty) is False:
                    raise ValidationError(values.missing(model, title, field, self.version))
        for names, label, message in owner.unique:
            values.check_unique(self, model, ids, names, label, message)
        changed = {name for vals in written for name in vals}
        owner.validate(self.sudo(), ids, changed)
