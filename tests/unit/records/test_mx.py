# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MX record sets, including null MX (RFC 5321 5.1, RFC 7505)."""

from __future__ import annotations

from typing import Any

import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict, InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import mx

DOMAIN = "mail.company-name.com"


def exchange(preference: int, host: str) -> mx.Exchange:
    return mx.Exchange(preference, dns.name.from_text(host))


def asked(*pairs: tuple[int, str]) -> Any:
    return mx.exchanges([{"preference": preference, "host": host} for preference, host in pairs])


def test_exchanges_are_read_with_their_preference() -> None:
    assert asked((10, "Company.Odoo.com."), (20, "b.example.net")) == (
        exchange(10, "company.odoo.com."),
        exchange(20, "b.example.net."),
    )
    assert asked((0, ".")) == (exchange(0, "."),)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "No exchange"),
        ([{"preference": 10}], "has no host"),
        ([{"preference": True, "host": "a.example.net"}], "preference"),
        ([{"preference": 65536, "host": "a.example.net"}], "0 to 65535"),
        ([{"preference": -1, "host": "a.example.net"}], "0 to 65535"),
        ([{"preference": 10, "host": "192.0.2.1"}], "IP address"),
        ([{"preference": 10, "host": "[2001:db8::1]"}], "IP address"),
        ([{"preference": 10, "host": "mailhost"}], "full name"),
        ([{"preference": 10, "host": "my_host.example.net"}], "full name"),
        ([{"preference": 10, "host": "smtp://a.example.net"}], "not a domain name"),
        ([{"preference": 10, "host": "."}], "RFC 7505"),
        ([{"preference": 0, "host": "."}, {"preference": 10, "host": "a.example.net"}], "RFC 7505"),
        ([{"preference": 1, "host": "a.example.net"}, {"preference": 2, "host": "A.example.net."}], "listed twice"),
    ],
)
def test_an_invalid_exchange_is_refused(options: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        mx.exchanges(options)


def test_a_set_that_is_as_desired_keeps_its_order() -> None:
    there = [(20, dns.name.from_text("b.example.net")), (10, dns.name.from_text("a.example.net"))]
    assert list(mx.merge(there, asked((10, "a.example.net"), (20, "b.example.net")), DOMAIN, exact=False)) == there


def test_a_wrong_preference_is_corrected() -> None:
    wanted = asked((10, "a.example.net"))
    assert mx.merge([exchange(50, "a.example.net.")], wanted, DOMAIN, exact=False) == wanted
    assert mx.merge([exchange(5, "a.example.net."), *wanted], wanted, DOMAIN, exact=False) == wanted


def test_a_preference_that_is_not_given_is_not_changed() -> None:
    wanted = mx.exchanges([{"host": "a.example.net"}, {"host": "b.example.net", "preference": 20}])
    there = [exchange(5, "a.example.net"), exchange(30, "a.example.net")]
    assert mx.merge(there, wanted, DOMAIN, exact=True) == (*there, exchange(20, "b.example.net"))
    assert mx.merge([], wanted, DOMAIN, exact=False) == (exchange(10, "a.example.net"), exchange(20, "b.example.net"))
    without_dot = [exchange(7, f"a.example.net.{DOMAIN}")]
    assert mx.merge(without_dot, wanted[:1], DOMAIN, exact=False) == (exchange(7, "a.example.net"),)


def test_a_null_mx_needs_no_preference() -> None:
    wanted = mx.exchanges([{"host": "."}])
    assert mx.merge([], wanted, DOMAIN, exact=False) == (exchange(0, "."),)
    assert mx.merge([exchange(0, ".")], wanted, DOMAIN, exact=False) == (exchange(0, "."),)


def test_other_exchanges_are_a_conflict_that_names_them_and_the_solution() -> None:
    there = [exchange(1, "aspmx.l.google.com.")]
    wanted = asked((10, "company.odoo.com"))
    with pytest.raises(Conflict, match=r"mail.company-name.com .*1 aspmx.l.google.com.*exact: true"):
        mx.merge(there, wanted, DOMAIN, exact=False)
    assert mx.merge(there, wanted, DOMAIN, exact=True) == wanted


def test_a_null_mx_and_a_real_one_do_not_mix() -> None:
    null, real = asked((0, ".")), asked((10, "company.odoo.com"))
    with pytest.raises(Conflict, match="accepts no mail"):
        mx.merge(null, real, DOMAIN, exact=False)
    with pytest.raises(Conflict, match="null MX, set exact: true"):
        mx.merge(real, null, DOMAIN, exact=False)
    assert mx.merge(null, real, DOMAIN, exact=True) == real
    assert mx.merge([], null, DOMAIN, exact=False) == null


def test_only_the_given_hosts_are_removed() -> None:
    there = [exchange(5, "a.example.net."), exchange(10, "b.example.net.")]
    assert mx.remove(there, asked((10, "A.example.net")), DOMAIN) == (exchange(10, "b.example.net."),)


@pytest.mark.parametrize("zone", ["company-name.com", "mail.company-name.com"])
def test_a_host_with_the_zone_appended_is_the_same_exchange(zone: str) -> None:
    slip = exchange(10, f"Company.odoo.com.{zone}.")
    wanted = asked((10, "company.odoo.com"))
    assert mx.merge([slip], wanted, DOMAIN, exact=False) == wanted
    assert mx.remove([slip], wanted, DOMAIN) == ()
    assert mx.remove([slip], asked((10, f"company.odoo.com.{zone}"), (20, "company.odoo.com")), DOMAIN) == ()


@pytest.mark.parametrize(
    "host", ["company.odoo.com.other.org", "company.odoo.com.com", "x.odoo.com.company-name.com", "com"]
)
def test_a_similar_host_is_another_exchange(host: str) -> None:
    there = [exchange(10, f"{host}.")]
    with pytest.raises(Conflict, match="other mail exchanges"):
        mx.merge(there, asked((10, "company.odoo.com")), DOMAIN, exact=False)
    assert list(mx.remove(there, asked((10, "company.odoo.com")), DOMAIN)) == there


hosts = st.sampled_from(["a.example.net", "b.example.net", "c.example.org"])
pairs = st.lists(st.tuples(st.integers(0, 65535), hosts), min_size=1, max_size=3, unique_by=lambda pair: pair[1])


@given(existing=pairs, wanted=pairs, exact=st.booleans())
def test_a_merge_leads_to_the_desired_set_or_a_conflict_and_is_idempotent(
    existing: list[tuple[int, str]], wanted: list[tuple[int, str]], exact: bool
) -> None:
    there, ours = asked(*existing), asked(*wanted)
    foreign = {pair.host for pair in there} - {pair.host for pair in ours}
    try:
        merged = mx.merge(there, ours, DOMAIN, exact)
    except Conflict:
        assert foreign
        assert not exact
        return
    assert set(merged) == set(ours)
    assert mx.merge(merged, ours, DOMAIN, exact) == merged


@given(st.text(max_size=20), st.integers() | st.text(max_size=3) | st.none())
def test_any_option_is_accepted_or_refused(host: str, preference: Any) -> None:
    try:
        mx.exchanges([{"preference": preference, "host": host}])
    except InvalidInput:
        pass
