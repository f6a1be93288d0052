# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What routing is computed from, and what it answers. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DEFAULT_SMTP_SERVER = "localhost"  # of odoo.conf

PARTNER = "partner"  # a source of addresses: someone whose mail Odoo passes on

# what decided, most wanted first
FORCED = "forced"
FROM_ADDRESS = "from_address"
FROM_DOMAIN = "from_domain"
NOTIFICATIONS_ADDRESS = "notifications_address"
NOTIFICATIONS_DOMAIN = "notifications_domain"
WITHOUT_FILTER = "without_filter"
FIRST_SERVER = "first_server"
COMMAND_LINE = "command_line"

RULES = {
    FORCED: "The template or mailing names the server, so the filters are not asked.",
    FROM_ADDRESS: "The filter of the server names the sender's address.",
    FROM_DOMAIN: "The filter of the server names the sender's domain.",
    NOTIFICATIONS_ADDRESS: "No server takes the sender; the filter of this one names the default sender's address.",
    NOTIFICATIONS_DOMAIN: "No server takes the sender; the filter of this one names the default sender's domain.",
    WITHOUT_FILTER: "No server takes the sender or the default sender; this is the first one without a filter.",
    FIRST_SERVER: "No server takes the sender, and none is without a filter; this is the first of all.",
    COMMAND_LINE: "The database has no outgoing mail server for everyone, so Odoo's command line decides.",
}
FIRST_SERVER_OF_14 = "Odoo 14 knows no filters: its first server takes all mail."


@dataclass(frozen=True)
class MailServer:
    """An outgoing mail server. ``from_filter`` is Odoo's own text, empty for none."""

    id: int
    name: str
    sequence: int = 10
    from_filter: str = ""
    active: bool = True
    owner: str = ""  # the user whose personal server it is
    ours: bool = True  # it carries our external id
    authentication: str = "login"
    host: str = ""
    planned: bool = False  # it is not there yet

    @property
    def label(self) -> str:
        return f"{self.name!r} (new)" if self.planned else f"{self.name!r} (id {self.id})"


@dataclass(frozen=True)
class AliasDomain:
    """The addresses of an alias domain, or of the system parameters up to Odoo 16; empty for what is not set."""

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
    """What odoo.conf or the command line says, which no interface of Odoo's tells; empty for what is not set."""

    email_from: str = ""
    from_filter: str = ""
    smtp_server: str = ""


@dataclass(frozen=True)
class RoutingFinding:
    """Something wrong, or worth knowing: a stable code and a sentence."""

    code: str
    message: str


@dataclass
class Route:
    """How a mail leaves. ``server`` is None for the command line's."""

    server: MailServer | None
    from_header: str
    reply_to: str
    envelope_sender: str  # empty: Odoo refuses to send
    rule: str
    reason: str
    candidates: list[MailServer] = field(default_factory=list)  # whichever of them Odoo picks; with the server
    rewritten: bool = False
    default_from: str = ""  # the sender that replaces one which no server takes
    findings: list[RoutingFinding] = field(default_factory=list)


@dataclass
class RoutingInputs:
    """One reading of a database, for ``Routing(**vars(inputs))``."""

    version: int
    servers: Sequence[MailServer] = ()
    alias_domains: Sequence[AliasDomain] = ()
    companies: Sequence[Company] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    command_line: CommandLine = CommandLine()
