# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The types of a mail forecast: who sends for a domain, how Odoo routes it, and the outcome. Pure."""

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
Known = Optional[bool]  # None: unknown


@dataclasses.dataclass(frozen=True)
class Service:
    """A service or server that sends as the domain, as its host describes it.

    server: its name in Odoo; empty if Odoo has no such server. host: its SMTP host. command_line: Odoo's own default
    server. says_spf and says_dkim: whether the user stated what it needs there.
    """

    name: str
    server: str = ""
    host: str = ""
    command_line: bool = False
    says_spf: bool = False
    says_dkim: bool = False
    return_path: str = ""
    mailings: bool = False  # it gets only mail from mailings that name it
    id: int = 0  # of the server in Odoo, if stated
    authentication: str = ""
    username: str = ""
    from_filter: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Setup:
    """A domain, its senders, and the companies that use it.

    knows_from_filter: from_filter in odoo.conf was stated, so the routes take it into account.
    """

    host: str
    domain: str
    companies: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    knows_from_filter: bool = False


@dataclasses.dataclass(frozen=True)
class RouteVerdict:
    """The outcome for the mail of some senders that all take the same route.

    severity: ``ok`` if it passes. spf and dkim: ``pass``, ``fail`` or ``unknown``, regardless of alignment. dmarc:
    ``pass``, ``fail``, ``none`` if no policy applies, or ``unknown``. blocks: the run must not make Odoo send this way.
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
    """How receivers compare the authenticated domains with the From, and what they do if none is aligned."""

    policy: str | None = None
    organizational_domain: str = ""
    spf_alignment: str = "r"
    dkim_alignment: str = "r"
    tag: str = "p"  # that states the policy

    @property
    def enforced(self) -> bool:
        return self.policy in ("quarantine", "reject")

    def aligned(self, identifier: str, domain: str, mode: str) -> bool:
        """RFC 9989 4.4, with the organizational domains that were found."""
        if identifier == domain:
            return True
        top = self.organizational_domain or domain
        return mode != "s" and (identifier == top or identifier.endswith(f".{top}"))


def policy_of(info: Mapping[str, Any] | None) -> Policy:
    """From a domain's result of ``domain_info``."""
    said = (info or {}).get("dmarc_policy") or {}
    return Policy(
        # the strictest receivers count: those that follow RFC 7489 do not know t=y
        said.get("strictest_policy") or said.get("policy"),
        said.get("organizational_domain") or "",
        said.get("spf_alignment") or "r",
        said.get("dkim_alignment") or "r",
    )


def policy_below(above: Mapping[str, Any] | None, own_info: Mapping[str, Any] | None, domain: str) -> Policy:
    """For mail of a subdomain of a checked domain (RFC 9989 4.10.1). ``own_info``: of the subdomain itself."""
    own = ((own_info or {}).get("dmarc_policy") or {}).get("domain")
    said = (above or {}).get("dmarc_policy") or {}
    if own and own != said.get("domain") and f".{domain}".endswith(f".{own}"):
        return policy_of(own_info)  # a record of its own, or one in between
    # if neither has one, only the upper domain's result includes planned changes
    name, tag = ("nonexistent_policy", "np") if (own_info or {}).get("exists") is False else ("subdomain_policy", "sp")
    return dataclasses.replace(policy_of(above), policy=said.get(f"strictest_{name}") or said.get(name), tag=tag)


def ascii_domain(text: str) -> str:
    """A domain as in addresses that leave; anything else unchanged."""
    try:
        return to_text(record_name(text))
    except InvalidInput:
        return text.lower()
