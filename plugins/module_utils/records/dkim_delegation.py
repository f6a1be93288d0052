# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in a DKIM delegation by CNAME.

``odoo._domainkey.company-name.com. CNAME odoo._domainkey.odoo.com.`` is valid: the verifier's resolver follows it.
Most mistakes come from a missing final dot in the editor of a DNS host.
"""

from __future__ import annotations

import ipaddress
import re

from .. import names
from ..errors import InvalidInput

# Top-level domains of sending services. A label of one's own domain is rarely one of these,
# but two-letter labels (eu, us, de) are common in both places.
_TOP_LEVELS = frozenset(("com", "net", "org", "io", "email", "info", "biz", "cloud", "app", "dev"))
_HOST_TEXT = re.compile(rb"[a-z0-9_-]+(\.[a-z0-9_-]+){2,}\.?", re.IGNORECASE)


def check_target(owner: str, target: str, domain: str) -> str:
    """The target in A-label form, without the final dot. Raises InvalidInput for one that is surely a mistake."""
    if "=" in target:
        raise InvalidInput(
            f"The CNAME target of {owner} is the text of a record, not a name. Put a key in public_key; a target looks "
            "like odoo._domainkey.odoo.com."
        )
    try:
        ipaddress.ip_address(target.strip().strip("[]"))
    except ValueError:
        pass
    else:
        raise InvalidInput(f"The CNAME target of {owner} is the IP address {target.strip()}: it must be a name.")
    name = names.to_text(names.record_name(target))
    faults = _certain_faults(_plain(owner), name, _plain(domain))
    if faults:
        raise InvalidInput(faults[0])
    return name


def delegation_faults(owner: str, target: str, domain: str) -> tuple[str, ...]:
    """Sentences about a delegation found in DNS: what is certainly wrong, else what is suspicious."""
    owner, target, domain = _plain(owner), _plain(target), _plain(domain)
    faults = []
    if owner.endswith(f".{domain}.{domain}"):
        right = owner[: -len(domain) - 1]
        faults.append(
            f"{owner} has the domain twice, so nobody looks it up: the DNS host appended {domain} to a full name. "
            f"The name must be {right}."
        )
    faults += _certain_faults(owner, target, domain)
    inner = _inside(target, domain)
    if not faults and inner is not None and "_domainkey" in inner.split(".")[:-2]:
        faults.append(
            f"{owner} points to {target}, inside its own domain. If {inner} is meant, "
            "the final dot is missing at the DNS host."
        )
    return tuple(faults)


def target_in_text(value: bytes) -> str | None:
    """The CNAME target that someone put into a TXT record by mistake, or None."""
    text = value.strip()
    if b"_domainkey." not in text.lower() or not _HOST_TEXT.fullmatch(text):
        return None
    return text.decode("ascii").rstrip(".").lower()


def _certain_faults(owner: str, target: str, domain: str) -> list[str]:
    if target == owner:
        return [f"{owner} would be a CNAME to itself. The target is the name that the sending service gives you."]
    if target == domain:
        return [f"{owner} would be a CNAME to {domain} itself, where there can be no DKIM key."]
    if "." not in target or target.endswith("._domainkey"):
        return [f"{target!r}, the CNAME target of {owner}, is not a full name, such as odoo._domainkey.odoo.com."]
    inner = _inside(target, domain)
    if inner is not None and "." in inner and inner.rsplit(".", 1)[1] in _TOP_LEVELS:
        return [
            f"The CNAME target of {owner} ends in its own domain: {target}. The final dot is missing; {inner} is "
            "probably meant."
        ]
    return []


def _inside(target: str, domain: str) -> str | None:
    return target[: -len(domain) - 1] if target.endswith("." + domain) else None


def _plain(text: str) -> str:
    return names.to_text(names.record_name(text))
