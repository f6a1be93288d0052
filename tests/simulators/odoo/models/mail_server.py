# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ir.mail_server: the outgoing mail servers, shared by all companies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .. import rights, smtp
from ..exceptions import UserError, ValidationError, WrongValue
from .base import Model, public
from .consent import CONSENT_PAGES

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record

_TOKENS = {"gmail": ("Gmail", "Gmail"), "outlook": ("Outlook", "Outlook/Office365")}


class MailServer(Model):
    order = "sequence, id"
    computed = CONSENT_PAGES
    unique = ((("owner_user_id",), "ir_mail_server_unique_owner", "owner_user_id must be unique"),)

    def defaults(self, env: Environment) -> dict[str, Any]:
        defaults: dict[str, Any] = {"active": True, "sequence": 10, "smtp_port": 25, "smtp_encryption": "none"}
        if "smtp_authentication" in env.schema[self.name]:
            defaults["smtp_authentication"] = "login"
        return defaults

    def before_write(self, env: Environment, ids: Sequence[int], vals: Mapping[str, Any]) -> None:
        if env.version >= 16 and "active" in vals and not vals["active"]:
            for key in ids:
                self._refuse_if_used(env.sudo(), key)

    def _refuse_if_used(self, env: Environment, key: int) -> None:
        """Odoo refuses to archive a server in use, but never to delete it."""
        uses = [
            f"{template['name']} (Email Template)"
            for template in env.tables["mail.template"].values()
            if template.get("mail_server_id") == key and template.get("active", True)
        ]
        if env.database.model("ir.config_parameter").get_param(env, "mass_mailing.mail_server_id") == str(key):  # type: ignore[attr-defined]
            uses.append("Email Marketing uses it as its default mail server to send mass mailings")
        uses += [
            f'Mass Mailing "{mailing["subject"]}"'
            for mailing in env.tables["mailing.mailing"].values()
            if mailing.get("mail_server_id") == key and mailing["state"] != "done" and mailing.get("active", True)
        ]
        if uses:
            name, listed = env.tables[self.name][key]["name"], "\n- ".join(uses)
            raise UserError(
                f"You cannot archive this Outgoing Mail Server ({name}) because it is still used in the following "
                f"case(s):\n- {listed}"
            )

    def validate(self, env: Environment, ids: Sequence[int], changed: set[str]) -> None:
        for key in ids:
            server = env.tables[self.name][key]
            if server.get("smtp_authentication") == "certificate":
                _check_certificate(server, env.version)
            if server.get("smtp_authentication") in _TOKENS:
                _check_token(server)

    def before_read(self, env: Environment, ids: Sequence[int], names: Sequence[str]) -> None:
        """In Odoo 19 the URLs of the consent pages can only be read for one server at a time."""
        if env.version >= 19 and len(ids) > 1 and any(name in CONSENT_PAGES for name in names):
            raise WrongValue(f"Expected singleton or no record: ir.mail_server{tuple(ids)}")

    @public
    def test_smtp_connection(self, env: Environment, ids: Any) -> Any:
        if env.version >= 19:
            rights.check(env, self.name, "read")
        for key in ids:
            server = env.tables[self.name][key]
            smtp.test(server, self._test_sender(env, server), env.version, env.database.authorities)
        notification: dict[str, Any] = {"message": "Connection Test Successful!", "type": "success", "sticky": False}
        if env.version <= 14:
            title, text = "Connection Test Succeeded!", "Everything seems properly set up!"
            notification = {"title": title, "message": text, "sticky": False}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": notification}

    def _test_sender(self, env: Environment, server: Record) -> str:
        """The sender of the test message."""
        parts = [part.strip() for part in str(server.get("from_filter") or "").split(",") if part.strip()]
        full = next((part for part in parts if "@" in part), None)
        if full:
            return full
        if parts:
            if "mail.alias.domain" in env.schema:
                for domain in env.sudo().read("mail.alias.domain", env.sudo().search("mail.alias.domain")):
                    if domain["default_from_email"] and domain["name"] in parts:
                        return str(domain["default_from_email"])
            return f"odoo@{parts[0]}"
        user = env.tables["res.users"][env.uid]
        email = env.sudo().value("res.users", user, "email")
        if not email:
            raise UserError(
                "Please configure an email on the current user to simulate sending an email message via this "
                "outgoing server"
            )
        return str(email)

    @public
    def action_retrieve_max_email_size(self, env: Environment, ids: Any) -> Any:
        for key in ids:
            server = env.tables[self.name][key]
            size = smtp.test(server, self._test_sender(env, server), env.version, env.database.authorities)
            if not size:
                raise UserError(f'The server "{server["name"]}" doesn\'t return the maximum email size.')
            env.write(self.name, [key], {"max_email_size": size / 1024**2})
        return {"type": "ir.actions.client", "tag": "display_notification", "params": {"type": "success"}}


def _check_certificate(server: Record, version: int) -> None:
    if version >= 18 and server["smtp_encryption"] == "none":
        raise ValidationError(
            "The operation cannot be completed: Certificate-based authentication requires a TLS transport"
        )
    for field, what in (("smtp_ssl_private_key", "private key"), ("smtp_ssl_certificate", "certificate")):
        if not server.get(field):
            raise UserError(f"SSL {what} is missing for {server['name']}.")


def _check_token(server: Record) -> None:
    service, account = _TOKENS[server["smtp_authentication"]]
    if server.get("smtp_pass"):
        raise UserError(
            f"Please leave the password field empty for {service} mail server \u201c{server['name']}\u201d. "
            "The OAuth process does not require it"
        )
    if server["smtp_encryption"] != "starttls":
        raise UserError(
            f"Incorrect Connection Security for {service} mail server \u201c{server['name']}\u201d. "
            'Please set it to "TLS (STARTTLS)".'
        )
    if not server.get("smtp_user"):
        raise UserError(
            f'Please fill the "Username" field with your {account} username (your email address). This should be the '
            f"same account as the one used for the {service} OAuthentication Token."
        )
