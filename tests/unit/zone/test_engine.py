# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guarantees of the engine: one read, one write, no records of others lost, no domain stopped by another."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dns.name
import dns.rdata
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OutcomeUnknown, PartlyApplied, ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.intents.restore import Restored
from ansible_collections.postmaster.mail.plugins.module_utils.zone import backup
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import Request, run
from ansible_collections.postmaster.mail.tests.support.memory import GOOGLE, ODOO, Memory, name, parse, run_items


def test_a_domain_gets_all_its_records_with_one_read_and_one_write() -> None:
    provider = Memory({"company-name.com": GOOGLE})
    result = run_items(provider, {"domain": "company-name.com", **ODOO})["company-name.com"]
    assert result.error is None
    assert (provider.reads, provider.writes) == (["company-name.com"], ["company-name.com"])
    assert provider.text("company-name.com") == [
        '_dmarc.company-name.com 3600 TXT "v=DMARC1; p=none"',
        'company-name.com 300 TXT "google-site-verification=abc"',
        'company-name.com 300 TXT "v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"',
        "company-name.com 3600 MX 1 smtp.google.com.",
        "odoo._domainkey.company-name.com 3600 CNAME odoo._domainkey.odoo.com.",
        "www.company-name.com 60 A 192.0.2.80",
    ]


def test_the_diff_shows_each_record_set_with_what_is_removed_added_and_kept() -> None:
    provider = Memory({"company-name.com": GOOGLE})
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]}, check_mode=True)
    assert result["company-name.com"].diff == (
        "company-name.com  TXT\n"
        "- v=spf1 include:_spf.google.com ~all\n"
        "+ v=spf1 include:_spf.odoo.com include:_spf.google.com ~all\n"
        "  google-site-verification=abc (kept)"
    )


def test_a_second_run_writes_nothing() -> None:
    provider = Memory({"company-name.com": GOOGLE})
    run_items(provider, {"domain": "company-name.com", **ODOO})
    result = run_items(provider, {"domain": "company-name.com", **ODOO})["company-name.com"]
    assert not result.changed and result.diff == ""
    assert len(provider.writes) == 1 and len(provider.reads) == 2


def test_check_mode_writes_nothing_and_predicts_the_diff() -> None:
    provider = Memory({"company-name.com": GOOGLE})
    before = provider.text("company-name.com")
    predicted = run_items(provider, {"domain": "company-name.com", **ODOO}, check_mode=True)["company-name.com"]
    assert provider.text("company-name.com") == before and provider.writes == []
    applied = run_items(provider, {"domain": "company-name.com", **ODOO})["company-name.com"]
    assert predicted.changed and predicted.diff == applied.diff


def test_a_domain_with_a_conflict_does_not_stop_another_in_the_same_zone() -> None:
    twice = 'eu.company-name.com 60 TXT "v=spf1 mx -all"\neu.company-name.com 60 TXT "v=spf1 a ~all"'
    provider = Memory({"company-name.com": GOOGLE + twice})
    results = run_items(provider, {"domain": "eu.company-name.com", **ODOO}, {"domain": "company-name.com", **ODOO})
    assert "eu.company-name.com has 2 SPF records" in (results["eu.company-name.com"].error or "")
    assert results["company-name.com"].changed and results["company-name.com"].error is None
    assert not any(line.startswith(("_dmarc.eu", "odoo._domainkey.eu")) for line in provider.text("company-name.com"))
    assert provider.writes == ["company-name.com"]


def test_a_zone_that_cannot_be_read_only_fails_its_own_domain() -> None:
    provider = Memory({"one.example": "", "two.example": ""})
    provider.refuse_to_read["one.example"] = ProviderError("one.example: the server refuses.")
    results = run_items(provider, {"domain": "one.example", **ODOO}, {"domain": "two.example", **ODOO})
    assert results["one.example"].error == "one.example: the server refuses."
    assert results["two.example"].changed


def test_a_failed_write_is_a_failure_and_no_change() -> None:
    provider = Memory({"one.example": ""})
    provider.refuse_to_write["one.example"] = ProviderError("one.example: the server refuses the update.")
    result = run_items(provider, {"domain": "one.example", **ODOO})["one.example"]
    assert not result.changed and result.error == "one.example: the server refuses the update. Nothing was written."


