# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Common mistakes in an inventory, and the message for each of them before anything is done."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES
from ansible_collections.postmaster.mail.plugins.plugin_utils.checks import meant, unknown_variables
from ansible_collections.postmaster.mail.plugins.plugin_utils.reading import Reading

HOST = "company-name.com"
SECRET = "x7-hidden-91"
ODOO = {"url": "https://erp.example.net", "database": "prod", "username": "admin", "password": SECRET}
ZONES = {"provider": "zone_file", "directory": "zones"}
RELAY = {"name": "relay", "host": "smtp.company-name.com", "username": "odoo", "password": SECRET}
PROVIDERS = (
    "zone_file, rfc2136, powerdns, cloudflare, route53, ovh, google_cloud_dns, godaddy, azure_dns, namecheap, manual"
)
CLOUDFLARE = (
    "provider, endpoint, validate_certs, ca_path, timeout, max_answer_size, rate_limit, backup, backup_directory, "
    "api_token, account_id"
)


def read(host: str = HOST, **variables: Any) -> Reading:
    """The plan or the error for the variables of one host, given without their prefix."""
    given = {"dns": ZONES, **variables}
    values = {f"custom_domain_{name}": value for name, value in given.items() if value is not None}
    return Reading([{"host": host, "values": values, "folder": "/inventory", "environment": {}, "names": list(values)}])


def refused(host: str = HOST, **variables: Any) -> str:
    reason = read(host, **variables).refused.get(host, "")
    assert SECRET not in reason
    return reason.removeprefix(f"{host}: ")


def of_dns(problem: str) -> str:
    return f"custom_domain_dns: {problem}"


