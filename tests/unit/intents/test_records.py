# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that were not asked for stay; a record that may exist only once replaces the one that is there."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.intents.dmarc import ReportAuthorisation
from ansible_collections.postmaster.mail.plugins.module_utils.zone.engine import DomainResult, Request, run
from ansible_collections.postmaster.mail.tests.support.memory import Memory, name

DOMAIN = "company-name.com"
KEYS = [
    rsa.RSAPublicNumbers(65537, (1 << 1023) + odd)
    .public_key()
    .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for odd in (1, 3)
]


KEY, OTHER = (base64.b64encode(key).decode() for key in KEYS)
SELECTOR = f"s1._domainkey.{DOMAIN}"


def zone(owner: str, *values: str) -> Memory:
    return Memory({DOMAIN: "".join(f'{owner} 60 TXT "{value}"\n' for value in values)})


def ensured(memory: Memory, **wanted: Any) -> DomainResult:
    intents = tuple(build.domain_intents({"domain": DOMAIN, **wanted}))
    return run([Request(name(DOMAIN), memory, intents)])[name(DOMAIN)]


def values(memory: Memory) -> list[str]:
    return [line.partition(" TXT ")[2].replace('" "', "").strip('"') for line in memory.text(DOMAIN)]


def key_record(memory: Memory, **options: Any) -> DomainResult:
    return ensured(memory, dkim=[{"selector": "s1", "public_key": KEY, **options}])


def test_a_new_dmarc_record_leads_to_the_same_warnings_as_an_existing_one() -> None:
    memory = zone(DOMAIN, "a text")
    planned, again = (ensured(memory, dmarc={"policy": "none"}) for dummy in range(2))
    assert (planned.changed, again.changed) == (True, False)
    assert planned.notes.warnings == again.notes.warnings
    assert "no reports are requested" in planned.notes.warnings[0]


def test_the_ttl_stays_when_another_value_replaces_the_only_one() -> None:
    memory = zone(DOMAIN, "v=spf1 include:_spf.hoster.example ~all")
    records = [{"name": DOMAIN, "type": "TXT", "value": "brevo-code:x"}]
    spf = {"include": ["_spf.hoster.example"], "state": "absent"}
    result = ensured(memory, spf=spf, records=records)
    assert (result.error, memory.text(DOMAIN)) == (None, [f'{DOMAIN} 60 TXT "brevo-code:x"'])


class TestDkim:
    @pytest.mark.parametrize("tags", ["t=s; s=email", "h=sha256", "n=hello; t=y"])
    def test_tags_that_no_option_names_stay(self, tags: str) -> None:
        there = f"v=DKIM1; k=rsa; {tags}; p={KEY}"
        memory = zone(SELECTOR, there)
        done = key_record(memory)
        assert (done.error, done.changed, done.notes.warnings) == (None, False, [])
        assert values(memory) == [there]

    def test_the_tag_of_an_option_is_set_and_the_others_stay(self) -> None:
        memory = zone(SELECTOR, f"v=DKIM1; k=rsa; s=email; t=y; p={KEY}")
        done = key_record(memory, flags=["s"])
        assert values(memory) == [f"v=DKIM1; k=rsa; s=email; t=s; p={KEY}"]
        assert not [warning for warning in done.notes.warnings if "this replaces another key" in warning]
        assert not key_record(memory, flags=["s"]).changed

    def test_another_key_is_replaced_as_a_whole_with_a_warning(self) -> None:
        memory = zone(SELECTOR, f"v=DKIM1; k=rsa; t=s; p={OTHER}")
        done = key_record(memory)
        assert values(memory) == [f"v=DKIM1; k=rsa; p={KEY}"]
        assert [warning for warning in done.notes.warnings if "this replaces another key" in warning]

    def test_a_key_split_into_two_values_is_replaced_as_a_whole(self) -> None:
        memory = zone(SELECTOR, f"v=DKIM1; k=rsa; p={OTHER[:120]}", OTHER[120:], "a note")
        assert key_record(memory).error is None
        assert sorted(values(memory)) == ["a note", f"v=DKIM1; k=rsa; p={KEY}"]

    def test_the_desired_key_split_into_two_values_is_joined(self) -> None:
        memory = zone(SELECTOR, f"v=DKIM1; k=rsa; t=s; p={KEY[:120]}", KEY[120:])
        done = key_record(memory)
        assert values(memory) == [f"v=DKIM1; k=rsa; t=s; p={KEY}"]
        assert not [warning for warning in done.notes.warnings if "this replaces another key" in warning]

    def test_another_cname_is_replaced_and_that_is_said(self) -> None:
        memory = Memory({DOMAIN: f"{SELECTOR} 60 CNAME s1.old.example.\n"})
        delegated = {"dkim": [{"selector": "s1", "cname": "S1.New.example."}]}
        done, again = (ensured(memory, **delegated) for dummy in range(2))
        assert memory.text(DOMAIN) == [f"{SELECTOR} 60 CNAME s1.new.example."]
        assert "this replaces the CNAME to s1.old.example, so mail" in done.notes.warnings[0]
        assert (again.changed, again.notes.warnings) == (False, [])

    def test_dns_record_adds_no_second_key(self) -> None:
        memory = zone(SELECTOR, f"v=DKIM1; k=rsa; p={OTHER}")
        done = ensured(memory, records=[{"name": SELECTOR, "type": "TXT", "value": f"v=DKIM1; p={KEY}"}])
        assert "Use dkim_record" in str(done.error)


