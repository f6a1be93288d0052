# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the records of a domain say of those who send as it, and how strictly. Pure: no I/O."""

from __future__ import annotations

from typing import Any, Optional

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.observation import (
    DeclaredSender,
    Observation,
    ObservedSelector,
)
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.senders import (
    lacking_terms,
    last_place,
)
from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.receiver import dkim as keys
from ansible_collections.postmaster.mail.plugins.module_utils.records import dkim, spf
from ansible_collections.postmaster.mail.plugins.module_utils.records.spf_limits import MAX_LOOKUPS, MAX_VOIDS

Known = Optional[bool]  # None: nobody gave an answer, or nothing was said that could be looked for


def sender_verdicts(seen: Observation) -> dict[str, dict[str, Any]]:
    """By the name of each sender that was declared, what ``domain_info`` returns of it.

    spf: whether the SPF record of the domain lets it pass. dkim: whether a verifier finds a key at one of its
    selectors. lacking: what is not there, as terms of SPF and names of keys. return_path_spf: whether there is an SPF
    record that lets anybody pass at its envelope sender, where that is below the domain.
    """
    return {sender.name: _verdict(sender, seen) for sender in seen.senders or ()}


def policy(seen: Observation) -> dict[str, Any]:
    """The DMARC policy that receivers apply to mail of the domain, whoever asks for it."""
    return {
        "policy": seen.policy,
        "domain": seen.policy_domain or None,
        "subdomain_policy": seen.policy_below,
        "nonexistent_policy": seen.policy_nonexistent,
        "organizational_domain": seen.organizational_domain or seen.domain,
        "spf_alignment": seen.spf_alignment,
        "dkim_alignment": seen.dkim_alignment,
        "known": seen.policy_known,
    }


def _verdict(sender: DeclaredSender, seen: Observation) -> dict[str, Any]:
    terms = lacking_terms(sender, seen)
    dkim_verdict = _dkim(sender, seen)
    names = [dkim.owner_name(name, seen.domain) for name in sender.selectors] if dkim_verdict is False else []
    return {
        "spf": _spf(sender, seen, terms),
        "dkim": dkim_verdict,
        "lacking": [*(terms or ()), *names],
        "return_path": sender.return_path,
        "return_path_spf": _path_spf(sender, seen),
    }


def _path_spf(sender: DeclaredSender, seen: Observation) -> Known:
    """The record there is that of the service, which alone knows its terms."""
    texts = next((texts for texts in seen.return_paths if texts.name == sender.return_path), None)
    if texts is None or not texts.known:
        return None
    records = [value for value in texts.values if spf.is_spf(value)]
    try:
        read = spf.parse(records[0], texts.name) if len(records) == 1 else None
    except InvalidInput:
        return False
    return read is not None and any(term.qualifier == "+" or term.is_modifier for term in read.reachable)


def _spf(sender: DeclaredSender, seen: Observation, lacking: list[str] | None) -> Known:
    if not sender.spf.terms(seen.domain) or lacking is None:
        # without terms there is nothing to look for, unless receivers make an error of the record anyway
        return False if len(seen.spf_records) > 1 else None
    return not lacking and not _is_permanent_error(sender, seen)


def _is_permanent_error(sender: DeclaredSender, seen: Observation) -> bool:
    """Whether receivers give up before they come to what lets the sender pass, or never do (RFC 7208 4.6.4, 5.1)."""
    place = last_place(sender, seen)
    if place is None or seen.cost is None:
        return True
    reached = seen.cost.reached[place]
    too_many = reached.lookups > MAX_LOOKUPS and not seen.cost.unresolved
    return too_many or bool(reached.faults) or reached.voids > MAX_VOIDS


def _dkim(sender: DeclaredSender, seen: Observation) -> Known:
    found = [_usable(seen.selector[name]) if name in seen.selector else None for name in sender.selectors]
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
