# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dns.name
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.expectations import (
    expectation,
    keys,
    missing,
)
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Notes
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Key, RecordSet
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import from_user

DOMAIN = "company-name.com"
SELECTOR = f"odoo._domainkey.{DOMAIN}"
TARGET = "odoo._domainkey.odoo.com"


def _lacks(wanted: dict[str, Any], *records: tuple[str, str, str], notes: Notes | None = None) -> list[str]:
    """What is missing from these answers of a server."""
    expected = expectation({"domain": DOMAIN, **wanted})
    return missing(expected.domain, expected.intents, _answers(records), notes or Notes())


def _answers(records: Sequence[tuple[str, str, str]]) -> dict[Key, RecordSet]:
    found: dict[Key, RecordSet] = {}
    for name, kind, value in records:
        key = (dns.name.from_text(name), dns.rdatatype.from_text(kind))
        before = found[key].values if key in found else ()
        found[key] = RecordSet(*key, (*before, from_user(key[1], value)), 17)
    return found


def test_an_spf_record_with_the_include_is_as_expected() -> None:
    assert not _lacks(
        {"spf": {"include": ["_spf.odoo.com"]}},
        (DOMAIN, "TXT", "google-site-verification=1"),
        (DOMAIN, "TXT", "v=spf1 mx include:_SPF.odoo.com. -all"),
    )


def test_without_the_include_the_message_says_what_is_there_and_what_is_expected() -> None:
    assert _lacks({"spf": {"include": ["_spf.odoo.com"]}}, (DOMAIN, "TXT", "v=spf1 mx ~all")) == [
        'company-name.com TXT: still "v=spf1 mx ~all", expected "v=spf1 include:_spf.odoo.com mx ~all"'
    ]


def test_without_any_spf_record_the_message_says_what_is_expected() -> None:
    assert _lacks({"spf": {"include": ["_spf.odoo.com"]}}) == [
        'company-name.com TXT: nothing is there, expected "v=spf1 include:_spf.odoo.com ~all"'
    ]


def test_another_txt_value_does_not_count_as_an_spf_record() -> None:
    assert _lacks({"spf": {"include": ["_spf.odoo.com"]}}, (DOMAIN, "TXT", "site=1")) == [
        'company-name.com TXT: "v=spf1 include:_spf.odoo.com ~all" is not there yet, only "site=1"'
    ]


def test_two_spf_records_are_reported_as_a_conflict() -> None:
    (text,) = _lacks(
        {"spf": {"include": ["a.example"]}},
        (DOMAIN, "TXT", "v=spf1 mx ~all"),
        (DOMAIN, "TXT", "v=spf1 include:a.example"),
    )

    assert "has 2 SPF records" in text


def test_servers_that_return_values_in_another_order_lack_the_same() -> None:
    there = [(DOMAIN, "TXT", "site=2"), (DOMAIN, "TXT", "site=1")]
    wanted = {"spf": {"include": ["a.example"]}}
    assert _lacks(wanted, *there) == _lacks(wanted, *reversed(there))
    assert _lacks(wanted, *there)[0].endswith('only "site=1", "site=2"')


def test_a_ttl_is_never_expected() -> None:
    assert not _lacks(
        {
            "spf": {"include": ["a.example"], "ttl": 300},
            "dkim": [{"selector": "odoo", "cname": TARGET, "ttl": 300}],
        },
        (DOMAIN, "TXT", "v=spf1 include:a.example ~all"),
        (SELECTOR, "CNAME", TARGET),
    )


def test_a_selector_with_another_cname_is_not_as_expected() -> None:
    assert _lacks({"dkim": [{"selector": "odoo", "cname": TARGET}]}, (SELECTOR, "CNAME", "other.example")) == [
        f'{SELECTOR} CNAME: still "other.example", expected "{TARGET}"'
    ]


def test_a_stricter_dmarc_policy_is_as_expected_and_noted() -> None:
    notes = Notes()

    assert not _lacks({"dmarc": {"policy": "none"}}, (f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=reject"), notes=notes)
    assert notes.left_alone


def test_a_weaker_dmarc_policy_is_not_as_expected() -> None:
    (text,) = _lacks({"dmarc": {"policy": "reject"}}, (f"_dmarc.{DOMAIN}", "TXT", "v=DMARC1; p=none"))

    assert text == '_dmarc.company-name.com TXT: still "v=DMARC1; p=none", expected "v=DMARC1; p=reject"'


def test_one_value_among_others_is_enough_for_a_plain_record() -> None:
    wanted = {"records": [{"name": DOMAIN, "type": "TXT", "value": "verify=2"}]}

    assert not _lacks(wanted, (DOMAIN, "TXT", "verify=1"), (DOMAIN, "TXT", "verify=2"))


def test_a_record_that_should_be_absent_is_reported_while_it_is_there() -> None:
    wanted = {"records": [{"name": DOMAIN, "type": "TXT", "value": "verify=1", "state": "absent"}]}

    assert _lacks(wanted, (DOMAIN, "TXT", "verify=1")) == ['company-name.com TXT: still "verify=1"']
    assert not _lacks(wanted)


def test_a_selector_alone_is_looked_up_but_expects_nothing() -> None:
    expected = expectation({"domain": DOMAIN, "dkim": [{"selector": "odoo", "state": "present"}]})

    assert (expected.intents, expected.selectors) == ((), ("odoo",))


def test_every_name_is_also_asked_for_a_cname() -> None:
    expected = expectation({"domain": DOMAIN, "spf": {"include": ["a.example"]}})
    name = dns.name.from_text(DOMAIN)

    assert keys(expected.intents) >= {(name, dns.rdatatype.TXT), (name, dns.rdatatype.CNAME)}


def test_the_report_authorisation_of_another_domain_is_not_waited_for() -> None:
    expected = expectation(
        {"domain": DOMAIN, "dmarc": {"policy": "none", "aggregate_reports": ["mailto:a@other.example"]}}
    )

    assert [intent.name for intent in expected.intents] == [dns.name.from_text(f"_dmarc.{DOMAIN}")]
    assert len(expected.foreign) == 1


def test_selectors_are_compared_case_insensitively() -> None:
    said = {"domain": DOMAIN, "dkim": [{"selector": "Odoo"}], "senders": [{"name": "Odoo", "selectors": ["odoo"]}]}
    expected = expectation(said)

    assert expected.selectors == ("odoo",)
    assert expected.declared.senders is not None and expected.declared.senders[0].selectors == ("odoo",)


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ({"domain": "https://company-name.com"}, "is not a domain name: write only the name"),
        ({"dkim": [{"selector": "a b", "cname": TARGET}]}, "'a b' is not a selector: it must be a word such as odoo"),
        ({"dkim": [{"selector": "a b"}]}, "'a b' is not a selector: it must be a word such as odoo"),
        ({"dkim": [{"selector": ""}]}, "'' is not a selector: it must be a word such as odoo"),
        ({"dkim": [{"selector": SELECTOR}]}, "is more than a selector: write odoo alone"),
        ({"delegated_to": ["192.0.2.1"]}, "delegated_to has the address 192.0.2.1: give the names of the servers"),
        ({"delegated_to": ["[2001:db8::1]"]}, "delegated_to has the address .2001:db8::1.: give the names"),
    ],
)
def test_invalid_input_is_refused_with_what_to_write(item: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        expectation({"domain": DOMAIN, **item})