# the variables of a host, and the error
MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    # the type of a variable
    "a number of seconds to wait": (
        {"wait": 600},
        "custom_domain_wait is 600, but must be a dictionary. Write {timeout: 600}.",
    ),
    "a name instead of a sender": (
        {"senders": ["odoo"]},
        "entry 1 of custom_domain_senders is 'odoo', but must be a dictionary. Write {service: odoo}.",
    ),
    "a name instead of a list of senders": (
        {"senders": "odoo"},
        "entry 1 of custom_domain_senders is 'odoo', but must be a dictionary. Write {service: odoo}.",
    ),
    "a sender without its dash": (
        {"senders": {"service": "odoo"}},
        "custom_domain_senders is a dictionary, but must be a list. Put a dash before it.",
    ),
    "a policy instead of DMARC options": (
        {"dmarc": "none"},
        "custom_domain_dmarc is 'none', but must be a dictionary. Write {policy: none}.",
    ),
    "a provider instead of an account": (
        {"dns": "cloudflare"},
        "custom_domain_dns is 'cloudflare', but must be a dictionary. Write {provider: cloudflare}.",
    ),
    "a token instead of an account": (
        {"dns": SECRET},
        "custom_domain_dns is a text, but must be a dictionary. Write {provider: …}; its options are "
        f"provider ({PROVIDERS}), and those of the provider.",
    ),
    "a list instead of an account": (
        {"dns": [ZONES]},
        "custom_domain_dns is a list, but must be a dictionary. Write {provider: …}; its options are "
        f"provider ({PROVIDERS}), and those of the provider.",
    ),
    "a path instead of a report": (
        {"reports": "report.json"},
        "entry 1 of custom_domain_reports is 'report.json', but must be a dictionary. Write {path: report.json}.",
    ),
    "a port in words": (
        {"senders": [{**RELAY, "port": "smtps"}]},
        "entry 1 of custom_domain_senders: port is 'smtps', but must be a whole number.",
    ),
    "a time in milliseconds": (
        {"wait": {"timeout": "500ms"}},
        "custom_domain_wait: timeout is '500ms', but must be a whole number.",
    ),
    "a time with a unit": (
        {"wait": {"timeout": "10m"}},
        "custom_domain_wait: timeout is '10m', but must be a whole number. Write 600, which is in seconds.",
    ),
    "a dictionary instead of a text": (
        {"single_sender": {"address": "a@company-name.com"}},
        "custom_domain_single_sender is a dictionary, but must be a text.",
    ),
    "neither true nor false": (
        {"install_modules": "maybe"},
        "custom_domain_install_modules is 'maybe', but must be true or false.",
    ),
    # a choice
    "an unknown gate": (
        {"gate": "enforced"},
        "custom_domain_gate is 'enforced', but must be one of enforce, warn, ignore. Did you mean enforce?",
    ),
    "a word that YAML reads as false": (
        {"senders": [{**RELAY, "encryption": False}]},
        "entry 1 of custom_domain_senders: encryption is false (YAML reads no, off and false as that: put the word in "
        "quotes), but must be one of none, starttls, tls.",
    ),
    "STARTTLS in capitals": (
        {"senders": [{**RELAY, "encryption": "STARTTLS"}]},
        "entry 1 of custom_domain_senders: encryption is 'STARTTLS', but must be one of none, starttls, tls. Did you "
        "mean starttls?",
    ),
    "an unknown policy": (
        {"dmarc": {"policy": "quarantined"}},
        "custom_domain_dmarc: policy is 'quarantined', but must be one of none, quarantine, reject. Did you mean "
        "quarantine?",
    ),
    # an account
    "no account": (
        {"dns": None},
        f"custom_domain_dns is missing. Write {{provider: …}}; its options are provider ({PROVIDERS}), and those of "
        "the provider.",
    ),
    "an account without its provider": (
        {"dns": {"directory": "zones"}},
        of_dns(f"provider is missing. It is one of {PROVIDERS}."),
    ),
    "a provider with a letter missing": (
        {"dns": {"provider": "cloudfare", "api_token": SECRET}},
        of_dns(f"there is no provider 'cloudfare'. Did you mean cloudflare? There are {PROVIDERS}."),
    ),
    "a provider with a capital": (
        {"dns": {"provider": "Cloudflare", "api_token": SECRET}},
        of_dns(f"there is no provider 'Cloudflare'. Did you mean cloudflare? There are {PROVIDERS}."),
    ),
    "a provider with a hyphen": (
        {"dns": {"provider": "Azure-DNS"}},
        of_dns(f"there is no provider 'Azure-DNS'. Did you mean azure_dns? There are {PROVIDERS}."),
    ),
    "an option with letters exchanged": (
        {"dns": {"provider": "cloudflare", "api_tokne": SECRET}},
        of_dns(
            "api_tokne is not an option of the provider cloudflare. Did you mean api_token? The options are "
            f"{CLOUDFLARE}."
        ),
    ),
    "a directory with letters exchanged": (
        {"dns": {"provider": "zone_file", "directroy": "zones"}},
        of_dns(
            "directroy is not an option of the provider zone_file. Did you mean directory? The options are provider, "
            "endpoint, validate_certs, ca_path, timeout, max_answer_size, rate_limit, backup, backup_directory, "
            "directory, file, include_directory, validate, reload."
        ),
    ),
    "a vendor instead of a provider": (
        {"dns": {"provider": "AWS"}},
        of_dns(f"there is no provider 'AWS'. Did you mean route53? There are {PROVIDERS}."),
    ),
    "a name server program instead of a provider": (
        {"dns": {"provider": "bind"}},
        of_dns(f"there is no provider 'bind'. Did you mean rfc2136? There are {PROVIDERS}."),
    ),
    "an option of another provider": (
        {"dns": {"provider": "cloudflare", "directory": "zones"}},
        of_dns(
            f"directory is not an option of the provider cloudflare, but of zone_file. The options are {CLOUDFLARE}."
        ),
    ),
    "a token that the environment lacks": (
        {"dns": {"provider": "cloudflare", "api_token": ""}},
        of_dns(
            "api_token is empty. If a lookup fills it, from the environment or from a file, see that it is set where "
            "Ansible runs."
        ),
    ),
    "a password that the environment lacks": (
        {"odoo": {**ODOO, "password": ""}, "companies": []},
        "custom_domain_odoo: password is empty. If a lookup fills it, from the environment or from a file, see that it "
        "is set where Ansible runs.",
    ),
    "a missing option of a provider": (
        {"dns": {"provider": "powerdns", "api_key": SECRET}},
        of_dns("endpoint is missing."),
    ),
    "an Odoo without its database": (
        {"odoo": {"url": "https://erp.example.net", "username": "admin", "password": SECRET}, "companies": []},
        "custom_domain_odoo: database is missing.",
    ),
    "an Odoo without a password": (
        {"odoo": {"url": "https://erp.example.net", "database": "prod", "username": "admin"}, "companies": []},
        "custom_domain_odoo: give one of password, api_key.",
    ),
    "an Odoo URL without https": (
        {"odoo": {**ODOO, "url": "erp.example.net"}, "companies": []},
        "custom_domain_odoo: odoo.url 'erp.example.net' is not the URL of an Odoo server: write it like "
        "https://erp.example.net.",
    ),
    "an option of Odoo with letters exchanged": (
        {"odoo": {**ODOO, "databse": "prod"}, "companies": []},
        "custom_domain_odoo: databse is not an option here. Did you mean database? The options are url, database, "
        "username, password, api_key, validate_certs, ca_path, timeout, max_answer_size.",
    ),
    # Odoo, and what a host needs
    "an Odoo and no company": (
        {"odoo": ODOO},
        "custom_domain_odoo is given, but custom_domain_companies is not, so no company would get the domain. Name the "
        "companies as Odoo has them, or write custom_domain_companies: [] if no company should get it.",
    ),
    "the host of a sender with its port": (
        {"odoo": ODOO, "companies": [], "senders": [{**RELAY, "host": "smtp.company-name.com:587"}]},
        "custom_domain_senders, relay: host 'smtp.company-name.com:587' is not the name of a mail server: write it "
        "like smtp.example.net, and a port as port.",
    ),
    "the host of a test mailbox with its port": (
        {
            "odoo": ODOO,
            "companies": [],
            "test_mailbox": {
                "to": "a@b.example",
                "host": "imap.b.example:993",
                "username": "a",
                "password": SECRET,
            },
        },
        "custom_domain_test_mailbox: host 'imap.b.example:993' is not the name of a mail server: write it like "
        "smtp.example.net, and a port as port.",
    ),
    "the password of a relay that the environment lacks": (
        {"senders": [{"service": "odoo"}, {**RELAY, "password": ""}]},
        "entry 2 of custom_domain_senders: password is empty, but username is not. If a lookup fills it, from the "
        "environment or from a file, see that it is set where Ansible runs.",
    ),
    "a URL instead of the host that receives mail": (
        {"odoo": ODOO, "companies": [], "incoming": "redirect", "incoming_host": "https://erp.example.net"},
        "custom_domain_incoming_host is 'https://erp.example.net', but must be only the name of a host, such as "
        "company-name.odoo.com.",
    ),
    "a mailbox without incoming: server": (
        {"odoo": ODOO, "companies": [], "incoming_servers": [{"host": "imap.b.example"}]},
        "custom_domain_incoming_servers is given, but custom_domain_incoming is none: set it to server, or leave out "
        "the servers.",
    ),
    "a sender with only a name": (
        {"senders": [{"name": "relay"}]},
        f"sender 1 does not say what it needs. Give a service ({', '.join(SERVICES)}), or a host, spf, dkim or "
        "records.",
    ),
    "a single sender of another domain": (
        {"odoo": ODOO, "companies": [], "single_sender": "info@other.example"},
        "custom_domain_single_sender is 'info@other.example', but must be an address of the domain, such as "
        "notifications@company-name.com.",
    ),
    "an unknown finding": (
        {"accepted": [{"code": "spf_mising", "subject": "company-name.com", "reason": "It is known."}]},
        "custom_domain_accepted: no finding has the code 'spf_mising'. The nearest is spf_missing.",
    ),
    "a date in another order": (
        {"accepted": [{"code": "spf_missing", "subject": "x", "reason": "Known.", "until": "31.01.2027"}]},
        "custom_domain_accepted: until of spf_missing is '31.01.2027', which is not a date. Write 2027-01-31.",
    ),
    "an acceptance without a reason": (
        {"accepted": [{"code": "spf_missing", "subject": "x"}]},
        "entry 1 of custom_domain_accepted: reason is missing.",
    ),
    "a report without its path": (
        {"reports": [{"format": "json"}]},
        "entry 1 of custom_domain_reports: path is missing.",
    ),
    "a number of minutes to wait": (
        {"wait": "10m"},
        "custom_domain_wait is '10m', but must be a dictionary. Write {timeout: 600}.",
    ),
    "an empty list entry": (
        {"nameservers": [], "reports": [None]},
        "entry 1 of custom_domain_reports is empty, but must be a dictionary. Write {path: …}; its options are format, "
        "path, max_bytes.",
    ),
    "a DMARC tag instead of the option": (
        {"dmarc": {"rua": "mailto:a@company-name.com"}},
        "custom_domain_dmarc: rua is not an option here. Did you mean aggregate_reports? The options are policy, "
        "subdomain_policy, nonexistent_policy, aggregate_reports, failure_reports, failure_options, dkim_alignment, "
        "spf_alignment, testing, allow_weaker, repair, ttl, state.",
    ),
    "exchanges without their option": (
        {"mx": [{"host": "mx.company-name.com", "preference": 10}]},
        "custom_domain_mx is a list, but must be a dictionary. Its options are exchanges, exact, repair, ttl, state.",
    ),
    "an exchange as in a zone file": (
        {"mx": {"exchanges": ["10 mx.company-name.com"]}},
        "custom_domain_mx: entry 1 of exchanges is '10 mx.company-name.com', but must be a dictionary. Write "
        "{preference: …, host: …}.",
    ),
    "a whole SPF record instead of its terms": (
        {"senders": [{"name": "relay", "spf": "v=spf1 include:relay.example ~all"}]},
        "entry 1 of custom_domain_senders: spf is 'v=spf1 include:relay.example ~all', but must be a dictionary. Write "
        "{include: …}; its options are include, ip4, ip6, a, mx, exists, repair.",
    ),
    "a whole DMARC record instead of its options": (
        {"dmarc": "v=DMARC1; p=none"},
        "custom_domain_dmarc is 'v=DMARC1; p=none', but must be a dictionary. Write {policy: …}; its options are "
        "policy, subdomain_policy, nonexistent_policy, aggregate_reports, failure_reports, failure_options, "
        "dkim_alignment, spf_alignment, testing, allow_weaker, repair, ttl, state.",
    ),
    "a tag of RFC 7489 that RFC 9989 has removed": (
        {"dmarc": {"policy": "reject", "pct": 50}},
        "custom_domain_dmarc: pct is not an option here. Did you mean testing? The options are policy, "
        "subdomain_policy, "
        "nonexistent_policy, aggregate_reports, failure_reports, failure_options, dkim_alignment, spf_alignment, "
        "testing, allow_weaker, repair, ttl, state.",
    ),
    "a record without its dash": (
        {"records": {"name": "a.company-name.com", "type": "TXT", "value": "x"}},
        "custom_domain_records is a dictionary, but must be a list. Put a dash before it.",
    ),
    "an unknown record type": (
        {"records": [{"name": "a.company-name.com", "type": "TXTT", "value": "x"}]},
        "entry 1 of custom_domain_records: type is 'TXTT', but must be one of A, AAAA, CAA, CNAME, MX, NS, SRV, TLSA, "
        "TXT. Did you mean TXT?",
    ),
    "an option of a selector with letters exchanged": (
        {"senders": [{**RELAY, "dkim": [{"selector": "k1", "cnmae": "k1.example"}]}]},
        "entry 1 of custom_domain_senders, entry 1 of dkim: cnmae is not an option here. Did you mean cname? The "
        "options "
        "are selector, cname, public_key, key_type, flags, notes, repair, ttl, state.",
    ),
    "an unknown sending service": (
        {"senders": [{"service": "sendgird"}]},
        "sender 1: sendgird: no such service. Did you mean sendgrid?",
    ),
    "a list of lists": (
        {"companies": [["Company Name SA"]]},
        "entry 1 of custom_domain_companies is a list, but must be a text.",
    ),
    "a TTL in hours": (
        {"ttl": "1h"},
        "custom_domain_ttl is '1h', but must be a whole number. Write 3600, which is in seconds.",
    ),
    "a URL instead of a connection": (
        {"odoo": "https://erp.example.net", "companies": []},
        "custom_domain_odoo is a text, but must be a dictionary. Write {url: …}; its options are url, database, "
        "username, password, api_key, validate_certs, ca_path, timeout, max_answer_size.",
    ),
    "an unknown severity": (
        {"severity": "warn"},
        "custom_domain_severity is 'warn', but must be one of error, warning, info. Did you mean warning?",
    ),
    "an unknown way of receiving mail": (
        {"incoming": "imap"},
        "custom_domain_incoming is 'imap', but must be one of none, redirect, server, mx.",
    ),
    "an unknown region": (
        {"dns": {"provider": "ovh", "region": "eu"}},
        of_dns("region is 'eu', but must be one of ovh-eu, ovh-ca, ovh-us."),
    ),
    "several providers": (
        {"dns": {"provider": ["ovh", "manual"]}},
        of_dns(f"there is no provider ['ovh', 'manual']. There are {PROVIDERS}."),
    ),
    "a port that does not exist": (
        {"odoo": ODOO, "companies": [], "senders": [{**RELAY, "port": 587000}]},
        "custom_domain_senders, relay: port 587000 does not exist: a port is a number from 1 to 65535.",
    ),
    # names of variables
    "a company instead of companies": (
        {"company": ["Company Name SA"]},
        "The role custom_domain has no variable custom_domain_company: write custom_domain_companies.",
    ),
    "a variable with a letter missing": (
        {"odo": ODOO},
        "The role custom_domain has no variable custom_domain_odo: write custom_domain_odoo.",
    ),
    "a variable with a wrong letter": (
        {"dmark": {"policy": "none"}},
        "The role custom_domain has no variable custom_domain_dmark: write custom_domain_dmarc.",
    ),
}