def test_an_unexpected_exception_is_reported_without_its_text_and_stops_no_other_zone() -> None:
    provider = Memory({"one.example": "", "two.example": ""})
    provider.faults["one.example"] = KeyError("a secret")
    results = run_items(provider, {"domain": "one.example", **ODOO}, {"domain": "two.example", **ODOO})
    assert "KeyError in memory.py" in (results["one.example"].error or "")
    assert "secret" not in (results["one.example"].error or "")
    assert results["two.example"].changed


def test_a_partly_applied_write_is_a_failure_and_a_change() -> None:
    provider = Memory({"one.example": ""})
    provider.refuse_to_write["one.example"] = PartlyApplied("one.example: written: a; not written: b.")
    result = run_items(provider, {"domain": "one.example", **ODOO})["one.example"]
    assert result.changed and result.error == "one.example: written: a; not written: b."


def test_a_write_that_cannot_be_read_back_is_a_failure_and_a_change(tmp_path: Path) -> None:
    provider = Memory({"one.example": ""}, guarded=False, backup=True, backup_directory=str(tmp_path))

    def break_down(memory: Memory) -> None:
        memory.refuse_to_read["one.example"] = ProviderError("The server is gone.")

    provider.after_write = break_down
    result = run_items(provider, {"domain": "one.example", **ODOO})["one.example"]
    assert "the change was written, but it could not be read back" in (result.error or "")
    assert "The server is gone." in (result.error or "")
    assert result.changed and len(result.backups) == 1


def lose_the_answer(memory: Memory) -> None:
    memory.before_write = memory.after_write = lambda again: None
    raise OutcomeUnknown("The server closed the connection without an answer.")


def test_a_write_whose_answer_is_lost_is_recognised_if_it_was_carried_out() -> None:
    provider = Memory({"one.example": ""})
    provider.after_write = lose_the_answer
    result = run_items(provider, {"domain": "one.example", **ODOO})["one.example"]
    assert (result.error, result.changed) == (None, True)
    assert not any("closed the connection" in warning for warning in result.notes.warnings)
    assert len(provider.writes) == 1


def test_a_write_whose_answer_is_lost_is_repeated_if_it_was_not_carried_out() -> None:
    provider = Memory({"one.example": ""})
    provider.before_write = lose_the_answer
    result = run_items(provider, {"domain": "one.example", **ODOO})["one.example"]
    assert (result.error, result.changed) == (None, True)
    assert len(provider.writes) == 1


def test_a_write_that_is_never_carried_out_is_a_failure_and_no_change() -> None:
    provider = Memory({"one.example": ""})
    provider.refuse_to_write["one.example"] = OutcomeUnknown("The server did not answer within 30 s.")
    result = run_items(provider, {"domain": "one.example", **ODOO})["one.example"]
    assert not result.changed
    assert "nothing was written. The server did not answer within 30 s." in (result.error or "")


def test_a_write_with_an_unknown_outcome_is_a_failure_and_a_change() -> None:
    provider = Memory({"one.example": ""})

    def lose_the_answer_for_ever(memory: Memory) -> None:
        memory.refuse_to_read["one.example"] = ProviderError("The server is gone.")
        lose_the_answer(memory)

    provider.after_write = lose_the_answer_for_ever
    result = run_items(provider, {"domain": "one.example", **ODOO})["one.example"]
    assert result.changed
    assert "it is not known whether the change was written" in (result.error or "")


def test_records_that_are_overwritten_again_and_again_are_a_failure_and_a_change() -> None:
    provider = Memory({"company-name.com": GOOGLE}, guarded=False)

    def overwrite(memory: Memory) -> None:
        memory.zones[name("company-name.com")].update(parse('company-name.com 300 TXT "v=spf1 mx ~all"'))

    provider.after_write = overwrite
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]})["company-name.com"]
    assert "gave up after 3 attempts" in (result.error or "") and "v=spf1 mx ~all" in (result.error or "")
    assert result.changed and len(provider.writes) == 3


def test_a_domain_without_a_zone_is_named() -> None:
    provider = Memory({"one.example": ""})
    results = run_items(provider, {"domain": "other.example", **ODOO}, {"domain": "one.example", **ODOO})
    assert "other.example lies in no zone that the memory holds" in (results["other.example"].error or "")
    assert results["one.example"].changed


def test_the_zone_can_be_given_and_must_contain_the_domain() -> None:
    provider = Memory({"example.com": "", "eu.example.com": ""})
    result = run_items(provider, {"domain": "eu.example.com", "zone": "example.com", "spf": ODOO["spf"]})
    assert result["eu.example.com"].zones == ["example.com"]
    result = run_items(provider, {"domain": "other.net", "zone": "example.com", "spf": ODOO["spf"]})
    assert result["other.net"].error == "other.net does not lie in the zone example.com."