@pytest.mark.parametrize(
    ("label", "old", "new"),
    [
        ("_mta-sts", "v=STSv1; id=1", "v=STSv1; id=2"),
        ("_smtp._tls", "v=TLSRPTv1; rua=mailto:a@x.example", "v=TLSRPTv1; rua=mailto:b@x.example"),
        ("default._bimi", "v=BIMI1; l=https://a.example/", "v=BIMI1; l=https://b.example/"),
    ],
)
class TestOneOfAKind:
    def test_a_new_value_replaces_the_one_that_is_there(self, label: str, old: str, new: str) -> None:
        memory = zone(f"{label}.{DOMAIN}", old, "other")
        done = ensured(memory, records=[{"name": f"{label}.{DOMAIN}", "type": "TXT", "value": new}])
        assert done.error is None
        assert sorted(values(memory)) == sorted(["other", new])

    def test_two_existing_records_are_refused(self, label: str, old: str, new: str) -> None:
        memory = zone(f"{label}.{DOMAIN}", old, old + "x")
        done = ensured(memory, records=[{"name": f"{label}.{DOMAIN}", "type": "TXT", "value": new}])
        assert "has 2 records of the same kind" in str(done.error)


@pytest.mark.parametrize(
    ("owner", "there", "value", "module"),
    [
        (DOMAIN, " v=spf1 mx -all", "v=spf1 a -all", "spf_record"),
        (f"_dmarc.{DOMAIN}", "v=dmarc1; p=reject", "v=DMARC1; p=none", "dmarc_record"),
    ],
)
def test_dns_record_adds_nothing_beside_a_malformed_record_of_the_same_kind(
    owner: str, there: str, value: str, module: str
) -> None:
    memory = zone(owner, there)
    done = ensured(memory, records=[{"name": owner, "type": "TXT", "value": value}])
    assert f"Use {module} with repair: true" in str(done.error)
    assert values(memory) == [there]


@pytest.mark.parametrize(("there", "value"), [("0 .", "10 mx.example.net"), ("10 mx.example.net.", "0 .")])
def test_dns_record_adds_nothing_beside_a_null_mx(there: str, value: str) -> None:
    memory = Memory({DOMAIN: f"{DOMAIN} 60 MX {there}"})
    done = ensured(memory, records=[{"name": DOMAIN, "type": "MX", "value": value}])
    assert "a null MX must be alone (RFC 7505 3)" in str(done.error)


def test_a_value_in_quotes_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is in quotes, which would become part of it"):
        ensured(zone(DOMAIN), records=[{"name": DOMAIN, "type": "TXT", "value": '"v=spf1 -all"'}])


