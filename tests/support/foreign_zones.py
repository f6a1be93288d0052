# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Zones with everything that DNS allows, random intents for them, and a check that nothing of others is harmed."""

from __future__ import annotations

import base64
import dataclasses
import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

Record = tuple[str, str, int, Sequence[str]]  # owner (absolute, no final dot), type, TTL, values in master-file text
Sets = Mapping[tuple[str, str], tuple[int, frozenset[str]]]

KEY = "MCowBQYDK2VwAyEAEb92ifuLtKrSCYLJjmdSIvYwTUNr8Ao/SBdxHSH0Jlk="
_BASE64 = base64.b64encode(bytes(range(48))).decode()
_HEX = "49fd46e6c4b45c55d4ac69cbd3cd3440d12bc3ef"

# Values of each type known to dnspython, BIND and PowerDNS, and of unknown types (RFC 3597)
VALUES: dict[str, tuple[str, ...]] = {
    "A": ("192.0.2.1", "192.0.2.2", "198.51.100.7"),
    "A6": ("0 2001:db8::1",),
    "AAAA": ("2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1"),
    "AFSDB": ("1 afs.hoster.example.", "2 afs2.hoster.example."),
    "AMTRELAY": ("10 0 1 203.0.113.15", "10 1 3 amt.hoster.example."),
    "APL": ("1:192.0.2.0/24 !1:192.0.2.64/28", "2:FF00:0:0:0:0:0:0:0/8"),
    "AVC": ('"app-name:WOLFGANG|app-class:OAM"',),
    "CAA": ('0 issue "letsencrypt.org"', '128 issuewild ";"', '0 iodef "mailto:ca@hoster.example"'),
    "CDNSKEY": (f"257 3 13 {_BASE64}",),
    "CDS": (f"12345 13 2 {_HEX}{_HEX[:24]}",),
    "CERT": (f"PKIX 1 RSASHA256 {_BASE64}", f"1 65534 8 {_BASE64}"),
    "CSYNC": ("66 3 A NS AAAA",),
    "DHCID": ("AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",),
    "DLV": (f"12345 13 2 {_HEX}{_HEX[:24]}",),
    "DNSKEY": (f"257 3 13 {_BASE64}{_BASE64[:24]}",),
    "DOA": (f'1234567890 1234567890 1 "image/gif" {_BASE64}',),
    "EUI48": ("01-23-45-67-89-ab",),
    "EUI64": ("01-23-45-67-89-ab-cd-ef",),
    "EID": ("1289AB",),
    "GPOS": ("-22.6882 116.8652 250.0",),
    "HINFO": ('"Generic PC clone" "NetBSD-1.4"', '"" ""'),
    "HIP": (f"2 200100107B1A74DF365639CC39F1D578 {_BASE64} rvs.hoster.example.",),
    "HTTPS": ('1 . alpn="h3,h2" ipv4hint=192.0.2.1', "0 svc.hoster.example.", "16 web.hoster.example. port=8443"),
    "IPSECKEY": (f"10 1 2 192.0.2.38 {_BASE64}", "10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ=="),
    "ISDN": ('"isdn-address" "subaddress"', '"150862028003217"'),
    "KEY": (f"512 3 8 {_BASE64}",),
    "KX": ("10 kdc.hoster.example.",),
    "L32": ("10 10.1.2.0",),
    "L64": ("10 2001:db8:1140:1000",),
    "LOC": ("60 9 0.000 N 24 39 0.000 E 10.00m 20.00m 2000.00m 20.00m", "42 21 54 N 71 06 18 W -24m 30m"),
    "LP": ("10 l64.hoster.example.",),
    "MB": ("mb.hoster.example.",),
    "MD": ("madname.hoster.example.",),
    "MF": ("madname.hoster.example.",),
    "MG": ("mgmname.hoster.example.",),
    "MINFO": ("rmailbx.hoster.example. emailbx.hoster.example.", ". ."),
    "MR": ("mrname.hoster.example.",),
    "MX": (
        "5 mail.hoster.example.",
        "10 mx1.hoster.example.",
        "10 mx2.hoster.example.",
        "65535 backup.hoster.example.",
    ),
    "NAPTR": (
        '100 50 "s" "http+I2L+I2C+I2R" "" _http._tcp.hoster.example.',
        '100 10 "u" "E2U+sip" "!^.*$!sip:info@hoster.example!" .',
        '0 0 "" "" "" .',
    ),
    "NID": ("10 0014:4fff:ff20:ee64",),
    "NIMLOC": ("1289AB",),
    "NINFO": ('"zone status" "foo"',),
    "NSAP": ("0x47.0005.80.005a00.0000.0001.e133.ffffff000161.00",),
    "NSAP-PTR": ("foo.hoster.example.",),
    "OPENPGPKEY": (_BASE64,),
    "PTR": ("host.hoster.example.", "@.hoster.example."),
    "PX": ("65535 foo.hoster.example. bar.hoster.example.",),
    "RESINFO": ('"qnamemin" "exterr=15,16,17" "infourl=https://resolver.hoster.example/guide"',),
    "RKEY": (f"0 255 1 {_BASE64}",),
    "RP": ("mbox-dname.hoster.example. txt-dname.hoster.example.", ". ."),
    "RT": ("0 intermediate-host.hoster.example.",),
    "SINK": (f"8 0 2 {_BASE64}",),
    "SMIMEA": (f"3 1 1 {_HEX}{_HEX[:24]}", "3 0 0 d2abde240d7cd3ee6b4b28c54df034b9"),
    "SPF": ('"v=spf1 -all"',),
    "SRV": ("10 60 5060 sip.hoster.example.", "0 0 0 .", "20 0 443 sip2.hoster.example."),
    "SSHFP": (f"4 2 {_HEX}{_HEX[:24]}", f"1 1 {_HEX}"),
    "SVCB": ('1 svc.hoster.example. alpn="h2" key65280="x"', "0 svc.hoster.example."),
    "TA": (f"30795 13 2 {_HEX}{_HEX[:24]}",),
    "TALINK": (". talink1.hoster.example.", "a.hoster.example. b.hoster.example."),
    "TLSA": (f"3 1 1 {_HEX}{_HEX[:24]}", "2 0 0 30820307"),
    "TYPE65280": (r"\# 4 0a000001", r"\# 0"),
    "TYPE63210": (r"\# 3 abcdef",),
    "UID": ('"1000"',),
    "URI": ('10 1 "ftp://ftp1.hoster.example/public"', '0 0 "https://a.example/?q=\\"x\\""'),
    "WALLET": ('"ETH" "0x0123"',),
    "WKS": ("192.0.2.1 6 25 80",),
    "X25": ('"123456789"',),
    "ZONEMD": (f"2026112901 1 241 {_HEX * 2}{_HEX[:16]}",),
}
# Types that only occur at a zone's apex
_AT_APEX_ONLY = ("DNSKEY", "ZONEMD", "CDS", "CDNSKEY", "CSYNC")
_AT_HOSTS_ONLY = ("A", "AAAA", "MX", "A6", "MB", "MG", "WKS")  # RFC 952: no underscore
_AT_SERVICES_ONLY = ("SRV",)

