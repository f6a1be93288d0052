# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults of hand-made set-ups, each introduced into a well-kept one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from ansible_collections.postmaster.mail.tests.support.well_kept import (
    DOMAIN,
    KEY,
    KEY_512,
    KEY_1024,
    Record,
    SetUp,
    txt,
)

RECORD = f"v=DKIM1; k=rsa; p={KEY}"
DMARC = f"v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}"
NETWORKS = " ".join(f"ip4:10.{number}.0.0/16" for number in range(30))


@dataclasses.dataclass(frozen=True)
class Fault:
    """A change of a set-up, and the one code that must result. ``said``: additions to the domain's item."""

    name: str
    code: str
    seed: Callable[[SetUp], SetUp]
    fits: Callable[[SetUp], bool] = lambda set_up: True
    said: Callable[[SetUp], dict[str, Any]] = lambda set_up: {}
    severity: str = ""  # if it is not the usual one

    def __str__(self) -> str:
        return self.name


def _has_spf(set_up: SetUp) -> bool:
    return set_up.spf is not None


def _has_all(set_up: SetUp) -> bool:
    return "all" in (set_up.spf or "")


def _has_include(set_up: SetUp) -> bool:
    return _has_all(set_up) and "include:" in (set_up.spf or "")


def _receives(set_up: SetUp) -> bool:
    return ("@", "MX", "0 .") not in set_up.records


def _sends(set_up: SetUp) -> bool:
    return _has_all(set_up) and _receives(set_up)


def _spf(name: str, code: str, edit: Callable[[str], str], severity: str = "") -> Fault:
    """A change of an SPF record that ends in all."""
    return Fault(name, code, lambda set_up: set_up.with_spf(edit), _has_all, severity=severity)


def _twice(name: str, *records: tuple[str, str]) -> Fault:
    """Records of which two count as none, in a set-up that receives mail and has a policy."""
    seed = [(place, "TXT", txt(value)) for place, value in records]
    return Fault(name, "policy_two_records", lambda set_up: set_up.plus(*seed), lambda set_up: set_up.name == "odoo")


def _added(term: str) -> Callable[[str], str]:
    """One more term right after the version."""
    return lambda value: value.replace("v=spf1", f"v=spf1 {term}", 1)


def _all(sign: str) -> Callable[[str], str]:
    return lambda value: value[: value.rindex("all") - 1] + f"{sign}all"


def _split(name: str, place: Callable[[str], int]) -> Fault:
    """An SPF record split into two values at a position."""

    def seed(set_up: SetUp) -> SetUp:
        value = set_up.spf or ""
        cut = place(value)
        return set_up.with_spf(lambda whole: whole[:cut]).plus(("@", "TXT", txt(value[cut:].lstrip())))

    return Fault(name, "spf_split", seed, _has_include)


def _key(name: str, code: str, *values: str) -> Fault:
    return Fault(name, code, lambda set_up: set_up.with_key(*values))


def _alias(name: str, code: str, rdtype: str, value: str) -> Fault:
    """Something other than the key at the first selector."""
    return Fault(name, code, lambda set_up: set_up.without(set_up.selector).plus((set_up.selector, rdtype, value)))


def _dmarc(name: str, code: str, value: str, severity: str = "") -> Fault:
    return Fault(name, code, lambda set_up: set_up.with_dmarc(value), severity=severity)


def _mx(name: str, code: str, *records: Record) -> Fault:
    return Fault(
        name, code, lambda set_up: set_up.without("@", "MX").plus(("@", "MX", "5 mx.hoster.example."), *records)
    )


def _envelope(name: str, code: str, *records: Record) -> Fault:
    """A relay with an envelope sender at ``news``, and the records there."""

    def seed(set_up: SetUp) -> SetUp:
        # remove the wildcard, which would answer there
        return set_up.without("*").plus(*records)

    def said(set_up: SetUp) -> dict[str, Any]:
        relay = {**_relay(set_up, {"ip4": ["203.0.113.9"]}), "return_path": f"news.{DOMAIN}"}
        return {"senders": [*_known(set_up), relay]}

    return Fault(name, code, seed, _sends, said)