def test_a_write_of_another_program_between_read_and_write_is_kept() -> None:
    provider = Memory({"company-name.com": GOOGLE})

    def interfere(memory: Memory) -> None:
        memory.before_write = lambda again: None
        memory.zones[name("company-name.com")].update(parse('company-name.com 300 TXT "v=spf1 mx ~all"'))

    provider.before_write = interfere
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]})["company-name.com"]
    assert result.error is None and len(provider.reads) == 2
    assert 'company-name.com 300 TXT "v=spf1 include:_spf.odoo.com mx ~all"' in provider.text("company-name.com")


def test_a_zone_that_keeps_changing_is_given_up_after_three_attempts() -> None:
    provider = Memory({"company-name.com": GOOGLE})
    counter = iter(range(100))

    def interfere(memory: Memory) -> None:
        memory.zones[name("company-name.com")].update(parse(f"n{next(counter)}.company-name.com 1 A 192.0.2.1"))

    provider.before_write = interfere
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]})["company-name.com"]
    assert "gave up after 3 attempts" in (result.error or "") and not result.changed and provider.writes == []


def test_without_a_guard_overwritten_records_are_reported_and_written_again() -> None:
    provider = Memory({"company-name.com": GOOGLE}, guarded=False)

    def overwrite(memory: Memory) -> None:
        memory.after_write = lambda again: None
        memory.zones[name("company-name.com")].update(parse('company-name.com 300 TXT "v=spf1 mx ~all"'))

    provider.after_write = overwrite
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]})["company-name.com"]
    assert result.changed and result.error is None
    assert any("v=spf1 include:_spf.odoo.com include:_spf.google.com" in w for w in result.notes.warnings)
    assert 'company-name.com 300 TXT "v=spf1 include:_spf.odoo.com mx ~all"' in provider.text("company-name.com")


def test_a_record_below_a_delegation_is_refused() -> None:
    provider = Memory({"company-name.com": GOOGLE + "mail.company-name.com 60 NS ns1.other.example."})
    item = {"name": "em.mail.company-name.com", "type": "CNAME", "value": "u.sendgrid.net"}
    result = run_items(provider, {"domain": "company-name.com", "records": [item]})["company-name.com"]
    assert "mail.company-name.com is delegated to ns1.other.example" in (result.error or "")


def test_an_exchange_without_its_final_dot_is_corrected_with_a_warning() -> None:
    provider = Memory({"company-name.com": "company-name.com 60 MX 10 company.odoo.com.company-name.com."})
    desired = {"domain": "company-name.com", "mx": {"exchanges": [{"preference": 10, "host": "company.odoo.com"}]}}
    result = run_items(provider, desired)["company-name.com"]
    assert (result.error, provider.text("company-name.com")) == (None, ["company-name.com 60 MX 10 company.odoo.com."])
    assert result.notes.warnings == [
        "company-name.com MX 10 company.odoo.com.company-name.com lacks its final dot, so the zone name was "
        "appended: company.odoo.com is meant and replaces it."
    ]


def test_a_txt_record_is_refused_beside_a_cname() -> None:
    provider = Memory({"company-name.com": "_dmarc.company-name.com 60 CNAME dmarc.service.example."})
    result = run_items(provider, {"domain": "company-name.com", "dmarc": {"policy": "none"}})["company-name.com"]
    assert result.error == (
        "_dmarc.company-name.com is a CNAME of dmarc.service.example, and DNS allows no TXT record beside a CNAME. "
        "Remove the CNAME, or set the TXT record at its target."
    )


def test_a_cname_is_refused_beside_a_txt_record() -> None:
    key = "odoo._domainkey.company-name.com 60 TXT v=DKIM1;p="
    provider = Memory({"company-name.com": key.replace("v=DKIM1;p=", '"v=DKIM1; p="')})
    result = run_items(provider, {"domain": "company-name.com", "dkim": ODOO["dkim"]})["company-name.com"]
    assert "is a TXT record with a DKIM key, and DNS allows no CNAME beside it" in (result.error or "")


