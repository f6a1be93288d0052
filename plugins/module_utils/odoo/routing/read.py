# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what decides a database's mail routes, in a few calls for any number of companies and users."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...errors import Conflict, OdooError
from ..database import addresses
from ..database.client import Odoo
from ..database.errors import SETTINGS
from ..database.snapshot import DOMAIN_MODEL, EXTERNAL_ID_MODULE, MAILING_SERVER, SERVER_MODEL, id_of
from ..database.versions import ALIAS_DOMAINS_SINCE, guards_empty_sender, keeps_sender
from .findings import DYNAMIC_SENDER, FORCED_SENDER
from .routes import AliasDomain, CommandLine, Company, MailServer, RoutingInputs
from .routing import domain_of_parameters

TEMPLATE_MODEL = "mail.template"
MAILING_MODEL = "mailing.mailing"
_ODOOBOT = 1
_TOO_LONG_FOR_AN_ID = 10

OF_ALIAS_DOMAINS = ("alias domain ", "system parameters, ")  # prefixes of these address sources
_PARAMETERS = (
    "mail.default.from_filter", "mail.catchall.domain", "mail.catchall.alias", "mail.bounce.alias",
    "mail.bounce.alias.static", "mail.default.from", MAILING_SERVER, FORCED_SENDER, DYNAMIC_SENDER,
)  # fmt: skip
# fields from third-party add-ons, with the add-on
_ADDONS = {
    "company_id": "mail_multicompany",
    "company_ids": "mail_multicompany",
    "smtp_from": "mail_outbound_static",
    "domain_whitelist": "mail_outbound_static",
}
_SERVER_FIELDS = (
    "name",
    "active",
    "sequence",
    "smtp_host",
    "smtp_user",
    "smtp_authentication",
    "from_filter",
    "owner_user_id",
)
# a text that Odoo renders for each mail: {{ }} since 15; before, ${ } and lines starting with %
_EXPRESSION = re.compile(r"\{\{|\$\{|^\s*%", re.MULTILINE)


@dataclass(frozen=True)
class TemplateOrMailing:
    """A template or mailing and its sender. ``email_from`` is empty if the user's address is used."""

    kind: str  # in words: "template"
    id: int
    name: str
    email_from: str = ""
    reply_to: str = ""
    server_id: int | None = None

    @property
    def computed(self) -> bool:
        """Whether Odoo computes the sender for each mail."""
        return not self.email_from or bool(_EXPRESSION.search(self.email_from))

    @property
    def fixed_reply_to(self) -> str:
        return "" if _EXPRESSION.search(self.reply_to) else self.reply_to


@dataclass
class DatabaseSender:
    """An address that the database may send from, its companies, and its origin.

    ``server_id``: the server that its templates or mailings name.
    """

    address: str
    server_id: int | None = None
    companies: list[int] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)


@dataclass
class Senders:
    known: dict[tuple[str, int], DatabaseSender] = field(default_factory=dict)  # by address and named server (0: none)
    computed: dict[str, list[str]] = field(default_factory=dict)  # an expression, and the templates that use it

    def add(self, text: Any, source: str, company_id: int | None = None, server_id: int | None = None) -> None:
        for dummy, found in addresses.found(str(text or "")):
            address = addresses.lowered(found)
            sender = self.known.setdefault((address, server_id or 0), DatabaseSender(address, server_id))
            if source not in sender.sources:
                sender.sources.append(source)
            if company_id is not None and company_id not in sender.companies:
                sender.companies.append(company_id)