TEXTS = (
    '"v=spf1 include:_spf.google.com ~all"',
    '"v=spf1 mx a ip4:192.0.2.0/24 -all"',
    '"v=spf1" " include:_spf.google.com" " ~all"',
    '"V=SPF1 ?all"',
    '"v=spf1 redirect=_spf.hoster.example"',
    '"v=spf10 mx"',
    '" v=spf1 mx ~all"',
    r'"\"v=spf1 mx ~all\""',
    '"v=DMARC1; p=none"',
    '"v=DMARC1;p=reject;rua=mailto:a@hoster.example;ruf=mailto:b@hoster.example;fo=1;pct=50;ri=3600"',
    '"v=DMARC1; p=quarantine; sp=none; x-own=tag"',
    '"v=dmarc1; p=none"',
    r'"v=DMARC1\; p=none\; rua=mailto:\097@hoster.example"',
    '"v=DMARC1; p=quarantined"',
    f'"v=DKIM1; k=ed25519; t=s; s=email; p={KEY}"',
    '"k=rsa; p="',
    '"p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC"',
    '"v=DKIM1; p="',
    '"google-site-verification=8mXc0Zy5w"',
    '"MS=ms12345678"',
    '"brevo-code:x"',
    '"brevo-code:another"',
    '"v=STSv1; id=20260101"',
    '"v=TLSRPTv1; rua=mailto:tls@hoster.example"',
    '"v=BIMI1; l=https://hoster.example/logo.svg"',
    '"a verification " "in two strings"',
    '""',
    '"" ""',
    '" "',
    r'"quote \" backslash \\ semicolon ; ( ) @ $"',
    r'"octets \000\001\031\127\128\200\255"',
    r'"Z\195\188rich"',
    f'"{"k" * 255}"',
    f'"{"k" * 255}" "{"l" * 255}" "m"',
    '"$ORIGIN ."',
    '"; no comment"',
    r'"\# 4 0a000001"',
    '"TXT"',
)
_HOSTS = (
    "",
    "www",
    "mail",
    "shop",
    "eu",
    "mail.eu",
    "a.b.c.deep",
    "em1",
    "mta-sts",
    "xn--mnchen-3ya",
    "*",
    "*.eu",
    "*.shop",
)
_SERVICE_NAMES = (
    "_dmarc",
    "_dmarc.eu",
    "odoo._domainkey",
    "odoo._domainkey.eu",
    "mail._domainkey",
    "*._domainkey",
    "_domainkey",
    "_adsp._domainkey",
    "_mta-sts",
    "_smtp._tls",
    "default._bimi",
    "*._report._dmarc",
    "_sip._tcp",
    "_443._tcp.www",
    "_acme-challenge",
    "0123456789ab._openpgpkey",
)
_TARGETS = ("web.hoster.example.", "_dmarc.hoster.example.", "odoo._domainkey.odoo.com.", "u123.wl.sendgrid.net.")
_TTLS = (600, 1800, 3600, 7200, 43200)


