# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue's types: what is known of a service, for any customer. Pure: no I/O, no Ansible."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

RELAY = "relay"  # sends as any address of a domain verified there
MAILBOX = "mailbox"  # sends only as the address that logs in
OWN = "own"  # the servers of Odoo Online and Odoo.sh
STARTTLS, TLS = "starttls", "tls"
ODOO_HOSTING_PORTS = (465, 587, 2525)  # the only ones that Odoo Online and Odoo.sh can reach


class SmtpPort(NamedTuple):
    number: int
    encryption: str  # STARTTLS or TLS


class Slip(NamedTuple):
    """A user name or password that cannot be right, and what to do. ``pattern`` must match all of it."""

    option: str  # username or password
    pattern: str
    sentence: str


class SmtpAnswer(NamedTuple):
    """The meaning of an answer of this service's SMTP server. ``pattern`` is searched for in it."""

    pattern: str
    sentence: str


@dataclass(frozen=True)
class SmtpLogin:
    """How Odoo logs in.

    username: the common one of all accounts; empty if each has its own. is_one_token: the password is the same.
    is_readable: the API shows both. password_notes: facts about passwords, each from a day on; the latest one applies.
    """

    username_is: str
    password_is: str
    username: str = ""
    is_one_token: bool = False
    is_readable: bool = False
    slips: tuple[Slip, ...] = ()
    password_notes: tuple[tuple[datetime.date, str], ...] = ()

    def password_note(self, today: datetime.date) -> str:
        return next((note for day, note in reversed(self.password_notes) if day <= today), "")


@dataclass(frozen=True)
class ReturnPath:
    """The domain of the envelope sender, which is the one for SPF.

    of_service: one of the service's own, used until the customer sets up one below the domain; empty if it is the
    registered domain. is_confirmed: whether the service is known to use it; if not, SPF is not taken for aligned.
    label: the usual one of a domain of the customer's, or an example if it differs by account. is_default: the service
    sets it up with each domain. The others are the records that it needs; cnames by region.
    """

    of_service: str = ""
    is_confirmed: bool = True
    label: str = ""
    is_default: bool = False
    mx: str = ""  # may contain {region}
    spf_include: str = ""
    cnames: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_known_records(self) -> bool:
        return bool(self.mx or self.spf_include or self.cnames)

    def records(self, name: str, region: str) -> list[dict[str, str]]:
        """The records of a customer's return path, in the form of domain_records."""
        found = []
        if self.cnames:
            found.append({"name": name, "type": "CNAME", "value": self.cnames[region]})
        if self.mx:
            found.append({"name": name, "type": "MX", "value": self.mx.format(region=region)})
        if self.spf_include:
            found.append({"name": name, "type": "TXT", "value": f"v=spf1 include:{self.spf_include} ~all"})
        return found


@dataclass(frozen=True)
class DkimKeys:
    """The common selectors of all customers and the names with the keys, if both are known without an account.

    is_cname: the records are CNAME, else TXT. Empty ``targets``: only the service's console or API shows the values.
    """

    is_cname: bool
    selectors: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class SendingService:
    """One service. An empty text or None: unknown.

    hosts: the SMTP server by region (an empty name without regions). An empty host is unknown. default_region: for
    customers who name none; empty if they must name one, because other regions do not know them. other_hosts: further
    SMTP servers. ports: the preferred one first. spf_include: what the registered domain's SPF record needs.
    sending_label: the usual label of a sending domain below the From domain; empty if the From domain itself is
    registered. console: where a person finds the records. console_records: those that only the console and the API
    show. bounces_reach_odoo: whether a bounce goes to the envelope sender that Odoo set. left_out: what the service
    offers but is only set up on request. by_hand: what only a person can do. sources, checked: where this was read, and
    on which day.
    """

    name: str
    title: str
    kind: str
    hosts: Mapping[str, str]
    ports: tuple[SmtpPort, ...]
    login: SmtpLogin | None
    dkim: DkimKeys
    sources: tuple[str, ...]
    checked: str
    other_hosts: tuple[str, ...] = ()
    default_region: str = ""
    spf_include: str = ""
    return_path: ReturnPath = field(default_factory=ReturnPath)
    sending_label: str = ""
    console: str = ""
    console_records: str = ""
    daily_limit: str = ""
    bounces_reach_odoo: bool | None = None
    replaces_message_id: bool | None = None
    left_out: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    answers: tuple[SmtpAnswer, ...] = ()

    @property
    def regions(self) -> tuple[str, ...]:
        return tuple(region for region in self.hosts if region)

    def encryption_of(self, port: int) -> str:
        """Empty for a port that the service is not known to have."""
        return next((one.encryption for one in self.ports if one.number == port), "")

    @property
    def ports_of_odoo_hosting(self) -> str:
        """The ports that Odoo Online and Odoo.sh can reach, in words."""
        return " or ".join(f"{one.number} ({one.encryption})" for one in self.ports if one.number in ODOO_HOSTING_PORTS)

    def slip_of(self, option: str, value: str) -> str:
        """Why this user name or password cannot be right; empty if it can."""
        slips = self.login.slips if self.login is not None else ()
        return next((one.sentence for one in slips if one.option == option and re.fullmatch(one.pattern, value)), "")
