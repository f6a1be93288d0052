# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""res.config.settings: the settings page, which keeps its values in system parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Model, public

if TYPE_CHECKING:
    from ..environment import Environment

_PARAMETERS = {
    "external_email_server_default": "base_setup.default_external_email_server",
    "mass_mailing_outgoing_mail_server": "mass_mailing.outgoing_mail_server",
    "mass_mailing_mail_server_id": "mass_mailing.mail_server_id",
    "google_gmail_client_identifier": "google_gmail_client_id",
    "google_gmail_client_secret": "google_gmail_client_secret",
    "microsoft_outlook_client_identifier": "microsoft_outlook_client_id",
    "microsoft_outlook_client_secret": "microsoft_outlook_client_secret",
    "alias_domain": "mail.catchall.domain",
}


class Settings(Model):
    def defaults(self, env: Environment) -> dict[str, Any]:
        """The current settings, so that saving the page changes only what was given."""
        defaults: dict[str, Any] = {"company_id": env.tables["res.users"][env.uid].get("company_id", 1)}
        for name, field in env.fields(self.name).items():
            value = env.database.parameter(_PARAMETERS.get(name, ""))
            if value is not False:
                defaults[name] = (value.isdigit() and int(value)) if field.type == "many2one" else value
        servers = env.tables["ir.mail_server"]
        if defaults.get("mass_mailing_mail_server_id") not in servers:
            # a deleted server is read as none
            defaults.pop("mass_mailing_mail_server_id", None)
        return defaults

    @public
    def execute(self, env: Environment, ids: Any) -> Any:
        for key in ids:
            page = env.tables[self.name][key]
            for name, parameter in _PARAMETERS.items():
                if name in env.schema[self.name]:
                    value = page.get(name) or False
                    env.database.model("ir.config_parameter").set_param(env, parameter, value)  # type: ignore[attr-defined]
        return {"type": "ir.actions.client", "tag": "reload"}
