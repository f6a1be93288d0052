# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How mail to a domain reaches Odoo: redirections, mailboxes, or an MX record. Pure: no I/O, no Ansible."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .sender import Refused
from .values import stated

_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?")
_HOSTED = (".odoo.com", ".odoo.sh")
# second-level labels of country domains: company-name.co.uk is a registered domain
_OF_REGISTRIES = ("ac", "co", "com", "edu", "gov", "ne", "net", "or", "org")


@dataclass(frozen=True)
class Incoming:
    """What one host wants, as input of the modules."""

    mx: dict[str, Any] = field(default_factory=dict)
    redirect_to: str = ""
    servers: list[dict[str, Any]] = field(default_factory=list)


def read(host: str, domain: str, variables: Mapping[str, Any]) -> Incoming:
    """Raises Refused."""
    way = variables.get("custom_domain_incoming")
    servers = [stated(server) for server in variables.get("custom_domain_incoming_servers") or []]
    if servers and way != "server":
        raise Refused(
            f"custom_domain_incoming_servers is given, but custom_domain_incoming is {way or 'none'}: set it to "
            "server, or leave out the servers."
        )
    if way in ("redirect", "server") and not variables.get("custom_domain_odoo"):
        raise Refused(f"custom_domain_incoming is {way}, which is about Odoo: also give custom_domain_odoo.")
    if way == "server":
        return _from_mailboxes(host, domain, servers)
    if way == "redirect":
        target = _target(variables)
        if not target:
            raise _unknown_target(way)
        return Incoming(redirect_to=target)
    return _by_mx(domain, variables) if way == "mx" else Incoming()


def _from_mailboxes(host: str, domain: str, servers: list[dict[str, Any]]) -> Incoming:
    if not servers:
        raise Refused(
            "custom_domain_incoming is server: list the mailboxes that Odoo fetches from in "
            "custom_domain_incoming_servers."
        )
    return Incoming(servers=[{**server, "name": f"{domain} - {_called(server)}", "owner": host} for server in servers])


def _called(server: Mapping[str, Any]) -> str:
    return str(server.get("name") or server.get("username") or server.get("host") or server.get("type") or "mailbox")


def _by_mx(domain: str, variables: Mapping[str, Any]) -> Incoming:
    target = _target(variables)
    if stated(variables.get("custom_domain_mx")):
        raise Refused(
            "custom_domain_incoming is mx, which publishes the MX record, but custom_domain_mx states another one: "
            "leave out one of them."
        )
    if not target:
        raise _unknown_target("mx")
    hosted = target.endswith(_HOSTED) or _url_host(variables).endswith(_HOSTED)
    if hosted and _is_apex(domain, str(variables.get("custom_domain_zone") or "")):
        raise Refused(
            "custom_domain_incoming is mx, but Odoo Online and Odoo.sh receive mail only for a dedicated subdomain, "
            f"not for a whole domain: add a host for a subdomain, such as mail.{domain}, or set "
            "custom_domain_incoming: redirect. If this is a subdomain, name its zone in custom_domain_zone."
        )
    return Incoming(mx={"exchanges": [{"host": target}]})


def _is_apex(domain: str, zone: str) -> bool:
    """Whether a domain is a registered one, judged by the zone, or else by its labels."""
    if zone:
        return zone.strip().rstrip(".").lower() == domain.lower()
    return domain.count(".") < 2 or below_registry(domain)


def below_registry(domain: str) -> bool:
    """Whether a name with three labels is a registered domain, as company-name.co.uk."""
    labels = domain.lower().split(".")
    return len(labels) == 3 and len(labels[2]) == 2 and labels[1] in _OF_REGISTRIES


def _target(variables: Mapping[str, Any]) -> str:
    """Where Odoo receives mail; on Odoo Online and Odoo.sh, at the database's own subdomain."""
    stated = str(variables.get("custom_domain_incoming_host") or "").strip().rstrip(".").lower()
    if stated and not _HOST.fullmatch(stated):
        raise Refused(
            f"custom_domain_incoming_host is {stated!r}, but must be only the name of a host, such as "
            "company-name.odoo.com."
        )
    own = _url_host(variables)
    return stated or (own if own.endswith(".odoo.com") else "")


def _url_host(variables: Mapping[str, Any]) -> str:
    url = str(stated(variables.get("custom_domain_odoo")).get("url") or "")
    return url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()


def _unknown_target(way: str) -> Refused:
    return Refused(
        f"custom_domain_incoming is {way}: say in custom_domain_incoming_host where Odoo receives mail, such as "
        "company-name.odoo.com, or the host that runs the mail gateway of your own Odoo."
    )