def _moved(set_up: SetUp, owner: str, rdtype: str, text: str, to: str) -> SetUp:
    moved = [(to, t, v) for o, t, v in set_up.records if o == owner and t in (rdtype or t) and text in v]
    return set_up.without(owner, rdtype, text).plus(*moved)


FAULTS = (
    # -- SPF
    Fault(
        "two SPF records",
        "spf_two_records",
        lambda set_up: set_up.plus(("@", "TXT", txt("v=spf1 include:_spf.odoo.com -all"))),
        _has_spf,
    ),
    Fault(
        "no SPF record beside a key",
        "spf_missing",
        lambda s: s.without("@", "TXT", "v=spf1"),
        _has_spf,
        severity="info",
    ),
    _split("a record in two values", lambda value: value.rindex(" ")),
    _split("a record in two values, right after the version", lambda value: value.index(" ")),
    _split("a record that is cut within a word", lambda value: value.rindex(" ") - 3),
    Fault(
        "a second value with what one more sender needs",
        "spf_split",
        lambda s: s.plus(("@", "TXT", txt("ip4:203.0.113.9"))),
        _sends,
        lambda s: {"senders": [*_known(s), _relay(s, {"ip4": ["203.0.113.9"]})]},
    ),
    Fault(
        "an SPF record without its version",
        "spf_version",
        lambda s: s.with_spf(lambda value: value.replace("v=spf1 ", "", 1)),
        _has_include,
    ),
    Fault("type 99 beside TXT", "spf_type_99", lambda s: s.plus(("@", "SPF", txt("v=spf1 -all"))), _has_spf),
    Fault(
        "type 99 alone",
        "spf_type_99",
        lambda s: s.without("@", "TXT", "v=spf1").plus(("@", "SPF", txt("v=spf1 -all"))),
        _has_spf,
        severity="error",
    ),
    _spf("a blank before the version", "spf_version", lambda value: f" {value}"),
    _spf("a wrong version", "spf_version", lambda value: value.replace("v=spf1 ", "v=spf1;")),
    _spf("quotes in SPF", "spf_quotes", lambda value: f'"{value}"'),
    _spf("a quote inside of SPF", "spf_quotes", lambda value: value.replace("v=spf1", 'v=spf1 "" "', 1)),
    _spf("an address that is none", "spf_syntax", _added("ip4:192.0.2.256")),
    _spf("an unknown mechanism", "spf_syntax", _added("includes:_spf.odoo.com")),
    _spf("a tab in SPF", "spf_syntax", _added("\tmx")),
    _spf("8-bit text in SPF", "spf_syntax", _added("include:bücher.example")),
    _spf("an include after all", "spf_after_all", lambda value: f"{value} include:mailgun.org"),
    _spf("two records in one value", "spf_after_all", lambda value: f"{value} v=spf1 include:mailgun.org ~all"),
    _spf("a second all", "spf_ignored_terms", lambda value: f"{value} -all"),
    _spf("the line of a zone file in SPF", "spf_version", lambda value: f'@ 3600 IN TXT "{value}"'),
    _spf("a hyphen that is a dash", "spf_syntax", lambda value: value[: value.rindex("all") - 1] + "–all"),
    _spf("too many lookups", "spf_too_many_lookups", _added("include:heavy.broken.example")),
    _spf("a host that is not there", "spf_void_lookups", _added("a:gone.broken.example")),
    _spf(
        "three hosts that are not there",
        "spf_void_lookups",
        _added("a:gone1.broken.example mx:gone2.broken.example exists:gone3.broken.example"),
        severity="error",
    ),
    _spf(
        "hosts that are not there behind an include", "spf_void_lookups", _added("include:half.broken.example"), "info"
    ),
    _spf(
        "three hosts that are not there behind includes",
        "spf_void_lookups",
        _added("include:full.broken.example"),
        "error",
    ),
    _spf(
        "three hosts of IPv4 before a relay of IPv6",
        "spf_void_lookups",
        _added("a:h0.broken.example a:both.broken.example a:private.broken.example ip6:2001:db8::25"),
        "error",
    ),
    _spf(
        "exchangers of IPv6 before a relay of IPv4",
        "spf_void_lookups",
        _added("mx:six-mx.broken.example ip4:192.0.2.25"),
        "error",
    ),
    _spf(
        "a host of IPv4 that is come to three times before a relay of IPv6",
        "spf_void_lookups",
        _added("include:four.broken.example include:again.broken.example ip6:2001:db8::25"),
        "error",
    ),
    _spf("an include of nothing", "spf_broken_include", _added("include:gone.broken.example")),
    _spf("an include of two records", "spf_broken_include", _added("include:two.broken.example")),
    _spf("an include of a broken record", "spf_broken_include", _added("include:bad.broken.example")),
    _spf("an include of everybody", "spf_everyone", _added("include:all.broken.example")),
    _spf("an include of two halves of the Internet", "spf_everyone", _added("include:halves.broken.example")),
    _spf("an include of all of IPv6", "spf_everyone", _added("include:six.broken.example")),
    _spf("more exchangers than receivers look at", "spf_mx_too_many", _added("mx:many.broken.example")),
    _spf("more exchangers behind an include", "spf_mx_too_many", _added("include:mx.broken.example")),
    _spf("an include that leads back", "spf_broken_include", _added(f"include:{DOMAIN}")),
    _spf("plus all", "spf_everyone", _all("+")),
    _spf("a bare all", "spf_everyone", _all("")),
    _spf("a network of everyone", "spf_everyone", _added("ip4:0.0.0.0/0")),
    _spf("no all", "spf_no_all", lambda value: value[: value.rindex("all") - 2]),
    _spf("ptr", "spf_ptr", _added("ptr")),
    _spf("redirect beside all", "spf_ignored_terms", lambda value: f"{value} redirect=_spf.odoo.com"),
    _spf("include with an equals sign", "spf_ignored_terms", _added("include=_spf.odoo.com")),
    _spf("a term twice", "spf_repeated_terms", _added("ip4:203.0.113.1 ip4:203.0.113.1")),
    _spf("a long record", "spf_long", _added(NETWORKS)),
    Fault(
        "many verification values",
        "txt_large_answer",
        lambda s: s.plus(*(("@", "TXT", txt(f"service-verification-{number}=" + "x" * 70)) for number in range(6))),
        _has_spf,
    ),
    Fault("Sender ID", "spf_sender_id", lambda s: s.plus(("@", "TXT", txt("spf2.0/pra include:odoo.com -all")))),
    Fault(
        "the domain doubled in the owner of SPF",
        "owner_doubled",
        lambda s: _moved(s, "@", "TXT", "v=spf1", DOMAIN),
        _has_spf,
    ),
    # -- DKIM
    Fault(
        "the domain doubled in a selector",
        "owner_doubled",
        lambda s: _moved(s, s.selector, "", "", f"{s.selector}.{DOMAIN}"),
    ),
    Fault("no record at a selector", "dkim_missing", lambda s: s.without(s.selector), lambda s: s.name != "odoo"),
    Fault(
        "no DKIM record for Odoo Online",
        "alignment_impossible",
        lambda s: s.without("odoo._domainkey"),
        lambda s: "odoo" in s.selectors,
        severity="error",
    ),
    _alias("a target without its final dot", "missing_trailing_dot", "CNAME", "odoo._domainkey.odoo.com"),
    _alias(
        "a target of dkim.amazonses.com without its final dot", "missing_trailing_dot", "CNAME", "x.dkim.amazonses.com"
    ),
    _alias("a TXT where the CNAME should be", "dkim_text_for_cname", "TXT", txt("odoo._domainkey.odoo.com.")),
    _alias("a TXT with CNAME in front", "dkim_text_for_cname", "TXT", txt("CNAME s1.domainkey.u1.wl2.sendgrid.net")),
    _alias("a proxied CNAME", "dkim_proxied", "A", "104.16.0.1"),
    _alias("a proxied CNAME of IPv6", "dkim_proxied", "AAAA", "2606:4700::1"),
    _alias("a CNAME of nothing", "dkim_target_empty", "CNAME", "gone._domainkey.odoo.com."),
    _alias("a CNAME of itself", "dkim_target_empty", "CNAME", "loop._domainkey.broken.example."),
    _key("two keys", "dkim_two_records", RECORD, f"v=DKIM1; k=rsa; p={KEY_1024}"),
    _key("a key and something else", "dkim_two_records", RECORD, "site-verification=1"),
    _key("a key in two records", "dkim_key_split", RECORD[:200], RECORD[200:]),
    _key("a key in three records", "dkim_key_split", RECORD[:150], RECORD[150:300], RECORD[300:]),
    _key("lost plus signs", "dkim_key_lost_plus", RECORD.replace("+", " ")),
    _key("a key that is cut off", "dkim_key_broken", RECORD[:250]),
    _key("a key with a letter lost", "dkim_key_broken", RECORD.replace("AQEFA", "AQEA")),
    _key("a key of another type", "dkim_key_broken", RECORD.replace("k=rsa", "k=ed25519")),
    _key("quotes in a key", "dkim_quotes", f'"{RECORD}"'),
    _key("quotes of the zone file in a key", "dkim_quotes", f'{RECORD[:200]}" "{RECORD[200:]}'),
    _key("a key without a semicolon", "dkim_syntax", RECORD.replace("rsa;", "rsa")),
    _key("a backslash before the semicolons", "dkim_syntax", RECORD.replace(";", "\\;")),
    _key("a version of tomorrow", "dkim_syntax", RECORD.replace("DKIM1", "DKIM2")),
    _key("8-bit text in a key", "dkim_syntax", f"{RECORD}; n=schlüssel"),
    _key("no key at all", "dkim_syntax", "TODO"),
    _key("a revoked key", "dkim_revoked", "v=DKIM1; p="),
    _key("a weak key", "dkim_weak_key", f"v=DKIM1; k=rsa; p={KEY_512}"),
    _key("a short key", "dkim_short_key", f"v=DKIM1; k=rsa; p={KEY_1024}"),
    _key("a key under test", "dkim_testing", f"v=DKIM1; t=y; p={KEY}"),
    _key("a key for something else", "dkim_not_for_mail", f"v=DKIM1; s=tlsrpt; p={KEY}"),
    _key("a key for SHA-1 only", "dkim_not_for_mail", f"v=DKIM1; h=sha1; p={KEY}"),
    # -- DMARC
    Fault(
        "a CNAME of DMARC without its final dot",
        "missing_trailing_dot",
        lambda s: s.without("_dmarc").plus(("_dmarc", "CNAME", "company._dmarc.service.com")),
    ),
    _dmarc("no semicolon after the version", "dmarc_version", "v=DMARC1 p=none"),
    Fault("no DMARC record", "dmarc_missing", lambda s: s.without("_dmarc")),
    _twice("two MTA-STS records", ("_mta-sts", "v=STSv1; id=1;"), ("_mta-sts", "v=STSv1; id=2;")),
    _twice(
        "two TLS report records",
        ("_smtp._tls", "v=TLSRPTv1; rua=mailto:a@company-name.example"),
        ("_smtp._tls", "v=TLSRPTv1; rua=mailto:b@company-name.example"),
    ),
    Fault("two DMARC records", "dmarc_two_records", lambda s: s.plus(("_dmarc", "TXT", txt("v=DMARC1; p=none")))),
    _dmarc("the version not first", "dmarc_version", "p=none; v=DMARC1; rua=mailto:a@company-name.example"),
    _dmarc("the version in lower case", "dmarc_version", "v=dmarc1; p=none"),
    _dmarc("no version", "dmarc_version", "p=reject"),
    _dmarc("quotes in DMARC", "dmarc_quotes", f'"{DMARC}"'),
    Fault(
        "DMARC at the domain itself",
        "dmarc_wrong_name",
        lambda s: s.without("_dmarc").plus(("@", "TXT", txt(DMARC))),
    ),
    Fault("DMARC without the underscore", "dmarc_wrong_name", lambda s: _moved(s, "_dmarc", "", "", "dmarc")),
    Fault("the domain doubled in DMARC", "owner_doubled", lambda s: _moved(s, "_dmarc", "", "", f"_dmarc.{DOMAIN}")),
    _dmarc("no policy", "dmarc_policy", "v=DMARC1; rua=mailto:a@company-name.example", "warning"),
    _dmarc(
        "a policy that is none", "dmarc_policy", "v=DMARC1; p=monitor; rua=mailto:a@company-name.example", "warning"
    ),
    _dmarc("a part without an equals sign", "dmarc_syntax", DMARC.replace("; rua", "; sp:none; rua")),
    _dmarc("a word that its tag does not know", "dmarc_syntax", f"{DMARC}; adkim=relaxed"),
    _dmarc("a tag twice", "dmarc_syntax", f"{DMARC}; p=none"),
    _dmarc("an address without mailto", "dmarc_report_address", f"{DMARC},ops@{DOMAIN}"),
    _dmarc("reports to a stranger", "dmarc_reports_not_authorised", f"{DMARC},mailto:a@gone.broken.example"),
    _dmarc("no reports", "dmarc_no_reports", "v=DMARC1; p=reject"),
    _dmarc("a test", "dmarc_testing", f"{DMARC}; t=y"),
    _dmarc("a policy of none", "dmarc_policy_none", f"v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}"),
    _dmarc("a policy of none below", "dmarc_policy_none", f"{DMARC}; sp=none"),
    _dmarc("a share of the mail", "dmarc_historic_tag", f"{DMARC}; pct=50"),
    # -- MX
    _mx("a CNAME as an exchanger", "mx_alias", ("@", "MX", "9 alias.hoster.example.")),
    _mx("an address as an exchanger", "mx_address", ("@", "MX", "9 192.0.2.7.")),
    _mx("a relative address as an exchanger", "mx_address", ("@", "MX", "9 192.0.2.7")),
    _mx("a page as an exchanger", "mx_address", ("@", "MX", "9 https://mx.hoster.example.")),
    _mx("a null MX beside others", "mx_null_beside", ("@", "MX", "0 .")),
    _mx("an exchanger without an address", "mx_no_address", ("@", "MX", "9 gone.hoster.example.")),
    _mx("an exchanger without its final dot", "missing_trailing_dot", ("@", "MX", "9 company.odoo.com")),
    _mx("an exchanger in a private network", "mx_private_address", ("@", "MX", "9 private.broken.example.")),
    Fault(
        "an exchanger with a private address, too",
        "mx_private_address",
        lambda s: s.plus(("@", "MX", "9 both.broken.example.")),
        lambda s: _receives(s) and "mx" not in (s.spf or ""),
        severity="warning",
    ),
    # -- senders
    Fault(
        "a server that no record authorises",
        "sender_not_authorised",
        lambda s: s,
        _sends,
        lambda s: {"senders": [*_known(s), _relay(s, {"ip4": ["203.0.113.9"]})]},
    ),
    Fault(
        "a network that denies a server of its own",
        "sender_not_authorised",
        lambda s: s.with_spf(_added("-ip4:203.0.113.0/24 ip4:203.0.113.9")),
        _sends,
        lambda s: {"senders": [*_known(s), _relay(s, {"ip4": ["203.0.113.9"]})]},
    ),
    Fault(
        "a server that does not sign",
        "sender_without_dkim",
        lambda s: s,
        _sends,
        lambda s: {"senders": [*_known(s), {"name": "relay"}]},
    ),
    _envelope("an envelope domain without SPF", "envelope_spf_missing", ("news", "MX", "10 mx.hoster.example.")),
    _envelope(
        "an envelope domain with two records",
        "envelope_two_records",
        ("news", "MX", "10 mx.hoster.example."),
        ("news", "TXT", txt("v=spf1 ip4:203.0.113.9 -all")),
        ("news", "TXT", txt("v=spf1 ip4:203.0.113.9 ~all")),
    ),
    _envelope(
        "an envelope domain with the record of another service",
        "envelope_not_authorised",
        ("news", "MX", "10 mx.hoster.example."),
        ("news", "TXT", txt("v=spf1 include:_spf.google.com -all")),
    ),
    _envelope(
        "an envelope domain with a broken record",
        "envelope_not_authorised",
        ("news", "MX", "10 mx.hoster.example."),
        ("news", "TXT", txt("v=spf1 include:gone.broken.example ip4:203.0.113.9 -all")),
    ),
    _envelope(
        "an envelope domain without an exchanger",
        "envelope_without_mx",
        ("news", "TXT", txt("v=spf1 ip4:203.0.113.9 -all")),
    ),
    Fault(
        "a domain that sends and cannot receive",
        "domain_receives_nothing",
        lambda s: s.without("@", "MX").without("@", "A"),
        lambda s: _sends(s) and "mx" not in (s.spf or "") and not s.has("*", "A") and not s.has("*", "CNAME"),
        lambda s: {"senders": _known(s)},
    ),
    Fault(
        "a null MX of a domain that sends",
        "mx_null_of_sender",
        lambda s: s.without("@", "MX").plus(("@", "MX", "0 .")),
        lambda s: _sends(s) and "mx" not in (s.spf or ""),
        lambda s: {"senders": _known(s)},
    ),
    Fault(
        "an include that no server uses",
        "sender_not_used",
        lambda s: s.with_spf(_added("include:mailgun.org")),
        lambda s: _sends(s) and "mailgun" not in s.name,
        lambda s: {"senders": _known(s)},
    ),
    Fault(
        "a selector that no server uses",
        "sender_not_used",
        lambda s: s.plus(("old._domainkey", "TXT", txt(RECORD))),
        _receives,
        said=lambda s: {
            "senders": _known(s),
            "dkim": [{"selector": selector} for selector in (*s.selectors, "old")],
        },
    ),
    Fault(
        "a sender whose key is missing",
        "sender_without_key",
        lambda s: s,
        _receives,
        said=lambda s: {"senders": [*_known(s), {"name": "relay", "selectors": ["relay"]}]},
    ),
    Fault(
        "an address of a free mail service",
        "freemail_address",
        lambda s: s,
        said=lambda s: {"from_addresses": [f"sales@{DOMAIN}", "company@gmail.com"]},
    ),
    Fault(
        "an address of a service that rejects",
        "freemail_address",
        lambda s: s,
        said=lambda s: {"from_addresses": ["company@yahoo.co.uk"]},
        severity="error",
    ),
)


def _relay(set_up: SetUp, terms: dict[str, Any]) -> dict[str, Any]:
    """One more sender, which signs with the existing key."""
    return {"name": "relay", "spf": terms, "selectors": list(set_up.selectors)}


def _known(set_up: SetUp) -> list[dict[str, Any]]:
    """Senders that together need everything that a set-up publishes."""
    included = [term[len("include:") :] for term in (set_up.spf or "").split() if term.startswith("include:")]
    return [{"name": "all", "spf": {"include": included}, "selectors": list(set_up.selectors)}]