@dataclasses.dataclass(frozen=True)
class ForeignZone:
    """A zone, the zones below it in the same account, and what is desired: a mapping for each domain."""

    name: str
    content: Mapping[str, Sequence[Record]]  # of this zone and those below it
    all_desired: Sequence[Mapping[str, Any]]

    def __str__(self) -> str:
        lines = [f"desired: {desired}" for desired in self.all_desired]
        for zone, records in self.content.items():
            lines.append(f"zone {zone}:")
            lines += [f"  {owner} {ttl} {kind} {value}" for owner, kind, ttl, values in records for value in values]
        return "\n".join(lines)


def foreign_zone(
    rng: random.Random,
    name: str,
    types: Collection[str],
    texts: Sequence[str] = TEXTS,
    names: Sequence[str] = (),
    unheld: Collection[str] = (),
    delegated: bool = True,
) -> ForeignZone:
    """A random zone with these types and texts. ``names``: extra owners; ``unheld``: values it must not have.

    ``delegated``: whether a zone below it is always delegated.
    """
    below = rng.choice((None, None, None, "eu", "_dmarc", "_domainkey", "a.b"))
    hides = not delegated and rng.random() < 0.5
    content = {name: list(_records(rng, name, types, texts, names, unheld, below, hides))}
    if below:
        content[f"{below}.{name}"] = list(_records(rng, f"{below}.{name}", types, texts, (), unheld, None))
    return ForeignZone(name, content, list(_desired(rng, name)))


def _records(
    rng: random.Random,
    zone: str,
    types: Collection[str],
    texts: Sequence[str],
    names: Sequence[str],
    unheld: Collection[str],
    below: str | None,
    hides: bool = False,
) -> Iterator[Record]:
    owners = sorted({"", *rng.sample((*_HOSTS, *_SERVICE_NAMES, *names), rng.randint(3, 14))})
    closed = [f".{below}"] if below else []
    if below and "NS" in types and not hides:
        yield f"{below}.{zone}", "NS", 3600, ["ns1.hoster.example."]
    if rng.random() < 0.3 and "NS" in types:
        cut = rng.choice(("shop", "eu", "a.b"))
        if cut != below and not f".{cut}".endswith(f".{below}") and not f".{below}".endswith(f".{cut}"):
            yield f"{cut}.{zone}", "NS", 3600, rng.sample(("ns1.elsewhere.example.", "ns2.elsewhere.example."), 2)
            closed.append(f".{cut}")
    if rng.random() < 0.3 and "DNAME" in types:
        alias = rng.choice(("shop", "eu", "a.b", "_domainkey"))
        if not any(f".{alias}".endswith(end) or end.endswith(f".{alias}") for end in closed):
            yield f"{alias}.{zone}", "DNAME", 3600, ["other.hoster.example."]
            closed.append(f".{alias}")
    for owner in owners:
        if any(f".{owner}".endswith(end) for end in closed):
            continue
        yield from _at(rng, f"{owner}.{zone}".lstrip("."), owner, types, texts, unheld)


