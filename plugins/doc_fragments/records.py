# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each record may say: the options of the single-record modules, and of one domain in a batch."""

from __future__ import annotations

import textwrap


def _options(text: str, depth: int) -> str:
    return textwrap.indent(text.strip(), "  " * depth) + "\n"


class ModuleDocFragment:
    _TTL = r"""
ttl:
  description:
    - TTL of the record set in seconds.
    - By default a new record set gets the provider's usual TTL and an existing one keeps its own.
  type: int
"""

    _SPF = r"""
include:
  description: Domains whose SPF records to include, such as V(_spf.odoo.com).
  type: list
  elements: str
ip4:
  description: IPv4 addresses or networks that may send.
  type: list
  elements: str
ip6:
  description: IPv6 addresses or networks that may send.
  type: list
  elements: str
a:
  description: Names whose addresses may send. The domain itself, or an empty text, is the bare mechanism V(a).
  type: list
  elements: str
mx:
  description: Names whose mail exchangers may send. The domain itself, or an empty text, is the bare mechanism V(mx).
  type: list
  elements: str
exists:
  description: Names, usually with macros, that authorise a sender if they resolve.
  type: list
  elements: str
all:
  description:
    - How receivers should treat all other senders.
    - By default a new record gets V(softfail) and an existing one keeps its own.
  type: str
  choices: [fail, softfail, neutral]
exact:
  description:
    - With V(true), the record has these terms and no others.
    - With C(state=absent), the whole record is removed.
  type: bool
  default: false
consolidate:
  description:
    - With V(true), several SPF records are merged into one instead of refused.
    - If part of a record was put into separate TXT values, which receivers ignore, they are joined to the record.
      Without V(true), this is only a warning.
    - Values that are meant as SPF records, but are in quotes or after a space, are merged as well.
  type: bool
  default: false
repair:
  description:
    - With V(true), an existing record with a typing mistake, such as quotes, C(include=), or C(ip:), is corrected. The
      message says what was probably meant; with V(true), a warning says it.
    - If the meaning is not clear, the record is still refused. The result is never weaker than how receivers treat the
      record now.
  type: bool
  default: false
state:
  description:
    - V(present) ensures the terms.
    - V(absent) removes them and keeps the rest of the record. If only C(~all) or C(?all) would remain, the record is
      deleted; C(-all) alone stays.
  type: str
  choices: [present, absent]
  default: present
"""

    _DKIM = r"""
selector:
  description: Only the selector, such as V(odoo) for C(odoo._domainkey.company-name.com).
  type: str
  required: true
cname:
  description: The name where the sending service publishes the key. Exclusive with C(public_key).
  type: str
public_key:
  description:
    - The public key, as PEM, as base64, or as the whole record that a service shows.
    - RSA keys need at least 1024 bits and should have 2048.
  type: str
key_type:
  description: The type that the key must have. It is only checked.
  type: str
  choices: [rsa, ed25519]
flags:
  description: V(y) says that the domain tests DKIM, V(s) that no subdomain signs with this key.
  type: list
  elements: str
  choices: [y, s]
notes:
  description: A note for people, published in the record.
  type: str
repair:
  description:
    - With V(true), a TXT record that contains the name of the key becomes the CNAME that was meant.
    - If there are several keys at the selector, only the requested one is kept, if it is among them.
  type: bool
  default: false
state:
  description:
    - V(present) ensures the CNAME or the key.
    - V(revoked) publishes that the key is revoked.
    - V(absent) removes both the CNAME and the key.
    - To rotate a key, publish the new one at a second selector, switch the signer, and revoke the first a week later.
  type: str
  choices: [present, revoked, absent]
  default: present
"""

    _DMARC = r"""
policy:
  description: The least that receivers should do with mail that fails. A new record gets V(none) by default.
  type: str
  choices: [none, quarantine, reject]
subdomain_policy:
  description: The same, for subdomains that exist.
  type: str
  choices: [none, quarantine, reject]
nonexistent_policy:
  description: The same, for subdomains that do not exist.
  type: str
  choices: [none, quarantine, reject]
aggregate_reports:
  description: Addresses that receivers send their daily reports to, with or without C(mailto:).
  type: list
  elements: str
failure_reports:
  description: Addresses that receivers send reports about single messages to.
  type: list
  elements: str
failure_options:
  description: When to send failure reports, as the letters of the standard.
  type: list
  elements: str
  choices: ['0', '1', d, s]
dkim_alignment:
  description: Whether the DKIM domain must be the From domain (V(strict)), or only share its organizational domain
    (V(relaxed)).
  type: str
  choices: [relaxed, strict]
spf_alignment:
  description: Whether the domain of the envelope sender must be the From domain (V(strict)), or only share its
    organizational domain (V(relaxed)).
  type: str
  choices: [relaxed, strict]
testing:
  description: With V(true), receivers apply the policy one step more leniently.
  type: bool
allow_weaker:
  description: With V(true), an existing record may be made more lenient.
  type: bool
  default: false
repair:
  description:
    - With V(true), an existing record with a typing mistake, such as a missing semicolon or C(p=quarantined), is
      corrected. The message says what was probably meant; with V(true), a warning says it.
    - If the meaning is not clear, the record is still refused. The result is never weaker than how receivers treat the
      record now.
  type: bool
  default: false
state:
  description: V(absent) removes the DMARC record.
  type: str
  choices: [present, absent]
  default: present
"""

    _MX = r"""
exchanges:
  description: The hosts that accept the mail. The host V(.) with preference 0 says that the domain accepts none.
  type: list
  elements: dict
  required: true
  suboptions:
    preference:
      description: Hosts with a smaller number are tried first. If left out, a host keeps its own, and a new one gets
        10.
      type: int
    host:
      description: The name of the host.
      type: str
      required: true
exact:
  description: With V(true), other exchangers are removed.
  type: bool
  default: false
repair:
  description: With V(true), exchangers that nobody can deliver to are removed, such as IP addresses instead of host
    names, or a null MX beside others.
  type: bool
  default: false
state:
  description: V(absent) removes these exchangers and keeps others.
  type: str
  choices: [present, absent]
  default: present
"""

    _RECORD = r"""
name:
  description: The complete owner name.
  type: str
  required: true
type:
  description: The record type.
  type: str
  required: true
  choices: [A, AAAA, CAA, CNAME, MX, NS, SRV, TLSA, TXT]
value:
  description:
    - The value. Write a TXT as it should be read, without quotes, at any length.
    - Write any other type as in a zone file, such as V(10 mx.example.net). Names are complete, with or without the
      final dot.
  type: str
  required: true
state:
  description: V(absent) removes this value and keeps others.
  type: str
  choices: [present, absent]
  default: present
"""

    SPF: str = "options:\n" + _options(_SPF + _TTL, 1)
    DKIM: str = "options:\n" + _options(_DKIM + _TTL, 1)
    DMARC: str = "options:\n" + _options(_DMARC + _TTL, 1)
    MX: str = "options:\n" + _options(_MX + _TTL, 1)
    RECORD: str = "options:\n" + _options(_RECORD + _TTL, 1)

    # What one domain may want, in the modules for many domains
    DOMAIN: str = (
        """
options:
  domains:
    description: The domains, and what each of them should have. A part that is left out is not checked.
    type: list
    elements: dict
    suboptions:
      domain:
        description: The domain behind the @ of the From addresses.
        type: str
        required: true
      spf:
        description: The SPF record, as in M(postmaster.mail.spf_record).
        type: dict
        suboptions:
"""
        + _options(_SPF + _TTL, 5)
        + """
      dkim:
        description: The DKIM selectors, as in M(postmaster.mail.dkim_record).
        type: list
        elements: dict
        suboptions:
"""
        + _options(_DKIM + _TTL, 5)
        + """
      dmarc:
        description: The DMARC record, as in M(postmaster.mail.dmarc_record).
        type: dict
        suboptions:
"""
        + _options(_DMARC + _TTL, 5)
        + """
      mx:
        description: The mail exchangers of the domain, as in M(postmaster.mail.mx_record).
        type: dict
        suboptions:
"""
        + _options(_MX + _TTL, 5)
        + """
      records:
        description: Other records, as in M(postmaster.mail.dns_record).
        type: list
        elements: dict
        suboptions:
"""
        + _options(_RECORD + _TTL, 5)
    )

    # What a person may say of a domain beside its records, in the module that looks at it
    _SEEN = r"""
senders:
  description:
    - All services and servers that send as the domain. With this list, the module finds what a sender lacks, and
      records that no sender needs.
    - Without it, unused records are not reported. Odoo's own servers are checked if the SPF record includes
      C(_spf.odoo.com).
  type: list
  elements: dict
  suboptions:
    name:
      description: A name for people.
      type: str
      required: true
    spf:
      description: What the SPF record must authorise for it.
      type: dict
      suboptions:
        include:
          description: Domains whose SPF records are included.
          type: list
          elements: str
        ip4:
          description: IPv4 addresses or networks.
          type: list
          elements: str
        ip6:
          description: IPv6 addresses or networks.
          type: list
          elements: str
        a:
          description: Names whose addresses send.
          type: list
          elements: str
        mx:
          description: Names whose mail exchangers send.
          type: list
          elements: str
        exists:
          description: Names, usually with macros, that authorise it if they resolve.
          type: list
          elements: str
    selectors:
      description: The DKIM selectors that it signs with.
      type: list
      elements: str
    return_path:
      description:
        - The domain of its envelope sender, such as V(odoo.com) for Odoo Online. By default the domain itself or one
          below it.
      type: str
    signing_domain:
      description: The domain that it signs for with DKIM, if that is one below, such as V(mg.company-name.com). Its
        keys are there, so the module does not look for them here.
      type: str
delegated_to:
  description:
    - The name servers of the provider that holds the zone. Any other delegation is an error.
    - With O(nameservers), the delegation is not checked.
  type: list
  elements: str
from_addresses:
  description:
    - From addresses in use, of users and companies. Those of free mail services are reported.
    - An address without a domain is refused.
  type: list
  elements: str
"""
    DOMAIN_SEEN: str = DOMAIN + _options(_SEEN, 3)
