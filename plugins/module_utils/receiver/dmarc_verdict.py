# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a message passes DMARC, and what receivers are asked to do if it fails (RFC 9989 5.3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ..errors import InvalidInput
from ..names import record_name, to_text
from ..records import dmarc
from ..resolver.questions import ResolverLike
from .dmarc import DmarcDiscovery, aligned, discover_dmarc

PASS, FAIL, NONE, TEMPERROR = "pass", "fail", "none", "temperror"
_MODES = {"s": "strict", "r": "relaxed"}
_MOST_SIGNATURES = 20  # whose domains are checked


@dataclasses.dataclass(frozen=True)
class DmarcVerdict:
    """The outcome of DMARC for one message.

    result: ``pass``; ``fail``; ``none`` if DMARC does not apply; ``temperror`` if DNS left it open. disposition:
    ``none``, ``quarantine`` or ``reject``, what the owner asks receivers to do with this message. spf_aligned: whether
    the domain that SPF checked is aligned, whatever SPF's result; None if unknown. dkim_aligned: the domains of valid
    signatures that are aligned. reasons: sentences.
    """

    result: str
    discovery: DmarcDiscovery
    disposition: str = "none"
    spf_aligned: bool | None = False
    dkim_aligned: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


def judge(
    from_domain: str,
    spf_result: str,
    spf_domain: str,
    dkim_domains: Iterable[str],
    resolver: ResolverLike,
    discovery: DmarcDiscovery | None = None,
) -> DmarcVerdict:
    """The verdict for a From domain.

    spf_result and spf_domain: of the MAIL FROM identity, ``spf.SpfResult.result`` and ``.domain``. dkim_domains: d= of
    the signatures that verify. discovery: the result of ``discover_dmarc``, if known. Raises InvalidInput for an
    invalid From domain.
    """
    found = discovery or discover_dmarc(from_domain, resolver)
    if found.record is None or found.policy is None:
        return _not_applied(found)
    spf = _alignment(spf_domain, found, found.record.spf_alignment, resolver)
    signers = list(dict.fromkeys(dkim_domains))[:_MOST_SIGNATURES]
    dkim = {signer: _alignment(signer, found, found.record.dkim_alignment, resolver) for signer in signers}
    verdict = DmarcVerdict(
        result=_result(spf_result, spf, dkim, found),
        discovery=found,
        spf_aligned=spf,
        dkim_aligned=tuple(signer for signer, is_aligned in dkim.items() if is_aligned),
        reasons=(
            _spf_sentence(spf_result, spf_domain, spf, found, found.record),
            *_dkim_sentences(dkim, found, found.record),
            *_policy_sentences(found),
            *found.notes,
        ),
    )
    applies = verdict.result == FAIL
    return dataclasses.replace(verdict, disposition=found.applied or "none") if applies else verdict


def _not_applied(found: DmarcDiscovery) -> DmarcVerdict:
    if not found.known:
        return DmarcVerdict(TEMPERROR, found, reasons=found.notes)
    reason = f"No DMARC record applies to {found.domain}, so receivers decide without it."
    return DmarcVerdict(NONE, found, reasons=(reason, *found.notes))


def _result(spf_result: str, spf: bool | None, dkim: dict[str, bool | None], found: DmarcDiscovery) -> str:
    """5.3.5: one aligned identifier is enough; if DNS leaves it open, it is neither pass nor fail (5.3.6)."""
    ways = [*dkim.values(), *([spf] if spf_result == "pass" else [])]
    if any(ways):
        return PASS if found.known else TEMPERROR
    undecided = None in ways or not found.known or (spf_result == TEMPERROR and spf is not False)
    return TEMPERROR if undecided else FAIL


def _alignment(identifier: str, found: DmarcDiscovery, mode: str, resolver: ResolverLike) -> bool | None:
    try:
        return aligned(identifier, found, mode, resolver)
    except InvalidInput:
        return False  # an invalid domain name, such as an address in HELO, is never aligned


def _spf_sentence(
    result: str, domain: str, is_aligned: bool | None, found: DmarcDiscovery, record: dmarc.DmarcRecord
) -> str:
    said = f"SPF for {domain or 'no domain'}, that of the envelope sender, says {result}"
    if is_aligned is None:
        return f"{said}; whether it is aligned with {found.domain} is not known, because DNS gave no answer."
    if is_aligned:
        helps = "so DMARC passes with it" if result == PASS else "which does not help, because only a pass counts"
        return f"{said}, and is aligned with {found.domain}: {helps}."
    return f"{said}, and is not aligned with {found.domain}{_why_not(domain, found, record.spf_alignment)}."


def _dkim_sentences(dkim: dict[str, bool | None], found: DmarcDiscovery, record: dmarc.DmarcRecord) -> list[str]:
    if not dkim:
        return ["No DKIM signature verifies, so DMARC cannot pass by one."]
    sentences = []
    for domain, is_aligned in dkim.items():
        if is_aligned is None:
            tail = f"; whether it is aligned with {found.domain} is not known, because DNS gave no answer"
        elif is_aligned:
            tail = f" and is aligned with {found.domain}: so DMARC passes with it"
        else:
            tail = f", and is not aligned with {found.domain}{_why_not(domain, found, record.dkim_alignment)}"
        sentences.append(f"The DKIM signature of {domain} verifies{tail}.")
    return sentences


def _why_not(domain: str, found: DmarcDiscovery, mode: str) -> str:
    """Mention strict alignment if only that makes the message fail."""
    if mode != "s":
        return ""
    try:
        below = f".{to_text(record_name(domain))}".endswith(f".{found.organizational_domain}")
    except InvalidInput:
        below = False
    return f", because {_MODES[mode]} alignment requires the same name" if below else ""


def _policy_sentences(found: DmarcDiscovery) -> list[str]:
    sentences = [f"The DMARC record of {found.policy_domain} asks for {found.policy} with {found.tag}=."]
    if found.applied != found.policy:
        sentences.append(f"It has t=y, so receivers apply {found.applied} instead.")
    return sentences
