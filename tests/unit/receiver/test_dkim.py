# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DKIM key verifiers find for a selector."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.receiver import dkim
from ansible_collections.postmaster.mail.tests.support.dkim_signer import ed25519_signer, rsa_signer
from ansible_collections.postmaster.mail.tests.support.fake_dns import SILENCE, FakeResolver

NAME = "odoo._domainkey.company-name.com"
RECORD = rsa_signer().record


def look(names: dict[str, Any], recursive: bool = True) -> dkim.DkimKey:
    return dkim.key_at(NAME, FakeResolver(names, recursive))


@pytest.mark.parametrize("recursive", [True, False], ids=["resolver", "authoritative"])
def test_a_key_is_found_through_cnames_which_are_reported(recursive: bool) -> None:
    found = look(
        {
            NAME: {"CNAME": ["odoo._domainkey.odoo.com"]},
            "odoo._domainkey.odoo.com": {"CNAME": ["k1.keys.example"]},
            "k1.keys.example": {"TXT": [RECORD]},
        },
        recursive,
    )
    assert (found.state, found.usable, found.problem) == (dkim.FOUND, True, "")
    assert found.aliases == ("odoo._domainkey.odoo.com", "k1.keys.example")
    assert found.record is not None and found.record.key_bits == 2048


def test_an_ed25519_key_is_usable() -> None:
    assert look({NAME: {"TXT": [ed25519_signer().record]}}).usable


@pytest.mark.parametrize("recursive", [True, False], ids=["resolver", "authoritative"])
@pytest.mark.parametrize(
    ("names", "state", "problem"),
    [
        ({}, dkim.MISSING, "There is no key at"),
        ({NAME: {"A": ["192.0.2.1"]}}, dkim.MISSING, "There is no key at"),
        ({NAME: SILENCE}, dkim.NO_ANSWER, "No server gave an answer"),
        ({NAME: {"CNAME": ["k.example"]}}, dkim.MISSING, "leads to k.example, but there is no key there"),
        ({NAME: {"CNAME": ["k.example"]}, "k.example": SILENCE}, dkim.NO_ANSWER, "about k.example"),
        ({NAME: {"CNAME": [NAME]}}, dkim.LOOP, "never end"),
        ({NAME: {"CNAME": ["k.example"]}, "k.example": {"CNAME": [NAME]}}, dkim.LOOP, "k.example and on to"),
        ({NAME: {"TXT": [RECORD, RECORD + b"; n=2"]}}, dkim.SEVERAL, "2 TXT values"),
        ({NAME: {"TXT": [b"v=DKIM1; p="]}}, dkim.REVOKED, "revoked"),
        ({NAME: {"TXT": ["odoo._domainkey.odoo.com"]}}, dkim.INVALID, "not a key"),
        ({NAME: {"TXT": [RECORD.replace(b"k=rsa", b"k=rsa; h=sha1")]}}, dkim.UNUSABLE, "sha256"),
    ],
)
def test_the_reason_why_a_key_cannot_be_used_is_reported(
    names: dict[str, Any], state: str, problem: str, recursive: bool
) -> None:
    found = look(names, recursive)
    assert (found.state, problem in found.problem) == (state, True), found


@pytest.mark.parametrize("recursive", [True, False], ids=["resolver", "authoritative"])
def test_an_endless_chain_of_cnames_takes_few_queries(recursive: bool) -> None:
    names = {f"k{number}.example": {"CNAME": [f"k{number + 1}.example"]} for number in range(60)}
    resolver = FakeResolver({NAME: {"CNAME": ["k0.example"]}, **names}, recursive)
    assert dkim.key_at(NAME, resolver).state == dkim.LOOP
    assert sum(resolver.questions.values()) <= 34


def test_flags_and_a_short_key_lead_to_remarks() -> None:
    small = rsa_signer(1024, "small").record.replace(b"k=rsa", b"k=rsa; t=y:s")
    found = look({NAME: {"TXT": [small]}})
    assert found.usable
    assert [any(word in remark for remark in found.remarks) for word in ("t=y", "t=s", "1024 bits")] == [True] * 3


@given(
    values=st.lists(
        st.one_of(st.binary(max_size=200), st.binary(max_size=60).map(lambda tail: b"v=DKIM1; p=" + tail)), max_size=3
    )
)
def test_any_values_in_dns_are_a_usable_key_or_a_problem(values: list[bytes]) -> None:
    found = look({NAME: {"TXT": values}} if values else {})
    assert found.usable or found.problem
