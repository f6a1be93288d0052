# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How mail to a domain reaches Odoo: by redirections, from mailboxes, or by an MX record. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

VARIABLES = ("custom_domain_incoming", "custom_domain_incoming_host", "custom_domain_incoming_servers")
_HOSTED = (".odoo.com", ".odoo.sh")
_PREFERENCE = 10
# below a country's domain, a name under one of these is a whole domain: company-name.co.uk
_OF_REGISTRIES = ("ac", "co", "com", "edu", "gov", "ne", "net", "or", "org")


@dataclass
class Incoming:
    """What one host wants, in the input of the modules; ``refused`` is why it cannot be."""

    mx: dict[str, Any] = field(default_factory=dict)
    redirect_to: str = ""
    servers: list[dict[str, Any]] = field(default_factory=list)
    refused: str = ""

    def fill(self, wish: dict[str, Any]) -> None:
        """Put into the wish of a host what Odoo gets of it."""
        wish["incoming_servers"] = self.servers if wish.get("database") else []
        if self.redirect_to and "alias_domain" in wish:
            wish["alias_domain"]["redirect_to"] = self.redirect_to


def collect(host: str, domain: str, variables: Mapping[str, Any]) -> Incoming:
    way, dummy, listed = (variables.get(name) for name in VARIABLES)
    servers = [_given(server) for server in listed or []]
    if servers and way != "server":
        return _refused(
            f"custom_domain_incoming_servers is given, and custom_domain_incoming is {way or 'none'}: set it to "
            "server, or leave out the servers."
        )
    if way in ("redirect", "server") and not variables.get("custom_domain_odoo"):
        return _refused(f"custom_domain_incoming is {way}, which is about Odoo: give custom_domain_odoo, too.")
    if way == "server":
        return _from_mailboxes(host, domain, servers)
    if way == "redirect":
        target = _target(variables)
        return Incoming(redirect_to=target) if target else _unknown_target(way)
    return _by_mx(domain, variables) if way == "mx" else Incoming()


def _from_mailboxes(host: str, domain: str, servers: list[dict[str, Any]]) -> Incoming:
    if not servers:
        return _refused(
            "custom_domain_incoming is server: name the mailboxes from which Odoo fetches in "
            "custom_domain_incoming_servers."
        )
    return Incoming(servers=[{**server, "name": f"{domain} - {_called(server)}", "owner": host} for server in servers])


def _called(server: Mapping[str, Any]) -> str:
    return str(server.get("name") or server.get("username") or server.get("host") or server.get("type") or "mailbox")


def _by_mx(domain: str, variables: Mapping[str, Any]) -> Incoming:
    target = _target(variables)
    if _given(variables.get("custom_domain_mx")):
        return _refused(
            "custom_domain_incoming is mx, which publishes the MX record, and custom_domain_mx says another: leave out "
            "one of them."
        )
    if not target:
        return _unknown_target("mx")
    hosted = target.endswith(_HOSTED) or _url_host(variables).endswith(_HOSTED)
    if hosted and _is_apex(domain, str(variables.get("custom_domain_zone") or "")):
        return _refused(
            "custom_domain_incoming is mx, and Odoo Online and Odoo.sh take mail in for a dedicated subdomain only, "
            f"not for a whole domain: make a host of its own for a subdomain, such as mail.{domain}, or set "
            "custom_domain_incoming: redirect. If it is a subdomain, say in custom_domain_zone of which zone."
        )
    return Incoming(mx={"exchanges": [{"preference": _PREFERENCE, "host": target}]})


def _is_apex(domain: str, zone: str) -> bool:
    """Whether a domain is one that someone registered: as the zone says, or else by its labels."""
    if zone:
        return zone.strip().rstrip(".").lower() == domain.lower()
    labels = domain.lower().split(".")
    below_a_registry = len(labels) == 3 and len(labels[2]) == 2 and labels[1] in _OF_REGISTRIES
    return len(labels) < 3 or below_a_registry


def _target(variables: Mapping[str, Any]) -> str:
    """Where Odoo takes mail in; a database of Odoo Online or Odoo.sh does at its own subdomain."""
    stated = str(variables.get("custom_domain_incoming_host") or "").strip().rstrip(".").lower()
    own = _url_host(variables)
    return stated or (own if own.endswith(".odoo.com") else "")


def _url_host(variables: Mapping[str, Any]) -> str:
    url = str(_given(variables.get("custom_domain_odoo")).get("url") or "")
    return url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()


def _unknown_target(way: str) -> Incoming:
    return _refused(
        f"custom_domain_incoming is {way}: say in custom_domain_incoming_host where Odoo takes mail in, such as "
        "company-name.odoo.com, or the host that runs the mail gateway of your own Odoo."
    )


def _refused(why: str) -> Incoming:
    return Incoming(refused=why)


def _given(options: Any) -> dict[str, Any]:
    return {key: value for key, value in dict(options or {}).items() if value is not None}