def _at(
    rng: random.Random, name: str, owner: str, types: Collection[str], texts: Sequence[str], unheld: Collection[str]
) -> Iterator[Record]:
    if owner and rng.random() < 0.2 and "CNAME" in types:
        yield name, "CNAME", rng.choice(_TTLS), [rng.choice(_TARGETS)]
        return
    is_host, is_service = "_" not in name, re.match(r"_[^.]+\._[^.]+", owner)
    possible = [
        kind
        for kind in sorted(types)
        if kind in VALUES
        and (is_host or kind not in _AT_HOSTS_ONLY)
        and (is_service or kind not in _AT_SERVICES_ONLY)
        and (not owner or kind not in _AT_APEX_ONLY)
    ]
    for kind in rng.sample(possible, min(len(possible), rng.choice((0, 0, 1, 1, 2, 4)))):
        values = [value for value in VALUES[kind] if value not in unheld]
        yield name, kind, rng.choice(_TTLS), rng.sample(values, rng.randint(1, len(values)))
    if "TXT" in types and rng.random() < 0.7:
        by_text = {
            "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)): text for text in rng.sample(texts, rng.randint(1, 4))
        }
        yield name, "TXT", rng.choice(_TTLS), list(by_text.values())


def octets(text: str) -> str:
    """The joined strings of a TXT, one character per octet."""
    strings = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text))
    return re.sub(r"\\([0-9]{3}|.)", lambda found: chr(int(found[1])) if len(found[1]) == 3 else found[1], strings)


def _some(rng: random.Random, options: Mapping[str, Any], chance: float = 0.25) -> dict[str, Any]:
    return {name: rng.choice(values) for name, values in options.items() if rng.random() < chance}


def _desired(rng: random.Random, zone: str) -> Iterator[dict[str, Any]]:
    domains = [zone] if rng.random() < 0.7 else [zone, f"eu.{zone}"]
    for domain in domains:
        desired: dict[str, Any] = {"domain": domain}
        if rng.random() < 0.7:
            desired["spf"] = {
                "include": rng.sample(["_spf.odoo.com", "_spf.google.com", "spf.hoster.example"], rng.randint(0, 2)),
                **_some(
                    rng,
                    {
                        "ip4": (["192.0.2.1"],),
                        "all": ("fail", "softfail", "neutral"),
                        "exact": (True, False),
                        "consolidate": (True,),
                        "repair": (True,),
                        "ttl": (600, 1800),
                        "state": ("absent", "present"),
                    },
                ),
            }
        if rng.random() < 0.7:
            selector = {"selector": "odoo"}
            selector.update(
                rng.choice(
                    (
                        {"cname": "odoo._domainkey.odoo.com"},
                        {"cname": "odoo._domainkey.odoo.com"},
                        {"public_key": KEY},
                        {"state": "absent"},
                        {"state": "revoked"},
                    )
                )
            )
            desired["dkim"] = [selector]
        if rng.random() < 0.7:
            desired["dmarc"] = {
                "policy": rng.choice((None, "none", "quarantine", "reject")),
                **_some(
                    rng,
                    {
                        "aggregate_reports": ([f"mailto:dmarc@{domain}"], [f"mailto:dmarc@reports.{zone}"]),
                        "allow_weaker": (True,),
                        "repair": (True,),
                        "testing": (True, False),
                        "state": ("absent",),
                        "ttl": (600, 1800),
                    },
                ),
            }
        if rng.random() < 0.4:
            desired["mx"] = {
                "exchanges": [{"host": "mx1.hoster.example", **_some(rng, {"preference": (5, 10)}, 0.6)}],
                **_some(rng, {"exact": (True,), "state": ("absent",)}),
            }
        records = []
        if rng.random() < 0.4:
            records.append({"name": f"em1.{domain}", "type": "CNAME", "value": "u123.wl.sendgrid.net"})
        if rng.random() < 0.3:
            records.append({"name": domain, "type": "TXT", "value": "brevo-code:x"})
        if rng.random() < 0.3:
            records.append({"name": f"_mta-sts.{domain}", "type": "TXT", "value": "v=STSv1; id=20261129"})
        if rng.random() < 0.2:
            records.append({"name": f"mta-sts.{domain}", "type": "A", "value": "192.0.2.9"})
        for record in records:
            record.update(_some(rng, {"state": ("absent",), "ttl": (600,)}, 0.2))
        if records:
            desired["records"] = records
        yield desired


