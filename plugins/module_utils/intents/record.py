# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any record that a sending service asks for: one value is ours, its siblings are left alone."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Conflict, InvalidInput
from ..libraries import dns
from ..names import custom_domain, record_name, to_text
from ..records import dkim, dmarc, spf
from ..zone import rdata
from ..zone.intent import Intent, Notes
from ..zone.model import Draft, Key, RecordSet
from . import text_values

# Values allowed only once at a name: whether a value is one, or is meant as one, its standard, the module for it
_MERGED = (
    (spf.is_spf, spf.is_near_miss, "SPF", "spf_record"),
    (dmarc.is_dmarc, dmarc.is_near_miss, "DMARC", "dmarc_record"),
    (dkim.looks_like_dkim, lambda value: False, "DKIM", "dkim_record"),
)
# Values that replace one another
_ONE_OF_A_KIND = (b"v=STSv1", b"v=TLSRPTv1", b"v=BIMI1")

OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "type": {
        "type": "str",
        "required": True,
        "choices": ["A", "AAAA", "CAA", "CNAME", "MX", "NS", "SRV", "TLSA", "TXT"],
    },
    "value": {"type": "str", "required": True},
    "ttl": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def intents(options: Mapping[str, Any]) -> list[Intent]:
    """The intents for the options of ``dns_record``. Raises InvalidInput."""
    name = record_name(options["name"])
    _refuse_odoo(name)
    rdtype = rdata.rdata_type(options["type"])
    if rdtype == dns.rdatatype.TXT and options.get("state") != "absent":
        _refuse_quotes(name, options["value"])
    value = rdata.from_user(rdtype, options["value"])
    if options.get("state") == "absent":
        return [RecordAbsent(name, value)]
    return [RecordPresent(name, value, options.get("ttl"))]


def _refuse_quotes(name: dns.name.Name, text: str) -> None:
    if re.fullmatch(r'"\s*v\s*=.*"', text.strip(), re.DOTALL):
        raise InvalidInput(
            f"{to_text(name)}: the value {text} is in quotes, which would become part of it, so receivers would not "
            "recognise it. Write it without quotes; long values are split into strings automatically."
        )


def _refuse_odoo(name: dns.name.Name) -> None:
    hosts = [label for label in to_text(name).split(".") if not label.startswith(("_", "*"))]
    if len(hosts) >= 2:
        custom_domain(".".join(hosts[-2:]))


class RecordIntent(Intent):
    """What is wanted of one value of a record set."""

    def __init__(self, name: dns.name.Name, value: dns.rdata.Rdata) -> None:
        self.name = name
        self.value = value

    @property
    def subject(self) -> tuple[object, ...]:
        """What the intent is about: one value, or a CNAME as a whole, because it has only one value."""
        if self.value.rdtype == dns.rdatatype.CNAME:
            return self.name, self.value.rdtype
        return self.name, self.value.rdtype, self.value

    def sees(self) -> Iterable[Key]:
        yield self.name, self.value.rdtype
        if self.value.rdtype == dns.rdatatype.CNAME:
            # anything else at the name would forbid it; these types are common in mail set-ups
            for rdtype in (dns.rdatatype.A, dns.rdatatype.AAAA, dns.rdatatype.MX, dns.rdatatype.TXT):
                yield self.name, rdtype