def test_lookups_within_the_zone_use_its_planned_records() -> None:
    """The lookups of an include within the zone are counted as planned, not as DNS shows them today."""
    asked: list[str] = []

    def ask(owner: Any, rdtype: Any) -> tuple[dns.rdata.Rdata, ...]:
        if rdtype == dns.rdatatype.TXT:  # the zone's hosts are not read for an SPF record
            asked.append(owner.to_text(True))
        return ()

    provider = Memory({"company-name.com": '_spf.company-name.com 60 TXT "v=spf1 mx a ~all"'})
    run_items(
        provider,
        {"domain": "company-name.com", "spf": {"include": ["_spf.company-name.com", "a.example"]}},
        asking=lambda: ask,
    )
    assert set(asked) == {"a.example"}


def answers(records: Mapping[str, str]) -> Any:
    def ask(owner: Any, rdtype: Any) -> tuple[dns.rdata.Rdata, ...] | None:
        text = records.get(owner.to_text(True))
        content = parse(f'x.example 1 TXT "{text}"') if text else {}
        return next(iter(content.values())).values if content else ()

    return ask


def test_more_than_ten_lookups_are_refused_with_the_cost_of_each_include() -> None:
    provider = Memory({"company-name.com": 'company-name.com 60 TXT "v=spf1 include:big.example ~all"'})
    ask = answers(
        {
            "big.example": "v=spf1 a mx " + " ".join(f"a:{number}.example" for number in range(7)),
            "_spf.odoo.com": "v=spf1 ip4:192.0.2.1 -all",
        }
    )
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]}, asking=lambda: ask)[
        "company-name.com"
    ]
    assert "would need 11 DNS lookups" in (result.error or "") and "include:big.example 10" in (result.error or "")
    assert provider.writes == []


def test_an_include_that_cannot_be_resolved_leads_to_a_warning() -> None:
    provider = Memory({"company-name.com": GOOGLE})
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]})["company-name.com"]
    assert result.error is None and result.changed
    assert any("_spf.odoo.com" in w and "unknown" in w for w in result.notes.warnings)


def test_terms_can_be_removed_from_a_record_with_too_many_lookups() -> None:
    terms = " ".join(f"a:{n}.example" for n in range(12))
    provider = Memory({"company-name.com": f'company-name.com 60 TXT "v=spf1 {terms} ~all"'})
    item = {"domain": "company-name.com", "spf": {"a": ["0.example"], "state": "absent"}}
    result = run_items(provider, item)["company-name.com"]
    assert result.changed and result.error is None


def test_a_report_address_in_another_zone_of_the_account_is_authorised_there() -> None:
    provider = Memory({"company-name.com": "", "reports.example": ""})
    item = {"domain": "company-name.com", "dmarc": {"policy": "none", "aggregate_reports": ["d@reports.example"]}}
    result = run_items(provider, item)["company-name.com"]
    assert provider.text("reports.example") == ['company-name.com._report._dmarc.reports.example 3600 TXT "v=DMARC1"']
    assert sorted(result.zones) == ["company-name.com", "reports.example"] and result.notes.warnings == []


def test_a_report_address_elsewhere_leads_to_a_warning_with_the_record_to_publish() -> None:
    provider = Memory({"company-name.com": ""})
    item = {"domain": "company-name.com", "dmarc": {"policy": "none", "aggregate_reports": ["d@reports.example"]}}
    result = run_items(provider, item)["company-name.com"]
    assert result.changed and result.error is None
    assert any("company-name.com._report._dmarc.reports.example" in w for w in result.notes.warnings)


def test_a_ttl_beyond_the_providers_limits_is_refused_before_any_write() -> None:
    provider = Memory({"company-name.com": ""})
    provider.facts = type(provider.facts)(title="the memory", min_ttl=60)
    result = run_items(provider, {"domain": "company-name.com", "spf": {**ODOO["spf"], "ttl": 5}})
    assert "a TTL of 5 s is not possible at the memory" in (result["company-name.com"].error or "")
    assert provider.writes == []


def test_a_read_only_zone_is_refused_only_if_something_would_change() -> None:
    provider = Memory({"company-name.com": GOOGLE}, read_only="company-name.com is a copy.")
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]}, check_mode=True)
    assert result["company-name.com"].error == "company-name.com is a copy."
    result = run_items(provider, {"domain": "company-name.com", "spf": {"include": ["_spf.google.com"]}})
    assert result["company-name.com"].error is None and provider.writes == []


def test_replaced_records_can_be_restored_from_the_backup(tmp_path: Path) -> None:
    provider = Memory({"company-name.com": GOOGLE}, backup=True, backup_directory=str(tmp_path))
    before = provider.text("company-name.com")
    result = run_items(provider, {"domain": "company-name.com", **ODOO})["company-name.com"]
    saved = backup.load(result.backups[0])
    request = Request(saved.zone, provider, tuple(Restored(change, False) for change in saved.changes))
    assert run([request])[saved.zone].changed
    assert provider.text("company-name.com") == before


