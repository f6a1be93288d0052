# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SPF: records split into several TXT values, terms without effect, and records that let everyone pass."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import DomainResult, Request, run
from ansible_collections.postmaster.mail.tests.support.fake_dns import FakeResolver
from ansible_collections.postmaster.mail.tests.support.memory import Memory, name

DOMAIN = "company-name.com"
VERIFICATION = "google-site-verification=abc"
SPLIT = ("v=spf1 include:_spf.google.com", VERIFICATION, "include:mailgun.org ~all")


def zone(*texts: str) -> Memory:
    return Memory({DOMAIN: "".join(f'company-name.com 3600 TXT "{text}"\n' for text in texts)})


def texts(memory: Memory) -> set[str]:
    return {line.partition('"')[2].rstrip('"') for line in memory.text(DOMAIN)}


def ensured(memory: Memory, resolver: Any = None, **options: Any) -> DomainResult:
    desired = {"domain": DOMAIN, "spf": {"include": ["_spf.odoo.com"], **options}}
    asking = None if resolver is None else lambda: resolver.ask
    return run([Request(name(DOMAIN), memory, tuple(build.domain_intents(desired)))], asking=asking)[name(DOMAIN)]


def test_a_split_record_is_warned_about_and_its_other_part_stays() -> None:
    memory = zone(*SPLIT)
    done = ensured(memory)
    assert done.error is None
    assert [text for text in done.notes.warnings if "split" in text] == [
        "company-name.com: the SPF record was split into 2 TXT values "
        '("v=spf1 include:_spf.google.com", "include:mailgun.org ~all"), and receivers read the first only '
        "(RFC 7208 3.3). Join them into one, or set consolidate: true."
    ]
    assert texts(memory) == {
        "v=spf1 include:_spf.odoo.com include:_spf.google.com",
        VERIFICATION,
        "include:mailgun.org ~all",
    }


def test_consolidate_joins_a_split_record() -> None:
    memory = zone(*SPLIT)
    assert not [text for text in ensured(memory, consolidate=True).notes.warnings if "split" in text]
    joined = {
        "v=spf1 include:_spf.odoo.com include:_spf.google.com include:mailgun.org ~all",
        VERIFICATION,
    }
    assert texts(memory) == joined
    again = ensured(memory, consolidate=True)
    assert not again.changed and again.notes.warnings == []
    assert texts(memory) == joined


def test_consolidate_joins_a_name_that_was_cut_in_two() -> None:
    memory = zone("v=spf1 include:_spf.goo", "gle.com -all")
    ensured(memory, consolidate=True)
    assert texts(memory) == {"v=spf1 include:_spf.odoo.com include:_spf.google.com -all"}


def test_terms_are_removed_from_every_part_of_a_split_record() -> None:
    memory = zone(*SPLIT)
    desired = {"include": ["mailgun.org"], "consolidate": True, "state": "absent"}
    assert ensured(memory, **desired).changed
    assert texts(memory) == {"v=spf1 include:_spf.google.com ~all", VERIFICATION}


def test_what_lets_everyone_pass_is_said_where_terms_are_taken_out_too() -> None:
    memory = zone("v=spf1 include:mailgun.org a ~all", "v=spf1 mx +all")
    done = ensured(memory, include=["mailgun.org"], consolidate=True, state="absent")
    assert texts(memory) == {"v=spf1 a mx ~all"}
    assert done.notes.warnings == []
    memory = zone("v=spf1 include:mailgun.org +all")
    done, again = (ensured(memory, include=["mailgun.org"], state="absent") for dummy in range(2))
    assert texts(memory) == {"v=spf1 +all"}
    assert (
        done.notes.warnings
        == again.notes.warnings
        == ["company-name.com: the SPF record ends in +all, which lets the whole Internet pass (RFC 7208 5.1)."]
    )


