# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random databases of several companies, with random servers, DNS and rollouts, and receivers' verdicts on their mail.

The receiver shares no code with the collection: pyspf evaluates SPF, and DMARC alignment means that two domains are
equal. Each case defines which host sends from which address, and for whom it signs.
"""

from __future__ import annotations

import contextlib
import copy
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import dns.name
import dns.rdatatype

from ansible_collections.postmaster.mail.plugins.module_utils.bounded import Limit
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.intents.build import domain_intents
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database import addresses
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.errors import (
    OdooErrorAnswer,
    Secrets,
    refusal,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.http import OdooHttp
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.protocols import Protocol
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.read import RouteReading, read_senders
from ansible_collections.postmaster.mail.plugins.module_utils.receiver.spf_senders import check_anyone, check_terms
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Notes
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import txt
from ansible_collections.postmaster.mail.plugins.plugin_utils import dns as role_dns
from ansible_collections.postmaster.mail.plugins.plugin_utils import odoo as role_odoo
from ansible_collections.postmaster.mail.plugins.plugin_utils.batch import Batch
from ansible_collections.postmaster.mail.plugins.plugin_utils.dns import Answers, Look
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan, read_host_plan
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import HostReport
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused
from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import Validator
from ansible_collections.postmaster.mail.tests.simulators.odoo.database import Database
from ansible_collections.postmaster.mail.tests.simulators.odoo.exceptions import Refusal
from ansible_collections.postmaster.mail.tests.support.fake_dns import FakeResolver
from ansible_collections.postmaster.mail.tests.support.pyspf_judge import by_pyspf

ODOO_ITSELF = ""  # the host from which Odoo sends without a server; it signs as odoo._domainkey
_ODOO_IP = "192.0.2.99"
_KEY = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
_NO_SECRET = Secrets()


class InProcess(Protocol):
    """The stand-in without a network; everything passed is plain JSON."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def execute(
        self, model: str, method: str, ids: list[int] | None, arguments: dict[str, Any], timeout: float | None = None
    ) -> Any:
        positional = [] if ids is None else [list(ids)]
        try:
            return json.loads(json.dumps(self._database.call(2, model, method, positional, copy.deepcopy(arguments))))
        except Refusal as error:
            raise refusal(OdooErrorAnswer(error.name, str(error), model, method), _NO_SECRET) from None


def connected(database: Database) -> Odoo:
    http = OdooHttp("http://odoo.invalid", 60, True, None, Limit())
    return Odoo(http, "demo", InProcess(database), _NO_SECRET, database.version, 20240101)


@dataclass(frozen=True)
class Mail:
    """A mail that leaves: the host, the sender, and the address for bounces."""

    host: str
    from_header: str
    envelope: str

    @property
    def leaves_as(self) -> str:
        return _domain_of(self.from_header)


