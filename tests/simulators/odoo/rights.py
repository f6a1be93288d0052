# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access rights: the groups, what they imply, and the refusals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .exceptions import AccessError
from .schema import SYSTEM

if TYPE_CHECKING:
    from .environment import Environment

USER = "base.group_user"
ERP_MANAGER = "base.group_erp_manager"
PARTNER_MANAGER = "base.group_partner_manager"
MAILING_USER = "mass_mailing.group_mass_mailing_user"
GROUPS = {
    USER: "Internal User",
    ERP_MANAGER: "Access Rights",
    SYSTEM: "Settings",
    PARTNER_MANAGER: "Contact Creation",
    MAILING_USER: "User",
    "base.group_multi_company": "Multi Companies",
    "base.group_no_one": "Technical Features",
}
_IMPLIED = {SYSTEM: (ERP_MANAGER,), ERP_MANAGER: (USER,), MAILING_USER: (USER,)}
_NOBODY: tuple[str, ...] = ()
# model → the groups that may read it, and those that may write it
_RIGHTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ir.mail_server": ((SYSTEM, MAILING_USER), (SYSTEM,)),
    "ir.config_parameter": ((SYSTEM,), (SYSTEM,)),
    "fetchmail.server": ((SYSTEM,), (SYSTEM,)),
    "res.config.settings": ((SYSTEM,), (SYSTEM,)),
    "ir.module.module": ((SYSTEM,), (SYSTEM,)),
    "mail.alias.domain": ((USER,), (ERP_MANAGER,)),
    "res.company": ((USER,), (ERP_MANAGER,)),
    "res.users": ((USER,), (ERP_MANAGER,)),
    "res.partner": ((USER,), (PARTNER_MANAGER,)),
    "res.groups": ((USER,), (ERP_MANAGER,)),
    "res.country": ((USER,), (PARTNER_MANAGER,)),
    "ir.model": ((USER,), (ERP_MANAGER,)),
    "ir.model.data": ((USER,), (ERP_MANAGER,)),
    "mail.alias": ((USER,), (SYSTEM,)),
    "mail.template": ((USER,), (USER,)),
    "mailing.mailing": ((SYSTEM, MAILING_USER), (SYSTEM, MAILING_USER)),
}
# in 19 fewer groups may read these
_READERS_19 = {"ir.model": (ERP_MANAGER, MAILING_USER), "ir.model.data": (ERP_MANAGER,)}
_TITLES = {
    "ir.mail_server": "Mail Server",
    "ir.config_parameter": "System Parameter",
    "fetchmail.server": "Incoming Mail Server",
    "res.config.settings": "Config Settings",
    "ir.module.module": "Module",
    "mail.alias.domain": "Email Domain",
    "res.company": "Companies",
    "res.users": "User",
    "res.partner": "Contact",
    "res.groups": "Access Groups",
    "ir.model": "Models",
    "ir.model.data": "Model Data",
    "mail.alias": "Email Aliases",
    "mail.template": "Email Templates",
    "mailing.mailing": "Mass Mailing",
}
_WORDS = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}


def title(model: str) -> str:
    """The model's display name."""
    return _TITLES.get(model, model)


def with_implied(groups: set[str], version: int) -> frozenset[str]:
    todo, found = list(groups), set(groups)
    if SYSTEM in found and version >= 19:
        todo.append(PARTNER_MANAGER)
        found.add(PARTNER_MANAGER)
    while todo:
        for group in _IMPLIED.get(todo.pop(), _NOBODY):
            if group not in found:
                found.add(group)
                todo.append(group)
    return frozenset(found)


def groups_of(env: Environment) -> frozenset[str]:
    field = "group_ids" if env.version >= 19 else "groups_id"
    held = env.tables["res.users"][env.uid].get(field, [])
    names = {
        f"{row['module']}.{row['name']}"
        for row in env.tables["ir.model.data"].values()
        if row["model"] == "res.groups" and row["res_id"] in held
    }
    return with_implied(names, env.version)


def check(env: Environment, model: str, operation: str) -> None:
    """Raises AccessError, which names the model and the groups that have the right."""
    if env.is_superuser:
        return
    readers, writers = _RIGHTS.get(model, ((USER,), (SYSTEM,)))
    if env.version >= 19:
        readers = _READERS_19.get(model, readers)
    allowed = readers if operation == "read" else writers
    if not env.groups().intersection(allowed):
        listed = "\n".join(f"\t- {GROUPS[group]}" for group in allowed)
        raise AccessError(
            f"You are not allowed to {_WORDS[operation]} '{title(model)}' ({model}) records.\n\n"
            f"This operation is allowed for the following groups:\n{listed}\n\n"
            "Contact your administrator to request access if necessary."
        )


def refuse_field(env: Environment, model: str, name: str) -> None:
    raise AccessError(
        "The requested operation can not be completed due to security restrictions.\n\n"
        f"Document type: {title(model)} ({model})\nOperation: read\nFields:\n"
        f"- {name} (allowed for groups 'Settings')\n\n"
        "Please contact your system administrator."
    )


def visible(env: Environment, model: str) -> Callable[[Mapping[str, Any]], bool]:
    """Which records the user may see: without special rights, only the user's own companies."""
    if model != "res.company" or env.is_superuser or ERP_MANAGER in env.groups():
        return lambda record: True
    own = set(env.tables["res.users"][env.uid].get("company_ids", []))
    return lambda record: record["id"] in own
