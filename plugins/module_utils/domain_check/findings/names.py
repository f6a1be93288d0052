# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two mistakes in names that every editor of DNS records invites (RFC 1035 5.1). Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ...records import dkim, dmarc, spf
from .finding import ERROR, Finding, Rule, quoted
from .observation import Observation

# Last labels of service names; a label of one's own domain is hardly ever one of these
_ENDS = frozenset(("com", "net", "org", "io", "email", "info", "biz", "cloud", "app", "dev", "microsoft"))

NO_FINAL_DOT = Rule(
    "missing_trailing_dot",
    ERROR,
    "RFC 1035 5.1",
    "The target of a CNAME or MX record ends in its own domain, as in odoo._domainkey.odoo.com.company-name.com: the "
    "final dot is missing, so the DNS host appended the domain.",
    "Write the target with a final dot at the DNS host, such as odoo._domainkey.odoo.com.",
)
OWNER_DOUBLED = Rule(
    "owner_doubled",
    ERROR,
    "RFC 1035 5.1",
    "A record is at a name that has the domain twice, as in _dmarc.company-name.com.company-name.com, where nobody "
    "looks for it: the DNS host appended the domain to a full name.",
    "Enter the name without the domain at the DNS host, such as just _dmarc.",
    covers=("dkim_missing", "alignment_impossible", "sender_without_key"),
)

RULES = (NO_FINAL_DOT, OWNER_DOUBLED)


def outside(target: str, zones: Iterable[str], is_there: bool) -> str:
    """The intended name if a target lies in its own zone because its final dot is missing; else empty.

    ``is_there``: the target exists, so that only an unmistakable name counts as a mistake.
    """
    for zone in zones:
        if zone and target.endswith(f".{zone}"):
            inner = target[: -len(zone) - 1]
            dummy, dot, end = inner.rpartition(".")
            if dot and (end in _ENDS or not is_there and len(end) == 2 and end.isalpha() and inner.count(".") > 1):
                return inner
            if not is_there and "_domainkey" in inner.split(".")[:-2]:
                return inner
    return ""


def cut_short(owner: str, aliases: Sequence[str], observed: Observation, is_there: bool) -> Finding | None:
    """The finding about a CNAME whose target lacks its final dot, if it does."""
    meant = outside(aliases[0], zones_of(observed), is_there) if aliases else ""
    if not meant:
        return None
    cure = f"Write the target as {meant}. with the final dot at the DNS host"
    return NO_FINAL_DOT.at(owner, f"The CNAME leads to {aliases[0]}", cure=cure)


def zones_of(observed: Observation) -> tuple[str, ...]:
    """The names that a DNS host may have appended."""
    return tuple(dict.fromkeys((observed.domain, observed.delegation.zone)))


def doubled(observed: Observation) -> Iterator[Finding]:
    """Records at a name that contains the domain twice, while the right name has none."""
    for texts in observed.misplaced:
        right = next((name for name in _right_names(texts.name, zones_of(observed)) if _lacks(observed, name)), "")
        if not right:
            continue
        for value in texts.values:
            if _belongs(value, right):
                yield OWNER_DOUBLED.at(
                    right,
                    f"{texts.name} holds {quoted(value)}, but {right} holds nothing of the kind",
                    cure=f"Move the record to {right}; at many DNS hosts the domain is left out of the name there",
                )
        if texts.aliases and not texts.values:
            yield OWNER_DOUBLED.at(
                right,
                f"{texts.name} is a CNAME of {texts.aliases[0]}, and there is nothing at {right}",
                cure=f"Move the record to {right}; at many DNS hosts the domain is left out of the name there",
            )


CHECKS = (doubled,)


def _right_names(name: str, zones: Iterable[str]) -> Iterator[str]:
    for zone in zones:
        if zone and name.endswith(f".{zone}"):
            yield name[: -len(zone) - 1]


def _lacks(observed: Observation, name: str) -> bool:
    if name == observed.domain:
        return not observed.spf_records
    if name == observed.dmarc.name:
        return not observed.dmarc_records
    return any(s.texts.name == name and not s.texts.values and not s.texts.aliases for s in observed.selectors)


def _belongs(value: bytes, name: str) -> bool:
    """Whether a value is of the kind that is expected at a name."""
    if name.startswith("_dmarc."):
        return dmarc.is_dmarc(value)
    return dkim.looks_like_dkim(value) if "._domainkey." in name else spf.is_spf(value)
