# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look ahead at mail is made of: who sends for a domain, how Odoo routes it, and what will come of it. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Optional

from ..domain_check.findings.finding import ERROR, INFO, WARNING
from ..errors import InvalidInput
from ..names import record_name, to_text

OK = "ok"
SEVERITIES = (ERROR, WARNING, INFO, OK)  # the worst first

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
Known = Optional[bool]  # None: not known


@dataclasses.dataclass(frozen=True)
class Service:
    """One that sends as the domain, as its host describes it.

    server: what it is called in Odoo; empty if it is no server there. host: its SMTP host. command_line: it is the one
    that Odoo has by itself. says_spf and says_dkim: whether it is said what it needs there.
    """

    name: str
    server: str = ""
    host: str = ""
    command_line: bool = False
    says_spf: bool = False
    says_dkim: bool = False
    return_path: str = ""
    mailings: bool = False  # it gets mail only from mailings that name it
    id: int = 0  # of the server, where it is said
    authentication: str = ""
    username: str = ""
    from_filter: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Setup:
    """A domain with those who send as it, and the companies whose domain it is.

    knows_from_filter: it is said what odoo.conf has for from_filter, so the routes are those of that.
    """

    host: str
    domain: str
    companies: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    knows_from_filter: bool = False


@dataclasses.dataclass(frozen=True)
class RouteVerdict:
    """What will come of the mail of some senders, which all leave the same way.

    severity: ``ok`` where it passes. spf and dkim: ``pass``, ``fail`` or ``unknown``, whatever they are aligned with.
    dmarc: ``pass``, ``fail``, ``none`` where no policy applies, or ``unknown``. blocks: Odoo must not begin to send so.
    """

    code: str
    severity: str
    found: str
    cure: str = ""
    from_addresses: tuple[str, ...] = ()
    leaves_as: str = ""
    companies: tuple[str, ...] = ()
    server: str = ""
    service: str = ""
    spf: str = UNKNOWN
    spf_aligned: Known = None
    dkim: str = UNKNOWN
    dkim_aligned: Known = None
    dmarc: str = UNKNOWN
    blocks: bool = False

    def as_dict(self) -> dict[str, Any]:
        values = dataclasses.asdict(self)
        return {**values, "from_addresses": list(self.from_addresses), "companies": list(self.companies)}


@dataclasses.dataclass(frozen=True)
class Policy:
    """How receivers compare the domains of a mail with that of its From, and what they do if none is aligned."""

    policy: str | None = None
    organizational_domain: str = ""
    spf_alignment: str = "r"
    dkim_alignment: str = "r"
    tag: str = "p"  # by which the policy is given

    @property
    def enforced(self) -> bool:
        return self.policy in ("quarantine", "reject")

    def aligned(self, identifier: str, domain: str, mode: str) -> bool:
        """RFC 9989 4.4, where organizational domains are those that were seen."""
        if identifier == domain:
            return True
        top = self.organizational_domain or domain
        return mode != "s" and (identifier == top or identifier.endswith(f".{top}"))


def policy_of(info: Mapping[str, Any] | None) -> Policy:
    """From the result of ``domain_info`` for one domain."""
    said = (info or {}).get("dmarc_policy") or {}
    return Policy(
        # the word of the strictest receivers counts: those of RFC 7489 do not know t=y
        said.get("strictest_policy") or said.get("policy"),
        said.get("organizational_domain") or "",
        said.get("spf_alignment") or "r",
        said.get("dkim_alignment") or "r",
    )


def policy_below(above: Mapping[str, Any] | None, own_info: Mapping[str, Any] | None, domain: str) -> Policy:
    """For mail of a domain below one that was looked at (RFC 9989 4.10.1). ``own_info``: of that domain itself."""
    own = ((own_info or {}).get("dmarc_policy") or {}).get("domain")
    said = (above or {}).get("dmarc_policy") or {}
    if own and own != said.get("domain") and f".{domain}".endswith(f".{own}"):
        return policy_of(own_info)  # a record of its own, or one in between
    # of both, what is planned for the upper domain is only known of that
    name, tag = ("nonexistent_policy", "np") if (own_info or {}).get("exists") is False else ("subdomain_policy", "sp")
    return dataclasses.replace(policy_of(above), policy=said.get(f"strictest_{name}") or said.get(name), tag=tag)


def ascii_domain(text: str) -> str:
    """A domain as it is in addresses that leave; anything else stays as it is."""
    try:
        return to_text(record_name(text))
    except InvalidInput:
        return text.lower()
