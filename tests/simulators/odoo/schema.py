# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which models and fields a version has: recorded (14, 17, 18, 19), or modelled on its neighbours (15, 16)."""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

_RECORDINGS = Path(__file__).parent / "recordings"
_EMPTY: dict[str, Any] = {"boolean": False, "integer": 0, "float": 0.0, "many2one_reference": 0}
_TOKENS = {
    "google_gmail": "google_gmail",
    "microsoft_outlook": "microsoft_outlook",
    "is_microsoft": "microsoft_outlook",
    "use_google_gmail": "google_gmail",
    "use_microsoft_outlook": "microsoft_outlook",
}
_MODULE_OF_SELECTION = {"gmail": "google_gmail", "outlook": "microsoft_outlook"}
_MODULE_OF_FIELD = {
    "active_mailing_ids": "mass_mailing",
    "mass_mailing_mail_server_id": "mass_mailing",
    "mass_mailing_outgoing_mail_server": "mass_mailing",
    "mail_template_ids": "mail",
    "owner_user_id": "mail",
    "owner_limit_count": "mail",
    "owner_limit_time": "mail",
    "alias_domain_id": "mail",
    "is_mail_thread": "mail",
}
SYSTEM = "base.group_system"
_SYSTEM_ONLY = ("smtp_user", "smtp_pass", "smtp_ssl_certificate", "smtp_ssl_private_key")


@dataclass(frozen=True)
class Field:
    name: str
    type: str
    string: str = ""
    required: bool = False
    readonly: bool = False
    relation: str = ""
    relation_field: str = ""
    selection: tuple[tuple[str, str], ...] = ()
    module: str = ""  # the module that adds it
    groups: str = ""  # the group that may see it; it is hidden from others

    @property
    def empty(self) -> Any:
        return [] if self.type in ("one2many", "many2many") else _EMPTY.get(self.type, False)

    def described(self) -> dict[str, Any]:
        """As in the answer of fields_get."""
        answer: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "string": self.string,
            "required": self.required,
            "readonly": self.readonly,
        }
        if self.relation:
            answer["relation"] = self.relation
        if self.relation_field:
            answer["relation_field"] = self.relation_field
        if self.type == "selection":
            answer["selection"] = [list(pair) for pair in self.selection]
        return answer


Fields = Mapping[str, Field]


def module_of_model(model: str, version: int) -> str:
    if model == "fetchmail.server":
        return "fetchmail" if version <= 15 else "mail"
    if model.startswith("mailing."):
        return "mass_mailing"
    return "mail" if model.startswith("mail.") else "base"


def schema(version: int, modules: Collection[str]) -> dict[str, Fields]:
    """The models and fields of a database in which these modules are installed."""
    return {
        model: {name: _with_modules(field, modules) for name, field in fields.items() if _is_here(field, modules)}
        for model, fields in _all_fields(version).items()
        if module_of_model(model, version) in {"base", *modules}
    }


def _is_here(field: Field, modules: Collection[str]) -> bool:
    return not field.module or field.module in modules


def _with_modules(field: Field, modules: Collection[str]) -> Field:
    """The field without the choices of modules that are not installed."""
    kept = tuple(pair for pair in field.selection if _MODULE_OF_SELECTION.get(pair[0], "") in {"", *modules})
    return replace(field, selection=kept)


@functools.cache
def _all_fields(version: int) -> dict[str, Fields]:
    return {
        model: {name: _field(model, name, facts) for name, facts in fields.items()}
        for model, fields in _recording(version).items()
    }


def _field(model: str, name: str, facts: Mapping[str, Any]) -> Field:
    token = next((module for prefix, module in _TOKENS.items() if name.startswith(prefix)), "")
    in_a_server = model in ("ir.mail_server", "fetchmail.server")
    return Field(
        name=name,
        type=facts["type"],
        string=facts.get("string", name),
        required=facts.get("required", False),
        readonly=facts.get("readonly", False),
        relation=facts.get("relation", ""),
        relation_field=facts.get("relation_field", ""),
        selection=tuple((pair[0], pair[1]) for pair in facts.get("selection", ())),
        module=token or _MODULE_OF_FIELD.get(name, ""),
        groups=SYSTEM if in_a_server and token or model == "ir.mail_server" and name in _SYSTEM_ONLY else "",
    )


_Recording = dict[str, dict[str, dict[str, Any]]]


def recorded(version: int) -> _Recording:
    recording: _Recording = json.loads((_RECORDINGS / f"{version}.json").read_text(encoding="utf-8"))
    return recording


def _recording(version: int) -> _Recording:
    if version in (15, 16):
        return _modelled(version)
    recording = recorded(version)
    if version in (17, 18):
        # only the mail models were recorded; the others are as in 19, with the former names of fields for groups
        for model, fields in recorded(19).items():
            recording.setdefault(model, _with_former_names(model, fields))
    return recording


def _with_former_names(model: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    former = {"res.users": {"group_ids": "groups_id"}, "res.groups": {"user_ids": "users"}}.get(model, {})
    return {former.get(name, name): facts for name, facts in fields.items()}


def _modelled(version: int) -> _Recording:
    """Like 14, with the servers of 17 except for what 17 added. From the source, not recorded from a real server."""
    recording, newer = recorded(14), recorded(17)
    later = ("active_mailing_ids", "mail_template_ids", "smtp_authentication_info")
    recording["ir.mail_server"] = {
        name: facts for name, facts in newer["ir.mail_server"].items() if name not in later
    }  # fmt: skip
    recording["fetchmail.server"] = {
        name: facts for name, facts in newer["fetchmail.server"].items() if name != "server_type_info"
    }
    servers = recording["ir.mail_server"]
    servers["smtp_host"] = {**servers["smtp_host"], "required": True}
    if version == 15:
        # Gmail and Outlook are switches, not yet choices of authentication
        for fields, name in ((servers, "smtp_authentication"), (recording["fetchmail.server"], "server_type")):
            kept = [pair for pair in fields[name]["selection"] if pair[0] not in _MODULE_OF_SELECTION]
            fields[name] = {**fields[name], "selection": kept}
        for name in ("use_google_gmail_service", "use_microsoft_outlook_service"):
            servers[name] = recording["fetchmail.server"][name] = {"type": "boolean", "string": name}
    settings = recording["res.config.settings"]
    for name, facts in newer["res.config.settings"].items():
        if name.startswith(("google_gmail", "microsoft_outlook", "module_")):
            settings[name] = facts
    if version == 16:
        recording["res.company"]["active"] = newer["res.company"]["active"]
    return recording
