# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver's verdicts on one message (SPF, DKIM, DMARC), from its octets and its SMTP session."""

from __future__ import annotations

import dataclasses
import email.errors
import email.utils
from typing import Any

from ..errors import InvalidInput
from ..names import record_name, to_text
from ..resolver.questions import ResolverLike
from . import dmarc_verdict, spf
from .authentication_results import AuthenticationResults, authentication_results
from .dkim_message import Message, read
from .dkim_signature import PASS, SignatureResult, verify_message
from .dmarc_verdict import DmarcVerdict

SECONDS = 20.0  # of DNS queries for each of the three
_NO_IP = "The address of the client that delivered the message is not known, so SPF could not be checked."


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """The verdicts on a message. spf: None if the client's address is unknown. dmarc: None without exactly one author.

    author: the address in From; author_domain: its domain in A-label form; both empty without exactly one author.
    reported: what receivers with the trusted authserv-id wrote. problems: why a verdict is missing.
    """

    author: str
    author_domain: str
    spf: spf.SpfResult | None
    dkim: tuple[SignatureResult, ...]
    dmarc: DmarcVerdict | None
    reported: tuple[AuthenticationResults, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def passes(self) -> bool:
        return self.dmarc is not None and self.dmarc.result == PASS

    def as_dict(self) -> dict[str, Any]:
        """Plain values for a module's result."""
        return {
            "author": self.author,
            "author_domain": self.author_domain,
            "spf": _spf_dict(self.spf),
            "dkim": [_dkim_dict(result) for result in self.dkim],
            "dmarc": _dmarc_dict(self.dmarc),
            "authentication_results": [dataclasses.asdict(results) for results in self.reported],
            "problems": list(self.problems),
        }


def judge_message(
    octets: bytes,
    client_ip: str | None,
    helo: str,
    mail_from: str,
    resolver: ResolverLike,
    trusted: str | None = None,
    now: float | None = None,
) -> Verdicts:
    """The verdicts on a message that a client delivered; takes at most a minute.

    client_ip: None if unknown. mail_from: the envelope sender, empty for a bounce. trusted: the authserv-id whose
    Authentication-Results are read; None reads none. now: see ``dkim_signature.verify``. Raises InvalidInput for octets
    that are no message and for an invalid ``client_ip``.
    """
    message = read(octets)
    problems: list[str] = []
    checked = spf.check_sender(client_ip, mail_from, helo, resolver) if client_ip else None
    if checked is None:
        problems.append(_NO_IP)
    signatures = verify_message(message, resolver.within(SECONDS), now)
    author, domain, problem = author_of(message)
    problems += [problem] if problem else []
    verdict = _dmarc(domain, checked, mail_from, helo, signatures, resolver.within(SECONDS)) if domain else None
    reported = authentication_results(message, trusted) if trusted else ()
    return Verdicts(author, domain, checked, signatures, verdict, reported, tuple(problems))


def author_of(message: Message) -> tuple[str, str, str]:
    """The address of the only author, its domain in A-label form, or else the problem (RFC 9989 5.3.1)."""
    fields = message.named("From")
    if len(fields) != 1:
        number = f"{len(fields)} From fields" if fields else "no From field"
        return "", "", f"The message has {number}, so DMARC does not apply (RFC 9989 5.3.1)."
    addresses = _addresses(fields[0].value)
    domains = {address.rpartition("@")[2].lower() for address in addresses}
    if len(domains) != 1:
        number = "addresses of several domains" if domains else "no address"
        return "", "", f"The From field has {number}, so DMARC does not apply (RFC 9989 5.3.1)."
    domain = domains.pop()
    try:
        name = "" if domain.startswith("[") else to_text(record_name(domain))
    except InvalidInput:
        name = ""
    if "." not in name:
        return "", "", f"The From address {addresses[0]!r} has no full domain name, so DMARC does not apply."
    return addresses[0], name, ""


def _addresses(value: bytes) -> list[str]:
    try:
        found = email.utils.getaddresses([value.decode("utf-8", "surrogateescape")])
    except (email.errors.MessageError, ValueError, IndexError, AttributeError):
        return []  # the parser of the standard library fails on some malformed input
    return [address for dummy, address in found if address.rpartition("@")[0]]


def _dmarc(
    domain: str,
    checked: spf.SpfResult | None,
    mail_from: str,
    helo: str,
    signatures: tuple[SignatureResult, ...],
    resolver: ResolverLike,
) -> DmarcVerdict:
    """The SPF identity is MAIL FROM, or HELO if that is empty (RFC 9989 4.4.2)."""
    signers = [result.domain for result in signatures if result.result == PASS]
    if checked is not None:
        return dmarc_verdict.judge(domain, checked.result, checked.domain, signers, resolver)
    envelope = mail_from.strip().strip("<>").rpartition("@")[2] or helo
    return dmarc_verdict.judge(domain, "none", envelope, signers, resolver)


def _spf_dict(result: spf.SpfResult | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "result": result.result,
        "domain": result.domain,
        "term": result.term,
        "reason": result.reason,
        "explanation": result.explanation,
        "lookups": result.lookups,
        "void_lookups": result.voids,
        "trace": [str(step) for step in result.trace],
    }


def _dkim_dict(result: SignatureResult) -> dict[str, Any]:
    return {
        "result": result.result,
        "domain": result.domain,
        "selector": result.selector,
        "algorithm": result.algorithm,
        "reason": result.reason,
        "testing": result.testing,
        "key_bits": result.key.record.key_bits if result.key is not None and result.key.record is not None else None,
        "aliases": list(result.key.aliases) if result.key is not None else [],
        "remarks": list(result.remarks),
    }


def _dmarc_dict(verdict: DmarcVerdict | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    found = verdict.discovery
    return {
        "result": verdict.result,
        "disposition": verdict.disposition,
        "policy": found.policy,
        "applied_policy": found.applied,
        "policy_domain": found.policy_domain,
        "organizational_domain": found.organizational_domain,
        "spf_aligned": verdict.spf_aligned,
        "dkim_aligned": list(verdict.dkim_aligned),
        "reasons": list(verdict.reasons),
    }
