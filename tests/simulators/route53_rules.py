# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon Route 53's rules for batches of changes, with its error messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

MAX_RECORDS, MAX_CHARACTERS, MAX_VALUE = 1000, 32000, 4000
TYPES = {
    *("A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR"),
    *("SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"),
}
# octoDNS writes a semicolon as \; and AWS accepts it
_PART = r'"(?:[^"\\]|\\[0-7]{3}|\\[^0-9])*"'
_STRINGS = re.compile(rf"{_PART}(?:\s*{_PART})*")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')

Key = tuple[str, str, str]  # name, type, SetIdentifier


class Change(NamedTuple):
    """A change of a batch, or, with an empty action, an existing record set."""

    action: str
    name: str
    rdtype: str
    ttl: str
    values: tuple[str, ...]
    identifier: str
    routing: tuple[tuple[str, str], ...]

    @property
    def key(self) -> Key:
        return self.name, self.rdtype, self.identifier

    def __str__(self) -> str:
        extra = f", set identifier='{self.identifier}'" if self.identifier else ""
        return f"[name='{self.name}', type='{self.rdtype}'{extra}]"


def canonical_name(name: str) -> str:
    """Lower case, with the final dot, a wildcard and other unusual characters in octal."""
    text = name.lower() if name.endswith(".") else f"{name.lower()}."
    return "".join(
        character if character in "abcdefghijklmnopqrstuvwxyz0123456789-_.\\" else f"\\{ord(character):03o}"
        for character in text
    )


def sort_key(name: str) -> str:
    return ".".join(reversed(name.rstrip(".").split("."))) + "."


def problems(
    changes: Sequence[Change], there: Mapping[Key, Change], zone: str, protections: Mapping[tuple[str, str], str]
) -> list[str]:
    """Why the batch is refused as a whole; empty if it is accepted."""
    if not changes:
        return ["The request contains no changes"]
    found = [*_too_much(changes), *_repeated(changes)]
    after = dict(there)
    for change in sorted(changes, key=lambda each: each.action != "DELETE"):
        if (change.name, change.rdtype) in protections:
            comment = protections[change.name, change.rdtype]
            found.append(f"The resource record set {change} is protected: {comment}")
        elif change.action == "DELETE":
            found += _deletion(change, after, zone)
        else:
            found += [*_invalid(change, zone), *_creation(change, after)]
            after[change.key] = change
    touched = {change.name for change in changes if change.action != "DELETE"}
    return [*found, *_conflicts(after.values(), touched, zone)]


def _too_much(changes: Iterable[Change]) -> Iterable[str]:
    records = characters = 0
    for change in changes:
        times = 2 if change.action == "UPSERT" else 1
        records += times * len(change.values)
        characters += times * sum(map(len, change.values))
    if records > MAX_RECORDS:
        yield f"Number of records limit of {MAX_RECORDS} exceeded."
    if characters > MAX_CHARACTERS:
        yield f"Number of characters limit of {MAX_CHARACTERS} exceeded."


def _repeated(changes: Sequence[Change]) -> Iterable[str]:
    seen = set()
    for change in changes:
        what = (change.key, change.action == "DELETE")
        if what in seen:
            yield (
                "The request contains an invalid set of changes for a resource record set "
                f"'{change.rdtype} {change.name}'"
            )
        seen.add(what)


def _deletion(change: Change, after: dict[Key, Change], zone: str) -> Iterable[str]:
    now = after.get(change.key)
    if now is None:
        yield f"Tried to delete resource record set {change} but it was not found"
    elif (now.ttl, sorted(now.values), now.routing) != (change.ttl, sorted(change.values), change.routing):
        yield f"Tried to delete resource record set {change} but the values provided do not match the current values"
    elif change.name == zone and change.rdtype in ("SOA", "NS"):
        yield f"A HostedZone must contain at least one {change.rdtype} record for the zone itself."
    else:
        del after[change.key]


def _creation(change: Change, after: Mapping[Key, Change]) -> Iterable[str]:
    if change.action == "CREATE" and change.key in after:
        yield f"Tried to create resource record set {change} but it already exists"
    for name, rdtype, identifier in after:
        if (name, rdtype) == (change.name, change.rdtype) and bool(identifier) != bool(change.identifier):
            yield f"RRSet with DNS name {name}, type {rdtype} cannot be created as one without a SetIdentifier exists"


def _invalid(change: Change, zone: str) -> Iterable[str]:
    if change.name != zone and not change.name.endswith(f".{zone}"):
        yield f"RRSet with DNS name {change.name} is not permitted in zone {zone}"
    if change.rdtype not in TYPES:
        yield f"Value '{change.rdtype}' at 'type' failed to satisfy constraint: Member must satisfy enum value set"
        return
    if change.rdtype == "CNAME" and change.name == zone:
        yield f"RRSet of type CNAME with DNS name {zone} is not permitted at apex in zone {zone}"
    if any(part == "AliasTarget" for part, dummy in change.routing):
        return
    if not change.values or not change.ttl or not 0 <= int(change.ttl) <= 2147483647:
        yield "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
    if change.rdtype == "NS" and change.name.startswith("\\052."):
        yield f"RRSet of type NS with DNS name {change.name} cannot be a wildcard"
    if change.rdtype in ("CNAME", "SOA") and len(change.values) > 1:
        yield f"Invalid Resource Record: a {change.rdtype} takes one value"
    if len(set(change.values)) < len(change.values):
        yield f"Duplicate Resource Record: '{change.values[0]}'"
    for value in change.values:
        yield from (f"Invalid Resource Record: 'FATAL problem: {fault}'" for fault in _faults(change.rdtype, value))


def _faults(rdtype: str, value: str) -> Iterable[str]:
    if len(value) > MAX_VALUE:
        yield f"ValueTooLong (Value is longer than {MAX_VALUE} characters) encountered with '{value[:20]}…'"
    elif any(not 32 <= ord(character) < 127 for character in value):
        yield f"UnsupportedCharacter (Value contains unsupported characters) encountered with '{value}'"
    elif rdtype in ("TXT", "SPF"):
        if not _STRINGS.fullmatch(value):
            yield (f"InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '{value}'")
        elif any(len(re.sub(r"\\[0-7]{3}|\\.", "x", string)) > 255 for string in _STRING.findall(value)):
            yield f"CharacterStringTooLong (Value is too long) encountered with '{value[:20]}…'"
    else:
        decimal = re.sub(r"\\([0-7]{3})", lambda match: f"\\{int(match.group(1), 8):03d}", value)
        try:
            dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), decimal, dns.name.root)
        except (dns.exception.DNSException, ValueError):
            yield f"InvalidRecord ({rdtype} record is not valid) encountered with '{value}'"


def _conflicts(after: Iterable[Change], touched: set[str], zone: str) -> Iterable[str]:
    types: dict[str, set[str]] = {}
    for each in after:
        types.setdefault(each.name, set()).add(each.rdtype)
    for name in sorted(touched):
        others = types.get(name, set()) - {"CNAME"}
        if "CNAME" in types.get(name, ()) and others:
            yield (
                f"RRSet of type {sorted(others)[0]} with DNS name {name} is not permitted as it conflicts with other "
                f"records with the same DNS name in zone {zone}"
            )