@pytest.mark.parametrize(("variables", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_before_anything_is_done(variables: dict[str, Any], sentence: str) -> None:
    assert refused(**variables) == sentence


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        (
            "www.company-name.com",
            "that is the name of a website, and mail addresses have no www: name the host company-name.com. If mail "
            "should leave as anyone@www.company-name.com, give the host another name, and set custom_domain_name: "
            "www.company-name.com.",
        ),
        (
            "https://company-name.com",
            "'https://company-name.com' is not a domain name: write only the name, such as company-name.com.",
        ),
        (
            "info@company-name.com",
            "'info@company-name.com' is not a domain name: write only the name, such as company-name.com.",
        ),
        (
            "company-name",
            "'company-name' is not a full domain name: it has only one label; write it like company-name.com.",
        ),
        (
            "company_name.com",
            "'company_name.com' is not a domain that can send mail: 'company_name' has a character other than letters, "
            "digits and inner hyphens.",
        ),
        ("192.0.2.25", "'192.0.2.25' is an IP address, not a domain name."),
    ],
)
def test_a_host_name_that_is_no_mail_domain_is_refused(host: str, sentence: str) -> None:
    assert refused(host) == sentence


def test_a_domain_that_starts_with_www_can_be_set_explicitly() -> None:
    assert read("the-web-site", name="www.company-name.com").refused == {}