class RecordPresent(RecordIntent):
    """The name has this value. A CNAME has only one value, so it is replaced; all other types keep theirs."""

    def __init__(self, name: dns.name.Name, value: dns.rdata.Rdata, ttl: int | None) -> None:
        super().__init__(name, value)
        self.ttl = ttl

    def revise(self, draft: Draft, notes: Notes) -> None:
        before = draft.get(self.name, self.value.rdtype)
        if before is None or self.value not in before.values:
            self._refuse_beside_computed(draft)
        if before is None:
            created_ttl = draft.created_ttl(self.name, self.value.rdtype) if self.ttl is None else self.ttl
            draft.put(RecordSet(self.name, self.value.rdtype, (self.value,), created_ttl))
            return
        lifetime = before.ttl if self.ttl is None else self.ttl
        if self.value in before.values:
            values = before.values
        elif self.value.rdtype == dns.rdatatype.CNAME:
            values = (self.value,)
        else:
            self._refuse_second(before)
            kind = self._one_of_a_kind()
            same = [value for value in before.values if kind and rdata.txt_bytes(value).startswith(kind)]
            if len(same) > 1:
                raise Conflict(
                    f"{to_text(self.name)} has {len(same)} records of the same kind ({rdata.quoted(same)}), so "
                    "receivers act as if there were none. Remove all but one (dns_record with state: absent)."
                )
            values = tuple(self.value if value in same else value for value in before.values)
            values = values if same else (*values, self.value)
        draft.put(dataclasses.replace(before, values=values, ttl=lifetime))

    def _refuse_beside_computed(self, draft: Draft) -> None:
        """What the server computes may be of the kind as well."""
        if self.value.rdtype != dns.rdatatype.TXT:
            return
        wanted, replaced = rdata.txt_bytes(self.value), self._one_of_a_kind()
        kinds = [is_one for is_one, *dummy in _MERGED if is_one(wanted)]
        kinds += [lambda value: value.startswith(replaced)] if replaced else []
        for is_one in kinds:
            if not text_values.owned(draft, self.name, is_one):
                text_values.refuse_beside_unknown(draft, self.name)

    def _one_of_a_kind(self) -> bytes | None:
        """The prefix of the value, if two values with this prefix count as none (RFC 8461 3.1, RFC 8460 3)."""
        if self.value.rdtype != dns.rdatatype.TXT:
            return None
        value = rdata.txt_bytes(self.value)
        return next((kind for kind in _ONE_OF_A_KIND if value.startswith(kind)), None)

    def _refuse_second(self, before: RecordSet) -> None:
        """Refuse a second value of a kind that is allowed only once at a name."""
        if self.value.rdtype == dns.rdatatype.MX:
            self._refuse_beside_null_mx(before)
        if self.value.rdtype != dns.rdatatype.TXT:
            return
        wanted = rdata.txt_bytes(self.value)
        for is_one, is_near, what, module in _MERGED:
            if not is_one(wanted):
                continue
            there = [
                (is_one(text), rdata.to_display(v))
                for v in before.values
                for text in [rdata.txt_bytes(v)]
                if is_one(text) or is_near(text)
            ]
            for valid, display in sorted(there):
                if valid:
                    raise Conflict(
                        f'{to_text(self.name)} has the {what} record "{display}" already, and a second one would make '
                        f"receivers ignore both. Use {module}, which merges them into one."
                    )
                raise Conflict(
                    f'{to_text(self.name)} has the value "{display}", which is meant for {what} but is not '
                    f"valid. Use {module} with repair: true, which corrects it and merges them, or remove it first."
                )

    def _refuse_beside_null_mx(self, before: RecordSet) -> None:
        values = (*before.values, self.value)
        null = [value for value in values if value.exchange == dns.name.root]  # type: ignore[attr-defined]
        if null:
            there = ", ".join(sorted(map(rdata.to_display, before.values)))
            raise Conflict(
                f"{to_text(self.name)} cannot have {rdata.to_display(self.value)} beside {there}: a null MX must be "
                "alone (RFC 7505 3). Use mx_record with exact: true, which replaces what is there."
            )


class RecordAbsent(RecordIntent):
    """The name does not have this value; other values stay."""

    def revise(self, draft: Draft, notes: Notes) -> None:
        before = draft.get(self.name, self.value.rdtype)
        if before is None or self.value not in before.values:
            return
        remaining = tuple(value for value in before.values if value != self.value)
        if not remaining:
            draft.remove(self.name, self.value.rdtype)
            return
        draft.put(dataclasses.replace(before, values=remaining))