@pytest.mark.parametrize(
    "text",
    [
        "google-site-verification=abc",
        "all our mail",
        "v=DKIM1; p=",
        "a mx",
        "ms=ms123",
        "mail.example -all",  # could be the rest of a name, but the record is complete
    ],
)
def test_a_value_that_is_no_part_of_the_record_stays(text: str) -> None:
    memory = zone("v=spf1 -all", text)
    done = ensured(memory, consolidate=True)
    assert done.error is None and not [text for text in done.notes.warnings if "split" in text]
    assert texts(memory) == {
        "v=spf1 include:_spf.odoo.com -all",
        text,
    }


OTHERS = {
    "_spf.odoo.com": {"TXT": ["v=spf1 ip4:198.51.100.0/24 ~all"]},
    "all.example": {"TXT": ["v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all"]},
    "www.other.example": {"A": ["203.0.113.80"]},
}


@pytest.mark.parametrize(
    ("record", "wanted", "blamed"),
    [
        ("v=spf1 -ip4:203.0.113.0/24 -all", {"ip4": ["203.0.113.9"]}, "-ip4:203.0.113.0/24"),
        ("v=spf1 -ip4:198.51.100.0/25 ~all", {}, "-ip4:198.51.100.0/25"),
        ("v=spf1 -include:_spf.odoo.com -all", {"include": [], "ip4": ["198.51.100.7"]}, "-include:_spf.odoo.com"),
        ("v=spf1 -exists:www.other.example -all", {"ip4": ["203.0.113.9"]}, "-exists:www.other.example"),
    ],
)
def test_a_sender_that_an_earlier_term_rejects_is_refused_with_that_term(
    record: str, wanted: dict[str, Any], blamed: str
) -> None:
    memory = zone(record)
    done = ensured(memory, FakeResolver(OTHERS), **wanted)

    assert done.error is not None
    assert "would have no effect: receivers give fail to " in str(done.error)
    assert f"Remove {blamed}, or do not request" in str(done.error)
    assert texts(memory) == {record}


def test_an_include_that_lets_everyone_pass_is_refused() -> None:
    memory = zone("v=spf1 -all")
    done = ensured(memory, FakeResolver(OTHERS), include=["all.example"])

    assert "include:all.example would let the whole Internet pass, because of ip4:128.0.0.0/1 in the record" in str(
        done.error
    )
    assert texts(memory) == {"v=spf1 -all"}


@pytest.mark.parametrize("record", ["v=spf1 -ip4:203.0.113.0/24 -all", "v=spf1 include:gone.example ~all"])
def test_existing_faults_do_not_stop_a_sender_from_being_added(record: str) -> None:
    memory = zone(record)
    done = ensured(memory, FakeResolver(OTHERS))

    assert done.error is None
    assert "include:_spf.odoo.com" in " ".join(texts(memory))


def test_a_record_that_ends_in_plus_all_is_refused_unless_all_is_set() -> None:
    memory = zone("v=spf1 mx +all")
    for asked in ({}, {"exact": True}):
        refused = ensured(memory, **asked)
        assert "ends in +all" in str(refused.error) and "all: softfail" in str(refused.error)
        assert (refused.notes.warnings, memory.writes) == ([], [])  # the error only, no warning as well
    told = ensured(memory, include=[], mx=[DOMAIN])
    assert (told.error, told.changed, "ends in +all" in " ".join(told.notes.warnings)) == (None, False, True)
    assert ensured(memory, all="softfail").error is None
    assert texts(memory) == {"v=spf1 include:_spf.odoo.com mx ~all"}


@pytest.mark.parametrize(
    "text", ['\\"v=spf1 mx -all\\"', " v=spf1 mx -all", "\\226\\128\\156v=spf1 mx -all", "V = SPF1 a"]
)
def test_no_record_is_added_beside_a_malformed_one(text: str) -> None:
    memory = zone(text, VERIFICATION)
    done = ensured(memory)
    assert "which is meant as an SPF record and is not one" in str(done.error)
    assert memory.writes == []