@dataclass
class RouteReading:
    inputs: RoutingInputs
    company_emails: dict[int, str] = field(default_factory=dict)

    @property
    def main_company(self) -> Company | None:
        """The first company, which Odoo takes if none is given."""
        return min(self.inputs.companies, key=lambda company: company.id, default=None)

    def company_of(self, address: str) -> Company | None:
        """The company that an address belongs to, by its alias domain or its own address; else the main one."""
        domain = addresses.domain_of(address)
        domains = {one.id for one in self.inputs.alias_domains if domain and one.name.lower() == domain}
        for company in self.inputs.companies:
            if company.alias_domain_id in domains:
                return company
        for company in self.inputs.companies:
            email = self.company_emails.get(company.id, "")
            if email and addresses.normal(email) == addresses.normal(address):
                return company
        return self.main_company

    def company_named(self, name: str) -> Company:
        """Raises Conflict if none or several have the name."""
        found = [company for company in self.inputs.companies if company.name == name.strip()]
        if len(found) == 1:
            return found[0]
        if found:
            raise Conflict(f"Odoo has several companies {name!r}, with the ids {_ids(found)}: rename all but one.")
        raise Conflict(f"Odoo has no company {name!r}: correct the name.")


def read_routes(odoo: Odoo, command_line: CommandLine | None = None) -> RouteReading:
    """The inputs of routing, in 5 or 6 calls. Raises OdooError."""
    fields = odoo.fields(SERVER_MODEL)
    if "smtp_pass" not in fields:
        raise OdooError(
            f"The Odoo user may not see how outgoing mail servers are chosen: give it the access right {SETTINGS}."
        )
    parameters = {
        row["key"]: row["value"]
        for row in odoo.search_read("ir.config_parameter", [("key", "in", list(_PARAMETERS))], ["key", "value"])
    }
    inputs = RoutingInputs(
        version=odoo.version,
        servers=_read_servers(odoo, fields),
        parameters=parameters,
        command_line=command_line or CommandLine(),
        keeps_sender=keeps_sender(odoo.version, odoo.build),
        guards_empty_sender=guards_empty_sender(odoo.version, odoo.build),
        addons=sorted({addon for field, addon in _ADDONS.items() if field in fields}),
    )
    company_fields = ["name", "email"]
    if odoo.version >= ALIAS_DOMAINS_SINCE and odoo.has_model(DOMAIN_MODEL):
        inputs.alias_domains = _read_domains(odoo)
        company_fields.append("alias_domain_id")
    rows = odoo.search_read("res.company", [], company_fields)
    inputs.companies = [Company(row["id"], row["name"], id_of(row.get("alias_domain_id"))) for row in rows]
    return RouteReading(inputs, {row["id"]: row["email"] or "" for row in rows})


def _read_servers(odoo: Odoo, fields: Mapping[str, Any]) -> list[MailServer]:
    ours: dict[int, list[str]] = {}
    for row in odoo.search_read(
        "ir.model.data", [("module", "=", EXTERNAL_ID_MODULE), ("model", "=", SERVER_MODEL)], ["res_id", "name"]
    ):
        ours.setdefault(row["res_id"], []).append(row["name"])
    wanted = [name for name in _SERVER_FIELDS if name in fields]
    return [
        MailServer(
            id=row["id"],
            name=row["name"],
            sequence=row["sequence"],
            from_filter=row.get("from_filter") or "",
            active=row["active"],
            owner=row["owner_user_id"][1] if row.get("owner_user_id") else "",
            ours=row["id"] in ours,
            authentication=row.get("smtp_authentication") or "login",
            host=row["smtp_host"] or "",
            username=row.get("smtp_user") or "",
            external_ids=tuple(ours.get(row["id"], ())),
        )
        for row in odoo.search_read(SERVER_MODEL, [], wanted, archived=True, order="sequence, id")
    ]


def _read_domains(odoo: Odoo) -> list[AliasDomain]:
    wanted = ["name", "sequence", "bounce_email", "catchall_email", "default_from_email"]
    return [
        AliasDomain(
            id=row["id"],
            name=row["name"],
            sequence=row["sequence"],
            bounce_email=row["bounce_email"] or "",
            catchall_email=row["catchall_email"] or "",
            default_from_email=row["default_from_email"] or "",
        )
        for row in odoo.search_read(DOMAIN_MODEL, [], wanted, order="sequence, id")
    ]


# Templates and mailings


