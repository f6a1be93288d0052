# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the world sees of a domain, for somebody who has nothing but its name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import DomainChecker
from ansible_collections.postmaster.mail.plugins.module_utils.resolver.stub_resolver import Resolver
from ansible_collections.postmaster.mail.plugins.plugin_utils.audit import audit, audit_options, carry_out, checker_of
from ansible_collections.postmaster.mail.plugins.plugin_utils.first_entry import first_entry, provider_of
from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import read_host_plan
from ansible_collections.postmaster.mail.plugins.plugin_utils.sender import Refused
from ansible_collections.postmaster.mail.plugins.plugin_utils.validation import Validator
from ansible_collections.postmaster.mail.tests.servers.internet import Internet
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.support.well_kept import DOMAIN, SERVICES, WELL_KEPT, SetUp, txt

OWN = """@ IN MX 10 mx
mx IN A 198.51.100.25
@ IN TXT "v=spf1 a:mx.company-name.com mx/24 ip4:198.51.100.0/24 exists:%{i}.list.example ptr ?include:odd.example ~all"
_dmarc IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@company-name.com, https://reports.example/"
"""
REVERSE = "100.51.198.in-addr.arpa"


@pytest.fixture(scope="module")
def world() -> Iterator[Nameserver]:
    zones = {**SERVICES, "company-name.com": OWN, "co.uk": "", "empty.example": "", REVERSE: ""}
    with Nameserver(zones, recursive=True) as server:
        yield server


@pytest.fixture(scope="module")
def internet() -> Iterator[Internet]:
    from ansible_collections.postmaster.mail.tests.servers.internet import small_internet

    with small_internet() as made:
        yield made


def told(world: Nameserver, asked: Any, **variables: Any) -> tuple[dict[str, Any], str]:
    """The result, and what was said."""
    said: list[str] = []
    given = {"custom_domain_audit": asked, "custom_domain_nameservers": [world.address], **variables}
    result = carry_out(given, said.append)
    return result, "\n".join(said)


def test_it_tells_what_the_world_sees_and_what_it_means(world: Nameserver) -> None:
    result, text = told(world, "company-name.com")
    assert (result["failed"], result["counts"]["error"], result["failed_domains"]) == (False, 0, [])
    for line in (
        "  MX      10 mx.company-name.com",
        "  PTR     198.51.100.25 has no name",
        "  DKIM    no key at the selectors of well-known services",
        "  MTA-STS none",
        "  TLS-RPT none",
        "  BIMI    none",
        "    Meaning: The policy is none, so receivers deliver mail that others send in the name of the domain.",
    ):
        assert line in text.splitlines()
    assert "SPF     v=spf1 a:mx.company-name.com" in text
    assert "Cure: Have whoever gave you the address set its name" in text


@pytest.mark.parametrize(
    ("reverse", "shown", "found"),
    [
        ("25 IN PTR mx.company-name.com.", "198.51.100.25 mx.company-name.com", False),
        ("25 IN PTR host25.hoster.example.", "198.51.100.25 host25.hoster.example", True),
        ("", "198.51.100.25 has no name", True),
    ],
)
def test_the_name_of_the_exchangers_address_leads_back_or_is_a_hint(
    world: Nameserver, reverse: str, shown: str, found: bool
) -> None:
    world.set_zone(REVERSE, reverse)
    done = audit(["company-name.com"], checker_of([world.address]), lambda dummy: None)
    assert ("PTR", shown) in done.reports["company-name.com"].records
    codes = [one["code"] for one in done.reports["company-name.com"].findings]
    assert ("mx_without_reverse_name" in codes) is found


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("https://company-name.com", "'https://company-name.com' is not a domain name: write only the name"),
        ("https://company-name.com/page", "is not a domain name: write only the name"),
        ("sales@company-name.com", "'sales@company-name.com' is not a domain name: write only the name"),
        ("198.51.100.25", "'198.51.100.25' is an IP address, not a domain name."),
        ("com", "'com' is not a full domain name: it has only one label"),
        ("co.uk", "co.uk is a public suffix, below which a registry sells domains"),
        ("missing.company-name.com", "missing.company-name.com does not exist: DNS has nothing at the name or below"),
        ("company-name.con", "None of the servers of company-name.con gives an answer."),
        ("./domains.txt", "there is no file ./domains.txt, and a domain has no slash"),
        ("", "Say which domain to audit, with -e custom_domain_audit=company-name.com"),
        (None, "custom_domain_audit must be a domain, a list of domains, or a file"),
        (7, "custom_domain_audit must be a domain, a list of domains, or a file"),
    ],
)
def test_bad_input_gets_one_sentence(world: Nameserver, asked: Any, sentence: str) -> None:
    result, text = told(world, asked)
    assert result["failed"] and sentence in result["msg"]
    assert result["msg"].count(". ") <= 1
    assert "Traceback" not in text and "Meaning" not in text and "in the inventory" not in text


