# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OVH's API refuses, and how its filters match."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype

TYPES = (
    "A", "AAAA", "CAA", "CNAME", "DKIM", "DMARC", "DNAME", "LOC", "MX", "NAPTR", "NS", "PTR", "SPF", "SRV", "SSHFP",
    "TLSA", "TXT",
)  # fmt: skip
NATIVE = {"SPF": "v=spf1", "DMARC": "v=DMARC1", "DKIM": ""}
DEFAULT_TTL = 3600
MIN_TTL = 60


_QUOTED = re.compile(r'("(?:[^"\\]|\\.)*"\s*)+', re.DOTALL)
_SUB_DOMAIN = re.compile(r"(\*|[a-z0-9_-]{1,63})(\.[a-z0-9_-]{1,63})*|", re.IGNORECASE)


class Refused(Exception):
    """An error answer: a status, an error code and a sentence."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.message, self.code = status, message, code


def described(content: Any, known: set[str], needed: set[str]) -> dict[str, Any]:
    """The fields of a body, checked against the API's schema. Raises Refused."""
    if not isinstance(content, dict):
        raise Refused(400, "Body must be a JSON object", "INVALID_ARGUMENT")
    for name in needed - set(content):
        raise Refused(400, f"[{name}] Missing parameter", "MISSING_PARAMETER")
    for name in set(content) - known:
        raise Refused(400, f"Received not described parameters: ({name})", "NOT_DESCRIBED_PARAMETER")
    for name in ("fieldType", "subDomain", "target"):
        if name in content and not isinstance(content[name], str):
            raise Refused(400, f"[{name}] Given data is not valid for type string", "INVALID_ARGUMENT")
    if isinstance(content.get("ttl", 0), bool) or not isinstance(content.get("ttl", 0), int):
        raise Refused(400, "[ttl] Given data is not valid for type long", "INVALID_ARGUMENT")
    return dict(content)


def check(record: Mapping[str, Any]) -> None:
    """Raises Refused for a record that the API does not accept, whatever else is in the zone."""
    kind, sub, target, ttl = record["fieldType"], record["subDomain"], record["target"], record["ttl"]
    if kind not in TYPES:
        raise Refused(400, f"[fieldType] Given data ({kind}) does not belong to the enumeration", "INVALID_ARGUMENT")
    if not _SUB_DOMAIN.fullmatch(sub):
        raise Refused(400, f"Invalid subdomain {sub}")
    if ttl and not MIN_TTL <= ttl <= 2147483647:
        raise Refused(400, f"Invalid TTL {ttl}, the minimum is {MIN_TTL}")
    if kind == "DMARC" and sub.lower().partition(".")[0] != "_dmarc":
        raise Refused(400, f"A DMARC record cannot be at {sub or '@'}")
    if kind == "DKIM" and "_domainkey" not in sub.lower().split("."):
        raise Refused(400, f"A DKIM record cannot be at {sub or '@'}")
    check_target(kind, target)


def check_target(kind: str, target: str) -> None:
    """Raises Refused for a target that the field type cannot have."""
    if kind in NATIVE:
        if target.startswith('"') or not target.startswith(NATIVE[kind]) or not target.isascii():
            raise Refused(400, f"Invalid {kind} record: {target}")
        return
    if kind == "TXT" and not target.startswith('"') and '"' not in target and target.isascii():
        return  # other programs write TXT without quotes
    if kind == "TXT" and not _QUOTED.fullmatch(target):
        raise Refused(400, f"Invalid TXT record, its quotes do not match: {target}")
    if kind in ("CNAME", "MX", "NS", "PTR", "SRV", "DNAME") and not target.endswith("."):
        raise Refused(400, f"{target} would be below the zone: end it with a dot")  # stricter than the API
    try:
        dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), target)
    except (dns.exception.DNSException, ValueError) as error:
        raise Refused(400, f"Invalid {kind} record: {error}") from None


def like(text: str, pattern: str) -> bool:
    """SQL's ILIKE."""
    expression = "".join({"_": ".", "%": ".*"}.get(char) or re.escape(char) for char in pattern)
    return re.fullmatch(expression, text, re.IGNORECASE) is not None
