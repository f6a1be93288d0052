# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which records of a sending service to publish, in the form of ``domain_records``, and which exist. Pure: no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...errors import Conflict, InvalidInput
from ...records.dkim_record import read_tags
from ...records.spf_record import is_spf, parse
from .contract import DKIM, DMARC, RECEIVING, SPF, TRACKING, Desired, ServiceFacts, ServiceRecord
from .planning import Surroundings

NULL_EXCHANGE = "."  # of a null MX (RFC 7505), which receives no mail


@dataclasses.dataclass(frozen=True)
class Selection:
    """The records to publish, those left out with the reason, and notes."""

    records: tuple[ServiceRecord, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def select(records: Sequence[ServiceRecord], desired: Desired, facts: ServiceFacts, around: Surroundings) -> Selection:
    """Choose the service's records to publish. Raises Conflict for a receiving MX beside another one."""
    kept: list[ServiceRecord] = []
    left_out: list[str] = []
    notes: list[str] = []
    offered = [one for one in records if one.purpose == RECEIVING]
    receives = _receives(offered, desired, facts, around, left_out, notes)
    for one in records:
        if one.purpose == RECEIVING and not receives:
            continue
        if one.purpose == TRACKING:
            if not desired.tracking:
                left_out.append(f"{one.type} {one.name}, for tracking links: tracking is not requested.")
                continue
            notes.append(f"Tracking links over https need a certificate for {one.name} at {facts.title} first.")
        if one.purpose == DMARC:
            if around.has_dmarc is not False:
                left_out.append(f"TXT {one.name}: {desired.domain} keeps the DMARC policy that it has.")
                continue
            without = tuple(map(without_reports, one.values))
            if without != one.values:
                left_out.append(f"The report address of {facts.title} in the DMARC record {one.name}.")
            one = dataclasses.replace(one, values=without)
        kept.append(one)
    return Selection(tuple(kept), tuple(left_out), tuple(notes))


def _receives(
    offered: Sequence[ServiceRecord],
    desired: Desired,
    facts: ServiceFacts,
    around: Surroundings,
    left_out: list[str],
    notes: list[str],
) -> bool:
    """Whether to publish the service's MX: by default only if bounces would otherwise have no destination."""
    if not offered:
        return False
    own = {value.split()[-1] for one in offered for value in one.values}
    others = sorted(set(around.exchanges or ()) - own)
    where = f"{facts.title}'s MX at {desired.name}"
    is_null = others == [NULL_EXCHANGE]
    if others and desired.receiving:
        receives = (
            "says with a null MX that it accepts no mail" if is_null else f"receives its mail at {', '.join(others)}"
        )
        instead = "contradict it" if is_null else "take it away"
        raise Conflict(
            f"{desired.name} {receives}, and {where} would {instead}: it is not "
            f"published. Receive at a subdomain: sending_domain: mail.{desired.name}."
        )
    if desired.receiving is not None:
        nobody = around.exchanges == () and around.has_address is False
        if desired.receiving is False and nobody and desired.name != desired.domain:
            notes.append(
                f"{desired.name} has neither MX nor A: receivers may refuse mail whose envelope sender is there. Leave "
                "out receiving: false."
            )
        return desired.receiving
    if facts.receiving_swallows:
        left_out.append(f"{where}, which accepts mail and drops it.")
    elif is_null:
        left_out.append(f"{where}: a null MX there says that no mail is accepted.")
    elif others:
        left_out.append(f"{where}: mail is received at {', '.join(others)}.")
    elif desired.name == desired.domain:
        left_out.append(f"{where}: receiving is not requested.")
    elif around.exchanges is None or around.has_address is None:
        left_out.append(f"{where}: DNS could not say what is there.")
    elif around.has_address and not around.exchanges:
        left_out.append(f"{where}, which has an address record and needs none.")
    else:
        return True
    return False


def without_reports(policy: str) -> str:
    """A DMARC record without report addresses, which the domain's owner chooses."""
    tags = [tag.strip() for tag in policy.split(";") if tag.strip()]
    return "; ".join(tag for tag in tags if tag.split("=")[0].strip().lower() not in ("rua", "ruf"))


# -- in the words of domain_records ----------------------------------------------------------------------------------


def domain_items(records: Sequence[ServiceRecord], name: str, state: str = "present") -> list[dict[str, Any]]:
    """Records as items for ``domain_records``' option ``domains``: those at ``name`` and all others."""
    item: dict[str, Any] = {"domain": name}
    more = {} if state == "present" else {"state": state}
    suffix = f"._domainkey.{name}"
    for one in records:
        text = one.values[0] if one.values else ""
        if one.purpose == DKIM and one.name.endswith(suffix):
            key = {"cname": text} if one.type == "CNAME" else {"public_key": _tag(text, "p")}
            if one.type == "CNAME" or key["public_key"]:
                item.setdefault("dkim", []).append({"selector": one.name[: -len(suffix)], **key, **more})
                continue
        if one.purpose == SPF and one.name == name:
            item["spf"] = {"include": _includes(text), **more}
            continue
        if one.purpose == DMARC:
            if state == "present" and one.name == f"_dmarc.{name}":
                item["dmarc"] = {"policy": _tag(text, "p") or "none"}
            continue  # the policy stays after the service is gone
        for value in one.values:
            item.setdefault("records", []).append({"name": one.name, "type": one.type, "value": value, **more})
    return [item] if len(item) > 1 else []


def _tag(text: str, name: str) -> str:
    """A tag of a DKIM key; empty if missing."""
    try:
        return dict(read_tags(text.encode())).get(name, "")
    except InvalidInput:
        return ""


def _includes(text: str) -> list[str]:
    """The mechanisms of a service's SPF record; ``all`` is the owner's choice."""
    return [word.partition(":")[2] for word in text.split() if word.lower().startswith("include:")]


# -- what DNS shows --------------------------------------------------------------------------------------------------


class ObservedRecords(NamedTuple):
    """The authoritative servers' records of a name and type: one tuple of values for each server that answered.

    ``failures``: servers that did not answer, in words. ``aliases``: the targets of a CNAME there. ``proxied``: an
    address was found instead of the wanted CNAME. ``doubled``: the record is at the given name, which contains the
    domain twice.
    """

    answers: tuple[tuple[str, ...], ...] = ()
    failures: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    proxied: bool = False
    doubled: str = ""

    @property
    def known(self) -> bool:
        return bool(self.answers)

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(sorted({value for answer in self.answers for value in answer}))


class MissingRecord(NamedTuple):
    """A record that is not as the service needs it; ``known=False``: it could not be queried."""

    record: ServiceRecord
    found: tuple[str, ...]
    why: str
    known: bool = True

    def as_dict(self) -> dict[str, Any]:
        one = self.record
        return {
            "name": one.name,
            "type": one.type,
            "expected": list(one.values),
            "found": list(self.found),
            "why": self.why,
        }


def missing(record: ServiceRecord, seen: ObservedRecords) -> MissingRecord | None:
    """None if every server that answered has what the service needs."""
    if not seen.known:
        return MissingRecord(record, (), "could not be asked: " + ("; ".join(seen.failures) or "nobody"), known=False)
    if all(_fulfils(record, answer) for answer in seen.answers):
        return None
    found = seen.values or tuple(f"CNAME {alias}" for alias in seen.aliases)
    if seen.proxied:
        why = "the DNS provider answers with addresses instead of the CNAME: switch its proxy or flattening off there"
    elif seen.doubled:
        why = f"it is at {seen.doubled}, which has the domain twice: remove it there, and publish it at {record.name}"
    elif any(_fulfils(record, answer) for answer in seen.answers):
        why = "some of the name servers do not have it yet"
    else:
        why = "another value is there" if found else "it is not there"
    return MissingRecord(record, found, why)


def same(one: ServiceRecord, other: ServiceRecord) -> bool:
    """Whether two records publish the same, however they are written."""
    return (one.name, one.type) == (other.name, other.type) and any(one.values) and _fulfils(one, other.values)


def _fulfils(record: ServiceRecord, values: Sequence[str]) -> bool:
    """Whether values mean what is wanted, however they are written."""
    if record.purpose == DMARC:
        return any(value.lower().replace(" ", "").startswith("v=dmarc1") for value in values)
    return all(any(_means(record, wanted, value) for value in values) for wanted in record.values)


def _means(record: ServiceRecord, wanted: str, value: str) -> bool:
    if record.type in ("CNAME", "MX"):
        return wanted.split()[-1].rstrip(".").lower() == value.split()[-1].rstrip(".").lower()
    if is_spf(wanted.encode()):
        return is_spf(value.encode()) and _terms(wanted) <= _terms(value)
    if record.purpose == DKIM:
        # only the key counts, not hashes and notes beside it
        key = "".join(_tag(wanted, "p").split())
        return bool(key) and key == "".join(_tag(value, "p").split())
    return wanted.strip().rstrip("; ") == value.strip().rstrip("; ")


def _terms(text: str) -> set[str]:
    try:
        return {term.text.lower() for term in parse(text.encode(), "the domain").terms if not term.is_all}
    except InvalidInput:
        return {text}
