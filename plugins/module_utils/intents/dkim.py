# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A DKIM selector of a domain (RFC 6376 3.6.2): delegated by a CNAME, or with a key of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Conflict, InvalidInput
from ..libraries import dns
from ..names import custom_domain, record_name, to_text
from ..records import dkim, dkim_delegation
from ..zone import rdata
from ..zone.intent import Intent, Notes
from ..zone.model import Draft, Key, RecordSet
from . import text_values

OPTIONS: dict[str, Any] = {
    "selector": {"type": "str", "required": True},
    "cname": {"type": "str"},
    # a public key: not a secret, but Ansible would guess so from the name
    "public_key": {"type": "str", "no_log": False},
    "key_type": {"type": "str", "choices": ["rsa", "ed25519"], "no_log": False},
    "flags": {"type": "list", "elements": "str", "choices": ["y", "s"]},
    "notes": {"type": "str"},
    "repair": {"type": "bool", "default": False},
    "ttl": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "revoked", "absent"], "default": "present"},
}


def intents(domain: str, options: Mapping[str, Any]) -> list[Intent]:
    """The intents for the options of ``dkim_record``. Raises InvalidInput."""
    base = to_text(custom_domain(domain))
    selector = dkim.selector(options["selector"])
    owner = dkim.owner_name(selector, base)
    name, ttl, state = record_name(owner), options.get("ttl"), options.get("state") or "present"
    mend = bool(options.get("repair"))
    target, public_key = options.get("cname"), options.get("public_key")
    if state == "absent":
        return [DkimAbsent(name)]
    if state == "revoked":
        return [DkimRevoked(name, ttl)]
    if bool(target) == bool(public_key):
        raise InvalidInput(
            f"{owner}: give either cname, if the sending service holds the key, or public_key, if the key is yours."
        )
    if target:
        checked = record_name(dkim_delegation.check_target(owner, target, base))
        return [DkimDelegation(name, checked, mend, ttl)]
    published = dkim.key_record(public_key or "", options.get("key_type"), options.get("flags"), options.get("notes"))
    return [DkimKeyPresent(name, published, mend, ttl)]


class DkimIntent(Intent):
    def __init__(self, name: dns.name.Name, ttl: int | None = None) -> None:
        self.name = name
        self.ttl = ttl

    def sees(self) -> Iterable[Key]:
        return [(self.name, dns.rdatatype.TXT), (self.name, dns.rdatatype.CNAME)]


class DkimDelegation(DkimIntent):
    """The selector is a CNAME to the name where the sending service publishes its key."""

    def __init__(self, name: dns.name.Name, target: dns.name.Name, repair: bool, ttl: int | None) -> None:
        super().__init__(name, ttl)
        self.target = target
        self.repair = repair

    def revise(self, draft: Draft, notes: Notes) -> None:
        owner = to_text(self.name)
        for value in sorted(text_values.texts(draft, self.name)):
            if dkim_delegation.target_in_text(value) is not None and self.repair:
                text_values.put(draft, self.name, [value], None, None)
            elif dkim_delegation.target_in_text(value) is not None:
                raise Conflict(
                    f"{owner} is a TXT record that holds the name {value.decode('ascii').strip()}: someone chose the "
                    "wrong record type. Remove it (dkim_record with state: absent), then set the CNAME; or set "
                    "repair: true, which does both."
                )
            if dkim.looks_like_dkim(value):
                raise Conflict(
                    f"{owner} is a TXT record with a DKIM key, and DNS allows no CNAME beside it. If mail is no longer "
                    "signed with that key, remove it first (dkim_record with state: absent), or use another selector."
                )
        alias = draft.get(self.name, dns.rdatatype.CNAME)
        if alias and rdata.cname(self.target) not in alias.values:
            notes.warnings.append(
                f"{owner}: this replaces the CNAME to {', '.join(map(rdata.to_display, alias.values))}, so "
                "mail that is signed with the key there and still in transit will fail. To rotate without loss, "
                "delegate a second selector first."
            )
        unstated = alias.ttl if alias else draft.created_ttl(self.name, dns.rdatatype.CNAME)
        lifetime = unstated if self.ttl is None else self.ttl
        handle, locked = (alias.handle, alias.locked) if alias else (None, "")
        draft.put(RecordSet(self.name, dns.rdatatype.CNAME, (rdata.cname(self.target),), lifetime, handle, locked))


class DkimKeyPresent(DkimIntent):
    """The selector is a TXT record with this key."""

    def __init__(self, name: dns.name.Name, published: dkim.Published, repair: bool, ttl: int | None) -> None:
        super().__init__(name, ttl)
        self.published = published
        self.repair = repair

    def revise(self, draft: Draft, notes: Notes) -> None:
        owner = to_text(self.name)
        found = text_values.owned(draft, self.name, dkim.looks_like_dkim)
        ours = [value for value in found if dkim.with_stated(value, self.published) is not None]
        old = text_values.half_replaced(
            sorted(found), lambda value: dkim.with_stated(value, self.published), f"{owner}: the DKIM key", notes
        )
        if len(found) > 1 and not (self.repair and ours) and old is None:
            raise Conflict(
                f"{owner} has {len(found)} DKIM keys, and receivers may take either (RFC 6376 3.6.2.2). "
                + ("Set repair: true to keep only the requested key. " if ours else "")
                + "Remove them (state: absent), or use another selector."
            )
        there = [old] if old is not None else (ours or found)[:1]
        pieces = dkim.rest_of_key(there[0], text_values.texts(draft, self.name)) if there else []
        kept = dkim.with_stated(b"".join([*there, *pieces]), self.published) if there else None
        wanted = self.published.value if kept is None else kept
        if wanted not in found:
            notes.warnings.extend(f"{owner}: {warning}" for warning in self.published.warnings)
        if there and kept is None:
            notes.warnings.append(
                f"{owner}: this replaces another key, so mail that is signed with it and still in transit will fail. "
                "To rotate without loss, publish the new key at a second selector first."
            )
        text_values.put(draft, self.name, [*found, *pieces], wanted, self.ttl)
        others = len(text_values.texts(draft, self.name)) - 1
        if others:
            notes.warnings.append(
                f"{owner} holds {others} other TXT value{'s' if others > 1 else ''} beside the key, which confuses "
                "receivers (RFC 6376 3.6.2.2): remove what is not needed."
            )


class DkimRevoked(DkimIntent):
    """The selector's key is revoked: its ``p=`` is empty (RFC 6376 3.6.1)."""

    def revise(self, draft: Draft, notes: Notes) -> None:
        if draft.get(self.name, dns.rdatatype.CNAME) is not None:
            raise Conflict(
                f"{to_text(self.name)} is a CNAME: only the service that holds the key can revoke it. To remove the "
                "delegation, set state: absent."
            )
        found = text_values.owned(draft, self.name, dkim.looks_like_dkim)
        value = dkim.revoked_record(found[0] if len(found) == 1 else None)
        text_values.put(draft, self.name, found, value, self.ttl)


class DkimAbsent(DkimIntent):
    """The selector has neither a CNAME nor a key. Other TXT values at the name stay."""

    def revise(self, draft: Draft, notes: Notes) -> None:
        draft.remove(self.name, dns.rdatatype.CNAME)
        found = text_values.owned(
            draft,
            self.name,
            lambda value: dkim.looks_like_dkim(value) or dkim_delegation.target_in_text(value) is not None,
        )
        text_values.put(draft, self.name, found, None, None)
