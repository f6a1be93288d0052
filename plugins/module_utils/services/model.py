# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a service that sends mail, whoever the customer is. Pure: no I/O, no Ansible."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

RELAY = "relay"  # sends as any address of a domain that is verified there
MAILBOX = "mailbox"  # sends only as the address that logs in
OWN = "own"  # the servers of Odoo Online and Odoo.sh
STARTTLS, TLS = "starttls", "tls"
ODOO_HOSTING_PORTS = (465, 587, 2525)  # Odoo Online and Odoo.sh reach no others


class SmtpPort(NamedTuple):
    number: int
    encryption: str  # STARTTLS or TLS


class Slip(NamedTuple):
    """A user name or password that can not be right, and what to do. ``pattern`` is matched with all of it."""

    option: str  # username or password
    pattern: str
    sentence: str


class SmtpAnswer(NamedTuple):
    """What an answer of the SMTP server means at this service. ``pattern`` is searched for."""

    pattern: str
    sentence: str


@dataclass(frozen=True)
class SmtpLogin:
    """How Odoo logs in.

    username: the same word for all accounts; empty if each has its own. is_one_token: it is the password, too.
    is_readable: the API tells both to who has the account.
    password_notes: from a day on, what to know of passwords; the last that has come holds.
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
    """The domain of the envelope sender, and so of SPF.

    of_service: one of the service's own, used until the customer sets up one below the domain; empty if it is the
    registered domain. is_confirmed: whether the service is known to use it; if not, SPF is not taken for aligned.
    label: the usual one of a domain of the customer's, or an example if it differs by account. is_default: the service
    sets it up with each domain. The others are the records that it needs; cnames by region.
    """

    of_service: str = ""
    is_confirmed: bool = True
    label: str = ""
    is_default: bool = False
    mx: str = ""  # with {region}
    spf_include: str = ""
    cnames: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_known_records(self) -> bool:
        return bool(self.mx or self.spf_include or self.cnames)

    def records(self, name: str, region: str) -> list[dict[str, str]]:
        """What a return path of the customer's needs, in the shape that domain_records takes."""
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
    """The selectors that every customer has, and the names that hold the keys, where both are known without an account.

    is_cname: the records are CNAME; else TXT. Empty ``targets``: only the service's console or API shows the values.
    """

    is_cname: bool
    selectors: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class SendingService:
    """One service. An empty text or None is what is not known.

    hosts: the SMTP server by region; by an empty name where there are no regions. An empty host is not known.
    default_region: where a customer is who names none; empty if they must, as another region does not know them.
    other_hosts: servers that it has beside them. ports: the preferred one first.
    spf_include: what the SPF record of the registered domain needs.
    sending_label: the usual label of a sending domain below that of the From; empty if the From domain is registered.
    console: where a person finds the records. console_records: those that nothing but it and the API show.
    bounces_reach_odoo: whether a bounce goes to the envelope sender that Odoo gave.
    left_out: what the service offers and is not set up unless asked. by_hand: what only a person can do.
    sources, checked: where this was read, and on which day.
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
        """Empty for a port that the service does not have, as far as is known."""
        return next((one.encryption for one in self.ports if one.number == port), "")

    @property
    def ports_of_odoo_hosting(self) -> str:
        """Those that Odoo Online and Odoo.sh reach, for people."""
        return " or ".join(f"{one.number} ({one.encryption})" for one in self.ports if one.number in ODOO_HOSTING_PORTS)

    def slip_of(self, option: str, value: str) -> str:
        """Why this user name or password can not be right; empty if it can."""
        slips = self.login.slips if self.login is not None else ()
        return next((one.sentence for one in slips if one.option == option and re.fullmatch(one.pattern, value)), "")
