# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the fields of a real Odoo for the stand-in, in ``recordings/VERSION.json``.

    record.py URL DATABASE [USERNAME PASSWORD]

The database needs the modules mail, mass_mailing, google_gmail and microsoft_outlook (14: mail, mass_mailing and
fetchmail). Only the models and attributes that the stand-in uses are recorded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo

ATTRIBUTES = ("type", "string", "required", "readonly", "relation", "relation_field", "selection")
# model → the recorded fields; an empty tuple: all
MODELS: dict[str, tuple[str, ...]] = {
    "ir.mail_server": (),
    "mail.alias.domain": (),
    "ir.config_parameter": (),
    "fetchmail.server": (),
    "res.company": (
        "name", "active", "sequence", "parent_id", "child_ids", "partner_id", "user_ids", "currency_id", "email",
        "email_formatted", "phone", "website", "country_id", "alias_domain_id", "alias_domain_name", "bounce_email",
        "bounce_formatted", "catchall_email", "catchall_formatted", "default_from_email",
    ),
    "res.config.settings": (
        "company_id", "alias_domain", "alias_domain_id", "external_email_server_default", "mass_mailing_mail_server_id",
        "mass_mailing_outgoing_mail_server", "google_gmail_client_identifier", "google_gmail_client_secret",
        "microsoft_outlook_client_identifier", "microsoft_outlook_client_secret", "module_google_gmail",
        "module_microsoft_outlook", "fail_counter",
    ),
    "mail.template": (
        "name", "active", "model_id", "model", "subject", "email_from", "email_to", "reply_to", "use_default_to",
        "mail_server_id", "description",
    ),
    "mailing.mailing": (
        "subject", "name", "active", "state", "email_from", "reply_to", "reply_to_mode", "mail_server_id",
        "mail_server_available", "mailing_model_id", "mailing_type", "user_id",
    ),
    "mail.alias": (
        "alias_name", "alias_domain", "alias_domain_id", "alias_full_name", "alias_model_id", "alias_status",
        "alias_defaults", "alias_contact", "alias_user_id",
    ),
    "res.users": (
        "name", "login", "password", "email", "email_formatted", "active", "share", "company_id", "company_ids",
        "partner_id", "groups_id", "group_ids", "notification_type",
    ),
    "res.country": ("name", "code"),
    "res.partner": ("name", "email", "active", "is_company", "parent_id", "company_id", "country_id", "user_ids"),
    "ir.model": ("model", "name", "transient", "is_mail_thread"),
    "ir.model.data": ("module", "name", "model", "res_id", "noupdate", "complete_name", "reference"),
    "ir.module.module": ("name", "shortdesc", "state", "application", "installed_version"),
    "res.groups": ("name", "full_name", "users", "user_ids"),
}  # fmt: skip


def trimmed(described: Mapping[str, Mapping[str, Any]], kept: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """A model's answer of fields_get with the ``kept`` fields only, and without attributes that are false or unused."""
    return {
        field: {name: facts[name] for name in ATTRIBUTES if facts.get(name)}
        for field, facts in sorted(described.items())
        if not kept or field in (*kept, "id", "display_name")
    }


def as_text(recording: Mapping[str, Mapping[str, Any]]) -> str:
    """One line per field, so that diffs are readable."""
    models = []
    for model, fields in recording.items():
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(facts)}" for name, facts in fields.items())
        models.append(f"{json.dumps(model)}: {{\n{lines}\n}}")
    return "{\n" + ",\n".join(models) + "\n}\n"


def main(url: str, database: str, username: str = "admin", password: str = "admin") -> None:
    odoo = Odoo.connect({"url": url, "database": database, "username": username, "password": password})
    recording = {}
    for model, kept in MODELS.items():
        if odoo.has_model(model):
            recording[model] = trimmed(odoo.call(model, "fields_get"), kept)
    path = Path(__file__).parent / "recordings" / f"{odoo.version}.json"
    path.write_text(as_text(recording), encoding="utf-8")
    print(f"{path.name}: {', '.join(f'{model} {len(fields)}' for model, fields in recording.items())}")


if __name__ == "__main__":
    main(*sys.argv[1:])