def find_wording(odoo: Odoo, model: str, text: str) -> TemplateOrMailing:
    """The template or mailing with this name, number or external id. Raises Conflict, OdooError."""
    kind, label = _kind(model)
    if not odoo.has_model(model):
        raise OdooError(f"This Odoo has no {kind}s: the module that provides them is not installed.")
    name = text.strip()
    found = _read_wordings(odoo, model, [(label, "=", name)])
    if not found and name.isdecimal() and len(name) < _TOO_LONG_FOR_AN_ID:
        found = _read_wordings(odoo, model, [("id", "=", int(name))])
    if not found and re.fullmatch(r"\w+\.\w+", name):
        found = _read_wordings(odoo, model, [("id", "in", _external_id(odoo, model, name))])
    if not found:
        raise Conflict(f"Odoo has no {kind} {name!r}: give its {label}, its id or its external id.")
    if len(found) > 1:
        raise Conflict(f"Odoo has several {kind}s {name!r}, with the ids {_ids(found)}: give the id of one.")
    return found[0]


def _kind(model: str) -> tuple[str, str]:
    return ("template", "name") if model == TEMPLATE_MODEL else ("mailing", "subject")


def _external_id(odoo: Odoo, model: str, text: str) -> list[int]:
    module, dummy, name = text.partition(".")
    domain = [("module", "=", module), ("name", "=", name), ("model", "=", model)]
    return [row["res_id"] for row in odoo.search_read("ir.model.data", domain, ["res_id"])]


def _read_wordings(odoo: Odoo, model: str, domain: Sequence[Any], archived: bool = True) -> list[TemplateOrMailing]:
    kind, label = _kind(model)
    fields = [label, "email_from", "reply_to", "mail_server_id"]
    if model == MAILING_MODEL:
        fields.append("reply_to_mode")
    return [
        TemplateOrMailing(
            kind=kind,
            id=row["id"],
            name=row[label] or "",
            email_from=row["email_from"] or "",
            # replies to a mailing go to the discussion unless it says otherwise
            reply_to="" if row.get("reply_to_mode") in ("update", "thread") else row["reply_to"] or "",
            server_id=id_of(row["mail_server_id"]),
        )
        for row in odoo.search_read(model, domain, fields, archived=archived)
    ]


def _ids(records: Sequence[Any]) -> str:
    return ", ".join(str(record.id) for record in records)


# Every address


def read_senders(odoo: Odoo, reading: RouteReading) -> Senders:
    """Every address that the database may send from, in at most 5 more calls. Raises OdooError."""
    senders = Senders()
    for company in reading.inputs.companies:
        senders.add(reading.company_emails.get(company.id), f"company {company.name}", company.id)
    _add_domains(reading.inputs, senders)
    users = ["|", ("active", "=", True), ("id", "=", _ODOOBOT), ("share", "=", False)]
    for row in odoo.search_read("res.users", users, ["name", "email", "company_id"], archived=True):
        senders.add(row["email"], f"user {row['name']}", id_of(row["company_id"]))
    for model in (TEMPLATE_MODEL, MAILING_MODEL):
        if odoo.has_model(model):
            for wording in _read_wordings(odoo, model, [], archived=False):
                _add_wording(senders, wording)
    return senders


def _add_domains(inputs: RoutingInputs, senders: Senders) -> None:
    if inputs.version < ALIAS_DOMAINS_SINCE:
        domains = [(domain_of_parameters(inputs.version, inputs.parameters), "system parameters")]
    else:
        domains = [(domain, f"alias domain {domain.name}") for domain in inputs.alias_domains]
    for domain, source in domains:
        users: list[int | None] = [one.id for one in inputs.companies if one.alias_domain_id == domain.id]
        for text, use in (
            (domain.default_from_email, "default sender"),
            (domain.bounce_email, "bounces"),
            (domain.catchall_email, "replies"),
        ):
            for company_id in users or [None]:
                senders.add(text, f"{source}, {use}", company_id)


def _add_wording(senders: Senders, wording: TemplateOrMailing) -> None:
    source = f"{wording.kind} {wording.name}"
    if not wording.computed:
        senders.add(wording.email_from, source, server_id=wording.server_id)
    elif wording.email_from:
        senders.computed.setdefault(wording.email_from, []).append(source)
