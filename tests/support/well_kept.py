# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The published records of well-kept set-ups, as the sending services require them.

The services' own records are in ``SERVICES``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

DOMAIN = "company-name.example"

KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAvTuKrHZRvrHh1OjidU+1t+CyfufsGR7YYZ2Qwb9BTTID/xBK04CsGe++"
    "rDdLBYx+MOLhODlgHXXSj1zc1J3jMhhGj7MQEyYalHq4U2eYApk5ysobYeZIpz+D8Qp30gbxbIKT0kLKtPIudPr1H3MO/DglOUzH"
    "or0wyrt1kEIUG9noibtG1WknFI8gS5c/nnllkL7j+TCWWqRskDqcbI/7F1eRNiJOGle81qDxnjjTyJVqrQ+a6e8BS31aeEOhGF58"
    "xuYkETgDQ4sAiWIzDm4vYloopLc0M/vPu9G19YZLERFEem8YN8c3XI5ZYBIVChdbvJSEfJ+IACf3XRhV7jwI6QIDAQAB"
)
KEY_1024 = (
    "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCvmjlPfz9OcJUg7BuI2QKRQdLL1Vhn31PPS49q/xxytu+WCg+ME04KZfGbyit6"
    "4MB1JUcW7xt9Nr05rAmvREc6XFSwIdj1gXyTmrKVQmjhvlvE2U5VNOvye6CjXXgPtk9KaoTFvTYFaigxfrfNcu5ScAe2YZo8Naws"
    "Ev/duhyNVwIDAQAB"
)
KEY_512 = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOp+L/JKORyJf/J4DeRcD/UjGw0W6/ggnj3chJcLD9JiZLl6TEJpTYLalQub01c5k6zuk3qg"
    "Adr5m8X4mG6v8UMCAwEAAQ=="
)
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

Record = tuple[str, str, str]  # owner relative to the zone, type, value in master-file form


def txt(value: str) -> str:
    """A TXT value in master-file form."""
    octets = value.encode("utf-8")
    parts = [octets[start : start + 255] for start in range(0, len(octets), 255)] or [b""]
    return " ".join('"' + "".join(_escaped(octet) for octet in part) + '"' for part in parts)


def _escaped(octet: int) -> str:
    character = chr(octet)
    if character in '"\\;':
        return f"\\{character}"
    return character if 0x20 <= octet < 0x7F else f"\\{octet:03d}"


@dataclasses.dataclass(frozen=True)
class SetUp:
    """The records of a company. ``selectors``: those it knows; the first is a key or a CNAME to one."""

    name: str
    records: tuple[Record, ...]
    selectors: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(f"{owner} IN {rdtype} {value}" for owner, rdtype, value in self.records)

    @property
    def spf(self) -> str | None:
        """The text of its SPF record."""
        found = [
            value for owner, rdtype, value in self.records if (owner, rdtype) == ("@", "TXT") and "v=spf1" in value
        ]
        return found[0].strip('"') if found else None

    @property
    def selector(self) -> str:
        """The owner of its first selector."""
        return f"{self.selectors[0]}._domainkey"

    def has(self, owner: str, rdtype: str) -> bool:
        return any(record[:2] == (owner, rdtype) for record in self.records)

    def without(self, owner: str, rdtype: str = "", text: str = "") -> SetUp:
        """Without the records of an owner; optionally only those of a type, or with a text in their value."""
        kept = [
            record
            for record in self.records
            if not (record[0] == owner and rdtype in ("", record[1]) and text in record[2])
        ]
        return dataclasses.replace(self, records=tuple(kept))

    def plus(self, *records: Record) -> SetUp:
        return dataclasses.replace(self, records=(*self.records, *records))

    def with_spf(self, edit: Callable[[str], str]) -> SetUp:
        return self.without("@", "TXT", "v=spf1").plus(("@", "TXT", txt(edit(self.spf or ""))))

    def with_dmarc(self, value: str) -> SetUp:
        return self.without("_dmarc").plus(("_dmarc", "TXT", txt(value)))

    def with_key(self, *values: str) -> SetUp:
        """With these TXT values at its first selector instead of the existing ones."""
        return self.without(self.selector).plus(*((self.selector, "TXT", txt(value)) for value in values))


