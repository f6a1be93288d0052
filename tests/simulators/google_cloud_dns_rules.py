# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Cloud DNS's rules for changes, with its error messages."""

from __future__ import annotations

import collections
import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

SOA = "ns-cloud-a1.googledomains.com. cloud-dns-hostmaster.google.com. 1 21600 3600 259200 300"
NS = "ns-cloud-a1.googledomains.com."

_MOST = {"additions": 1000, "deletions": 1000}
_MOST_OCTETS = 100000
_MOST_RECORDS = 100  # per record set
_MOST_SETS = 10000  # per zone
_TYPES = re.compile("A|AAAA|ALIAS|CAA|CNAME|DNSKEY|DS|HTTPS|IPSECKEY|MX|NAPTR|NS|PTR|SOA|SPF|SRV|SSHFP|SVCB|TLSA|TXT")
_FIELDS = {"kind", "name", "type", "ttl", "rrdatas", "signatureRrdatas", "routingPolicy"}
_STRING = r'"(?:[^"\\]|\\.)*"'
_TXT = re.compile(rf"{_STRING}(?: +{_STRING})*")

Key = tuple[str, str]


class Invalid(Exception):
    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


@dataclass(frozen=True)
class Rrset:
    name: str
    type: str
    ttl: int
    rrdatas: tuple[str, ...]
    routing_policy: Any = None

    def resource(self) -> dict[str, Any]:
        shared = {"kind": "dns#resourceRecordSet", "name": self.name, "type": self.type, "ttl": self.ttl}
        if self.routing_policy:
            return {**shared, "routingPolicy": self.routing_policy}
        return {**shared, "rrdatas": list(self.rrdatas)}


def apply_change(apex: str, there: Mapping[Key, Rrset], body: Any) -> dict[Key, Rrset]:
    """The zone after a change. Raises Invalid."""
    if not isinstance(body, dict) or not (body.get("additions") or body.get("deletions")):
        raise Invalid(400, "required", "Required parameter: entity.change")
    lists = {name: _parsed(apex, name, body.get(name) or []) for name in _MOST}
    octets = sum(len(text.encode()) for sets in lists.values() for rrset in sets for text in rrset.rrdatas)
    if octets > _MOST_OCTETS:
        raise Invalid(403, "quotaExceeded", "The total size of rrdata in the change exceeds the quota.")
    after = dict(there)
    for number, rrset in enumerate(lists["deletions"]):
        where, key = f"entity.change.deletions[{number}]", (rrset.name, rrset.type)
        if key not in after:
            message = f"The '{where}' resource named '{rrset.name} ({rrset.type})' does not exist."
            raise Invalid(404, "notFound", message)
        if (after[key].ttl, sorted(after[key].rrdatas)) != (rrset.ttl, sorted(rrset.rrdatas)):
            raise Invalid(412, "conditionNotMet", f"Precondition not met for '{where}'")
        del after[key]
    for number, rrset in enumerate(lists["additions"]):
        where, key = f"entity.change.additions[{number}]", (rrset.name, rrset.type)
        if key in after:
            message = f"The resource '{where}' named '{rrset.name} ({rrset.type})' already exists"
            raise Invalid(409, "alreadyExists", message)
        after[key] = rrset
    if len(after) > max(_MOST_SETS, len(there)):
        raise Invalid(403, "quotaExceeded", "The number of resource record sets in the zone exceeds the quota.")
    _check_zone(apex, after)
    return after


def _check_zone(apex: str, rrsets: Mapping[Key, Rrset]) -> None:
    types = collections.defaultdict(set)
    for name, rdtype in rrsets:
        types[name].add(rdtype)
    for name, there in types.items():
        if "CNAME" in there and len(there) > 1:
            raise Invalid(
                400,
                "cnameResourceRecordSetConflict",
                f"The resource record set is invalid because the DNS name '{name}' may have either one CNAME resource "
                "record set or resource record sets of other types, but not both.",
            )
    if not {"SOA", "NS"} <= types[apex]:
        raise Invalid(400, "invalidZoneApex", "A zone must contain exactly one resource record set of SOA and NS.")


def _parsed(apex: str, what: str, items: Any) -> list[Rrset]:
    if not isinstance(items, list):
        raise Invalid(400, "invalid", f"Invalid value for 'entity.change.{what}'")
    if len(items) > _MOST[what]:
        raise Invalid(403, "quotaExceeded", f"The number of {what} in the change exceeds the quota.")
    return [_rrset(apex, f"entity.change.{what}[{number}]", item) for number, item in enumerate(items)]


def _rrset(apex: str, where: str, item: Any) -> Rrset:
    def invalid(field: str) -> Invalid:
        value = item.get(field) if isinstance(item, dict) else item
        return Invalid(400, "invalid", f"Invalid value for '{where}.{field}': '{value}'")

    if not isinstance(item, dict) or set(item) - _FIELDS:
        raise invalid("kind")
    name, rdtype, ttl, rrdatas = (item.get(field) for field in ("name", "type", "ttl", "rrdatas"))
    if (
        not isinstance(name, str)
        or not name.endswith(".")
        or not f".{name}".endswith(f".{apex}")
        or name != name.lower()
    ):
        raise invalid("name")
    if not isinstance(rdtype, str) or not _TYPES.fullmatch(rdtype):
        raise invalid("type")
    if (rdtype == "CNAME" and name == apex) or (rdtype == "ALIAS" and name != apex):
        raise invalid("type")
    if name.startswith("*.") and rdtype == "NS":
        raise Invalid(400, "wildcardNotAllowed", f"The resource record set '{where}' cannot be a wildcard.")
    if isinstance(ttl, str) and ttl.isdigit():
        ttl = int(ttl)  # Google's API also accepts numbers as strings, and its own package sends them so
    if not isinstance(ttl, int) or isinstance(ttl, bool) or not 0 <= ttl <= 2147483647:
        raise invalid("ttl")
    if not isinstance(rrdatas, list) or not rrdatas or len(set(rrdatas)) != len(rrdatas):
        raise invalid("rrdatas")
    if len(rrdatas) > _MOST_RECORDS:
        raise Invalid(403, "quotaExceeded", f"The number of records in '{where}' exceeds the quota.")
    if rdtype in ("CNAME", "SOA") and len(rrdatas) > 1:
        raise Invalid(400, "invalidRecordCount", f"The resource record set '{where}' may have one record only.")
    if not all(_is_valid(rdtype, text) for text in rrdatas):
        raise invalid("rrdatas")
    return Rrset(name, rdtype, ttl, tuple(rrdatas))


@functools.lru_cache(maxsize=4096)  # parsing takes longer than the rest of a call
def _is_valid(rdtype: str, text: Any) -> bool:
    if not isinstance(text, str) or (rdtype == "TXT" and not _TXT.fullmatch(text)):
        return False
    if rdtype == "ALIAS":
        return text.endswith(".")
    try:
        # a relative name stays relative, and is refused below
        value = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), text, relativize=False)
    except (dns.exception.DNSException, ValueError):
        return False
    targets: Sequence[Any] = [getattr(value, field, None) for field in ("target", "exchange")]
    return all(name.is_absolute() for name in targets if isinstance(name, dns.name.Name))
