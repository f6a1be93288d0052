# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which outgoing mail server Odoo uses for a sender, and the addresses that leave. No I/O.

The rules are those of Odoo 14 to 19 in practice, not in its documentation: ``Routing.find`` is Odoo's own
``_find_mail_server``, ``Routing.route`` what happens to a company's mail on its way through the queue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..database import addresses
from ..database.versions import (
    ALIAS_DOMAINS_SINCE,
    BOUNCE_TAGGED_UNTIL,
    DEFAULT_BOUNCE_UNTIL,
    EMPTY_SENDER_GUARDED_SINCE,
    FILTERS_SINCE,
    LISTS_SINCE,
    ONE_SENDER_SINCE,
)
from .routes import (
    COMMAND_LINE,
    FIRST_SERVER,
    FIRST_SERVER_OF_14,
    FORCED,
    FROM_ADDRESS,
    FROM_DOMAIN,
    NOTIFICATIONS_ADDRESS,
    NOTIFICATIONS_DOMAIN,
    RULES,
    WITHOUT_FILTER,
    AliasDomain,
    CommandLine,
    Company,
    MailServer,
    Route,
)

_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*")


@dataclass(frozen=True)
class Found:
    """The result of ``_find_mail_server``: a server or None, the sender that Odoo will use, and why."""

    server: MailServer | None
    sender: str
    rule: str
    candidates: tuple[MailServer, ...] = ()


class Filter:
    """A server's FROM filter, as this version compares it."""

    def __init__(self, text: str, version: int) -> None:
        self.empty = not text
        self.parts = [part.strip() for part in text.split(",")] if version >= LISTS_SINCE else [text]
        self.addresses = {addresses.normal(part) for part in self.parts} if text else {""}
        self.domains = {part.lower() if "@" not in part else "" for part in self.parts}

    def matches(self, sender: str) -> bool:
        """Whether the server may send as this sender; an empty filter accepts everyone."""
        if self.empty:
            return True
        address, domain = addresses.normal(sender), addresses.domain_of(sender)
        return any(
            addresses.normal(part) == address if "@" in part else part.lower() == domain for part in self.parts if part
        )

    @property
    def dead_parts(self) -> list[str]:
        """The entries that no sender can match."""
        return [] if self.empty else [part for part in self.parts if not _can_match(part)]


def _can_match(part: str) -> bool:
    if "@" not in part:
        return bool(_DOMAIN.fullmatch(part))
    local_part, dummy, domain = addresses.normal(part).rpartition("@")
    return bool(local_part and "*" not in local_part and _DOMAIN.fullmatch(domain))


