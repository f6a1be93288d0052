# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the records of a domain say of its senders, and how strict its policy is. Pure: no I/O."""

from __future__ import annotations

from typing import Any, Optional

from ..errors import InvalidInput
from ..receiver import dkim as keys
from ..receiver.spf_senders import SenderResult
from ..records import dkim
from .findings.observation import DeclaredSender, Observation, ObservedSelector
from .findings.senders import lacking_terms

Known = Optional[bool]  # None: nobody answered, or there was nothing to look for


def sender_verdicts(observed: Observation) -> dict[str, dict[str, Any]]:
    """By the name of each declared sender, what ``domain_info`` returns about it.

    spf: whether the domain's SPF record lets it pass, as a receiver would judge. dkim: whether a verifier finds a key
    at one of its selectors. lacking: missing SPF terms and names of keys. return_path_spf: whether the SPF record at
    its envelope sender lets it pass, if that can be aligned with the domain.
    """
    return {sender.name: _verdict(sender, observed) for sender in observed.senders or ()}


def policy(observed: Observation) -> dict[str, Any]:
    """The DMARC policy that receivers apply to mail of the domain, from whichever record."""
    return {
        "policy": observed.policy,
        "strictest_policy": observed.stated_policy,
        "domain": observed.policy_domain or None,
        "subdomain_policy": observed.policy_below,
        "nonexistent_policy": observed.policy_nonexistent,
        "strictest_subdomain_policy": observed.stated_below,
        "strictest_nonexistent_policy": observed.stated_nonexistent,
        "organizational_domain": observed.organizational_domain or observed.domain,
        "spf_alignment": observed.spf_alignment,
        "dkim_alignment": observed.dkim_alignment,
        "known": observed.policy_known,
    }


def _verdict(sender: DeclaredSender, observed: Observation) -> dict[str, Any]:
    dkim_verdict = _dkim(sender, observed)
    names = [dkim.owner_name(name, observed.domain) for name in sender.selectors] if dkim_verdict is False else []
    at_path = next((e.senders[sender] for e in observed.envelope_domains if sender in e.senders), None)
    at_domain = observed.senders_spf.get(sender) or SenderResult(None)
    is_elsewhere = sender.return_path not in ("", observed.domain)
    return {
        "spf": False if len(observed.spf_records) > 1 else at_domain.passes,
        "spf_reason": at_domain.reason,
        "dkim": dkim_verdict,
        "lacking": [*([] if is_elsewhere else lacking_terms(sender, observed)), *names],
        "return_path": sender.return_path,
        "return_path_spf": at_path.passes if at_path is not None else None,
        "return_path_spf_reason": at_path.reason if at_path is not None else "",
    }


def _dkim(sender: DeclaredSender, observed: Observation) -> Known:
    found = [_usable(observed.selector[name]) if name in observed.selector else None for name in sender.selectors]
    if not found:
        return None
    return True if any(found) else None if None in found else False


def _usable(selector: ObservedSelector) -> Known:
    texts = selector.texts
    if not texts.known:
        return None
    if len(texts.values) != 1:
        return False
    try:
        return keys.judge_key(dkim.parse(texts.values[0]), texts.name)[0] == keys.FOUND
    except InvalidInput:
        return False
