# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DMARC record of a domain (RFC 9989), and the authorisation of external report addresses (RFC 9990)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import Conflict
from ..libraries import dns
from ..names import custom_domain, record_name, to_text
from ..records import dmarc, dmarc_repair, repair
from ..zone.intent import Ask, Intent, Notes
from ..zone.model import Draft, Key
from ..zone.rdata import txt_bytes
from . import text_values

_POLICIES = ["none", "quarantine", "reject"]
_ALIGNMENTS = ["relaxed", "strict"]
OPTIONS: dict[str, Any] = {
    "policy": {"type": "str", "choices": _POLICIES},
    "subdomain_policy": {"type": "str", "choices": _POLICIES},
    "nonexistent_policy": {"type": "str", "choices": _POLICIES},
    "aggregate_reports": {"type": "list", "elements": "str"},
    "failure_reports": {"type": "list", "elements": "str"},
    "failure_options": {"type": "list", "elements": "str", "choices": ["0", "1", "d", "s"]},
    "dkim_alignment": {"type": "str", "choices": _ALIGNMENTS},
    "spf_alignment": {"type": "str", "choices": _ALIGNMENTS},
    "testing": {"type": "bool"},
    "allow_weaker": {"type": "bool", "default": False},
    "repair": {"type": "bool", "default": False},
    "ttl": {"type": "int"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
_TAGS = (
    "policy",
    "subdomain_policy",
    "nonexistent_policy",
    "aggregate_reports",
    "failure_reports",
    "failure_options",
    "dkim_alignment",
    "spf_alignment",
    "testing",
)


def intents(domain: str, options: Mapping[str, Any]) -> list[Intent]:
    """The intents for the options of ``dmarc_record``. Raises InvalidInput."""
    base = to_text(custom_domain(domain))
    name = record_name(f"_dmarc.{base}")
    if options.get("state") == "absent":
        return [DmarcAbsent(name, base)]
    wanted = dmarc.wanted(**{tag: options.get(tag) for tag in _TAGS})
    hosts = dmarc.external_report_domains(wanted, base)
    return [
        DmarcPresent(
            name, base, wanted, bool(options.get("allow_weaker")), bool(options.get("repair")), options.get("ttl")
        ),
        *(ReportAuthorisation(base, host) for host in hosts),
    ]


class _Dmarc(Intent):
    def __init__(self, name: dns.name.Name, domain: str) -> None:
        self.name = name
        self.domain = domain

    def sees(self) -> Iterable[Key]:
        return [(self.name, dns.rdatatype.TXT)]


class DmarcPresent(_Dmarc):
    """The policy is at least as strict as asked, and reports also go where asked."""

    def __init__(
        self,
        name: dns.name.Name,
        domain: str,
        wanted: dmarc.DmarcWanted,
        allow_weaker: bool,
        repair: bool,
        ttl: int | None,
    ) -> None:
        super().__init__(name, domain)
        self.wanted = wanted
        self.allow_weaker = allow_weaker
        self.repair = repair
        self.ttl = ttl

    def revise(self, draft: Draft, notes: Notes) -> None:
        found = text_values.owned(draft, self.name, dmarc.is_dmarc)
        what = f"{self.domain}: the DMARC record"
        old = text_values.half_replaced(sorted(found), lambda value: self._merged(value, Notes()), what, notes)
        if len(found) > 1 and old is None:
            raise Conflict(
                f"{to_text(self.name)} has {len(found)} DMARC records ({text_values.quoted(sorted(found))}), so "
                "receivers use none of them (RFC 9989 4.10). Remove all but one."
            )
        near = text_values.owned(draft, self.name, dmarc.is_near_miss)
        if not found and len(near) == 1 and self._is_to_be_repaired(near[0]):
            found, near = near, []
        # the warnings about an existing record apply to a new one, too
        there = old or (found[0] if found else dmarc.build(self.wanted))
        value = self._merged(there, notes)
        for other in sorted(near):
            notes.warnings.append(
                f'{to_text(self.name)} also holds "{other.decode("utf-8", "backslashreplace")}", which looks like a '
                "DMARC record but is not one (it must begin with v=DMARC1): receivers ignore it. Remove it."
            )
        text_values.put(draft, self.name, found, value, self.ttl)

    def _is_to_be_repaired(self, value: bytes) -> bool:
        """Whether to replace a value that receivers ignore. Raises Conflict if it is stricter than our record.

        It was meant as a record, so a weaker one must not silently replace it.
        """
        meant = dmarc_repair.repaired(value, self.domain)
        if meant is None or self.repair:
            return meant is not None
        levels = (dmarc.parse(record, self.domain).levels for record in (dmarc.build(self.wanted), meant))
        if not self.allow_weaker and any(ours < theirs for ours, theirs in zip(*levels)):
            raise Conflict(
                f'{to_text(self.name)} holds "{value.decode("utf-8", "backslashreplace")}", which receivers ignore, '
                "because a DMARC record begins with v=DMARC1; exactly (RFC 9989 4.8). This run does not replace it "
                f"with a weaker record. {repair.probably(meant)}"
            )
        return False

    def _merged(self, value: bytes, notes: Notes) -> bytes:
        meant = dmarc_repair.repaired(value, self.domain)
        if meant is not None and self.repair:
            text, read = value.decode("utf-8", "backslashreplace"), meant.decode("ascii")
            notes.warnings.append(f'{self.domain}: the DMARC record "{text}" is read as "{read}".')
            value = meant
        try:
            merged = dmarc.merge(value, self.wanted, self.domain, self.allow_weaker)
        except Conflict as error:
            if meant is None or self.repair:
                raise
            raise Conflict(f"{error} {repair.probably(meant)}") from None
        notes.warnings.extend(merged.warnings)
        notes.left_alone.extend(merged.left_alone)
        return merged.value


class DmarcAbsent(_Dmarc):
    """There is no DMARC record. Other TXT values at the name stay."""

    def revise(self, draft: Draft, notes: Notes) -> None:
        text_values.put(draft, self.name, text_values.owned(draft, self.name, dmarc.is_dmarc), None, None)


class ReportAuthorisation(Intent):
    """The host of a report address agrees to receive reports about this domain (RFC 9990, external destinations)."""

    optional = True

    def __init__(self, domain: str, host: str) -> None:
        self.name = record_name(dmarc.authorisation_name(domain, host))
        self.everyone = record_name(f"*._report._dmarc.{host}")
        self.domain = domain
        self.host = host

    def skip(self, ask: Ask, notes: Notes) -> None:
        published = ask(self.name, dns.rdatatype.TXT)
        if not any(dmarc.is_dmarc(txt_bytes(value)) for value in published or ()):
            notes.warnings.append(
                f"DMARC reports about {self.domain} go to an address at {self.host}, whose DNS is not managed here: "
                f'whoever manages it must publish the TXT record "v=DMARC1" at {to_text(self.name)}, or receivers '
                "send no reports there (RFC 9990)."
            )

    def sees(self) -> Iterable[Key]:
        return [(self.name, dns.rdatatype.TXT), (self.everyone, dns.rdatatype.TXT)]

    def revise(self, draft: Draft, notes: Notes) -> None:
        at = self.name if draft.at(self.name) else self.everyone
        there = [*text_values.texts(draft, at), *draft.computed(at, dns.rdatatype.TXT)]
        if not any(text is not None and dmarc.is_dmarc(text) for text in there):
            text_values.put(draft, self.name, [], dmarc.AUTHORISATION, None)
