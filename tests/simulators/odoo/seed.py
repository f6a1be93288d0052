# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of a new database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import rights

if TYPE_CHECKING:
    from .environment import Environment

PASSWORD = "admin"
_MODEL_NAMES = {"res.partner": "Contact", "res.users": "User", "res.company": "Companies"}
_MODULES = (
    ("base", "Base"),
    ("mail", "Discuss"),
    ("mass_mailing", "Email Marketing"),
    ("fetchmail", "Email Gateway"),
    ("google_gmail", "Google Gmail"),
    ("microsoft_outlook", "Microsoft Outlook"),
)
_WITH_CHATTER = ("res.partner", "mailing.mailing", "discuss.channel", "mail.channel")
_COUNTRIES = {"BE": "Belgium", "FR": "France", "US": "United States"}
_PARAMETERS = {"database.uuid": "5f3759df-0000-4000-8000-000000000000", "web.base.url": "http://localhost:8069"}


def fill(env: Environment, companies: Sequence[str]) -> None:
    """Fill a new database. The first of the companies, or My Company, is the main one."""
    version = env.version
    main, *others = companies or ["My Company"]
    _user_one(env)
    env.create("res.company", [{"name": main}])
    groups = {}
    for name, title in rights.GROUPS.items():
        groups[name] = env.create("res.groups", [{"name": title}])[0]
        _record(env, name, "res.groups", groups[name])
    field = "group_ids" if version >= 19 else "groups_id"
    everything = [[6, 0, list(groups.values())]]
    # OdooBot is archived, and nobody can log in as it
    partner = env.create("res.partner", [{"name": "OdooBot", "email": "odoobot@example.com"}])[0]
    bot = {"login": "__system__", "active": False, "company_id": 1, "company_ids": [1], "partner_id": partner}
    env.database.put("res.users", 1, {"id": 1, "notification_type": "email", field: list(groups.values()), **bot})
    env.database.last_ids["res.users"] = 1
    admin: dict[str, Any] = {"name": "Administrator", "login": "admin", "company_id": 1, field: everything}
    if version <= 18:
        admin["email"] = "admin@example.com"
    env.create("res.users", [admin])
    env.database.passwords[2] = PASSWORD
    _record(env, "base.user_root", "res.users", 1)
    _record(env, "base.user_admin", "res.users", 2)
    _record(env, "base.main_company", "res.company", 1)
    admin_companies = env.create("res.company", [{"name": name} for name in others])
    user = env.tables["res.users"][2]
    env.database.put("res.users", 2, {**user, "company_ids": [1, *admin_companies]})
    _models_and_modules(env)
    parameters = dict(_PARAMETERS)
    if version <= 16:
        parameters.update({"mail.bounce.alias": "bounce", "mail.catchall.alias": "catchall"})
    if version >= 18:
        parameters["base.default_max_email_size"] = "10"
    env.create("res.country", [{"name": name, "code": code} for code, name in _COUNTRIES.items()])
    env.create("ir.config_parameter", [{"key": key, "value": value} for key, value in parameters.items()])


def _user_one(env: Environment) -> None:
    """There must be a user before the first company is created."""
    env.database.put("res.users", 1, {"id": 1, "login": "__system__", "company_id": 1, "company_ids": []})


def _models_and_modules(env: Environment) -> None:
    models = [*env.schema, "discuss.channel" if env.version >= 17 else "mail.channel"]
    takes_mail = "is_mail_thread" in env.schema["ir.model"]
    env.create(
        "ir.model",
        [
            {
                "model": name,
                "name": _MODEL_NAMES.get(name, name),
                **({"is_mail_thread": name in _WITH_CHATTER} if takes_mail else {}),
            }
            for name in models
        ],
    )
    installed = {"base", *env.database.modules}
    known = [
        (name, title)
        for name, title in _MODULES
        if (env.version >= 15 or name in installed or name == "fetchmail")
        and (env.version <= 16 or not name.startswith("fetchmail"))
    ]
    env.create(
        "ir.module.module",
        [
            {"name": name, "shortdesc": title, "state": "installed" if name in installed else "uninstalled"}
            for name, title in known
        ],
    )


def _record(env: Environment, external_id: str, model: str, key: int) -> None:
    module, name = external_id.split(".")
    env.create("ir.model.data", [{"module": module, "name": name, "model": model, "res_id": key, "noupdate": True}])
