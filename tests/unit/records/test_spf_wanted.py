# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which terms can be requested for an SPF record, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf


def test_empty_options_request_nothing() -> None:
    assert spf.wanted(include=None, all=None) == spf.SpfWanted()


def test_names_are_normalised() -> None:
    assert spf.wanted(include=["_SPF.Odoo.com.", " mx.ovh.com "]).include == ("_spf.odoo.com", "mx.ovh.com")


def test_an_internationalised_name_is_written_in_its_xn_form() -> None:
    assert spf.wanted(include=["bücher.example"], a=["Bücher.example/24"]) == spf.SpfWanted(
        include=("xn--bcher-kva.example",), a=("xn--bcher-kva.example/24",)
    )


def test_a_macro_keeps_its_case() -> None:
    assert spf.wanted(exists=["%{L}.%{iR}._SPF.example.com"]).exists == ("%{L}.%{iR}._spf.example.com",)


def test_a_host_may_have_prefix_lengths_or_be_the_domain_itself() -> None:
    hosts = ["", "/24", "//64", "/24//64", "mail.example.com", "mail.example.com/24//64"]
    assert spf.wanted(a=hosts).a == tuple(hosts)


@pytest.mark.parametrize("word", ["softfail", "fail", "neutral"])
def test_all_is_given_as_a_word(word: str) -> None:
    assert spf.wanted(all=word).all == word


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"all": "pass"}, "the whole Internet"),
        ({"all": "+all"}, "the whole Internet"),
        ({"all": "hardfail"}, "not one of softfail, fail, neutral"),
        ({"include": [""]}, "needs a domain name"),
        ({"include": ["include:_spf.odoo.com"]}, 'write the name alone, "_spf.odoo.com"'),
        ({"include": ["https://odoo.com"]}, "write a domain name alone"),
        ({"include": ["_spf.odoo.com _spf.google.com"]}, "write a domain name alone"),
        ({"include": ["museum"]}, "full domain name"),
        ({"include": ["_spf..odoo.com"]}, "label of the name is empty"),
        ({"include": [f"{'a' * 64}.example.com"]}, "at most 63"),
        ({"include": [f"{'a.' * 130}com"]}, "at most 253"),
        ({"include": ["192.0.2.1"]}, "use ip4"),
        ({"include": ["x.example.com/24"]}, "write a domain name alone"),
        ({"include": ["%{x}.example.com"]}, "starts a macro"),
        ({"exists": ["%{i.example.com"]}, "starts a macro"),
        ({"ip4": ["2001:db8::1"]}, "use ip6"),
        ({"ip6": ["192.0.2.1"]}, "use ip4"),
        ({"ip4": ["ip4:192.0.2.1"]}, 'write the address alone, "192.0.2.1"'),
        ({"ip4": ["192.0.2.01"]}, "leading zeros"),
        ({"ip4": ["192.0.2.1/33"]}, "/33 is not a prefix length"),
        ({"ip4": ["192.0.2.1 192.0.2.2"]}, "without spaces"),
        ({"ip4": ["0.0.0.0/0"]}, "the whole Internet"),
        ({"ip6": ["::/0"]}, "the whole Internet"),
        ({"ip6": ["mail.example.com"]}, "needs an IPv6 address"),
        ({"a": ["a"]}, "empty text"),
        ({"a": ["/0"]}, "the whole Internet"),
        ({"a": ["192.0.2.1"]}, "use ip4"),
        ({"mx": ["mail.example.com/64"]}, "/64 is not a prefix length"),
        ({"mx": ["mx:mail.example.com"]}, 'write the name alone, "mail.example.com"'),
    ],
)
def test_an_invalid_term_is_refused_with_the_option_and_the_reason(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as error:
        spf.wanted(**options)
    (option,) = options
    assert str(error.value).startswith(f"{option}: ")
    assert reason in str(error.value)