def test_a_misspelt_variable_does_not_do_nothing() -> None:
    with pytest.raises(Refused, match="no variable custom_domain_severty: write custom_domain_severity"):
        audit_options({"custom_domain_audit": "company-name.com", "custom_domain_severty": "warning"})


def test_no_domain_stands_in_the_way_of_another(world: Nameserver) -> None:
    result, text = told(world, ["company-name.com", "https://other.example", "COMPANY-name.com."])
    assert result["failed_domains"] == ["https://other.example"]
    assert text.count("A first inventory entry for company-name.com") == 1


def test_the_severity_is_that_of_verify(world: Nameserver) -> None:
    accepted = [{"code": "mx_without_reverse_name", "subject": "mx.company-name.com", "reason": "It only receives."}]
    world.set_zone(REVERSE, "")
    result, text = told(world, "company-name.com", custom_domain_severity="info", custom_domain_accepted=accepted)
    assert result["failed"] and result["failed_domains"] == ["company-name.com"]
    assert "ACCEPTED mx_without_reverse_name (mx.company-name.com)" in text
    assert not told(world, "company-name.com", custom_domain_severity="error")[0]["failed"]
    assert (
        "custom_domain_severity is 'all', but must be one of error, warning, info"
        in told(world, "company-name.com", custom_domain_severity="all")[0]["msg"]
    )


def test_a_file_of_many_gets_a_line_each(world: Nameserver, tmp_path: Path) -> None:
    names = [f"domain{number}.example" for number in range(30)]
    for name in names:
        world.set_zone(name, '@ IN TXT "v=spf1 +all"\n')
    listed = tmp_path / "domains.txt"
    listed.write_text("\ufeff# ours\n" + "\n".join(f"{name}  # a comment" for name in names) + "\n\n", "utf-8")
    report = tmp_path / "report.json"
    result, text = told(world, str(listed), custom_domain_reports=[{"path": str(report)}])
    lines = [line for line in text.splitlines() if line.startswith("domain")]
    assert not result["failed"] and result["counts"]["error"] >= 30
    assert [line.partition(":")[0] for line in lines] == names
    assert all(line.endswith(": 1 error, 1 warning: spf_everyone, dmarc_missing") for line in lines)
    assert "in the inventory" not in text
    sources = [one["source"] for one in json.loads(report.read_text())["hosts"].values()]
    assert [one["line"] for one in sources] == list(range(2, 32))
    assert {Path(one["file"]).name for one in sources} == {"domains.txt"}


def test_by_the_servers_that_dns_names(internet: Internet) -> None:
    checker = DomainChecker(Resolver([internet.resolver.address]), port=internet.port, probe=True)
    done = audit(["unregistered.example", "company-name.example"], checker, lambda dummy: None)
    (reason,) = done.reports["unregistered.example"].failures
    assert "unregistered.example is not registered or not delegated" in reason
    assert done.reports["company-name.example"].failures == []


def shown_of(world: Nameserver, domain: str) -> dict[str, Any]:
    return dict(audit([domain], checker_of([world.address]), lambda dummy: None).shown[domain])