def test_a_set_that_changed_since_the_backup_is_not_restored_unless_forced(tmp_path: Path) -> None:
    provider = Memory({"company-name.com": GOOGLE}, backup=True, backup_directory=str(tmp_path))
    result = run_items(provider, {"domain": "company-name.com", "spf": ODOO["spf"]})["company-name.com"]
    provider.zones[name("company-name.com")].update(parse('company-name.com 300 TXT "v=spf1 -all"'))
    saved = backup.load(result.backups[0])
    for force in (False, True):
        request = Request(saved.zone, provider, tuple(Restored(change, force) for change in saved.changes))
        outcome = run([request])[saved.zone]
        assert outcome.changed is force
        assert force or "was changed since the backup" in (outcome.error or "")


@pytest.mark.parametrize("parallel", [1, 16])
def test_many_zones_are_read_and_written_once_each(parallel: int) -> None:
    zones = [f"company{number}.example" for number in range(40)]
    provider = Memory({zone: "" for zone in zones})
    results = run_items(provider, *({"domain": zone, **ODOO} for zone in zones), parallel=parallel)
    assert all(result.changed for result in results.values())
    assert sorted(provider.reads) == sorted(provider.writes) == sorted(zones)


def test_at_a_slow_account_each_zone_is_finished_before_the_next_one() -> None:
    zones = [f"company{number}.example" for number in range(12)]
    provider = Memory({zone: "" for zone in zones}, guarded=False)
    provider.zones_at_once = 1
    results = run_items(provider, *({"domain": zone, **ODOO} for zone in zones), parallel=16)
    assert all(result.changed for result in results.values())
    assert provider.writes == zones
    assert provider.reads == [zone for zone in zones for dummy in ("before the write", "after it")]


def test_a_slow_account_does_not_block_the_threads_of_others() -> None:
    """Each zone of the slow account is written only after all others."""
    zones = [f"company{number}.example" for number in range(20)]
    slow, fast = Memory({"slow0.example": "", "slow1.example": ""}), Memory({zone: "" for zone in zones})
    slow.zones_at_once = 1
    others_done = threading.Event()
    fast.after_write = lambda memory: others_done.set() if len(memory.writes) == len(zones) else None
    waited = []
    slow.before_write = lambda memory: waited.append(others_done.wait(60))
    items = [(slow, zone) for zone in ("slow0.example", "slow1.example")] + [(fast, zone) for zone in zones]
    requests = [
        Request(name(zone), provider, tuple(build.domain_intents({"domain": zone, "dmarc": ODOO["dmarc"]})))
        for provider, zone in items
    ]
    results = run(requests, parallel=2)
    assert waited == [True, True]
    assert all(result.changed for result in results.values())


WILD = """
*.company-name.com 60 A 192.0.2.1
*.company-name.com 60 MX 10 mail.company-name.com.
www.company-name.com 60 A 192.0.2.2
"""


def test_a_host_that_loses_the_records_of_a_wildcard_leads_to_a_warning() -> None:
    provider = Memory({"company-name.com": WILD})
    shop = {"domain": "shop.company-name.com", "dkim": ODOO["dkim"]}
    for check_mode in (True, False):
        result = run_items(provider, shop, check_mode=check_mode)["shop.company-name.com"]
        assert result.notes.warnings == [
            "shop.company-name.com begins to exist with this, so *.company-name.com no longer answers for it "
            "(RFC 4592). It loses: shop.company-name.com A 192.0.2.1; shop.company-name.com MX 10 mail.company-name."
            "com.; add these records there if it should keep them."
        ]
    assert run_items(provider, shop)["shop.company-name.com"].notes.warnings == []


def test_the_wildcard_warning_omits_existing_hosts_and_types_that_are_set() -> None:
    provider = Memory({"company-name.com": WILD})
    there = {"domain": "www.company-name.com", "dkim": ODOO["dkim"]}
    assert run_items(provider, there)["www.company-name.com"].notes.warnings == []
    mx = {"domain": "m.company-name.com", "mx": {"exchanges": [{"preference": 10, "host": "mx.example.com"}]}}
    (warning,) = run_items(provider, mx)["m.company-name.com"].notes.warnings
    assert " A 192.0.2.1; add" in warning and " MX " not in warning
