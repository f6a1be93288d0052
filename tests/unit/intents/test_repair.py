# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Malformed records are refused with what was probably meant, and corrected with ``repair: true``."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import DomainResult, Request, run
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import RecordSet
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import to_display, txt
from ansible_collections.postmaster.mail.tests.support.memory import Memory, name, parse

DOMAIN = "company-name.com"
KEY = "Eb92ifuLtKrSCYLJjmdSIvYwTUNr8Ao/SBdxHSH0Jlk="
OTHER = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="


def zone(owner: str, *values: str) -> Memory:
    memory = Memory({DOMAIN: ""})
    record_set = RecordSet(name(owner), txt(b"").rdtype, tuple(txt(value.encode()) for value in values), 60)
    memory.zones[name(DOMAIN)] = {record_set.key: record_set}
    return memory


def held(memory: Memory) -> list[str]:
    return sorted(to_display(value) for each in memory.zones[name(DOMAIN)].values() for value in each.values)


def ensured(memory: Memory, **wanted: Any) -> DomainResult:
    """The result of a run; a second one must change nothing."""

    def result() -> DomainResult:
        intents = tuple(build.domain_intents({"domain": DOMAIN, **wanted}))
        return run([Request(name(DOMAIN), memory, intents)])[name(DOMAIN)]

    done = result()
    again = result()
    assert (again.changed, again.error) == (False, done.error)
    return done


SLIPS = ['"v=spf1 include:a.example -all"', " v=spf1 include:a.example -all", "v=spf1\tinclude:a.example -all"]


class TestSpf:
    @pytest.mark.parametrize("slip", [*SLIPS, "v=spf1 include=a.example -all", "v=spf1 include: a.example -all"])
    def test_repair_corrects_a_malformed_record(self, slip: str) -> None:
        memory = zone(DOMAIN, slip, "other")
        done = ensured(memory, spf={"include": ["b.example"], "repair": True})
        assert done.error is None
        assert held(memory) == ["other", "v=spf1 include:b.example include:a.example -all"]
        assert 'is read as "v=spf1 include:a.example -all"' in done.notes.warnings[0]

    @pytest.mark.parametrize("slip", [*SLIPS, "v=spf1 include: a.example -all"])
    def test_a_malformed_record_is_refused_with_what_was_probably_meant(self, slip: str) -> None:
        memory = zone(DOMAIN, slip)
        done = ensured(memory, spf={"include": ["b.example"]})
        assert 'Probably meant: "v=spf1 include:a.example -all". Correct it, or set repair: true.' in str(done.error)
        assert held(memory) == sorted([to_display(txt(slip.encode()))])

    def test_repair_does_not_guess_what_nobody_can_know(self) -> None:
        memory = zone(DOMAIN, "v=spf1 foo:bar -all")
        assert "syntax error" in str(ensured(memory, spf={"include": ["b.example"], "repair": True}).error)

    @pytest.mark.parametrize("slip", SLIPS)
    def test_consolidate_merges_a_malformed_record_with_the_others(self, slip: str) -> None:
        memory = zone(DOMAIN, slip, "v=spf1 mx ~all", "other")
        done = ensured(memory, spf={"include": ["b.example"], "consolidate": True})
        assert done.error is None
        assert held(memory) == ["other", "v=spf1 include:b.example include:a.example mx -all"]


class TestDmarc:
    def test_a_missing_semicolon_and_a_misspelt_policy_are_repaired(self) -> None:
        for slip in ("v=DMARC1; p=reject rua=mailto:a@b.example", "v=dmarc1; p=rejected; rua=mailto:a@b.example"):
            memory = zone(f"_dmarc.{DOMAIN}", slip)
            done = ensured(memory, dmarc={"policy": "none", "repair": True})
            assert (done.error, held(memory)) == (None, ["v=DMARC1; p=reject; rua=mailto:a@b.example"])

    @pytest.mark.parametrize("slip", ["v=DMARC1; p=reject rua=mailto:a@b.example", "v=dmarc1; p=reject"])
    def test_a_weaker_policy_does_not_replace_a_malformed_record(self, slip: str) -> None:
        memory = zone(f"_dmarc.{DOMAIN}", slip)
        done = ensured(memory, dmarc={"policy": "none"})
        assert 'Probably meant: "v=DMARC1; p=reject' in str(done.error) and "repair: true" in str(done.error)
        assert held(memory) == [slip]

    def test_a_stricter_policy_is_added_beside_a_malformed_record(self) -> None:
        memory = zone(f"_dmarc.{DOMAIN}", "v=dmarc1; p=quarantine")
        done = ensured(memory, dmarc={"policy": "reject"})
        assert held(memory) == ["v=DMARC1; p=reject", "v=dmarc1; p=quarantine"]
        assert "receivers ignore it. Remove it." in done.notes.warnings[0]


class TestDkim:
    def test_repair_turns_a_host_name_in_a_txt_record_into_a_cname(self) -> None:
        desired = {"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}
        memory = zone(f"odoo._domainkey.{DOMAIN}", "odoo._domainkey.odoo.com.")
        assert "or set repair: true" in str(ensured(memory, dkim=[desired]).error)
        assert ensured(memory, dkim=[{**desired, "repair": True}]).error is None
        assert memory.text(DOMAIN) == [f"odoo._domainkey.{DOMAIN} 3600 CNAME odoo._domainkey.odoo.com."]

    def test_repair_keeps_only_the_requested_key(self) -> None:
        there = [f"v=DKIM1; k=ed25519; p={OTHER}", f"v=DKIM1; k=ed25519; t=s; p={KEY}"]
        desired = {"selector": "s1", "public_key": KEY}
        memory = zone(f"s1._domainkey.{DOMAIN}", *there)
        assert "Set repair: true to keep only the requested key" in str(ensured(memory, dkim=[desired]).error)
        assert ensured(memory, dkim=[{**desired, "repair": True}]).error is None
        assert held(memory) == there[1:]

    def test_repair_does_not_choose_between_two_other_keys(self) -> None:
        memory = zone(f"s1._domainkey.{DOMAIN}", f"v=DKIM1; k=ed25519; p={OTHER}", "v=DKIM1; p=")
        desired = {"selector": "s1", "public_key": KEY, "repair": True}
        assert "has 2 DKIM keys" in str(ensured(memory, dkim=[desired]).error)


class TestMx:
    @pytest.mark.parametrize("useless", ["192.0.2.1.", f"192.0.2.1.{DOMAIN}.", "."])
    def test_repair_removes_an_exchange_that_cannot_receive_mail(self, useless: str) -> None:
        desired = {"exchanges": [{"host": "mx.example.net"}]}
        memory = Memory({})
        content = parse(f"{DOMAIN} 60 MX 5 {useless}\n{DOMAIN} 60 MX 20 mx.example.net.")
        memory.zones[name(DOMAIN)] = content
        assert "cannot receive mail; repair: true removes it" in str(ensured(memory, mx=desired).error)
        assert ensured(memory, mx={**desired, "repair": True}).error is None
        assert held(memory) == ["20 mx.example.net"]

    def test_an_exchange_that_can_receive_mail_stays_a_conflict(self) -> None:
        memory = Memory({DOMAIN: f"{DOMAIN} 60 MX 5 mail.example.org."})
        desired = {"exchanges": [{"host": "mx.example.net"}], "repair": True}
        assert "already has other mail exchanges" in str(ensured(memory, mx=desired).error)
