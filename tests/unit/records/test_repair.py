# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Common mistakes in records, and what was meant; if that is not clear, nothing is repaired."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.records import dmarc, dmarc_repair, spf_repair

DOMAIN = "company-name.com"


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ('"v=spf1 include:_spf.google.com ~all"', "v=spf1 include:_spf.google.com ~all"),
        (" v=spf1 mx ~all", "v=spf1 mx ~all"),
        ("\u201cv=spf1 mx \u2013all\u201d", "v=spf1 mx -all"),
        ("v=spf1\tmx\u00a0~all", "v=spf1 mx ~all"),
        ("'v = spf1 mx -all'", "v=spf1 mx -all"),
        ("v=spf1include:_spf.google.com~all", "v=spf1 include:_spf.google.com ~all"),
        ('"v=spf1 include:a.exam" "ple ~all"', "v=spf1 include:a.example ~all"),
        ('"v=spf1 include:a.example" "~all"', "v=spf1 include:a.example ~all"),
        ("v=spf1 include=_spf.google.com ~all", "v=spf1 include:_spf.google.com ~all"),
        ("v=spf1 include: a.example ~ all", "v=spf1 include:a.example ~all"),
        ("v=spf1 ip:192.0.2.1 ipv6:2001:db8::1 mx, -all;", "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 mx -all"),
        ("v=spf1 ip4:2001:db8::/32 ip6:192.0.2.1 -all", "v=spf1 ip6:2001:db8::/32 ip4:192.0.2.1 -all"),
        ("v=spf1 redirect:x.example", "v=spf1 redirect=x.example"),
        ("v=spf1 mx ~all", None),
        ("V=SPF1  MX  ~ALL ", None),
        ("v=spf1 x=y mx -all", None),
        ("v=spf1 foo:bar -all", None),
        ("v=spf1 ip4:300.1.1.1 -all", None),
        ("v=spf10 mx", None),
        ('"v=spf1 mx +all"', None),  # receivers ignore it today, so a repair would let everyone pass
        ("google-site-verification=x", None),
    ],
)
def test_a_malformed_spf_record_is_repaired_if_the_meaning_is_clear(slip: str, meant: str | None) -> None:
    assert spf_repair.repaired(slip.encode(), DOMAIN) == (meant.encode() if meant else None)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [
        ("v=DMARC1; p=reject rua=mailto:x@y.example; fo=1", "v=DMARC1; p=reject; rua=mailto:x@y.example; fo=1"),
        ("v=DMARC1 p=reject rua=a@b.example", "v=DMARC1; p=reject; rua=mailto:a@b.example"),
        ("v=DMARC1, p=reject, sp=none", "v=DMARC1; p=reject; sp=none"),
        ("v=DMARC1; p=quarantined", "v=DMARC1; p=quarantine"),
        ("v=DMARC1; p=rejct; adkim=strict", "v=DMARC1; p=reject; adkim=s"),
        ("v=dmarc1; p=reject", "v=DMARC1; p=reject"),
        ("v=DMARC; p=reject", "v=DMARC1; p=reject"),
        ("v=DMARC1\\; p=reject\\; pct=100", "v=DMARC1; p=reject; pct=100"),
        ('"v=DMARC1; p=none"', "v=DMARC1; p=none"),
        (
            "v=DMARC1; p=none; rua=mailto:a@b.example;mailto:c@d.example",
            "v=DMARC1; p=none; rua=mailto:a@b.example,mailto:c@d.example",
        ),
        ("v=DMARC1; p=none; p=reject", "v=DMARC1; p=reject"),
        ("v=DMARC1; p=none", None),
        ("v=DMARC1; p=stop", None),
        ("v=DMARC1; p=reject; sp=nonee", None),  # subdomains are rejected today, too
        ("v=DMARC1; p=none; rua=nobody", None),
        ("v=DMARC2; p=reject", None),
    ],
)
def test_a_malformed_dmarc_record_is_repaired_if_the_meaning_is_clear(slip: str, meant: str | None) -> None:
    assert dmarc_repair.repaired(slip.encode(), DOMAIN) == (meant.encode() if meant else None)


PARTS = [
    "p=none",
    "p=reject",
    "p=quarantined",
    "sp=reject",
    "sp=nonee",
    "np=none",
    "adkim=s",
    "adkim=strict",
    "t=y",
    "x",
]


@given(
    st.sampled_from(["v=DMARC1", "v=dmarc1", '"v=DMARC1']),
    st.lists(st.tuples(st.sampled_from([";", "; ", " ", ", ", "\\; "]), st.sampled_from(PARTS)), max_size=5),
)
def test_a_repair_weakens_nothing_and_is_idempotent(version: str, parts: list[tuple[str, str]]) -> None:
    value = (version + "".join(before + part for before, part in parts)).encode()
    meant = dmarc_repair.repaired(value, DOMAIN)
    if meant is None:
        return
    assert dmarc_repair.repaired(meant, DOMAIN) is None
    if dmarc.is_dmarc(value):
        now, was = dmarc.parse(meant, DOMAIN), dmarc.parse(value, DOMAIN)
        assert all(after >= before for after, before in zip(now.levels, was.levels))
        assert (was.dkim_alignment, now.dkim_alignment) != ("s", "r")