@dataclass
class Case:
    """``numbers``: of the companies, whose domains are ``d0.example`` and so on."""

    chance: random.Random
    numbers: range
    zones: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)  # by host
    tag: str = ""  # for logins, if databases are used for several cases
    said: list[str] = field(default_factory=list)  # what was done, to explain a failure

    @classmethod
    def of(cls, seed: int) -> Case:
        chance = random.Random(seed)
        case = cls(chance, range(chance.randint(2, 5)))
        case.addresses = {ODOO_ITSELF: _ODOO_IP, "relay.shared.example": "192.0.2.50"}
        case.addresses.update({f"smtp.d{number}.example": f"192.0.2.{10 + number}" for number in case.numbers})
        case._publish_what_is_there()
        return case

    # DNS

    def _publish_what_is_there(self) -> None:
        chance = self.chance
        self.zones["_spf.odoo.com"] = {"TXT": [f"v=spf1 ip4:{_ODOO_IP} -all"]}
        self.zones["odoo._domainkey.odoo.com"] = {"TXT": [_KEY]}
        for number in self.numbers:
            domain = domain_of(number)
            own = f"smtp.{domain}"
            listed = [
                f"ip4:{address}"
                for host, address in self.addresses.items()
                if chance.random() < (0.6 if host == own else 0.3 if host == "relay.shared.example" else 0.1)
            ]
            records = {"MX": [f"10 mx.{domain}."]}
            if chance.random() < 0.85:
                include = ["include:_spf.odoo.com"] if chance.random() < 0.4 else []
                records["TXT"] = [" ".join(["v=spf1", *include, *listed, chance.choice(("-all", "~all"))])]
            self.zones[domain] = records
            if chance.random() < 0.4:
                self.zones[f"odoo._domainkey.{domain}"] = {"CNAME": ["odoo._domainkey.odoo.com."]}
            if chance.random() < 0.85:
                policy = chance.choice(("none", "quarantine", "reject"))
                self.zones[f"_dmarc.{domain}"] = {"TXT": [f"v=DMARC1; p={policy}"]}

    @property
    def resolver(self) -> FakeResolver:
        return FakeResolver(self.zones)

    def policy(self, domain: str) -> str:
        texts = self.zones.get(f"_dmarc.{domain}", {}).get("TXT", [""])
        return texts[0].partition("p=")[2]

    def has_key(self, domain: str, selector: str = "odoo") -> bool:
        return f"{selector}._domainkey.{domain}" in self.zones

    def publish(self, plans: Sequence[HostPlan], modules: Any, check: bool, approved: Any, answers: Answers) -> None:
        """Replaces the providers: the same intents on these zones."""
        for plan in plans:
            told: dict[str, Any] = {"changed": False, "failed": False, "msg": "", "zones": [], "changes": []}
            told.update(warnings=[], left_alone=[])
            draft = Draft(Snapshot(Zone(record_name(plan.domain)), self._record_sets(plan.domain)))
            try:
                for intent in domain_intents(plan.published):
                    intent.revise(draft, Notes())
            except PostmasterError as error:
                answers.domains[plan.domain] = {**told, "failed": True, "msg": str(error)}
                continue
            for after in filter(None, (pair[1] for pair in draft.revised())):
                self._put(after)
            answers.domains[plan.domain] = told

    def _record_sets(self, domain: str) -> list[RecordSet]:
        found = []
        for name, content in self.zones.items():
            if name == domain or name.endswith(f".{domain}"):
                for kind, texts in content.items():
                    rdtype = dns.rdatatype.from_text(kind)
                    values = self.resolver.lookup(dns.name.from_text(name), rdtype).values
                    if kind == "TXT":
                        values = tuple(txt(text.encode()) for text in texts)
                    found.append(RecordSet(dns.name.from_text(name), rdtype, tuple(values), 3600))
        return found

    def _put(self, record_set: RecordSet) -> None:
        name = record_set.name.to_text(omit_final_dot=True)
        kind = dns.rdatatype.to_text(record_set.rdtype)
        texts = [
            b"".join(value.strings).decode() if kind == "TXT" else value.to_text()  # type: ignore[attr-defined]
            for value in record_set.values
        ]
        self.zones.setdefault(name, {})[kind] = texts

    def look(self, calls: Iterable[Look], *dummy: Any) -> Answers:
        """Replaces domain_info, for these domains."""
        found = {item["domain"]: self._seen(item) for call in calls for item in call.domains}
        return Answers({domain: found[domain] for domain in found})

    def _seen(self, item: Mapping[str, Any]) -> dict[str, Any]:
        domain, resolver = item["domain"], self.resolver
        known = {"policy": self.policy(domain) or None, "domain": domain, "organizational_domain": domain}
        policy = {**known, "subdomain_policy": known["policy"], "nonexistent_policy": known["policy"]}
        senders: dict[str, Any] = {}
        for sender in item.get("senders") or ():
            terms = spf.wanted(**(sender.get("spf") or {})).terms(domain)
            keys = [self.has_key(domain, selector) for selector in sender.get("selectors") or ()]
            senders[sender["name"]] = {
                "spf": check_terms(domain, terms, domain, resolver).passes if terms else None,
                "dkim": any(keys) if keys else None,
                "lacking": [],
                "spf_reason": check_anyone(domain, resolver).reason,
            }
        told = {"met": True, "msg": "", "missing": [], "warnings": [], "left_alone": [], "findings": []}
        return {**told, "exists": domain in self.zones, "dmarc_policy": policy, "senders": senders}

    # Odoo

    def fill(self, odoo: Odoo) -> None:
        """Create servers, users, addresses and alias domains by hand; the companies exist."""
        chance = self.chance
        companies = {row["name"]: row["id"] for row in odoo.search_read("res.company", [], ["name"])}
        for number in self.numbers:
            company, domain = companies[f"Company {number}"], domain_of(number)
            odoo.write("res.company", [company], {"email": f"info@{domain}"})
            for index in range(chance.randint(1, 2)):
                of = domain if chance.random() < 0.85 else domain_of(chance.choice(self.numbers))
                login = f"u{index}-{number}"
                values = {"name": login, "login": f"{login}{self.tag}", "email": f"{login}@{of}", "company_id": company}
                odoo.create("res.users", [{**values, "company_ids": [[6, 0, [company]]]}])
            if odoo.version >= 17 and chance.random() < 0.6:
                values = {"name": domain, "default_from": chance.choice(("notifications", "notifications", "hello"))}
                (key,) = odoo.create("mail.alias.domain", [values])
                odoo.write("mail.alias.domain", [key], {"company_ids": [[4, company]]})
        for index in range(chance.choice((0, 0, 1, 2, 3))):
            values = {
                "name": f"by hand {index}",
                "smtp_host": chance.choice([host for host in self.addresses if host]),
                "from_filter": self._filter() or False,
                "sequence": chance.choice((1, 5, 10, 10)),
                "active": chance.random() < 0.85,
            }
            (key,) = odoo.create("ir.mail_server", [values])
            self.said.append(f"server by hand: {values}")
            if chance.random() < 0.2:
                sender = f"news@{domain_of(chance.choice(self.numbers))}"
                odoo.create("mail.template", [{"name": "news", "email_from": sender, "mail_server_id": key}])

    def _filter(self) -> str:
        chance = self.chance
        parts = [domain_of(chance.choice(self.numbers)) for dummy in range(chance.choice((0, 1, 1, 2)))]
        if parts and chance.random() < 0.2:
            parts[0] = f"info@{parts[0]}"
        return ",".join(parts)

    # the rollout

    def plans(self, connection: Mapping[str, Any], gate: str = "enforce") -> list[HostPlan]:
        """Plans for some of the companies, each with some senders."""
        chance = self.chance
        chosen = chance.sample(list(self.numbers), chance.randint(1, len(self.numbers)))
        validator, found = Validator(), []
        for number in chosen:
            senders = self._senders(domain_of(number))
            self.said.append(f"{gate}: {domain_of(number)} with {senders}")
            given = {
                "dns": {"provider": "manual"},
                "odoo": dict(connection),
                "companies": [f"Company {number}"],
                "senders": senders,
                "wait": {"timeout": 0},
                "gate": gate,
            }
            values, faults = validator.validated({f"custom_domain_{name}": one for name, one in given.items()}, {})
            assert not faults, faults
            # Odoo would choose between these two servers at random
            with contextlib.suppress(Refused):
                found.append(read_host_plan(domain_of(number), values, ""))
        return found

    def _senders(self, domain: str) -> list[dict[str, Any]]:
        chance = self.chance
        own = {"name": "own", "host": f"smtp.{domain}", "spf": {"ip4": [self.addresses[f"smtp.{domain}"]]}}
        shared = {"name": "shared", "host": "relay.shared.example", "spf": {"ip4": ["192.0.2.50"]}}
        kinds: list[dict[str, Any]] = [
            {"service": "odoo"},
            {"service": "odoo", "authentication": "cli"},
            own,
            own,
            shared,
            {**own, "spf": {}},
        ]
        senders = [dict(one) for one in chance.sample(kinds, chance.choice((1, 1, 2)))]
        names = [one.get("name") or str(one) for one in senders]
        senders = senders[:1] if len(set(names)) < len(names) else senders
        for one in senders:
            if one.get("host"):
                one.update(username="odoo", password="SECRET")
            if (one.get("host") or one.get("authentication")) and chance.random() < 0.3:
                one["from_filter"] = [part for part in self._filter().split(",") if part]
            if one.get("host") and chance.random() < 0.3:
                one["priority"] = chance.choice((1, 5, 20))
        return senders

    def roll_out(self, plans: Sequence[HostPlan], connect: Any) -> Batch:
        batch = Batch(plans, None, lambda dummy: None)  # type: ignore[arg-type]
        with (
            mock.patch.object(role_dns, "publish_records", self.publish),
            mock.patch.object(role_dns, "look", self.look),
            mock.patch.object(role_odoo, "_MOMENT", 0.0),  # no other run is at work
            mock.patch.object(Odoo, "connect", connect),
            mock.patch.object(HostReport, "see"),  # it keeps all records for people, which nothing here needs
        ):
            batch.roll_out()
        return batch

    # what receivers say

    def rank(self, mail: Mail | None) -> int:
        """Lower is better: 0 if DMARC passes, 5 if Odoo refuses to send."""
        if mail is None:
            return 5
        domain = mail.leaves_as
        # the domain only signs if Odoo itself sends, with its own envelope sender
        by_odoo = mail.host == ODOO_ITSELF
        passes, dummy = by_pyspf(self.resolver, self.addresses[mail.host], mail.envelope, mail.host or "odoo.com")
        passes_spf = passes == "pass" and not by_odoo
        if (by_odoo and self.has_key(domain)) or (passes_spf and _domain_of(mail.envelope) == domain):
            return 0
        policy = self.policy(domain)
        return {"quarantine": 3, "reject": 4}.get(policy, 1 if passes_spf or by_odoo else 2)


def worse(
    case: Case, before: Mapping[Any, Mail | None], ranks: Mapping[Any, int], after: Mapping[Any, Any]
) -> list[str]:
    """The senders whose mail is worse off after a rollout. ``ranks``: before it, with the earlier DNS."""
    found = []
    for sender, mail in after.items():
        if sender in before and case.rank(mail) > ranks[sender]:
            found.append(f"{sender}: {before[sender]} ({ranks[sender]}) became {mail} ({case.rank(mail)})")
    return found


def asked_of(odoo: Odoo, reading: RouteReading, domains: set[str]) -> list[tuple[str, int, int | None]]:
    """Each From in these domains that the database uses: address, company, and the server it names."""
    found = []
    for sender in read_senders(odoo, reading).known.values():
        if addresses.domain_of(sender.address) in domains:
            company = reading.company_of(sender.address)
            companies = sender.companies or [company.id if company is not None else 1]
            found += [(sender.address, number, sender.server_id) for number in companies]
    return found


def domain_of(number: int) -> str:
    return f"d{number}.example"


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].rstrip(">").lower()
