# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host of the role custom_domain wants, read from its variables. Pure: no I/O, no Ansible."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check import declared
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.names import custom_domain
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import Setup, ascii_domain
from ansible_collections.postmaster.mail.plugins.module_utils.providers.registry import (
    BACKUPS,
    provider_class,
)

from . import incoming
from .accepted import Acceptance, read_accepted
from .desired_odoo import DesiredOdoo, desired_odoo
from .sender import SPF_TERMS, Refused, Sender, read_senders
from .values import completed, is_true, once, stated, texts

HERE = "localhost"
ENFORCE, WARN, IGNORE = "enforce", "warn", "ignore"  # custom_domain_gate
_PATHS = ("directory", "file", "include_directory", "backup_directory", "ca_path")
_OWN_RECORDS = ("spf", "dmarc", "mx", "records", "ttl")
CHECK_OPTIONS = {**build.OPTIONS, **declared.OPTIONS}


class DnsPlace(NamedTuple):
    """Where a host's DNS is managed, and which servers are queried."""

    run_on: str = HERE
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True)
class HostPlan:
    """Everything that one host wants; the steps derive what they need. Contains secrets, which repr() omits."""

    host: str
    domain: str
    senders: tuple[Sender, ...] = field(default=(), repr=False)
    records: Mapping[str, Any] = field(default_factory=dict)  # the options of domain_records for the domain
    own_records: Mapping[str, Any] = field(default_factory=dict)  # from the variables alone, without the senders
    dns: Mapping[str, Any] = field(default_factory=dict, repr=False)
    zone: str = ""
    place: DnsPlace = DnsPlace()
    wait_timeout: float = 600.0
    wait_interval: float = 10.0
    companies: tuple[str, ...] = ()
    odoo: DesiredOdoo | None = field(default=None, repr=False)
    command_line: Mapping[str, str] = field(default_factory=dict)  # settings in odoo.conf
    gate: str = ENFORCE
    partners: tuple[str, ...] = ()
    test_mailbox: Mapping[str, Any] = field(default_factory=dict, repr=False)
    accepted: tuple[Acceptance, ...] = ()

    def with_senders(self, senders: Sequence[Sender]) -> HostPlan:
        """The plan with what is now known of its senders."""
        return replace(self, senders=tuple(senders), records=_records(senders, self.own_records))

    def with_logins(self, senders: Sequence[Sender]) -> HostPlan:
        """The plan with logins that only the services know."""
        logins = {one.server_name: {key: one.options.get(key) for key in ("username", "password")} for one in senders}
        if self.odoo is None:
            return self
        servers = [{**server, **logins.get(str(server["name"]), {})} for server in self.odoo.servers]
        label = {one.label: one for one in senders}
        known = tuple(label.get(one.label, one) for one in self.senders)
        return replace(self, senders=known, odoo=replace(self.odoo, servers=servers))

    @property
    def wants(self) -> list[str]:
        """What it asks for, in a few words that explain changes to people."""
        senders = [f"{one.name} (mass mailing)" if one.for_mailings else one.name for one in self.senders]
        policy = stated(self.records.get("dmarc")).get("policy")
        return [
            *([f"mail by {' and '.join(senders)}"] if senders else []),
            *([f"DMARC policy {policy}"] if policy else []),
            *(["records of its own"] if any(self.records.get(part) for part in ("mx", "records")) else []),
            *([f"domain of {', '.join(self.companies)}"] if self.companies else []),
        ]

    @property
    def servers(self) -> list[tuple[str, str]]:
        """Its servers in Odoo: the name, and a text to recognise each by."""
        if self.odoo is None:
            return []
        found = [(one, f"sends for {', '.join(one['from_filter']) or 'all'}") for one in self.odoo.servers]
        found += [(one, "fetches") for one in self.odoo.incoming_servers]
        return [
            (str(one["name"]), ", ".join(filter(None, (_address(one), str(one.get("encryption") or ""), use))))
            for one, use in found
            if one["state"] == "present"
        ]

    @property
    def has_records(self) -> bool:
        """Whether it wants any DNS records; if not, it does not wait for DNS."""
        return bool(self.records)

    @property
    def is_guarded(self) -> bool:
        """Whether its mail is judged before Odoo is changed."""
        return self.odoo is not None and self.gate != IGNORE

    @property
    def is_manual(self) -> bool:
        """Whether people enter the records."""
        return bool(self.dns.get("provider") == "manual")

    @property
    def may_be_unpublished(self) -> bool:
        """Whether its zone may contain records that a killed run did not publish."""
        return self.has_records and bool(self.dns) and provider_class(self.dns["provider"]).facts.publishes

    @property
    def published(self) -> dict[str, Any]:
        """As a complete item for domain_records."""
        item = completed(build.OPTIONS, {"domain": self.domain, **self.records})
        return {**item, "dns": self.dns, "zone": self.zone or None}

    @property
    def checked(self) -> dict[str, Any]:
        """As a complete item for domain_info."""
        senders = [sender.declared() for sender in self.senders]
        return completed(CHECK_OPTIONS, {"domain": self.domain, **self.records, "senders": senders})

    @property
    def partner_domains(self) -> list[dict[str, Any]]:
        domains = once(partner.rpartition("@")[2] for partner in self.partners)
        return [completed(CHECK_OPTIONS, {"domain": domain}) for domain in domains]

    @property
    def setup(self) -> Setup:
        """For the gate."""
        smtp_server = str(self.command_line.get("smtp_server") or "")
        return Setup(
            self.host,
            ascii_domain(self.domain),
            tuple(name.strip() for name in self.companies),
            tuple(sender.service(smtp_server) for sender in self.senders),
            "from_filter" in self.command_line,
        )