def is_met(world: Nameserver, domain: str, entry: str) -> tuple[bool, str]:
    """Whether DNS is as a host wants it, whose variables are an entry."""
    (variables,) = yaml.safe_load(entry).values()
    values, faults = Validator().validated(variables, {})
    assert faults == []
    plan = read_host_plan(domain, values, "")
    seen = DomainChecker(Resolver([world.address]), checker_of([world.address])._given).check([plan.checked])[domain]
    return seen["met"], seen["msg"]


@pytest.mark.parametrize("set_up", WELL_KEPT, ids=lambda set_up: set_up.name)
def test_the_first_entry_says_what_is_there(world: Nameserver, set_up: SetUp) -> None:
    world.set_zone(DOMAIN, set_up.text)
    entry = first_entry(DOMAIN, shown_of(world, DOMAIN))
    assert is_met(world, DOMAIN, entry) == (True, "")
    for part in ("custom_domain_senders", "custom_domain_dmarc", "custom_domain_mx"):
        assert part in entry


def test_the_first_entry_takes_each_term_that_the_role_can_say(world: Nameserver) -> None:
    entry = first_entry("company-name.com", shown_of(world, "company-name.com"))
    assert is_met(world, "company-name.com", entry) == (True, "")
    (variables,) = yaml.safe_load(entry).values()
    assert variables["custom_domain_senders"] == [
        {
            "name": "others",
            "spf": {
                "a": ["mx.company-name.com"],
                "mx": ["/24"],
                "ip4": ["198.51.100.0/24"],
                "exists": ["%{i}.list.example"],
            },
        }
    ]
    assert variables["custom_domain_dmarc"]["aggregate_reports"] == ["mailto:dmarc@company-name.com"]


def test_the_first_entry_of_a_domain_without_records_can_be_used(world: Nameserver) -> None:
    assert is_met(world, "empty.example", first_entry("empty.example", shown_of(world, "empty.example"))) == (True, "")


def test_no_record_of_others_becomes_a_template(world: Nameserver) -> None:
    evil = "{{lookup('ansible.builtin.pipe','id')}}"
    records_of_evil = [
        f"@ IN TXT {txt(f'v=spf1 include:{evil} a:{evil} exists:%{{i}}.{evil} ip4:192.0.2.1 ~all')}",
        "@ IN MX 10 {{7*7}}.example.",
        f"_dmarc IN TXT {txt(f'v=DMARC1; p=none; rua=mailto:{evil}@a.example,mailto:b@a.example')}",
        "google._domainkey IN CNAME {{7*7}}.example.",
        f"s1._domainkey IN TXT {txt(f'v=DKIM1; k={evil}; p={evil}')}",
    ]
    world.set_zone("evil.example", "\n".join(records_of_evil))
    shown = shown_of(world, "evil.example")
    assert "{{" in str(shown["mx"]) + str(shown["dkim"]) and "{{" in str(shown["dmarc"])
    entry = first_entry("evil.example", shown)
    assert "{{" not in entry and "mailto:b@a.example" in entry


@pytest.mark.parametrize(
    ("servers", "provider"),
    [
        (["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"], "cloudflare"),
        (["ns-1.awsdns-00.com", "ns-2.awsdns-01.co.uk"], "route53"),
        (["dns10.ovh.net", "ns10.ovh.net"], "ovh"),
        (["ns01.domaincontrol.com"], "godaddy"),
        (["dns1.registrar-servers.com"], "namecheap"),
        (["ns-cloud-a1.googledomains.com"], "google_cloud_dns"),
        (["ns1-01.azure-dns.com", "ns2-01.azure-dns.net"], "azure_dns"),
        (["ada.ns.cloudflare.com", "ns1.company-name.com"], ""),
        ([], ""),
    ],
)
def test_the_provider_is_guessed_from_its_name_servers(servers: list[str], provider: str) -> None:
    assert provider_of(servers) == provider