def test_no_report_authorisation_is_added_below_a_wildcard_that_authorises_everyone() -> None:
    memory = zone(f"*._report._dmarc.mail.{DOMAIN}", "v=DMARC1")
    intent = ReportAuthorisation("other.example", f"mail.{DOMAIN}")
    assert not run([Request(intent.name, memory, (intent,))])[intent.name].changed
    other = zone(DOMAIN, "x")
    assert run([Request(intent.name, other, (intent,))])[intent.name].changed


@pytest.mark.parametrize("wanted", [{"policy": "none"}, {"aggregate_reports": ["mailto:dmarc@company-name.com"]}])
def test_no_policy_is_added_beside_a_cname_to_a_vendor(wanted: dict[str, Any]) -> None:
    memory = Memory({DOMAIN: f"_dmarc.{DOMAIN} 60 CNAME policy.vendor.example.\n"})
    done = ensured(memory, dmarc=wanted)
    assert "is a CNAME of policy.vendor.example, and DNS allows no TXT record beside a CNAME" in str(done.error)
    assert memory.text(DOMAIN) == [f"_dmarc.{DOMAIN} 60 CNAME policy.vendor.example."]


COMPUTED = "os.date('v=STSv1; id=%Y')"


def lua(owner: str, program: str, number: int = 16) -> str:
    data = number.to_bytes(2, "big") + bytes([len(program)]) + program.encode()
    return f"{owner} 60 TYPE65402 \\# {len(data)} {data.hex()}\n"


@pytest.mark.parametrize("desired", [{"public_key": KEY}, {"state": "revoked"}])
def test_no_key_is_set_beside_a_computed_text(desired: dict[str, str]) -> None:
    memory = Memory({DOMAIN: lua(SELECTOR, COMPUTED)})
    refused = ensured(memory, dkim=[{"selector": "s1", **desired}])
    assert "whose TXT value only PowerDNS can compute" in str(refused.error)
    assert ensured(memory, dkim=[{"selector": "s1", "state": "absent"}]).error is None
    assert memory.writes == []


@pytest.mark.parametrize(("program", "number"), [("'s1.hoster.example'", 5), (f"'v=DKIM1; p={KEY}'", 16)])
def test_a_computed_key_cannot_be_removed(program: str, number: int) -> None:
    memory = Memory({DOMAIN: lua(SELECTOR, program, number)})
    assert "LUA record of PowerDNS" in str(ensured(memory, dkim=[{"selector": "s1", "state": "absent"}]).error)


def test_a_record_hidden_by_a_computed_cname_is_refused() -> None:
    memory = Memory(
        {DOMAIN: lua(f"_dmarc.{DOMAIN}", "'x.example'", 5) + f'_dmarc.{DOMAIN} 60 TXT "v=DMARC1; p=none"\n'}
    )
    assert "_dmarc.company-name.com TXT would not be seen" in str(ensured(memory, dmarc={"policy": "none"}).error)


@pytest.mark.parametrize("value", ["v=STSv1; id=2", "v=spf1 -all"])
def test_a_record_that_may_exist_only_once_is_not_set_beside_a_computed_text(value: str) -> None:
    record = {"name": DOMAIN, "type": "TXT", "value": value}
    for program, there, error in [
        (COMPUTED, "", "whose TXT value only PowerDNS can compute"),
        (f"'{value[:7]} '", "", "from a LUA record of PowerDNS, which cannot be changed here"),
        (COMPUTED, f'{DOMAIN} 60 TXT "{value}"\n', "None"),
        ("'a-verification=1'", "", "None"),
    ]:
        memory = Memory({DOMAIN: lua(DOMAIN, program) + there})
        assert error in str(ensured(memory, records=[record]).error)


def test_a_computed_report_authorisation_counts() -> None:
    authorisation = ReportAuthorisation(DOMAIN, "reports.example")
    for program, written in [("'v=DMARC1'", []), ("'other'", ["reports.example"])]:
        memory = Memory({"reports.example": lua(authorisation.name.to_text(), program)})
        request = Request(name("reports.example"), memory, (authorisation,))
        assert run([request])[request.domain].error is None and memory.writes == written