# What a write may change


def harm(before: Sets, after: Sets, all_desired: Sequence[Mapping[str, Any]]) -> list[str]:
    """What was removed or changed of others' records, as seen from outside, in words; empty if all is well."""
    found = []
    for key, (ttl, values) in before.items():
        rights = [right for desired in all_desired for right in _rights(desired) if right.key == key]
        there = after.get(key)
        kept, new_ttl = (there[1], there[0]) if there else (frozenset(), ttl)
        for value in sorted(values - kept):
            if not any(right.covers(value) for right in rights):
                found.append(f"{key[0]} {key[1]} {value} is gone")
        if new_ttl != ttl and not any(right.ttl for right in rights):
            found.append(f"the TTL of {key[0]} {key[1]} is {new_ttl} instead of {ttl}")
    for key, (dummy, values) in after.items():
        if key not in {right.key for desired in all_desired for right in _rights(desired)}:
            for value in sorted(values - before.get(key, (0, frozenset()))[1]):
                found.append(f"{key[0]} {key[1]} {value} was added")
    return found


@dataclasses.dataclass(frozen=True)
class _Right:
    """A record set that may be written, and the values in it, in master-file text, that it may replace."""

    key: tuple[str, str]
    values: str = "(?!)"
    ttl: bool = False

    def covers(self, value: str) -> bool:
        text = octets(value) if self.key[1] == "TXT" else value
        return re.fullmatch(self.values, text, re.IGNORECASE | re.DOTALL) is not None


def _rights(desired: Mapping[str, Any]) -> Iterator[_Right]:
    domain = desired["domain"]
    if "spf" in desired:
        meant = desired["spf"].get("repair") or desired["spf"].get("consolidate")
        yield _Right((domain, "TXT"), r"[\" ]*v=spf1( .*)?" if meant else r"v=spf1( .*)?", "ttl" in desired["spf"])
    for selector in desired.get("dkim", ()):
        name = f"{selector['selector']}._domainkey.{domain}"
        yield _Right((name, "TXT"), r"(.*;)?\s*p=.*|v=DKIM1\b.*", "ttl" in selector)
        yield _Right((name, "CNAME"), ".*", "ttl" in selector)
    if "dmarc" in desired:
        yield _Right((f"_dmarc.{domain}", "TXT"), r"v=DMARC1\s*(;.*)?", "ttl" in desired["dmarc"])
        for address in desired["dmarc"].get("aggregate_reports", ()):
            host = address.partition("@")[2]
            yield _Right((f"{domain}._report._dmarc.{host}", "TXT"))
            yield _Right((f"*._report._dmarc.{host}", "TXT"))
    if "mx" in desired:
        may_go = desired["mx"].get("exact") or desired["mx"].get("state") == "absent"
        anything = r"[0-9]+ mx1\.hoster\.example\." if not may_go or desired["mx"].get("state") == "absent" else ".*"
        yield _Right((domain, "MX"), anything, "ttl" in desired["mx"])
    for record in desired.get("records", ()):
        value = {
            "CNAME": ".*",
            "TXT": r"v=STSv1\b.*" if record["value"].startswith("v=STSv1") else re.escape(record["value"]),
        }.get(record["type"], re.escape(record["value"]))
        yield _Right((record["name"], record["type"]), value, "ttl" in record)
