# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domain names as values.

Inside the collection every name is an absolute ``dns.name.Name`` in A-label form (IDNA 2008 with the UTS 46 mapping,
RFC 5891), so two spellings of one name are equal.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterator

from .errors import InvalidInput
from .libraries import dns

_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # UTS 46 2.3: characters that count as a dot

# RFC 952 / RFC 1123 2.1 host name label, in its A-label form
_HOST_LABEL = re.compile(rb"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", re.IGNORECASE)


@functools.lru_cache(maxsize=4096)  # the records of a domain share their names
def record_name(text: str) -> dns.name.Name:
    """The owner name of a record: any DNS name, including ``_dmarc.company-name.com`` or ``*.company-name.com``.

    Raises InvalidInput, with the reason, for an invalid name.
    """
    bare = text.strip()
    if not bare or bare == "@":
        raise InvalidInput(f"{text!r} is not a domain name: write the full name, such as company-name.com.")
    if "://" in bare or "/" in bare or "@" in bare or any(character.isspace() for character in bare):
        raise InvalidInput(f"{text!r} is not a domain name: write only the name, such as company-name.com.")
    try:
        # lower case: names are compared without case, and people expect one spelling
        name = dns.name.from_text(".".join(_a_label(label) for label in _DOTS.split(bare)), dns.name.root)
    except dns.name.NoIDNA2008:
        raise InvalidInput(
            f"{text!r} is an internationalised name, which needs the Python package idna: install it, or write the "
            "name in its xn-- form."
        ) from None
    except (dns.exception.DNSException, UnicodeError, ValueError) as error:
        reason = str(error).rstrip(".") or type(error).__name__
        raise InvalidInput(f"{text!r} is not a domain name: {reason}.") from None
    if name == dns.name.root:
        raise InvalidInput(f"{text!r} is not a domain name: write the full name, such as company-name.com.")
    return name


@functools.lru_cache(maxsize=4096)
def domain_name(text: str) -> dns.name.Name:
    """A domain that can send mail: a host name of at least two labels (RFC 5321 2.3.5).

    Raises InvalidInput for an IP address, a single label, an underscore or another character not allowed in mail
    domains.
    """
    name = record_name(text)
    try:
        ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        pass
    else:
        raise InvalidInput(f"{text!r} is an IP address, not a domain name.")
    labels = name.labels[:-1]
    if len(labels) < 2:
        raise InvalidInput(
            f"{text!r} is not a full domain name: it has only one label; write it like company-name.com."
        )
    for label in labels:
        if not _HOST_LABEL.match(label):
            raise InvalidInput(
                f"{text!r} is not a domain that can send mail: {label.decode('ascii', 'backslashreplace')!r} "
                "has a character other than letters, digits and inner hyphens."
            )
    if labels[-1].isdigit():
        raise InvalidInput(f"{text!r} is not a domain name: the last label cannot be a number.")
    return name


def custom_domain(text: str) -> dns.name.Name:
    """A mail domain that can be a company's own: not odoo.com or below, whose DNS only Odoo controls.

    Raises InvalidInput.
    """
    name = domain_name(text)
    if name.is_subdomain(dns.name.from_text("odoo.com")):
        raise InvalidInput(
            f"{to_text(name)} belongs to Odoo: its DNS cannot be changed and it needs no set-up. "
            "Give the company's own domain."
        )
    return name


def _a_label(label: str) -> str:
    """One label in A-label form. Labels are converted one by one, because IDNA does not allow underscores."""
    if label.isascii():
        return label.lower()
    return dns.name.IDNA_2008_UTS_46.encode(label).decode("ascii")


def to_text(name: dns.name.Name) -> str:
    """The name in A-label form, without the final dot."""
    return name.to_text(omit_final_dot=True)


def to_unicode(name: dns.name.Name) -> str:
    """The name in U-labels, for messages about an internationalised name."""
    try:
        return name.to_unicode(omit_final_dot=True, idna_codec=dns.name.IDNA_2008_UTS_46)
    except (dns.exception.DNSException, UnicodeError):
        return to_text(name)


def above(name: dns.name.Name, zone: dns.name.Name) -> Iterator[dns.name.Name]:
    """The names above a name, up to the zone's own."""
    while name != zone and name.is_subdomain(zone):
        name = name.parent()
        yield name