CONSOLIDATED = {"spf": {"consolidate": True, "include": ["x.example"]}}


@pytest.mark.parametrize(
    ("owner", "there", "desired", "told"),
    [
        (
            DOMAIN,
            ['TXT "v=spf1 mx -all"', 'TXT "v=spf1 a -all"'],
            {"spf": {"include": ["x.example"]}},
            '("v=spf1 a -all", "v=spf1 mx -all")',
        ),
        (DOMAIN, ['TXT "v=spf1 mx ~all"', 'TXT "v=spf1 -mx ~all"'], CONSOLIDATED, "one has -mx, another mx"),
        (
            DOMAIN,
            ['TXT "v=spf1 redirect=x.example"', 'TXT "v=spf1 -all"'],
            CONSOLIDATED,
            '"v=spf1 -all", "v=spf1 redirect=x.example"',
        ),
        (
            DOMAIN,
            ['TXT "v=spf1 exp=y.example -all"', 'TXT "v=spf1 exp=x.example -all"'],
            CONSOLIDATED,
            "exp=x.example and exp=y.example",
        ),
        (
            f"_dmarc.{DOMAIN}",
            ['TXT "v=DMARC1; p=reject"', 'TXT "v=DMARC1; p=none"'],
            {"dmarc": {"policy": "none"}},
            '("v=DMARC1; p=none", "v=DMARC1; p=reject")',
        ),
        (
            DOMAIN,
            ["MX 10 one.example.", "MX 5 two.example."],
            {"mx": {"exchanges": [{"host": "x.example"}]}},
            "(5 two.example, 10 one.example)",
        ),
        (
            DOMAIN,
            ["MX 20 two.example.", "MX 10 one.example."],
            {"records": [{"name": DOMAIN, "type": "MX", "value": "0 ."}]},
            "beside 10 one.example, 20 two.example:",
        ),
        (
            DOMAIN,
            ['TXT "v=spf1 mx -all"', 'TXT "v=spf1 a -all"'],
            {"records": [{"name": DOMAIN, "type": "TXT", "value": "v=spf1 -all"}]},
            'has the SPF record "v=spf1 a -all" already',
        ),
        (
            SELECTOR,
            ['TXT "odoo._domainkey.odoo.com"', f'TXT "k=rsa; p={KEY}"'],
            {"dkim": [{"selector": "s1", "cname": "x.example"}]},
            "is a TXT record with a DKIM key",
        ),
        (
            f"_smtp._tls.{DOMAIN}",
            ['TXT "v=TLSRPTv1; rua=mailto:b@x.example"', 'TXT "v=TLSRPTv1; rua=mailto:a@x.example"'],
            {"records": [{"name": f"_smtp._tls.{DOMAIN}", "type": "TXT", "value": "v=TLSRPTv1; rua=mailto:c@x"}]},
            '("v=TLSRPTv1; rua=mailto:a@x.example", "v=TLSRPTv1; rua=mailto:b@x.example")',
        ),
        (
            f"www.{DOMAIN}",
            ["A 192.0.2.2", "A 192.0.2.1"],
            {"records": [{"name": f"www.{DOMAIN}", "type": "CNAME", "value": "x.example"}]},
            "A 192.0.2.1; A 192.0.2.2",
        ),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_the_order_in_which_a_server_returns_values_changes_no_message(
    owner: str, there: list[str], desired: dict[str, Any], told: str, turned: bool
) -> None:
    lines = [f"{owner} 60 {value}\n" for value in (reversed(there) if turned else there)]
    assert told in str(ensured(Memory({DOMAIN: "".join(lines)}), **desired).error)


def test_the_order_in_which_a_server_returns_values_changes_no_warning() -> None:
    near = ["v=dmarc1; p=reject", "v=DMARC2; p=none"]
    one, other = (ensured(zone(f"_dmarc.{DOMAIN}", *there), dmarc={"policy": "none"}) for there in (near, near[::-1]))
    assert one.notes.warnings == other.notes.warnings
    assert all(any(value in text for text in one.notes.warnings) for value in near)