def _address(server: Mapping[str, Any]) -> str:
    return ":".join(str(server[part]) for part in ("host", "port") if server.get(part))


def read_host_plan(host: str, variables: Mapping[str, Any], folder: str) -> HostPlan:
    """Read what a host wants. ``folder``: the base of relative local paths. Raises Refused."""
    domain = str(_value(variables, "name") or host).strip().rstrip(".")
    run_on = str(_value(variables, "run_on") or HERE)
    try:
        _check_domain(host, domain)
        arriving = incoming.read(host, domain, variables)
        if arriving.mx:
            variables = {**variables, "custom_domain_mx": arriving.mx}
        senders = read_senders(domain, _value(variables, "senders") or (), _value(variables, "accounts"))
        own_records = {f"custom_domain_{name}": _value(variables, name) for name in _OWN_RECORDS}
        wait = stated(_value(variables, "wait"))
        companies = tuple(texts(_value(variables, "companies")))
        connection = absolute(stated(_value(variables, "odoo")), folder)
        return HostPlan(
            host=host,
            domain=domain,
            senders=senders,
            own_records=own_records,
            records=_records(senders, own_records),
            dns=_account(_value(variables, "dns"), folder if run_on == HERE else ""),
            zone=str(_value(variables, "zone") or ""),
            place=DnsPlace(run_on, tuple(texts(_value(variables, "nameservers")))),
            wait_timeout=float(wait.get("timeout", 600)),
            wait_interval=float(wait.get("interval", 10)),
            companies=companies,
            odoo=desired_odoo(host, domain, senders, companies, connection, arriving, variables)
            if connection
            else None,
            command_line=stated(_value(variables, "odoo_command_line")),
            gate=str(_value(variables, "gate") or ENFORCE),
            partners=tuple(texts(_value(variables, "partners"))),
            test_mailbox=stated(_value(variables, "test_mailbox")),
            accepted=read_accepted(_value(variables, "accepted")),
        )
    except Refused as refused:
        raise Refused(f"{domain}: {refused}") from None


def _check_domain(host: str, domain: str) -> None:
    """Raises Refused for an invalid mail domain, and for the name of a web site."""
    try:
        custom_domain(domain)
    except InvalidInput as error:
        raise Refused(str(error)) from None
    if host == domain and domain.lower().startswith("www."):
        raise Refused(
            f"that is the name of a website, and mail addresses have no www: name the host {domain[4:]}. If mail "
            f"should leave as anyone@{domain}, give the host another name, and set custom_domain_name: {domain}."
        )


def absolute(options: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Options with absolute local paths, as the inventory means them.

    Without a folder, the paths belong to another machine and stay as they are.
    """
    whole = dict(options)
    for name in _PATHS if folder else ():
        path = whole.get(name)
        if isinstance(path, str) and path and not path.startswith(("/", "~", "$")):
            whole[name] = os.path.normpath(os.path.join(folder, path))
    return whole


def _account(options: Any, folder: str) -> dict[str, Any]:
    """The dns option; by default, backups are kept beside the inventory."""
    account = stated(options)
    if is_true(account.get("backup")) and folder:
        account.setdefault("backup_directory", BACKUPS)
    return absolute(account, folder)


def _records(senders: Sequence[Sender], variables: Mapping[str, Any]) -> dict[str, Any]:
    ttl = _value(variables, "ttl")
    parts: dict[str, Any] = {
        "spf": _spf([stated(_value(variables, "spf")), *(stated(sender.options.get("spf")) for sender in senders)]),
        "dkim": once(selector for sender in senders for selector in _listed(sender.options.get("dkim"))),
        # a service may require a policy; the host's own settings take precedence
        "dmarc": stated(_value(variables, "dmarc"))
        or next((stated(sender.options["dmarc"]) for sender in senders if sender.options.get("dmarc")), {}),
        "mx": stated(_value(variables, "mx")),
        "records": once(
            [
                *_listed(_value(variables, "records")),
                *(record for sender in senders for record in _listed(sender.options.get("records"))),
            ]
        ),
    }
    return {name: _with_ttl(part, ttl) for name, part in parts.items() if part}


def _spf(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One record for all senders. Settings other than terms, such as ``all``, come from the first part, the domain."""
    merged: dict[str, Any] = {}
    for term in SPF_TERMS:
        values = once(value for part in parts for value in texts(part.get(term)))
        if values:
            merged[term] = values
    own = {option: value for option, value in parts[0].items() if option not in SPF_TERMS}
    # defaults filled in by the type check do not ask for a record
    return {**merged, **own} if merged or any(own.values()) else {}


def _with_ttl(part: Any, ttl: Any) -> Any:
    if ttl is None:
        return part
    if isinstance(part, list):
        return [_with_ttl(one, ttl) for one in part]
    return {"ttl": ttl, **part}


def _listed(entries: Iterable[Any] | None) -> list[dict[str, Any]]:
    return [stated(entry) for entry in entries or []]


def _value(variables: Mapping[str, Any], name: str) -> Any:
    return variables.get(f"custom_domain_{name}")
