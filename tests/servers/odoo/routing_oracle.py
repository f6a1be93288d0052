# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in ``odoo shell``: record how the real Odoo sends mail in many cases.

``CASES`` is replaced by the path of a JSON file with configurations and their cases, ``ANSWERS`` by that of the
answers. Nothing is saved, and no connection is made: a stand-in for ``smtplib.SMTP`` records its calls.
"""

from __future__ import annotations

import email.policy
import importlib
import json
import smtplib
import sys
from email.message import EmailMessage
from pathlib import Path
from typing import Any

env: Any = globals()["env"]
config: Any = importlib.import_module("odoo.tools").config
MailServer = env["ir.mail_server"]
MODERN = "from_filter" in MailServer._fields  # 15 and newer
wire: list[dict[str, Any]] = []


class Wire:
    """An SMTP connection to nowhere."""

    def __init__(self, host: str, port: int = 0, **dummy: Any) -> None:
        self.host = host

    def set_debuglevel(self, level: Any) -> None:
        pass

    def ehlo_or_helo_if_needed(self) -> None:
        pass

    def quit(self) -> None:
        pass

    def send_message(self, message: EmailMessage, sender: str, recipients: list[str]) -> None:
        wire.append(
            {
                "host": self.host,
                "envelope": sender,
                "from": str(message["From"]),
                "reply_to": str(message["Reply-To"]),
            }
        )


smtplib.SMTP = Wire  # type: ignore[assignment,misc]


def configure(desired: dict[str, Any]) -> None:
    """Set up the servers, alias domains, parameters and command line of a configuration."""
    for server, values in zip(servers, desired["servers"]):
        values = {key: value for key, value in values.items() if key in MailServer._fields}
        if values.get("owner_user_id"):
            values["owner_user_id"] = owner.id
        server.write(values)
    for domain, default_from in zip(domains, desired["default_from"]):
        if domain.default_from != default_from:
            domain.default_from = default_from
    for key, value in desired["parameters"].items():
        if (key == "mail.default.from_filter") == MODERN:
            env["ir.config_parameter"].set_param(key, value)
    for key in ("email_from", "from_filter", "smtp_server"):
        config[key] = desired["command_line"][key]


def document_domain(company: Any) -> Any:
    """The alias domain that Odoo uses for mail about a company's document."""
    return env["res.partner"].with_company(company).browse(1)._mail_get_alias_domains(default_company=company)[1]


class Decisions:
    """The cases of one configuration, decided by the steps of the mail queue."""

    def __init__(self) -> None:
        everyone = MailServer.sudo().search([], order="sequence, id")
        self.allowed = everyone.filtered(lambda server: not server.owner_user_id)
        self.domains = [document_domain(company) for company in companies]

    def answer(self, case: dict[str, Any]) -> dict[str, Any]:
        company, domain = companies[case["company"]], self.domains[case["company"]]
        general = MailServer.with_company(company).sudo()
        special = general
        if domain:
            special = general.with_context(
                domain_notifications_email=domain.default_from_email, domain_bounce_address=domain.bounce_email
            )
        answer: dict[str, Any] = {}
        if case["direct"]:
            direct, dummy = special._find_mail_server(case["from"])
            answer["direct"] = direct.id if direct else None
        split = importlib.import_module("odoo.tools.mail").email_split_and_format_normalize(case["from"])
        sender = split[0] if split else case["from"]
        if case["forced"] is not None:
            server_id, used = servers[case["forced"]].id, sender
        else:
            server, used = special._find_mail_server(sender, self.allowed)
            server_id = server.id if server else False
        answer["server"] = server_id or None
        try:
            answer.update(self.left(case, sender, general, special, server_id, used))
        except Exception as error:
            answer["error"] = f"{type(error).__name__}: {error}"
        return answer

    def left(
        self, case: dict[str, Any], sender: Any, general: Any, special: Any, server_id: Any, used: Any
    ) -> dict[str, Any]:
        domain, company = self.domains[case["company"]], companies[case["company"]]
        session = general._connect__(mail_server_id=server_id, smtp_from=used)
        written = sender or domain.default_from_email or general._get_default_from_address()
        if not written:
            raise ValueError("Odoo wants a sender")
        message = EmailMessage(policy=email.policy.SMTP)
        message["From"] = written
        message["To"] = "someone@elsewhere.example"
        bounce = domain.bounce_email or company.bounce_email
        if bounce:
            message["Return-Path"] = bounce
        envelope, dummy, message = special._prepare_email_message__(message, session)
        return {"envelope": envelope, "from": str(message["From"])}


def sent(case: dict[str, Any]) -> dict[str, Any]:
    """Send a case as mail."""
    company = companies[case["company"]]
    values: dict[str, Any] = {
        "email_from": case["from"],
        "email_to": "someone@elsewhere.example",
        "subject": "-",
        "body_html": "-",
    }
    if case["forced"] is not None:
        values["mail_server_id"] = servers[case["forced"]].id
    mails = env["mail.mail"].with_company(company)
    if MODERN:
        values["record_alias_domain_id"] = document_domain(company).id
    wire.clear()
    mail = mails.create(values)
    # the scheduler works in the first company
    (mail.with_company(companies[0]) if case["later"] else mail).send()
    if not wire:
        return {"error": mail.failure_reason}
    hosts = {server.smtp_host: server.id for server in servers}
    return {**wire[0], "server": hosts.get(wire[0]["host"])}


content = json.loads(Path("CASES").read_text())
count = len(content["configurations"][0]["servers"])
servers = MailServer.create([{"name": f"server {index}", "smtp_host": f"server-{index}"} for index in range(count)])
owner = env["res.users"].create([{"name": "owner", "login": "owner"}])
domains: Any = []
companies = [env.company, *env["res.company"].create([{"name": f"company {index}"} for index in (1, 2)])]
if MODERN:
    domains = env["mail.alias.domain"].create([{"name": name} for name in content["domains"]])
    for company, domain in zip(companies, [*domains[:2], env["mail.alias.domain"]]):
        company.alias_domain_id = domain
answers = []
for desired in content["configurations"]:
    configure(desired)
    decisions = Decisions() if MODERN else None
    for case in desired["cases"]:
        if decisions is not None and not case["send"]:
            answers.append(decisions.answer(case))
            continue
        try:
            with env.cr.savepoint():
                answers.append(sent(case))
        except Exception as error:
            answers.append({"error": str(error)})
Path("ANSWERS").write_text(
    json.dumps(
        {
            "servers": servers.ids,
            "companies": [company.id for company in companies],
            "domains": [domain.id for domain in domains],
            "answers": answers,
        }
    )
)
env.cr.rollback()
sys.stdout.write("DONE\n")
