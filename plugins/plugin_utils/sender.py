# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service or server that sends mail for a domain, as its host describes it. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import Service
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import Desired
from ansible_collections.postmaster.mail.plugins.module_utils.services.model import MAILBOX, OWN, SendingService
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES

from .accounts import Accounts, with_account
from .by_service import filled
from .values import once, stated, texts

SPF_TERMS = ("include", "ip4", "ip6", "a", "mx", "exists")


class Refused(Exception):
    """A host's variables cannot be carried out; the text is the complete message."""


@dataclass(frozen=True)
class Sender:
    """``options``: as stated, completed from its service. ``label``: its unique name within the host."""

    domain: str
    options: Mapping[str, Any]
    label: str

    @property
    def name(self) -> str:
        stated = self.options.get("name")
        if self._service is not None and self._service.kind != OWN:
            return str(stated or self._service.title)
        usual = "Odoo" if self._service is not None and not self.is_server else "command line"
        return str(stated or self.options.get("host") or usual)

    @property
    def _service(self) -> SendingService | None:
        return SERVICES.get(str(self.options.get("service")))

    @property
    def is_server(self) -> bool:
        """Whether it is an outgoing mail server in Odoo."""
        return any(self.options.get(part) for part in ("host", "id", "authentication"))

    @property
    def server_name(self) -> str:
        """Its name in Odoo, where servers are shared by all companies, so the name says whose it is."""
        return f"{self.domain} - {self.name}"

    @property
    def is_active(self) -> bool:
        """Whether Odoo sends through it."""
        return self.is_server and self.options.get("state", "present") == "present"

    @property
    def for_mailings(self) -> bool:
        return self.options.get("use") == "mass_mailing"

    @property
    def is_mailbox(self) -> bool:
        """Whether it sends only as the addresses in its FROM filter."""
        return self._service is not None and self._service.kind == MAILBOX

    @property
    def service_name(self) -> str:
        """From the catalogue; empty for a sender that is described in full."""
        return self._service.name if self._service is not None else ""

    @property
    def account(self) -> Mapping[str, Any]:
        """Its account at the service; empty if it names none."""
        return self.options.get("account") or {}

    @property
    def registration(self) -> Desired | None:
        """What is wanted at the service; None without an account."""
        return self.options.get("registration")

    @property
    def has_login_to_read(self) -> bool:
        """Whether only its service's API knows its server's login."""
        login = self._service.login if self._service is not None else None
        is_readable = bool(login and login.is_readable and self.account) and not self.options.get("password")
        return is_readable and self.is_server

    def with_login(self, username: str, password: str) -> Sender:
        return Sender(self.domain, {**self.options, "username": username, "password": password}, self.label)

    def registered(self, found: Mapping[str, Any]) -> Sender:
        """The sender with the DNS records that its service asks for."""
        own = self.options
        parts = {
            "dkim": once([*(own.get("dkim") or ()), *found.get("dkim", ())]),
            "records": once([*(own.get("records") or ()), *found.get("records", ())]),
            "spf": own.get("spf") or found.get("spf"),
            "dmarc": found.get("dmarc"),
        }
        stated_parts = {name: part for name, part in parts.items() if part}
        return Sender(self.domain, {**own, **stated_parts, "return_path": found["return_path"]}, self.label)

    @property
    def spf_terms(self) -> dict[str, Any]:
        terms = self.options.get("spf") or {}
        return {name: terms[name] for name in SPF_TERMS if terms.get(name)}

    @property
    def path_spf(self) -> dict[str, Any]:
        """The SPF terms for its envelope sender: a return path has its own record."""
        return dict(self.options.get("path_spf") or self.spf_terms)

    @property
    def selectors(self) -> list[str]:
        """The DKIM selectors that it signs with."""
        return [
            key["selector"]
            for key in self.options.get("dkim") or ()
            if key.get("selector") and (key.get("state") or "present") == "present"
        ]

    @property
    def return_path(self) -> str:
        """The domain of its envelope sender if it sets its own; else empty."""
        return str(self.options.get("return_path") or "").rpartition("@")[2].lower()

    def declared(self) -> dict[str, Any]:
        """As input of domain_info."""
        path = {"return_path": self.return_path} if self.return_path else {}
        signing = str(self.options.get("signing_domain") or "")
        if signing:
            path["signing_domain"] = signing
        return {"name": self.label, "spf": self.path_spf, "selectors": self.selectors, **path}

    def service(self, smtp_server: str) -> Service:
        """For the gate. ``smtp_server``: the setting in odoo.conf."""
        named = (str(self.options.get(part) or "").lower() for part in ("name", "host"))
        of_odoo = self._service is not None and self._service.kind == OWN and not self.is_server
        return Service(
            name=self.label,
            server=self.server_name if self.is_active else "",
            host=str(self.options.get("host") or "") if self.is_active else "",
            command_line=of_odoo or (bool(smtp_server) and smtp_server.lower() in named),
            says_spf=bool(self.path_spf),
            says_dkim=bool(self.selectors),
            return_path=self.return_path,
            mailings=self.for_mailings,
            id=int(self.options.get("id") or 0),
            authentication=str(self.options.get("authentication") or ""),
            username=str(self.options.get("username") or ""),
            from_filter=tuple(texts(self.options.get("from_filter", [self.domain]))),
        )


def read_senders(
    domain: str, listed: Iterable[Mapping[str, Any]], accounts: Accounts | None = None
) -> tuple[Sender, ...]:
    """``accounts``: at sending services, by the names that senders refer to. Raises Refused."""
    found: dict[str, Sender] = {}
    for number, given in enumerate(listed, start=1):
        one = Sender(domain, _complete(domain, stated(given), number, accounts or {}), "")
        label = one.name if one.name not in found else f"{one.name} ({number})"
        found[label] = Sender(domain, one.options, label)
    return tuple(found.values())


def _complete(domain: str, given: dict[str, Any], number: int, accounts: Accounts) -> dict[str, Any]:
    """Complete a sender from its account and its service."""
    try:
        if given.get("account"):
            given = with_account(given, accounts)
        full = filled(domain, given) if given.get("service") else given
    except InvalidInput as error:
        raise Refused(f"sender {number}: {error}") from None
    if not any(full.get(part) for part in ("host", "id", "authentication", "spf", "dkim", "records", "registration")):
        raise Refused(
            f"sender {number} does not say what it needs. Give a service ({', '.join(SERVICES)}), "
            "or a host, spf, dkim or records."
        )
    return full
