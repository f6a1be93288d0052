# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a faulty DMARC record was probably meant to say; None where that is unclear or nothing is wrong.

A repair is never weaker than what receivers make of the record now.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from . import dmarc_record
from .dmarc_record import HISTORIC, ORDER, POLICIES, DmarcRecord, strictness
from .repair import unquoted

_DMARC_VERSION = re.compile(r"v *= *dmarc-?1?(?![0-9])", re.IGNORECASE)
_DMARC_TAG = re.compile(rf"[;,]? +(?=(?:{'|'.join((*ORDER, *HISTORIC))}) *=)", re.IGNORECASE)
_ADDRESS = re.compile(r"[!#-+./-9=?A-Z^-~-]+@[A-Za-z0-9.-]+")
_ALIGNMENTS = {"relaxed": "r", "strict": "s"}


def repaired(value: bytes, domain: str) -> bytes | None:
    """The repair of a wrong version, a missing semicolon, or an invalid value (RFC 9989 4.7, 4.8)."""
    was = dmarc_record.parse(value, domain) if dmarc_record.is_dmarc(value) else None
    if was is not None and not _has_slip(was):
        return None
    text = next(unquoted(value), "")
    version = _DMARC_VERSION.match(text)
    if version is None:
        return None
    tags: dict[str, str] = {}
    for part in _DMARC_TAG.sub(";", text[version.end() :]).split(";"):
        name, equals, content = (word.strip(" ,") for word in part.partition("="))
        if not equals and _is_addresses(name) and tags and list(tags)[-1] in ("rua", "ruf"):
            name, content = list(tags)[-1], f"{tags[list(tags)[-1]]},{name}"  # a semicolon within a list
            tags.pop(name)
        elif not name:
            continue
        meant = _tag_value(name.lower(), content)
        if meant is None or not name.isalpha() or not f"{name}{meant}".isascii():
            return None
        tags[name.lower()] = _stricter(tags.get(name.lower()), meant)
    result = "; ".join(["v=DMARC1", *(f"{name}={content}" for name, content in tags.items())]).encode("ascii")
    now = dmarc_record.parse(result, domain)
    return None if _has_slip(now) or (was is not None and _is_weaker(now, was)) else result


def _has_slip(record: DmarcRecord) -> bool:
    addresses = (*record.aggregate_reports, *record.failure_reports)
    return (
        any(part.text.strip() and not part.name for part in record.parts)
        or any(record.tag(tag) is not None and record.word(tag, POLICIES) is None for tag in ("p", "sp", "np"))
        or any(record.tag(tag) is not None and record.word(tag, ("r", "s")) is None for tag in ("adkim", "aspf"))
        or not all(map(dmarc_record.is_uri, addresses))
        or any(len({value.lower() for value in record.values(tag)}) > 1 for tag in ORDER)
    )


def _tag_value(name: str, value: str) -> str | None:
    """The value that a tag was meant to have; None if unclear."""
    word = value.lower()
    if name in ("p", "sp", "np"):
        begun = [policy for policy in POLICIES if word.startswith(policy[:4])]
        near = begun or difflib.get_close_matches(word, POLICIES, 1, 0.7)
        return near[0] if near else None
    if name in ("adkim", "aspf"):
        near = difflib.get_close_matches(word, _ALIGNMENTS, 1, 0.7)
        return word if word in ("r", "s") else _ALIGNMENTS[near[0]] if near else None
    if name in ("rua", "ruf"):
        return ",".join(_uris(value)) if _is_addresses(value) else None
    return value


def _uris(text: str) -> Iterator[str]:
    for item in re.split(r"[ ,]+", text.strip(" ,")):
        yield f"mailto:{item}" if _ADDRESS.fullmatch(item) else item


def _is_addresses(text: str) -> bool:
    return all(dmarc_record.is_uri(uri) for uri in _uris(text))


def _stricter(one: str | None, other: str) -> str:
    """The stricter of two values of one tag, else the first."""
    if one is None:
        return other
    return other if one in POLICIES and other in POLICIES and strictness(other) > strictness(one) else one


def _is_weaker(now: DmarcRecord, was: DmarcRecord) -> bool:
    after, before = (
        (*record.levels, record.dkim_alignment == "s", record.spf_alignment == "s") for record in (now, was)
    )
    return any(new < old for new, old in zip(after, before))
