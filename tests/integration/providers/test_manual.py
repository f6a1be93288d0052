# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dns.name
import dns.rdatatype
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError, ZoneNotFound
from ansible_collections.postmaster.mail.plugins.module_utils.intents.build import domain_intents
from ansible_collections.postmaster.mail.plugins.module_utils.providers.manual import Manual
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import Request, run
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.paste import paste_table
from ansible_collections.postmaster.mail.tests.servers.internet import OLD_SPF, Internet
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver

DOMAIN = dns.name.from_text("company-name.example")


def test_the_zone_is_found_through_dns(internet: Internet) -> None:
    provider = Manual({"nameservers": [internet.first.address]})
    name = dns.name.from_text("mail.company-name.example")

    assert provider.find_zones([name, DOMAIN]) == {name: Zone(DOMAIN), DOMAIN: Zone(DOMAIN)}


def test_an_unregistered_domain_lies_in_no_zone(internet: Internet) -> None:
    provider = Manual({"nameservers": [internet.registry.address]})
    name = dns.name.from_text("unregistered.example")

    assert isinstance(provider.find_zones([name])[name], ZoneNotFound)


def test_nobody_answers() -> None:
    provider = Manual({"nameservers": ["127.0.0.1:1"]})

    assert "no DNS server answers" in str(provider.find_zones([DOMAIN])[DOMAIN])
    with pytest.raises(ProviderError, match=r"cannot be read from DNS: 127\.0\.0\.1:1 does not answer"):
        provider.read(Zone(DOMAIN), frozenset({(DOMAIN, dns.rdatatype.TXT)}))


def test_the_next_server_is_read_when_one_is_dead(nameserver: Nameserver) -> None:
    nameserver.set_zone("company-name.example", OLD_SPF)
    provider = Manual({"nameservers": ["127.0.0.1:1", nameserver.address]})
    snapshot = provider.read(Zone(DOMAIN), frozenset({(DOMAIN, dns.rdatatype.TXT), (DOMAIN, dns.rdatatype.MX)}))

    assert [str(record_set) for record_set in snapshot] == ["company-name.example TXT"]
    assert not snapshot.complete


def test_values_come_in_one_order_whatever_that_of_the_answer(nameserver: Nameserver) -> None:
    seen = []
    for values in (("a", "b", "c"), ("c", "a", "b")):
        nameserver.set_zone("company-name.example", "\n".join(f"@ TXT {value}" for value in values))
        provider = Manual({"nameservers": [nameserver.address]})
        (found,) = provider.read(Zone(DOMAIN), frozenset({(DOMAIN, dns.rdatatype.TXT)}))
        seen.append([value.to_text() for value in found.values])
    assert seen[0] == seen[1] == ['"a"', '"b"', '"c"']


def test_a_wildcard_alias_is_not_taken_for_a_record_of_the_name(nameserver: Nameserver) -> None:
    nameserver.set_zone("company-name.example", "* CNAME shop.example.net.\nodoo._domainkey CNAME a.example.net.")
    provider = Manual({"nameservers": [nameserver.address]})
    names = [dns.name.from_text(f"{label}.company-name.example") for label in ("_dmarc", "odoo._domainkey")]
    keys = frozenset((name, rdtype) for name in names for rdtype in (dns.rdatatype.TXT, dns.rdatatype.CNAME))

    assert [str(found) for found in provider.read(Zone(DOMAIN), keys)] == ["odoo._domainkey.company-name.example CNAME"]


def test_the_engine_hands_the_records_over_and_has_nothing_left_once_they_are_entered(nameserver: Nameserver) -> None:
    nameserver.set_zone("company-name.example", OLD_SPF)
    intents = tuple(
        domain_intents(
            {
                "domain": "company-name.example",
                "spf": {"include": ["_spf.odoo.com"]},
                "dkim": [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}],
            }
        )
    )

    def pending() -> list[tuple[str, str, str]]:
        provider = Manual({"nameservers": [nameserver.address]})
        result = run([Request(DOMAIN, provider, intents)])[DOMAIN]
        assert (result.error, result.changed) == (None, False)
        return [(row["action"], row["host"], row["value"]) for row in paste_table(result.pending)]

    assert sorted(pending()) == [
        ("add", "odoo._domainkey", "odoo._domainkey.odoo.com."),
        ("replace", "@", "v=spf1 include:_spf.odoo.com mx ~all"),
    ]
    nameserver.set_zone(
        "company-name.example",
        '@ TXT "v=spf1 include:_spf.odoo.com mx ~all"\nodoo._domainkey CNAME odoo._domainkey.odoo.com.',
    )
    assert pending() == []


def test_it_never_writes(nameserver: Nameserver) -> None:
    assert Manual.facts.writes is False
