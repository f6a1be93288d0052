# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DKIM key that a verifier finds for a selector, and whether it is usable (RFC 6376 3.6, RFC 8301, RFC 8463)."""

from __future__ import annotations

import dataclasses

from ..errors import InvalidInput
from ..libraries import dns
from ..names import to_text
from ..records import dkim
from ..resolver.questions import ResolverLike, dns_name, texts_of
from ..resolver.transport import MAX_ALIASES, DnsAnswer, NoAnswer

# The outcomes of looking up a key
FOUND = "found"
NO_ANSWER = "no_answer"  # no server answered for the name or for the target of its CNAMEs
MISSING = "missing"  # there is no TXT value
LOOP = "loop"  # the CNAMEs form a loop or never end
SEVERAL = "several"  # it is undefined which of them a verifier takes (RFC 6376 3.6.2.2)
INVALID = "invalid"  # it is no key record
REVOKED = "revoked"  # p= is empty
UNUSABLE = "unusable"  # it is a key, but not for signing mail

MOST_RSA_BITS = 8192  # more than verifiers must support, and still fast to verify


@dataclasses.dataclass(frozen=True)
class DkimKey:
    """What a selector leads to.

    aliases: the targets of its CNAMEs, in order. values: the TXT values at the end. problem: a sentence that says why
    no signature can be verified with it; empty for ``found``. remarks: sentences about anything else that deserves
    attention.
    """

    name: str
    state: str
    aliases: tuple[str, ...] = ()
    values: tuple[bytes, ...] = ()
    record: dkim.KeyRecord | None = None
    problem: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        return self.state == FOUND


def key_at(name: str, resolver: ResolverLike) -> DkimKey:
    """The key at a name, such as ``odoo._domainkey.company-name.com``."""
    owner = dns_name(name)
    if owner is None:
        return DkimKey(name, MISSING, problem=f"{name} cannot be a name in DNS, so there is no key.")
    aliases, values, state = _follow(owner, resolver)
    found = DkimKey(name, state, tuple(map(to_text, aliases)), values)
    return _judged(found) if state == FOUND else dataclasses.replace(found, problem=_absence(found))


def judge_key(record: dkim.KeyRecord, name: str) -> tuple[str, str]:
    """The state of a parsed key record, and the reason if it cannot be used."""
    if record.revoked:
        return REVOKED, f"The key at {name} is revoked: its p= is empty (RFC 6376 3.6.1)."
    if record.key is None:
        stated = f"is of the type {record.key_type}" if record.key_type else "has an empty k="
        return UNUSABLE, f"The key at {name} {stated}, which verifiers do not know."
    if record.key_type == "rsa" and record.key.bits < dkim.LEAST_RSA_BITS:
        return UNUSABLE, (
            f"The RSA key at {name} has {record.key.bits} bits: less than {dkim.LEAST_RSA_BITS}, which "
            "verifiers must not accept (RFC 8301 3.2)."
        )
    if record.key.bits > MOST_RSA_BITS:
        return UNUSABLE, f"The RSA key at {name} has {record.key.bits} bits: more than verifiers handle (RFC 8301 3.2)."
    hashes = {word.lower() for word in record.hash_algorithms}
    if hashes and "sha256" not in hashes:
        return UNUSABLE, f"The key at {name} allows only {record.tag('h')}, but only sha256 may be used (RFC 8301 3.1)."
    if not {word.lower() for word in record.service_types} & {"*", "email"}:
        return UNUSABLE, f"The key at {name} is not for mail: s={record.tag('s')} (RFC 6376 3.6.1)."
    return FOUND, ""


def _judged(found: DkimKey) -> DkimKey:
    if len(found.values) > 1:
        return dataclasses.replace(
            found,
            state=SEVERAL,
            problem=f"There are {len(found.values)} TXT values at {found.name}, so it is not certain "
            "that verifiers find the key (RFC 6376 3.6.2.2).",
        )
    try:
        record = dkim.parse(found.values[0])
    except InvalidInput as error:
        return dataclasses.replace(found, state=INVALID, problem=f"The value at {found.name} is not a key. {error}")
    state, problem = judge_key(record, found.name)
    return dataclasses.replace(
        found, record=record, state=state, problem=problem, remarks=tuple(_remarks(record, found.name))
    )


def _remarks(record: dkim.KeyRecord, name: str) -> list[str]:
    remarks = []
    if record.testing:
        remarks.append(f"The key at {name} has t=y: receivers may treat its mail as unsigned (RFC 6376 3.6.1).")
    if "s" in record.flags:
        remarks.append(f"The key at {name} has t=s: it is not for senders in subdomains (RFC 6376 3.6.1).")
    bits = record.key_bits or 0
    if record.key_type == "rsa" and dkim.LEAST_RSA_BITS <= bits < dkim.GOOD_RSA_BITS:
        remarks.append(f"The RSA key at {name} has {bits} bits; {dkim.GOOD_RSA_BITS} are recommended (RFC 8301 3.2).")
    if record.key_type == "rsa" and bits > dkim.MOST_RSA_BITS:
        remarks.append(
            f"The RSA key at {name} has {bits} bits; verifiers need not handle more than {dkim.MOST_RSA_BITS} "
            "(RFC 8301 3.2)."
        )
    return remarks


def _absence(found: DkimKey) -> str:
    way = f"{found.name} leads to {' and on to '.join(found.aliases)}" if found.aliases else found.name
    if found.state == LOOP:
        return f"{way}: the CNAMEs never end, so there is no key."
    if found.state == NO_ANSWER:
        return f"No server gave an answer about {found.aliases[-1] if found.aliases else found.name}."
    if found.aliases:
        return f"{way}, but there is no key there."
    return f"There is no key at {found.name}."


def _follow(name: dns.name.Name, resolver: ResolverLike) -> tuple[tuple[dns.name.Name, ...], tuple[bytes, ...], str]:
    """Follow CNAMEs to the TXT values: the names after the first, the values, and the outcome."""
    way = [name]
    values: tuple[bytes, ...] | None = ()
    while len(way) <= MAX_ALIASES:
        answer = _text_or_alias(way[-1], resolver)
        if answer is None:
            return tuple(way[1:]), (), NO_ANSWER
        if answer.alias is None:
            values = texts_of(answer.values)
            return tuple(way[1:]), values or (), FOUND if values else MISSING
        target = answer.alias.target  # type: ignore[attr-defined]
        if target in way:
            return (*way[1:], target), (), LOOP
        way.append(target)
        if answer.end == target and answer.end_values:
            return tuple(way[1:]), texts_of(answer.end_values) or (), FOUND
    return tuple(way[1:]), (), LOOP


def _text_or_alias(name: dns.name.Name, resolver: ResolverLike) -> DnsAnswer | None:
    try:
        return resolver.lookup(name, dns.rdatatype.TXT)
    except NoAnswer:
        pass
    # a resolver that fails to follow a CNAME can still return it
    try:
        answer = resolver.lookup(name, dns.rdatatype.CNAME)
    except NoAnswer:
        return None
    return dataclasses.replace(answer, alias=answer.values[0], end_values=()) if answer.values else None