def _set_up(name: str, selectors: str, text: str) -> SetUp:
    """The records in ``text``, and those of every well-kept domain: DMARC, MTA-STS, TLS-RPT and BIMI."""
    own = [tuple(line.split(None, 2)) for line in text.strip().splitlines()]
    more = [
        ("@", "A", "192.0.2.10"),
        ("_dmarc", "TXT", txt(f"v=DMARC1; p=reject; rua=mailto:dmarc@{DOMAIN}")),
        ("_mta-sts", "TXT", txt("v=STSv1; id=20260101000000Z;")),
        ("mta-sts", "A", "192.0.2.11"),
        ("_smtp._tls", "TXT", txt(f"v=TLSRPTv1; rua=mailto:tls@{DOMAIN}")),
        ("default._bimi", "TXT", txt(f"v=BIMI1; l=https://{DOMAIN}/logo.svg; a=https://{DOMAIN}/logo.pem")),
    ]
    records = [record for record in (*own, *more) if len(record) == 3]
    return SetUp(name, tuple((owner, rdtype, value) for owner, rdtype, value in records), tuple(selectors.split()))


GOOGLE_MX = "@ MX 1 smtp.google.com."
_KEY_VALUE = txt(f"v=DKIM1; k=rsa; p={KEY}")

WELL_KEPT = (
    _set_up(
        "odoo",
        "odoo",
        """
@ TXT "v=spf1 include:_spf.odoo.com ~all"
@ MX 10 mx.hoster.example.
odoo._domainkey CNAME odoo._domainkey.odoo.com.
""",
    ),
    _set_up(
        "google workspace and odoo",
        "google odoo",
        f"""
@ TXT "v=spf1 include:_spf.odoo.com include:_spf.google.com ~all"
@ TXT "google-site-verification=8mXc0Zy5wQ"
@ MX 1 aspmx.l.google.com.
@ MX 5 alt1.aspmx.l.google.com.
@ MX 5 alt2.aspmx.l.google.com.
google._domainkey TXT {_KEY_VALUE}
odoo._domainkey CNAME odoo._domainkey.odoo.com.
""",
    ),
    _set_up(
        "microsoft 365",
        "selector1 selector2",
        """
@ TXT "v=spf1 include:spf.protection.outlook.com -all"
@ TXT "MS=ms12345678"
@ MX 0 company-name-example.mail.protection.outlook.com.
autodiscover CNAME autodiscover.outlook.com.
* A 192.0.2.13
selector1._domainkey CNAME selector1-company-name-example._domainkey.company.onmicrosoft.com.
selector2._domainkey CNAME selector2-company-name-example._domainkey.company.n-v1.dkim.mail.microsoft.
""",
    ),
    _set_up(
        "amazon ses",
        "abcdefgh1 abcdefgh2 abcdefgh3",
        f"""
@ TXT "v=spf1 include:_spf.google.com -all"
{GOOGLE_MX}
* TXT "v=spf1 -all"
bounce MX 10 feedback-smtp.eu-west-1.amazonses.com.
bounce TXT "v=spf1 include:amazonses.com ~all"
abcdefgh1._domainkey CNAME abcdefgh1.dkim.amazonses.com.
abcdefgh2._domainkey CNAME abcdefgh2.dkim.amazonses.com.
abcdefgh3._domainkey CNAME abcdefgh3.dkim.amazonses.com.
""",
    ),
    _set_up(
        "sendgrid",
        "s1 s2",
        """
@ TXT "v=spf1 -all"
@ MX 0 .
em1234 CNAME u123.wl456.sendgrid.net.
s1._domainkey CNAME s1.domainkey.u123.wl456.sendgrid.net.
s2._domainkey CNAME s2.domainkey.u123.wl456.sendgrid.net.
""",
    ),
    _set_up(
        "mailgun",
        "pdk1 pdk2 mx",
        f"""
@ TXT "v=spf1 include:mailgun.org ~all"
@ MX 10 mxa.eu.mailgun.org.
@ MX 10 mxb.eu.mailgun.org.
* CNAME www.hoster.example.
email CNAME eu.mailgun.org.
pdk1._domainkey CNAME pdk1._domainkey.abc12.dkim1.mailgun.com.
pdk2._domainkey CNAME pdk2._domainkey.abc12.dkim1.mailgun.com.
mx._domainkey TXT {_KEY_VALUE}
""",
    ),
    _set_up(
        "brevo",
        "brevo1 brevo2",
        """
@ TXT "brevo-code:0123456789abcdef0123456789abcdef"
@ MX 10 mx.hoster.example.
brevo1._domainkey CNAME b1.company-name-example.dkim.brevo.com.
brevo2._domainkey CNAME b2.company-name-example.dkim.brevo.com.
""",
    ),
    _set_up(
        "mailjet",
        "mailjet own",
        f"""
@ TXT "v=spf1 a mx include:spf.mailjet.com ip4:192.0.2.0/24 ip6:2001:db8::/32 ?all"
@ AAAA 2001:db8::12
@ MX 10 mail
mail A 192.0.2.12
mail AAAA 2001:db8::13
mailjet._0a1b2c TXT "0a1b2c"
mailjet._domainkey TXT {_KEY_VALUE}
own._domainkey TXT "v=DKIM1; k=ed25519; p={ED25519}"
""",
    ),
    _set_up(
        "postmark",
        "20260101120000pm",
        f"""
@ TXT "v=spf1 redirect=_spf.{DOMAIN}"
_spf TXT "v=spf1 exists:%{{i}}._spf.hoster.example include:spf.mtasv.net -all"
@ MX 10 mx.hoster.example.
pm-bounces CNAME pm.mtasv.net.
20260101120000pm._domainkey TXT {txt(f"k=rsa;p={KEY}")}
""",
    ),
)

