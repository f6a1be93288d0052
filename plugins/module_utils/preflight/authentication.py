# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a domain's mail from a given service will pass SPF, DKIM and DMARC. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from ..domain_check.findings.finding import ERROR, WARNING, listed
from .model import FAIL, OK, PASS, UNKNOWN, Known, Policy, RouteVerdict, Service

PASSES = "passes"
NOT_AUTHENTICATED = "not_authenticated"
NOT_ALIGNED = "not_aligned"
NOT_KNOWN = "not_known"


@dataclasses.dataclass(frozen=True)
class Sending:
    """Mail with a From in one domain: its envelope sender's domain, and what DNS shows for the service."""

    domain: str  # the domain whose records name the service
    from_domain: str  # that domain or one below it
    envelope: str
    service: Service
    verdicts: Mapping[str, Any]  # spf, dkim, lacking from domain_info
    policy: Policy

    @property
    def path(self) -> str:
        """The domain that SPF checks."""
        return self.service.return_path or self.envelope

    @property
    def spf(self) -> Known:
        if self.path == self.domain:
            return self.verdicts.get("spf") if self.service.says_spf else self._unsaid
        if not self.service.return_path:
            return None
        if self.spf_aligned or self._is_own(self.path):
            return self.verdicts.get("return_path_spf")
        return True  # the service's own domain, which surely authorises its servers

    @property
    def dkim(self) -> Known:
        return self.verdicts.get("dkim") if self.service.says_dkim else self._unsaid

    @property
    def _unsaid(self) -> Known:
        """If the user stated only one of SPF and DKIM, the other is missing; if neither, both are unknown."""
        return False if self.service.says_spf or self.service.says_dkim else None

    @property
    def spf_aligned(self) -> bool:
        return self.policy.aligned(self.path, self.from_domain, self.policy.spf_alignment)

    @property
    def dkim_aligned(self) -> bool:
        return self.policy.aligned(self.domain, self.from_domain, self.policy.dkim_alignment)

    @property
    def passes(self) -> Known:
        """Whether SPF or DKIM passes for an aligned domain."""
        ways = [way for way, aligned in ((self.spf, self.spf_aligned), (self.dkim, self.dkim_aligned)) if aligned]
        if any(ways):
            return True
        return None if None in ways else False

    def _is_own(self, name: str) -> bool:
        return name == self.domain or name.endswith(f".{self.domain}")


def judged(sending: Sending, leaving: str, through: str) -> RouteVerdict:
    """The verdict for one route. ``leaving``: its From. ``through``: the server in words."""
    passes = sending.passes
    verdict = RouteVerdict(
        PASSES,
        OK,
        f"{leaving} leaves through {through}: {_by(sending)}",
        service=sending.service.name,
        spf=_word(sending.spf),
        spf_aligned=sending.spf_aligned,
        dkim=_word(sending.dkim),
        dkim_aligned=sending.dkim_aligned,
        dmarc=_word(passes) if sending.policy.policy else "none",
    )
    if passes:
        return verdict
    said = f"{leaving} leaves through {through}. {_spf_sentence(sending)} {_dkim_sentence(sending)}"
    if passes is None:
        is_silent = sending.service.says_spf or sending.service.says_dkim  # then it is DNS that is silent, not the user
        return dataclasses.replace(
            verdict,
            code=NOT_KNOWN,
            severity=WARNING,
            found=f"{said} So it is not known whether DMARC passes.",
            cure=_cure(sending),
            blocks=is_silent,
        )
    partly = sending.spf or sending.dkim
    return dataclasses.replace(
        verdict,
        code=NOT_ALIGNED if partly else NOT_AUTHENTICATED,
        severity=WARNING if partly and not sending.policy.enforced else ERROR,
        found=f"{said} {_consequence(sending.policy, bool(partly))}",
        cure=_cure(sending),
        blocks=not partly or sending.policy.enforced,
    )


def _word(known: Known) -> str:
    return UNKNOWN if known is None else PASS if known else FAIL


def _by(sending: Sending) -> str:
    ways = [
        name
        for name, way, aligned in (
            ("SPF", sending.spf, sending.spf_aligned),
            ("DKIM", sending.dkim, sending.dkim_aligned),
        )
        if way and aligned
    ]
    policy = (
        f" ({sending.policy.tag}={sending.policy.policy})"
        if sending.policy.policy
        else ", and there is no DMARC policy"
    )
    return f"DMARC passes by {' and '.join(ways)}{policy}."


def _spf_sentence(sending: Sending) -> str:
    spf, path = sending.spf, sending.path
    if spf:
        return f"SPF passes for {path}{'' if sending.spf_aligned else f', which is not {sending.from_domain}'}."
    if spf is None:
        return f"Nothing is known about its SPF for {path or 'its envelope sender'}."
    why = sending.verdicts.get("return_path_spf_reason" if path != sending.domain else "spf_reason") or ""
    if path != sending.domain:
        return f"No SPF record at {path} lets it pass{f': {why}' if why else ''}".rstrip(".") + "."
    terms = [text for text in sending.verdicts.get("lacking") or () if "._domainkey." not in text]
    reasons = [*([f"it lacks {listed(terms)}"] if terms else []), *([why] if why else [])]
    detail = f": {'; '.join(reasons)}" if reasons else ""
    return f"The SPF record of {path} does not let it pass{detail}".rstrip(".") + "."


def _dkim_sentence(sending: Sending) -> str:
    dkim = sending.dkim
    if dkim:
        return f"It has a DKIM key for {sending.domain}."
    if dkim is None:
        return "Nothing is known about its DKIM key."
    names = [text for text in sending.verdicts.get("lacking") or () if "._domainkey." in text]
    if names:
        return f"There is no usable DKIM key at {listed(names)}."
    return f"As far as is known, it does not sign with DKIM for {sending.domain}."


def _consequence(policy: Policy, partly: bool) -> str:
    if policy.policy == "reject":
        return "So DMARC fails, and receivers reject it."
    if policy.policy == "quarantine":
        return "So DMARC fails, and receivers treat it as spam."
    then = "still take it" if partly else "have no proof that it is genuine"
    why = "because the policy is none" if policy.policy else "because there is no policy"
    return f"So {'DMARC fails' if policy.policy else 'nothing is aligned'}, and receivers {then}, {why}."


def _cure(sending: Sending) -> str:
    name = sending.service.name
    # what is not aligned would not help
    spf_helps = sending.spf_aligned and sending.path == sending.domain
    lacking = [text for text in sending.verdicts.get("lacking") or () if spf_helps or "._domainkey." in text]
    if sending.spf is False and sending.spf_aligned and not spf_helps:
        lacking.append(f"the SPF record of {sending.path}")
    if not (sending.service.says_spf or sending.service.says_dkim):
        return f"Say what the sender {name} needs in DNS, in spf and dkim of custom_domain_senders."
    if lacking:
        return f"Publish {listed(lacking)} for the sender {name}."
    if sending.spf is False and sending.service.says_spf and spf_helps:
        return f"Correct the SPF record of {sending.path}, so that it lets {name} pass."
    silent = sending.service.says_spf and sending.spf is None and sending.spf_aligned
    if not sending.service.says_dkim and not silent:
        return (
            f"Have {name} sign with DKIM for {sending.domain}, and give its selector in dkim of custom_domain_senders."
        )
    return f"Run again when the name servers of {sending.domain} answer."