class Routing:
    """The routing of one database. ``servers`` may include archived and personal ones."""

    def __init__(
        self,
        version: int,
        servers: Iterable[MailServer] = (),
        alias_domains: Iterable[AliasDomain] = (),
        companies: Iterable[Company] = (),
        parameters: Mapping[str, Any] | None = None,
        command_line: CommandLine | None = None,
        keeps_sender: bool | None = False,
        guards_empty_sender: bool | None = False,
        addons: Sequence[str] = (),
    ) -> None:
        self.version = version
        # if unknown, assume the variant that passes less often
        self._keeps_sender = keeps_sender is not False
        self._guards_empty_sender = bool(guards_empty_sender) or version > EMPTY_SENDER_GUARDED_SINCE
        self.addons = tuple(addons)
        self.newer: Routing | None = None  # the other variant
        if keeps_sender is None or guards_empty_sender is None:
            inputs = (version, servers, alias_domains, companies, parameters, command_line)
            self.newer = Routing(*inputs, guards_empty_sender=True, addons=addons)
        self.servers = sorted(servers, key=lambda server: (server.sequence, server.id))
        self.parameters = dict(parameters or {})
        self.command_line = command_line or CommandLine()
        if version < ALIAS_DOMAINS_SINCE:
            self.alias_domains = [domain_of_parameters(version, self.parameters)]
        else:
            self.alias_domains = sorted(alias_domains, key=lambda domain: (domain.sequence, domain.id))
        self.companies = {company.id: company for company in companies}
        # the company of Odoo's scheduler
        self.main_company = min(self.companies.values(), key=lambda company: company.id, default=None)
        self.filters = {server.id: Filter(server.from_filter, version) for server in self.servers}
        self._domain_by_id = {domain.id: domain for domain in self.alias_domains}
        self._usable = [server for server in self.servers if server.active and not server.owner]
        self._without_filter = [server for server in self._usable if self.filters[server.id].empty]
        self._by_address: dict[str, list[MailServer]] = {}
        self._by_part: dict[str, list[MailServer]] = {}
        for server in self._usable:
            filter_ = self.filters[server.id]
            # the first versions with filters do not use a server without one if there is no sender
            if not (filter_.empty and version >= LISTS_SINCE):
                for address in filter_.addresses:
                    self._by_address.setdefault(address, []).append(server)
                for part in filter_.domains:
                    self._by_part.setdefault(part, []).append(server)
        self._by_id = {server.id: server for server in self.servers}
        self.personal = [server for server in self.servers if server.active and server.owner]
        filtered = self._usable if version >= FILTERS_SINCE else []
        self.dead_parts = [(server, part) for server in filtered for part in self.filters[server.id].dead_parts]

    # A company's addresses

    def own_domain(self, company_id: int | None) -> AliasDomain:
        """The alias domain of a company; one without addresses if it has none."""
        if self.version < ALIAS_DOMAINS_SINCE:
            return self.alias_domains[0]
        company = self.companies.get(company_id) if company_id is not None else None
        return self._domain_by_id.get(company.alias_domain_id or 0, AliasDomain()) if company else AliasDomain()

    def document_domain(self, company_id: int | None) -> AliasDomain:
        """The alias domain for mail about a company's document: the company's, else the first of all."""
        own = self.own_domain(company_id)
        if own.name or company_id is None or not self.alias_domains:
            return own
        return self.alias_domains[0]

    @property
    def default_filter(self) -> str:
        """The filter of the command line's server; the parameter wins unless it is empty."""
        return str(self.parameters.get("mail.default.from_filter") or self.command_line.from_filter)

    # Finding the server

    def find(self, sender: str, default_from: str = "", company_default: str = "") -> Found:
        """Odoo's ``_find_mail_server``.

        ``default_from``: the default sender of the document's alias domain, used as it is; ``company_default``: the
        default sender of the user's company or of the command line, used if there is no other.
        """
        if self.version < FILTERS_SINCE:
            return self._found(self._usable, sender, FIRST_SERVER) or Found(None, sender, COMMAND_LINE)
        instead = default_from or addresses.normal(company_default)
        return self._of_sender(sender) or self._of_default(sender, instead) or self._fallback(sender, instead)

    def _of_sender(self, sender: str) -> Found | None:
        address, domain = addresses.normal(sender), addresses.domain_of(sender)
        if not address and self._guards_empty_sender:
            return None
        # older versions treat a part that is no address as a missing sender
        return self._found(self._by_address.get(address), sender, FROM_ADDRESS) or self._found(
            self._by_part.get(domain), sender, FROM_DOMAIN
        )

    def _of_default(self, sender: str, instead: str) -> Found | None:
        if not instead:
            return None
        used = sender if self._keeps_sender and self.version == FILTERS_SINCE else instead
        return self._found(self._by_address.get(instead), used, NOTIFICATIONS_ADDRESS) or self._found(
            self._by_part.get(addresses.domain_of(instead)), used, NOTIFICATIONS_DOMAIN
        )

    def _fallback(self, sender: str, instead: str) -> Found:
        used = sender if self._keeps_sender and sender else instead or sender
        return (
            self._found(self._without_filter, used, WITHOUT_FILTER)
            or self._found(self._usable, used, FIRST_SERVER)
            or Found(None, self._of_command_line(sender, instead), COMMAND_LINE)
        )

    def _of_command_line(self, sender: str, instead: str) -> str:
        takes = Filter(self.default_filter, self.version)
        return sender if takes.matches(sender) or not instead else instead

    def _found(self, matching: Sequence[MailServer] | None, sender: str, rule: str) -> Found | None:
        if not matching:
            return None
        tied = tuple(server for server in matching if server.sequence == matching[0].sequence)
        return Found(matching[0], sender, rule, tied)

    # The mail that leaves

    def route(
        self, from_address: str, company_id: int | None = None, forced: int | None = None, reply_to: str = ""
    ) -> Route:
        """The route of mail about a company's document.

        ``forced``: the id of the server that its template or mailing names; ``reply_to``: the address for replies that
        it names. Without a company no alias domain is used.
        """
        return self.sent_in(company_id, from_address, company_id, forced, reply_to)

    def sent_in(
        self,
        sending_id: int | None,
        from_address: str,
        company_id: int | None = None,
        forced: int | None = None,
        reply_to: str = "",
    ) -> Route:
        """The route if the sending user or scheduler works in the company ``sending_id``."""
        domain, sending = self.document_domain(company_id), self.own_domain(sending_id)
        company_default = sending.default_from_email or self.command_line.email_from
        default_from = domain.default_from_email if self.version >= ALIAS_DOMAINS_SINCE else ""
        raw = from_address.strip()
        sender = addresses.sender(raw) if self.version >= ONE_SENDER_SINCE else raw
        found = self._choose(sender, default_from, company_default, forced)
        written_from = addresses.header(sender or default_from or company_default)
        leaving = self._from_header(written_from, found.sender, default_from or company_default)
        from_header = addresses.header(leaving)
        bounce = domain.bounce_email or sending.bounce_email or self._default_bounce() or written_from
        answers = addresses.header(reply_to or self.own_domain(company_id).catchall_email or raw or written_from)
        return Route(
            server=found.server,
            from_header=from_header,
            reply_to=addresses.bare(answers),
            envelope_sender=self._envelope(found.server, bounce, domain, leaving) if from_header else "",
            rule=found.rule,
            reason=self._reason(found.rule),
            candidates=found.candidates,
            rewritten=bool(from_header) and addresses.normal(leaving) != addresses.normal(written_from),
            default_from=default_from or addresses.normal(company_default),
        )

    def _default_bounce(self) -> str:
        return self.command_line.email_from if self.version >= ALIAS_DOMAINS_SINCE else ""

    def _choose(self, sender: str, default_from: str, company_default: str, forced: int | None) -> Found:
        server = self._by_id.get(forced) if forced is not None else None
        if server is not None:
            return Found(server, sender, FORCED, (server,))
        found = self.find(sender, default_from, company_default)
        if found.server is None and self.version >= FILTERS_SINCE:
            # on connecting, Odoo searches again without knowing the document
            return self.find(found.sender, "", company_default)
        return found

    def _from_header(self, written_from: str, used: str, default_from: str) -> str:
        if self.version < FILTERS_SINCE or not used:
            return written_from
        instead = addresses.normal(default_from)
        if instead and addresses.normal(used) == instead and addresses.normal(written_from) != instead:
            return addresses.renamed(written_from, instead)
        return used

    def _envelope(self, server: MailServer | None, bounce: str, domain: AliasDomain, leaving: str) -> str:
        if self.version < FILTERS_SINCE:
            return addresses.envelope(bounce)
        takes = self.filters[server.id] if server is not None else Filter(self.default_filter, self.version)
        tried = bounce.replace("@", "+1@") if domain.bounce_tagged and bounce == domain.bounce_email else bounce
        return addresses.envelope(bounce if takes.matches(tried) else leaving)

    def _reason(self, rule: str) -> str:
        return FIRST_SERVER_OF_14 if self.version < FILTERS_SINCE and rule == FIRST_SERVER else RULES[rule]


def domain_of_parameters(version: int, parameters: Mapping[str, Any]) -> AliasDomain:
    """The system parameters up to Odoo 16, which apply to every company."""
    domain = str(parameters.get("mail.catchall.domain") or "")
    bounce = str(parameters.get("mail.bounce.alias") or "")
    catchall = str(parameters.get("mail.catchall.alias") or "")
    default = str(parameters.get("mail.default.from") or "")
    if version <= DEFAULT_BOUNCE_UNTIL:
        bounce = bounce or "postmaster-odoo"
    if "@" in default and version >= FILTERS_SINCE:
        default_from = default
    else:
        default_from = f"{default}@{domain}" if default and domain else ""
    static = str(parameters.get("mail.bounce.alias.static") or "").lower() in ("true", "1", "t", "y", "yes", "on")
    return AliasDomain(
        name=domain,
        bounce_email=f"{bounce}@{domain}" if bounce and domain else "",
        catchall_email=f"{catchall}@{domain}" if catchall and domain else "",
        default_from_email=default_from,
        bounce_tagged=bool(parameters.get("mail.bounce.alias")) and version <= BOUNCE_TAGGED_UNTIL and not static,
    )
