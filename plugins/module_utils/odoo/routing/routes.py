# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs and results of routing. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DEFAULT_SMTP_SERVER = "localhost"  # in odoo.conf

PARTNER = "partner"  # an address source: someone whose mail Odoo forwards

# finding codes that leave a route open
ADDON_CHOOSES_SERVER = "addon_chooses_server"
DEPENDS_ON_BUILD = "depends_on_build"

# what decided a route, most specific first
FORCED = "forced"
FROM_ADDRESS = "from_address"
FROM_DOMAIN = "from_domain"
NOTIFICATIONS_ADDRESS = "notifications_address"
NOTIFICATIONS_DOMAIN = "notifications_domain"
WITHOUT_FILTER = "without_filter"
FIRST_SERVER = "first_server"
COMMAND_LINE = "command_line"

RULES = {
    FORCED: "The template or mailing names the server, so the filters are not used.",
    FROM_ADDRESS: "The filter of the server names the sender's address.",
    FROM_DOMAIN: "The filter of the server names the sender's domain.",
    NOTIFICATIONS_ADDRESS: "No server takes the sender; the filter of this one names the default sender's address.",
    NOTIFICATIONS_DOMAIN: "No server takes the sender; the filter of this one names the default sender's domain.",
    WITHOUT_FILTER: "No server takes the sender or the default sender; this is the first one without a filter.",
    FIRST_SERVER: "No server takes the sender, and none is without a filter; this is the first of all.",
    COMMAND_LINE: "The database has no outgoing mail server for everyone, so Odoo's command line decides.",
}
FIRST_SERVER_OF_14 = "Odoo 14 has no filters: its first server takes all mail."


@dataclass(frozen=True)
class MailServer:
    """An outgoing mail server. ``from_filter``: Odoo's own text, empty for none."""

    id: int
    name: str
    sequence: int = 10
    from_filter: str = ""
    active: bool = True
    owner: str = ""  # the user, for a personal server
    ours: bool = True  # it has our external id
    authentication: str = "login"
    host: str = ""
    username: str = ""
    external_ids: tuple[str, ...] = ()  # ours
    planned: bool = False  # it does not exist yet

    @property
    def label(self) -> str:
        return f"{self.name!r} (new)" if self.planned else f"{self.name!r} (id {self.id})"

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": None if self.planned else self.id,
            "name": self.name,
            "host": self.host,
            "priority": self.sequence,
            "from_filter": self.from_filter,
            "managed": self.ours,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MailServer:
        return cls(
            id=values["id"] or 0,
            name=values["name"],
            sequence=values["priority"],
            from_filter=values["from_filter"],
            ours=values["managed"],
            host=values["host"],
            planned=values["id"] is None,
        )


@dataclass(frozen=True)
class AliasDomain:
    """The addresses of an alias domain, or of the system parameters up to Odoo 16; empty if not set."""

    id: int = 0
    name: str = ""
    sequence: int = 10
    bounce_email: str = ""
    catchall_email: str = ""
    default_from_email: str = ""
    bounce_tagged: bool = False  # Odoo adds +NUMBER to the bounce alias


@dataclass(frozen=True)
class Company:
    id: int
    name: str
    alias_domain_id: int | None = None


@dataclass(frozen=True)
class CommandLine:
    """The settings in odoo.conf or on the command line, which Odoo does not reveal; empty if not set."""

    email_from: str = ""
    from_filter: str = ""
    smtp_server: str = ""


@dataclass(frozen=True)
class RoutingFinding:
    """A problem or useful fact: a stable code and a sentence."""

    code: str
    message: str

    def as_dict(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True)
class Route:
    """The route of a mail. ``server``: None for the command line's."""

    server: MailServer | None
    from_header: str
    reply_to: str
    envelope_sender: str  # empty: Odoo refuses to send
    rule: str
    reason: str
    candidates: tuple[MailServer, ...] = ()  # Odoo may pick any of them; includes the server
    rewritten: bool = False
    default_from: str = ""  # replaces a sender that no server accepts
    findings: tuple[RoutingFinding, ...] = ()
    otherwise: Route | None = None  # the route in the other possible build, if the build is unknown

    def as_dict(self) -> dict[str, Any]:
        return {
            "server": self.server.as_dict() if self.server is not None else None,
            "from_header": self.from_header,
            "reply_to": self.reply_to,
            "envelope_sender": self.envelope_sender,
            "rewritten": self.rewritten,
            "rule": self.rule,
            "reason": self.reason,
            "findings": [finding.as_dict() for finding in dict.fromkeys(self.findings)],
        }


@dataclass(frozen=True)
class SenderRoute:
    """The route of one sender's mail for one company.

    ``as_dict`` is what the modules return, and ``from_dict`` reads it; what is lost in between does not affect
    verdicts.
    """

    from_address: str  # as requested or found
    company: Company | None
    sources: tuple[str, ...]  # the origin of the address; PARTNER: someone whose mail Odoo forwards
    route: Route
    is_new: bool = False  # the plan adds the address

    def as_dict(self) -> dict[str, Any]:
        return {
            "from_address": self.from_address,
            "company": self.company.name if self.company is not None else None,
            "company_id": self.company.id if self.company is not None else None,
            "sources": list(self.sources),
            "candidates": [server.as_dict() for server in self.route.candidates],
            **self.route.as_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SenderRoute:
        server = values["server"]
        route = Route(
            server=MailServer.from_dict(server) if server else None,
            from_header=values["from_header"],
            reply_to=values["reply_to"],
            envelope_sender=values["envelope_sender"],
            rule=values["rule"],
            reason=values["reason"],
            candidates=tuple(map(MailServer.from_dict, values["candidates"])),
            rewritten=values["rewritten"],
            findings=tuple(RoutingFinding(**finding) for finding in values["findings"]),
        )
        company = Company(values["company_id"], values["company"]) if values["company"] is not None else None
        return cls(values["from_address"], company, tuple(values["sources"]), route)


@dataclass
class RoutingInputs:
    """One reading of a database, for ``Routing(**vars(inputs))``."""

    version: int
    servers: Sequence[MailServer] = ()
    alias_domains: Sequence[AliasDomain] = ()
    companies: Sequence[Company] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    command_line: CommandLine = CommandLine()
    keeps_sender: bool | None = False  # None: unknown
    guards_empty_sender: bool | None = False  # None: unknown
    addons: Sequence[str] = ()  # that change the choice of servers
