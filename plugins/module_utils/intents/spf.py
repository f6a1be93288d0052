# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SPF record of a domain (RFC 7208), one value among the TXT values of its name."""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Conflict, InvalidInput
from ..libraries import dns
from ..names import custom_domain, record_name, to_text
from ..records import repair, spf, spf_repair
from ..zone.intent import Ask, Intent, Notes
from ..zone.model import Draft, Key
from ..zone.rdata import txt_bytes
from . import text_values
from .text_values import quoted

OPTIONS: dict[str, Any] = {
    "include": {"type": "list", "elements": "str"},
    "ip4": {"type": "list", "elements": "str"},
    "ip6": {"type": "list", "elements": "str"},
    "a": {"type": "list", "elements": "str"},
    "mx": {"type": "list", "elements": "str"},
    "exists": {"type": "list", "elements": "str"},
    "all": {"type": "str", "choices": ["fail", "softfail", "neutral"]},
    "exact": {"type": "bool", "default": False},
    "consolidate": {"type": "bool", "default": False},
    "repair": {"type": "bool", "default": False},
    "ttl": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
_TERMS = ("include", "ip4", "ip6", "a", "mx", "exists")


def intents(domain: str, options: Mapping[str, Any]) -> list[Intent]:
    """The intents for the options of ``spf_record``. Raises InvalidInput."""
    name = custom_domain(domain)
    wanted = spf.wanted(**{option: options.get(option) for option in (*_TERMS, "all")})
    kind = SpfAbsent if options.get("state") == "absent" else SpfPresent
    exact, consolidate, repaired = (bool(options.get(option)) for option in ("exact", "consolidate", "repair"))
    return [kind(name, wanted, consolidate, repaired, options.get("ttl"), exact)]


class _Spf(Intent):
    def __init__(
        self, name: dns.name.Name, wanted: spf.SpfWanted, consolidate: bool, repair: bool, ttl: int | None, exact: bool
    ) -> None:
        self.name = name
        self.domain = to_text(name)
        self.wanted = wanted
        self.consolidate = consolidate
        self.repair = repair
        self.ttl = ttl
        self.exact = exact

    def sees(self) -> Iterable[Key]:
        return [(self.name, dns.rdatatype.TXT)]

    def _existing(self, draft: Draft, notes: Notes) -> tuple[list[bytes], bytes | None]:
        """The existing SPF values, and the one record that they make. Raises Conflict if there are two."""
        found = text_values.owned(draft, self.name, lambda value: spf.is_spf(value) or spf.is_near_miss(value))
        # servers return them in varying order
        read = {value: self._read(value, notes) for value in sorted(found)}
        records = [read[value] for value in found]
        if len(found) == 1:
            return self._whole(draft, found[0], records[0], notes)
        if not found:
            return found, None
        if self.consolidate:
            return found, spf.consolidate(records, self.domain)
        old = text_values.half_replaced(sorted(found), self._becomes, f"{self.domain}: the SPF record", notes)
        if old is not None:
            return found, old
        raise Conflict(
            f"{self.domain} has {len(found)} SPF records ({quoted(sorted(found))}). Receivers treat that as an error "
            "and ignore them all (RFC 7208 4.5). Merge them into one, or set consolidate: true."
        )

    @abc.abstractmethod
    def _becomes(self, value: bytes) -> bytes | None:
        """What a record becomes; None if it is deleted."""

    def _read(self, value: bytes, notes: Notes) -> bytes:
        """A record as it is, or repaired if that is asked for. Raises Conflict or InvalidInput."""
        meant = spf_repair.repaired(value, self.domain)
        if meant and (self.repair or (self.consolidate and spf.is_near_miss(value))):
            notes.warnings.append(f"{self.domain}: the SPF record {quoted([value])} is read as {quoted([meant])}.")
            return meant
        cure = repair.probably(meant) if meant else "Correct or remove it first (dns_record with state: absent)."
        if spf.is_near_miss(value):
            raise Conflict(
                f"{self.domain} has the TXT value {quoted([value])}, which is meant as an SPF record and is not one: "
                "it must begin with v=spf1 and a space, without quotes or spaces before it (RFC 7208 4.5). A second "
                f"record beside it would contradict it. {cure}"
            )
        if meant:
            try:
                spf.parse(value, self.domain)
            except InvalidInput as error:
                raise InvalidInput(f"{error} {cure}") from None
        return value

    def _whole(self, draft: Draft, value: bytes, record: bytes, notes: Notes) -> tuple[list[bytes], bytes]:
        """The values that make up a record, and that record: joined if it was split and ``consolidate`` is set."""
        rest = spf.rest_of(record, [other for other in text_values.texts(draft, self.name) if other != value])
        values = [value, *(part.value for part in rest)]
        if rest and self.consolidate and record.isascii():
            return values, spf.joined(record, rest).encode("ascii")
        if rest:
            notes.warnings.append(
                f"{self.domain}: the SPF record was split into {len(values)} TXT values ({quoted(values)}), and "
                "receivers read the first only (RFC 7208 3.3). Join them into one, or set consolidate: true."
            )
        return [value], record


class SpfPresent(_Spf):
    """These terms are in the one SPF record; with ``exact`` no others are."""

    def _becomes(self, value: bytes) -> bytes:
        if self.exact:
            return spf.exact(self.wanted, value, self.domain)
        return spf.merge(value, self.wanted, self.domain)

    def revise(self, draft: Draft, notes: Notes) -> None:
        found, existing = self._existing(draft, notes)
        if existing is None:
            value = spf.build(self.wanted, self.domain)
        elif self.exact:
            value = spf.exact(self.wanted, existing, self.domain)
        else:
            value = spf.merge(existing, self.wanted, self.domain)
        record = spf.parse(value, self.domain)
        if record.all == "+" and self.wanted.all_text is None and [value] != found:
            raise Conflict(
                f"{self.domain}: the SPF record ends in +all, which lets the whole Internet pass (RFC 7208 5.1), "
                "so it needs no other sender. Also state how it should end, for example all: softfail."
            )
        notes.warnings.extend(spf.warnings(record, self.domain))
        if draft.get(self.name, dns.rdatatype.RdataType(99)) is not None:
            notes.warnings.append(
                f"{self.domain} has a record of the obsolete type SPF (99), which receivers ignore (RFC 7208 3.1): "
                "remove it."
            )
        text_values.put(draft, self.name, found, value, self.ttl)

    def review(self, draft: Draft, ask: Ask, notes: Notes) -> None:
        """Count the lookups of the new record, and refuse a change that exceeds ten (RFC 7208 4.6.4)."""
        values = text_values.owned(draft, self.name, spf.is_spf)
        if len(values) != 1:
            return
        fetch = txt_fetch(ask)
        count = spf.lookups(values[0], self.domain, fetch)
        before = [txt_bytes(v) for v in _before(draft, self.name) if spf.is_spf(txt_bytes(v))]
        count_before = spf.LookupCount()
        if len(before) == 1:
            with contextlib.suppress(InvalidInput):  # a record that was repaired had no lookups
                count_before = spf.lookups(before[0], self.domain, fetch)
        if count.count > spf.MAX_LOOKUPS:
            sentence = spf.too_many_lookups(self.domain, count)
            if count.count > count_before.count:
                raise Conflict(sentence)
            notes.warnings.append(sentence)
        self._refuse_without_effect(ask)
        if count.wide and not count_before.wide:
            self._refuse_everyone(ask)
        if count.unresolved:
            notes.warnings.append(
                f"{self.domain}: no name server could say what {', '.join(count.unresolved)} contains, so the number "
                f"of DNS lookups of the SPF record is unknown (at least {count.count} of {spf.MAX_LOOKUPS})."
            )
        notes.warnings.extend(count.faults)
        notes.warnings.extend(self._covered(values[0], fetch))
        notes.warnings.extend(spf.size_warnings(values[0], text_values.texts(draft, self.name), self.domain))

    def _refuse_without_effect(self, ask: Ask) -> None:
        """Refuse terms that would not pass, because an earlier term decides otherwise for their addresses."""
        from ..receiver.spf_senders import check_terms
        from ..resolver.questions import resolver_of

        for term in self.wanted.terms(self.domain):
            found = check_terms(self.domain, [term], self.domain, resolver_of(ask))
            decided = found.result.term if found.result is not None else ""
            if found.passes is False and decided:
                raise Conflict(
                    f"{self.domain}: {term.text} would have no effect: {found.reason} in the SPF record, which comes "
                    f"first. Remove {decided}, or do not request {term.text}."
                )

    def _refuse_everyone(self, ask: Ask) -> None:
        from ..receiver.spf_senders import lets_everyone_pass
        from ..resolver.questions import resolver_of

        for include in self.wanted.include:
            for result in lets_everyone_pass(include, resolver_of(ask))[:1]:
                step = result.trace[-1]
                raise Conflict(
                    f"{self.domain}: include:{include} would let the whole Internet pass, because of {step.term} in "
                    f"the record of {step.domain}. Do not include it, or ask its owner to correct it."
                )

    def _covered(self, value: bytes, fetch: spf.Fetch) -> Iterable[str]:
        for include in self.wanted.include:
            path = spf.covered_by(value, include, self.domain, fetch)
            if path:
                yield (
                    f"{self.domain}: include:{include} is already authorised through {' > '.join(path[:-1])}; "
                    "the second mention costs lookups and changes nothing."
                )


class SpfAbsent(_Spf):
    """These terms are not in the SPF record; with ``exact`` there is no SPF record."""

    def _becomes(self, value: bytes) -> bytes | None:
        return spf.remove(value, self.wanted, self.domain)

    def revise(self, draft: Draft, notes: Notes) -> None:
        if self.exact:
            text_values.put(draft, self.name, text_values.owned(draft, self.name, spf.is_spf), None, None)
            return
        found, existing = self._existing(draft, notes)
        if existing is None:
            return
        value = self._becomes(existing)
        if value is not None:
            notes.warnings.extend(spf.too_wide(spf.parse(value, self.domain), self.domain))
        text_values.put(draft, self.name, found, value, self.ttl)


def _before(draft: Draft, name: dns.name.Name) -> tuple[Any, ...]:
    record_set = draft.snapshot.get(name, dns.rdatatype.TXT)
    return record_set.values if record_set else ()


def txt_fetch(ask: Ask) -> spf.Fetch:
    """Query the TXT values at a name for the SPF limits: empty for none, None if unknown."""

    def fetch(name: str) -> list[bytes] | None:
        try:
            owner = record_name(name)
        except InvalidInput:
            return []  # an invalid name has no records
        values = ask(owner, dns.rdatatype.TXT)
        return None if values is None else [txt_bytes(value) for value in values]

    return fetch
