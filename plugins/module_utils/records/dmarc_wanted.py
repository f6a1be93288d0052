# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked of a DMARC record, checked and in the record's own terms (RFC 9989, 9990)."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence
from typing import NamedTuple

from .. import names
from ..errors import InvalidInput
from . import dmarc_record
from .dmarc_record import POLICIES

_ALIGNMENTS = {"relaxed": "r", "strict": "s"}
_FAILURE_OPTIONS = ("0", "1", "d", "s")
# RFC 6068: characters allowed unescaped in a mailto: address; "," "!" and ";" would end the address, list or tag
_PLAIN_IN_ADDRESS = "$'()*+:"


class DmarcWanted(NamedTuple):
    """What is asked, in the record's own terms; None or an empty tuple: not stated."""

    policy: str | None = None
    subdomain_policy: str | None = None
    nonexistent_policy: str | None = None
    aggregate_reports: tuple[str, ...] = ()
    failure_reports: tuple[str, ...] = ()
    failure_options: tuple[str, ...] = ()
    dkim_alignment: str | None = None
    spf_alignment: str | None = None
    testing: bool | None = None
    psd: str | None = None


def wanted(
    policy: str | None = None,
    subdomain_policy: str | None = None,
    nonexistent_policy: str | None = None,
    aggregate_reports: Sequence[str] | None = None,
    failure_reports: Sequence[str] | None = None,
    failure_options: Sequence[str] | None = None,
    dkim_alignment: str | None = None,
    spf_alignment: str | None = None,
    testing: bool | None = None,
    psd: str | None = None,
) -> DmarcWanted:
    """Check the options: policies and alignments as words, report addresses with or without mailto:.

    Raises InvalidInput.
    """
    return DmarcWanted(
        policy=_word("policy", policy, POLICIES),
        subdomain_policy=_word("subdomain_policy", subdomain_policy, POLICIES),
        nonexistent_policy=_word("nonexistent_policy", nonexistent_policy, POLICIES),
        aggregate_reports=_addresses(aggregate_reports),
        failure_reports=_addresses(failure_reports),
        failure_options=_failure_options(failure_options),
        dkim_alignment=_alignment("dkim_alignment", dkim_alignment),
        spf_alignment=_alignment("spf_alignment", spf_alignment),
        testing=testing,
        psd=_word("psd", psd, ("y", "n", "u")),
    )


def _word(option: str, value: str | None, allowed: Sequence[str]) -> str | None:
    if value is None:
        return None
    word = str(value).strip().lower()
    if word not in allowed:
        raise InvalidInput(f"{option} cannot be {value!r}: it is one of {', '.join(allowed)}.")
    return word


def _alignment(option: str, value: str | None) -> str | None:
    word = _word(option, value, tuple(_ALIGNMENTS))
    return _ALIGNMENTS[word] if word is not None else None


def _failure_options(values: Sequence[str] | None) -> tuple[str, ...]:
    options = tuple(dict.fromkeys(str(value).strip().lower() for value in values or ()))
    for option in options:
        _word("failure_options", option, _FAILURE_OPTIONS)
    if "0" in options and "1" in options:
        raise InvalidInput("failure_options cannot have both 0 (all checks failed) and 1 (any failed): choose one.")
    return options


def _addresses(values: Sequence[str] | None) -> tuple[str, ...]:
    unique: dict[str, str] = {}
    for value in values or ():
        uri = _report_uri(value)
        unique.setdefault(dmarc_record.uri_key(uri), uri)
    return tuple(unique.values())


def _report_uri(text: str) -> str:
    """``mailto:dmarc@company-name.com`` from an address with or without mailto:, percent-encoded (RFC 9989 4.7)."""
    bare = text.strip()
    scheme = re.match(r"([a-z][a-z0-9+.-]*):(?=.)", bare, re.IGNORECASE)
    is_mailto = scheme is not None and scheme.group(1).lower() == "mailto"
    if scheme is not None and not is_mailto:
        raise InvalidInput(
            f"{text!r} is not a report address. DMARC reports are sent by mail only, such as to mailto:dmarc@…."
        )
    local, dummy, host = (bare[len("mailto:") :] if is_mailto else bare).rpartition("@")
    local = urllib.parse.unquote(local, "latin-1") if is_mailto else local
    if dmarc_record.has_size_limit(host):
        raise InvalidInput(f"{text!r} has a size limit, which reporters ignore (RFC 9990): write the address alone.")
    if not local or "@" in local or "?" in host or not re.fullmatch(r"[!-~]+", local) or '"' in local:
        raise InvalidInput(
            f"{text!r} is not a report address: write one address per entry, like dmarc@company-name.com."
        )
    try:
        domain = names.to_text(names.domain_name(host))
    except InvalidInput as error:
        raise InvalidInput(f"{text!r} is not a report address. {error}") from None
    return f"mailto:{urllib.parse.quote(local, safe=_PLAIN_IN_ADDRESS)}@{domain}"