def test_all_mistakes_of_a_host_are_reported_at_once() -> None:
    found = refused(wait=600, gate="off", dns={"provider": "cloudfare"})
    assert [found.count(part) for part in ("custom_domain_wait", "custom_domain_gate", "cloudflare?")] == [1, 1, 1]


def test_valid_variables_are_accepted_in_any_usual_form() -> None:
    relay = {
        **RELAY,
        "port": "587",
        "encryption": "starttls",
        "spf": {"ip4": "192.0.2.25"},
        "verify_certificate": "yes",
    }
    right = read(odoo=ODOO, companies="Company Name SA", senders=[relay], wait={"timeout": 60.0}, ttl="3600")
    assert right.refused == {}
    assert right.plans[HOST].companies == ("Company Name SA",)


def test_an_empty_key_is_filled_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", SECRET)
    assert refused(dns={"provider": "cloudflare", "api_token": ""}) == ""


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("custom_domain_company", "custom_domain_companies"),
        ("custom_domain_odo", "custom_domain_odoo"),
        ("custom_domain_dmark", "custom_domain_dmarc"),
        ("custom_domain_record", "custom_domain_records"),
        ("custom_domain_dnss", "custom_domain_dns"),
        ("custom_domain_nds", "custom_domain_dns"),
        ("custom_domains_odoo", "custom_domain_odoo"),
        ("costum_domain_senders", "custom_domain_senders"),
        ("custom_domain_single_sendr", "custom_domain_single_sender"),
        ("custom_domain_odoo", ""),
        ("custom_domain_tld", ""),
        ("custom_domain_id", ""),
        ("custom_domain_owner", ""),
        ("custom_domains", ""),
    ],
)
def test_a_name_within_two_letters_of_a_variable_is_a_misspelling(name: str, right: str) -> None:
    assert meant(name) == right


def test_any_other_name_may_be_the_users_own() -> None:
    reading = read(owner="Anna")
    assert reading.refused == {}
    assert unknown_variables(["custom_domain_owner", "custom_domain_odoo", "cron"]) == ["custom_domain_owner"]
