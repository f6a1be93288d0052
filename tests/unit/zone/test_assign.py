# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which zone a record is written to: the one in which resolvers look its name up."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dns.name
import dns.rdata
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.zone import engine
from ansible_collections.postmaster.mail.plugins.module_utils.zone.assign import Part, assign
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import Request
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, Snapshot, Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import enclosing
from ansible_collections.postmaster.mail.plugins.module_utils.zone.scheduling import Place
from ansible_collections.postmaster.mail.tests.support.memory import GOOGLE, ODOO, Memory, name, run_items

DMARC = {"domain": "company-name.com", "dmarc": {"policy": "none"}}
DELEGATED = "_dmarc.company-name.com 60 NS ns1.other.example."


class Unlisted(Memory):
    """A provider that does not list its zones: each is asked for by name."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.lists_all = False


@pytest.mark.parametrize(
    "provider",
    [
        Memory({"company-name.com": GOOGLE, "_dmarc.company-name.com": ""}),
        Memory({"company-name.com": GOOGLE + DELEGATED, "_dmarc.company-name.com": ""}),
        Unlisted({"company-name.com": GOOGLE + DELEGATED, "_dmarc.company-name.com": ""}),
    ],
    ids=["listed", "listed and delegated", "delegated"],
)
def test_a_record_is_written_to_the_zone_of_its_name(provider: Memory) -> None:
    before = provider.text("company-name.com")
    planned = run_items(provider, {**DMARC, "spf": ODOO["spf"]}, check_mode=True)["company-name.com"]
    result = run_items(provider, {**DMARC, "spf": ODOO["spf"]})["company-name.com"]
    assert (planned.error, result.error, result.diff) == (None, None, planned.diff)
    assert provider.text("_dmarc.company-name.com") == ['_dmarc.company-name.com 3600 TXT "v=DMARC1; p=none"']
    assert [line for line in provider.text("company-name.com") if "spf1" not in line] == [
        line for line in before if "spf1" not in line
    ]
    assert sorted(result.zones) == ["_dmarc.company-name.com", "company-name.com"]
    again = run_items(provider, {**DMARC, "spf": ODOO["spf"]})["company-name.com"]
    assert (again.error, again.changed) == (None, False)


@pytest.mark.parametrize("others", [[], ["other.example"]], ids=["alone", "in a batch"])
def test_nothing_is_written_to_a_zone_that_is_not_delegated(others: list[str]) -> None:
    provider = Memory({"company-name.com": GOOGLE, "_dmarc.company-name.com": "", "other.example": ""})
    provider.facts = dataclasses.replace(provider.facts, one_server=False)
    result = run_items(provider, DMARC, *({"domain": other, "dmarc": {}} for other in others))["company-name.com"]
    assert (result.error, result.zones) == (None, ["company-name.com"])
    assert provider.text("_dmarc.company-name.com") == []


def test_the_returned_name_servers_are_the_ns_records_of_the_first_zone() -> None:
    servers = "\ncompany-name.com 60 NS ns2.Hoster.example.\ncompany-name.com 60 NS ns1.hoster.example.\n"
    provider = Memory({"company-name.com": GOOGLE + DELEGATED + servers, "_dmarc.company-name.com": ""})
    result = run_items(provider, {**DMARC, "spf": ODOO["spf"]}, check_mode=True)["company-name.com"]
    assert result.zones[0] == "company-name.com"
    assert result.name_servers == ("ns1.hoster.example", "ns2.hoster.example")


def test_without_a_delegation_no_other_zone_is_asked_for() -> None:
    provider = Unlisted({"company-name.com": GOOGLE, "_dmarc.company-name.com": ""})
    provider.get_zone = lambda zone: pytest.fail(f"asked for {zone}")  # type: ignore[method-assign]
    result = run_items(provider, DMARC)["company-name.com"]
    assert (result.error, provider.reads) == (None, ["company-name.com"])


def test_in_a_batch_a_failing_delegated_zone_stops_no_other() -> None:
    zones = {"company-name.com": GOOGLE + DELEGATED, "_dmarc.company-name.com": "", "other.example": ""}
    provider = Unlisted(zones)
    provider.refuse_to_read["_dmarc.company-name.com"] = ProviderError("Out of order.")
    results = run_items(provider, {**DMARC, "spf": ODOO["spf"]}, {"domain": "other.example", "dmarc": {}})
    assert results["company-name.com"].error == "_dmarc.company-name.com: Out of order."
    assert any("include:_spf.odoo.com" in line for line in provider.text("company-name.com"))
    assert results["other.example"].error is None


def test_a_given_zone_is_used_even_if_the_name_is_delegated() -> None:
    provider = Memory({"company-name.com": GOOGLE + DELEGATED, "_dmarc.company-name.com": ""})
    result = run_items(provider, {**DMARC, "zone": "company-name.com"})["company-name.com"]
    assert "_dmarc.company-name.com is delegated to ns1.other.example" in (result.error or "")


def test_a_delegation_itself_belongs_to_the_zone_above() -> None:
    provider = Memory({"company-name.com": GOOGLE + DELEGATED, "_dmarc.company-name.com": ""})
    provider.lists_all = False
    item = {"name": "_dmarc.company-name.com", "type": "NS", "value": "ns2.other.example"}
    result = run_items(provider, {"domain": "company-name.com", "records": [item]})["company-name.com"]
    assert (result.error, result.zones) == (None, ["company-name.com"])


class Hiding(Unlisted):
    """A single server for all zones, so each of them answers for its names even without a delegation."""

    def zones_below(self, zone: Zone, names: Iterable[dns.name.Name]) -> Mapping[dns.name.Name, Zone]:
        known = {one: Zone(one) for one in self.zones if one != zone.name}
        below = (enclosing(owner, known) for owner in names)
        return {one.name: one for one in below if one is not None}


def test_the_delegation_of_a_zone_on_the_same_server_is_written_to_the_zone_above() -> None:
    provider = Hiding({"company-name.com": GOOGLE, "_dmarc.company-name.com": ""})
    item = {"name": "_dmarc.company-name.com", "type": "NS", "value": "ns1.company-name.com"}
    result = run_items(provider, {**DMARC, "records": [item]})["company-name.com"]
    assert (result.error, sorted(result.zones)) == (None, ["_dmarc.company-name.com", "company-name.com"])
    assert provider.text("_dmarc.company-name.com") == ['_dmarc.company-name.com 3600 TXT "v=DMARC1; p=none"']
    assert "_dmarc.company-name.com 3600 NS ns1.company-name.com." in provider.text("company-name.com")


class Watched(Hiding):
    """The first read of the zone below waits a moment for a second read of it."""

    def __init__(self, zones: Mapping[str, str]) -> None:
        super().__init__(zones)
        self.first, self.second = threading.Event(), threading.Event()

    def read(self, zone: Zone, keys: frozenset[Key]) -> Snapshot:
        if zone.name == name("_dmarc.company-name.com"):
            if not self.first.is_set():
                self.first.set()
                assert not self.second.wait(0.3), "two visits of a zone at the same time"
            self.second.set()
        return super().read(zone, keys)


def test_a_zone_in_progress_is_visited_again_for_further_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    provider = Watched({"company-name.com": GOOGLE, "_dmarc.company-name.com": "", "other.example": ""})

    def assigned(requests: Sequence[Request], *given: Any) -> dict[Place, Any]:
        work = assign(requests, *given)
        child = Zone(name("_dmarc.company-name.com"))
        item = {"name": str(child), "type": "TXT", "value": "a note"}
        part = Part(name("other.example"), list(build.domain_intents({"domain": "other.example", "records": [item]})))
        return {Place(provider, child.name): (child, [part]), **work}

    monkeypatch.setattr(engine, "assign", assigned)
    results = run_items(provider, DMARC, {"domain": "other.example", "dmarc": {}})
    assert provider.first.is_set() and provider.second.is_set()
    assert [result.error for result in results.values()] == [None, None]
    assert provider.text("_dmarc.company-name.com") == [
        '_dmarc.company-name.com 3600 TXT "a note"',
        '_dmarc.company-name.com 3600 TXT "v=DMARC1; p=none"',
    ]


@pytest.mark.parametrize("hidden", ["", '_dmarc.company-name.com 60 TXT "v=DMARC1; p=none"\n'])
def test_a_record_hidden_by_a_delegation_is_refused(hidden: str) -> None:
    provider = Memory({"company-name.com": hidden + DELEGATED})
    result = run_items(provider, DMARC)["company-name.com"]
    assert "_dmarc.company-name.com is delegated to ns1.other.example" in (result.error or "")


def test_a_record_below_a_dname_is_refused() -> None:
    provider = Memory({"company-name.com": "_domainkey.company-name.com 60 DNAME keys.hoster.example."})
    result = run_items(provider, {"domain": "company-name.com", "dkim": ODOO["dkim"]}, check_mode=True)
    assert result["company-name.com"].error == (
        "odoo._domainkey.company-name.com CNAME would not be seen: _domainkey.company-name.com is a DNAME of "
        "keys.hoster.example, which stands for all names below it. Set the record below keys.hoster.example, or remove "
        "the DNAME."
    )
