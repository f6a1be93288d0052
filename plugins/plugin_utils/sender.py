# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One that sends mail of a domain, as its host describes it. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import Service

from .values import stated, texts

SPF_TERMS = ("include", "ip4", "ip6", "a", "mx", "exists")
# What a service fills in where the sender itself says nothing.
SERVICES: Mapping[str, Mapping[str, Any]] = {
    "odoo": {
        "spf": {"include": ["_spf.odoo.com"]},
        "dkim": [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}],
        # bounce@<database>.odoo.com
        "return_path": "odoo.com",
    },
}


class Refused(Exception):
    """The variables of a host cannot be carried out; the text is the whole message."""


@dataclass(frozen=True)
class Sender:
    """``options``: what is stated, with what its service fills in. ``label``: its name among those of its host."""

    domain: str
    options: Mapping[str, Any]
    label: str

    @property
    def name(self) -> str:
        odoo = "Odoo" if self.options.get("service") == "odoo" and not self.is_server else "command line"
        return str(self.options.get("name") or self.options.get("host") or odoo)

    @property
    def is_server(self) -> bool:
        """Whether it is an outgoing mail server in Odoo."""
        return any(self.options.get(part) for part in ("host", "id", "authentication"))

    @property
    def server_name(self) -> str:
        """Odoo's servers are of all companies, so their names tell whose they are."""
        return f"{self.domain} - {self.name}"

    @property
    def is_active(self) -> bool:
        """Whether it is a server that Odoo sends by."""
        return self.is_server and self.options.get("state", "present") == "present"

    @property
    def for_mailings(self) -> bool:
        return self.options.get("use") == "mass_mailing"

    @property
    def spf_terms(self) -> dict[str, Any]:
        terms = self.options.get("spf") or {}
        return {name: terms[name] for name in SPF_TERMS if terms.get(name)}

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
        """The domain of its envelope sender where it puts its own; else empty."""
        return str(self.options.get("return_path") or "").rpartition("@")[2].lower()

    def declared(self) -> dict[str, Any]:
        """As domain_info takes it."""
        path = {"return_path": self.return_path} if self.return_path else {}
        return {"name": self.label, "spf": self.spf_terms, "selectors": self.selectors, **path}

    def service(self, smtp_server: str) -> Service:
        """For the gate. ``smtp_server``: that of odoo.conf."""
        named = (str(self.options.get(part) or "").lower() for part in ("name", "host"))
        of_odoo = self.options.get("service") == "odoo" and not self.is_server
        return Service(
            name=self.label,
            server=self.server_name if self.is_active else "",
            host=str(self.options.get("host") or "") if self.is_active else "",
            command_line=of_odoo or (bool(smtp_server) and smtp_server.lower() in named),
            says_spf=bool(self.spf_terms),
            says_dkim=bool(self.selectors),
            return_path=self.return_path,
            mailings=self.for_mailings,
            id=int(self.options.get("id") or 0),
            authentication=str(self.options.get("authentication") or ""),
            username=str(self.options.get("username") or ""),
            from_filter=tuple(texts(self.options.get("from_filter", [self.domain]))),
        )


def read_senders(domain: str, listed: Iterable[Mapping[str, Any]]) -> tuple[Sender, ...]:
    """Raises Refused."""
    found: dict[str, Sender] = {}
    for number, given in enumerate(listed, start=1):
        one = Sender(domain, _with_service(stated(given), number), "")
        label = one.name if one.name not in found else f"{one.name} ({number})"
        found[label] = Sender(domain, one.options, label)
    return tuple(found.values())


def _with_service(given: dict[str, Any], number: int) -> dict[str, Any]:
    service = given.get("service")
    if service is not None and service not in SERVICES:
        raise Refused(
            f"the service {service!r} of a sender is not known to this release, which knows {', '.join(SERVICES)}. "
            "Give the sender in full instead: name, host, port, encryption, username and password for Odoo, and "
            "spf, dkim and records for DNS."
        )
    full = {**(SERVICES[service] if service else {}), **given}
    if not any(full.get(part) for part in ("host", "id", "authentication", "spf", "dkim", "records")):
        raise Refused(
            f"sender {number} does not say what it needs. Give a service ({', '.join(SERVICES)}), "
            "or a host, spf, dkim or records."
        )
    return full