SERVICES = {
    "odoo.com": f'_spf TXT "v=spf1 ip4:198.51.100.0/25 ~all"\nodoo._domainkey TXT {_KEY_VALUE}\ncompany A 198.51.100.1',
    "google.com": (
        '_spf TXT "v=spf1 include:_netblocks.google.com include:_netblocks2.google.com ~all"\n'
        '_netblocks TXT "v=spf1 ip4:198.51.100.128/26 ~all"\n_netblocks2 TXT "v=spf1 ip6:2001:db8:1::/48 ~all"\n'
        "smtp A 198.51.100.129\naspmx.l A 198.51.100.130\nalt1.aspmx.l A 198.51.100.131\n"
        "alt2.aspmx.l AAAA 2001:db8:1::1"
    ),
    "outlook.com": 'spf.protection TXT "v=spf1 ip4:198.51.100.192/27 -all"\n*.mail.protection A 198.51.100.193',
    "onmicrosoft.com": f"selector1-company-name-example._domainkey.company TXT {_KEY_VALUE}",
    "microsoft": f"selector2-company-name-example._domainkey.company.n-v1.dkim.mail TXT {_KEY_VALUE}",
    "amazonses.com": (
        '@ TXT "v=spf1 ip4:198.51.100.224/28 -all"\n'
        + "\n".join(f"abcdefgh{number}.dkim TXT {_KEY_VALUE}" for number in (1, 2, 3))
    ),
    "sendgrid.net": "\n".join(f"s{number}.domainkey.u123.wl456 TXT {_KEY_VALUE}" for number in (1, 2)),
    "mailgun.org": '@ TXT "v=spf1 ip4:198.51.100.240/29 ~all"\n@ A 198.51.100.240\nmxa.eu A 198.51.100.241\n'
    "mxb.eu A 198.51.100.242\neu A 198.51.100.243",
    "mailgun.com": "\n".join(f"pdk{number}._domainkey.abc12.dkim1 TXT {_KEY_VALUE}" for number in (1, 2)),
    "brevo.com": "\n".join(f"b{number}.company-name-example.dkim TXT {_KEY_VALUE}" for number in (1, 2)),
    "mailjet.com": 'spf TXT "v=spf1 ip4:198.51.100.248/30 -all"',
    "mtasv.net": 'spf TXT "v=spf1 ip4:198.51.100.252/31 ~all"\npm A 198.51.100.252',
    "hoster.example": "mx A 203.0.113.1\nalias CNAME mx\nwww A 203.0.113.2\nwww TXT page=1",
    # targets of the faults
    "broken.example": (
        'two TXT "v=spf1 -all"\ntwo TXT "v=spf1 ~all"\nbad TXT "v=spf1 ip4:1.2.3 ~all"\n'
        'loop TXT "v=spf1 include:loop.broken.example ~all"\n'
        f'heavy TXT "v=spf1 {" ".join(f"a:h{number}.broken.example" for number in range(10))} ~all"\nh0 A 192.0.2.20\n'
        + "\n".join(f"h{number} AAAA 2001:db8::{number}" for number in range(1, 10))
        + '\nhalf TXT "v=spf1 a:gone1.broken.example mx -all"\n'
        'full TXT "v=spf1 include:half.broken.example a:gone2.broken.example -all"\n'
        'four TXT "v=spf1 a:h0.broken.example -all"\n'
        'again TXT "v=spf1 include:four.broken.example a:h0.broken.example -all"\n'
        "two._report._dmarc TXT other\n"
        'all TXT "v=spf1 +all"\nhalves TXT "v=spf1 ip4:0.0.0.0/1 include:other-half.broken.example -all"\n'
        'other-half TXT "v=spf1 ip4:128.0.0.0/1 -all"\nsix TXT "v=spf1 ip6:2000::/3 -all"\n'
        'mx TXT "v=spf1 mx:many.broken.example -all"\n'
        + "\n".join(f"many MX {number} h{number % 10}" for number in range(11))
        + "\n".join(["", *(f"six-mx MX {number} h{number}" for number in range(1, 4))])
        + "\nprivate A 10.0.0.25\nboth A 203.0.113.3\nboth A 192.168.0.25"
    ),
}
