# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first inventory entry: what a domain shows now, as role variables. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import dkim, dmarc, mx, spf
from ansible_collections.postmaster.mail.plugins.module_utils.services.model import MAILBOX, SendingService
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES

from .sender import SPF_TERMS

Share = Mapping[str, Any]
_TEMPLATE_MARKS = ("{{", "{%", "{#")  # foreign records must not become templates in an inventory
# Parts of the names of a provider's name servers, and our name of the provider
_NAME_SERVERS = (
    (".ns.cloudflare.com", "cloudflare"),
    (".awsdns-", "route53"),
    (".ovh.net", "ovh"),
    (".anycast.me", "ovh"),
    (".domaincontrol.com", "godaddy"),
    (".registrar-servers.com", "namecheap"),
    (".googledomains.com", "google_cloud_dns"),
    (".azure-dns.", "azure_dns"),
)
HOSTED = frozenset(provider for dummy, provider in _NAME_SERVERS)


class _Dumper(yaml.SafeDumper):
    """Indents lists."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def first_entry(domain: str, info: Share) -> str:
    """An inventory host for a domain as DNS shows it now. ``info``: from domain_info.

    A rollout of it changes nothing, and verify reports later changes.
    """
    variables = _variables(domain, info)
    provider = provider_of(info["delegated_to"])
    hints = []
    if provider:
        hints.append(
            f"# Its name servers look like {provider}: docs/providers/{provider}.md says how to let runs write"
        )
    if not any(sender.get("service") == "odoo" for sender in variables.get("custom_domain_senders", ())):
        hints.append("# Add {service: odoo} to custom_domain_senders so that Odoo's own servers may send as the domain")
    text = yaml.dump({domain: variables}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    head, dummy, rest = text.partition("\n")
    return "\n".join([head, *(f"  {hint}" for hint in hints), rest.rstrip("\n")]) + "\n"


def provider_of(name_servers: Sequence[str]) -> str:
    """The provider that seems to run the name servers; empty if unknown or not unique."""
    found = {next((provider for mark, provider in _NAME_SERVERS if mark in f".{name}"), "") for name in name_servers}
    return found.pop() if len(found) == 1 else ""


def _variables(domain: str, info: Share) -> dict[str, Any]:
    senders = list(_senders(domain, info))
    parts: dict[str, Any] = {
        "dns": {"provider": "manual"},
        "senders": senders,
        "dmarc": _dmarc(domain, info["dmarc"]),
        "mx": _mx(info["mx"]),
    }
    return {f"custom_domain_{name}": part for name, part in parts.items() if part}


def _senders(domain: str, info: Share) -> Iterator[dict[str, Any]]:
    """Each include of the SPF record becomes a sender; so do the other terms together, and keys without an owner."""
    terms = _spf_terms(domain, info["spf"])
    keys = [one for one in map(_key, info["dkim"].items()) if one is not None]
    for include in terms.pop("include", ()):
        service = _service(include)
        own = [key for key in keys if _same_company(include, key.get("cname", ""))]
        if service is not None:
            own += [key for key in keys if key["selector"] in service.dkim.selectors and key not in own]
        keys = [key for key in keys if key not in own]
        if service is not None and service.dkim.targets:
            yield {"service": service.name}
            continue
        if service is not None and (own or service.kind == MAILBOX):
            yield {"service": service.name, **({"dkim": own} if own else {})}
            continue
        yield {"name": include, "spf": {"include": [include]}, **({"dkim": own} if own else {})}
    if terms or keys:
        yield {"name": "others", **({"spf": terms} if terms else {}), **({"dkim": keys} if keys else {})}


def _service(include: str) -> SendingService | None:
    """The service that needs this include, if nothing about the account must be known."""
    found = (one for one in SERVICES.values() if one.spf_include == include)
    return next((one for one in found if len(one.regions) < 2 or one.default_region), None)


def _spf_terms(domain: str, records: Sequence[str]) -> dict[str, list[str]]:
    """The terms of the one record that the role can express; it keeps all others as they are."""
    found: dict[str, list[str]] = {}
    try:
        record = spf.parse(records[0].encode("ascii"), domain) if len(records) == 1 else None
    except (InvalidInput, UnicodeError):
        record = None
    for term in record.reachable if record is not None else ():
        if term.name in SPF_TERMS and term.qualifier == "+" and not _is_template(term.value):
            value = term.value or domain
            try:
                said: dict[str, Any] = {term.name: [value]}
                wanted = spf.wanted(**said).terms(domain)
            except InvalidInput:
                continue
            if [one.key(domain) for one in wanted] == [term.key(domain)]:
                found.setdefault(term.name, []).append(value)
    return found


def _key(pair: tuple[str, Share]) -> dict[str, Any] | None:
    selector, info = pair
    if info["cname"]:
        return None if _is_template(info["cname"]) else {"selector": selector, "cname": info["cname"].rstrip(".")}
    try:
        record = dkim.parse(info["txt"][0].encode("utf-8")) if len(info["txt"]) == 1 else None
    except InvalidInput:
        record = None
    if record is None or record.key is None or record.key_type not in ("rsa", "ed25519"):
        return None
    return {"selector": selector, "public_key": (record.tag("p") or "").replace(" ", "")}


def _dmarc(domain: str, records: Sequence[str]) -> dict[str, Any]:
    try:
        record = dmarc.parse(records[0].encode("utf-8"), domain) if len(records) == 1 else None
    except InvalidInput:
        record = None
    if record is None or record.policy is None:
        return {}
    reports = [one for one in record.aggregate_reports if one.startswith("mailto:") and not _is_template(one)]
    return {"policy": record.policy, **({"aggregate_reports": reports} if reports else {})}


def _mx(exchanges: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All exchangers or none: only some of them would be a different configuration."""
    try:
        mx.exchanges(exchanges)
    except InvalidInput:
        return {}
    unusual = any(_is_template(one["host"]) for one in exchanges)
    return {} if unusual or not exchanges else {"exchanges": [dict(one) for one in exchanges]}


def _same_company(include: str, target: str) -> bool:
    """Whether an include and the target of a key's CNAME belong to one service."""
    return bool(target) and include.split(".")[-2:] == target.rstrip(".").split(".")[-2:]


def _is_template(text: str) -> bool:
    return any(mark in text for mark in _TEMPLATE_MARKS)
