# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert records from and to Namecheap's spelling, and compute the whole zone after a plan. Pure: no I/O."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import PostmasterError
from ...libraries import dns
from ...names import to_text
from ...zone.model import Key, RecordSet, Zone
from ...zone.plan import Plan
from ...zone.rdata import from_presentation, rdata_type, txt
from ..spelling import NOT_UNDERSTOOD, opaque, own_type, respelled
from .api import TITLE, Host

DEFAULT_TTL = 1799  # seconds; the API's number for "automatic"

PLAIN_TYPES = frozenset({"A", "AAAA", "CAA", "CNAME", "MX", "NS", "TXT"})
# Types that only Namecheap has, by numbers for private use (RFC 6895 3.1) that PowerDNS does not give its own.
_OWN_TYPES = {"ALIAS": 65411, "URL": 65412, "URL301": 65413, "FRAME": 65414, "MXE": 65415}

# What handles a zone's mail. With these two, the user controls the MX records.
OWN_MAIL = ("MX", "NONE")
_MAIL = {
    "FWD": "Namecheap's email forwarding",
    "OX": "Namecheap's Private Email",
    "GMAIL": "Google Workspace by Namecheap",
    "MXE": "a mail server's address (MXE)",
}

BY_HAND = "Enter the records by hand (provider: manual lists them), or change that first."


def why_read_only(zone: Zone, about: Mapping[str, str], hosts: Sequence[Host]) -> str:
    """Why a zone cannot be written without losing something, as a sentence; empty if it can."""
    if about["IsUsingOurDNS"].lower() != "true":
        return (
            f"{zone} does not use {TITLE}'s name servers, so nobody sees what is entered there. Give the account or "
            "server that holds its DNS."
        )
    if about["EmailType"] not in (*OWN_MAIL, *_MAIL):
        return (
            f"{zone}: {TITLE} has the mail setting {about['EmailType']}, which this collection does not know. {BY_HAND}"
        )
    for host in hosts:
        reason = ""
        if host.get("IsDDNSEnabled", "").lower() == "true":
            reason = "which takes dynamic updates, and a write through the API ends that"
        elif host.get("IsActive", "true").lower() == "false":
            reason = "which is switched off, and a write through the API switches it on"
        elif host["Type"] not in (*PLAIN_TYPES, *_OWN_TYPES):
            reason = "of a type that the API cannot write back"
        elif host["Type"] == "TXT" and '"' in host["Address"]:
            reason = "with quotes, which the API refuses to write back"
        if reason:
            return f"{zone} has the record {formatted(host)}, {reason}. {BY_HAND}"
    return ""


def mail_lock(email_type: str) -> str:
    return f"set by {_MAIL.get(email_type, email_type)}, which handles the mail of this zone at {TITLE},"


def email_type_for(before: str, hosts: Iterable[Host]) -> str:
    """What handles the mail: custom MX records must be switched on, and that requires at least one."""
    if before not in OWN_MAIL:
        return before
    return "MX" if any(host["Type"] == "MX" for host in hosts) else "NONE"


def by_key(zone: Zone, hosts: Iterable[Host]) -> dict[Key, list[Host]]:
    items: dict[Key, list[Host]] = {}
    for host in hosts:
        items.setdefault(key_of(zone, host), []).append(host)
    return items


def key_of(zone: Zone, host: Host) -> Key:
    return dns.name.from_text(host["Name"].lower() or "@", zone.name), own_type(host["Type"], _OWN_TYPES)


def record_set_of(key: Key, hosts: Sequence[Host], email_type: str) -> RecordSet:
    kind = hosts[0]["Type"]
    lock = "" if kind in PLAIN_TYPES else f"of {TITLE}'s own type {kind}"
    if kind == "MX" and email_type not in OWN_MAIL:
        lock = mail_lock(email_type)
    try:
        values = [_value(host) for host in hosts]
    except (PostmasterError, ValueError):
        values = [opaque(key[1], host["Address"]) for host in hosts] if kind in _OWN_TYPES else []
        lock = lock or NOT_UNDERSTOOD
    handle = frozenset(map(identity, hosts))
    return RecordSet(*key, tuple(dict.fromkeys(values)), int(hosts[0]["TTL"]), handle, lock)


def _value(host: Host) -> dns.rdata.Rdata:
    """The value of a record from the API. Raises InvalidInput or ValueError."""
    kind, address = host["Type"], host["Address"]
    if kind == "TXT":
        return txt(address.encode("utf-8"))
    if kind not in PLAIN_TYPES:
        raise ValueError(kind)
    return from_presentation(rdata_type(kind), f"{host.get('MXPref') or 0} {address}" if kind == "MX" else address)


def address_of(value: Any) -> str:
    """A value for the API, without the preference of an MX."""
    if value.rdtype == dns.rdatatype.TXT:
        return b"".join(value.strings).decode("latin-1")
    if value.rdtype == dns.rdatatype.MX:
        return str(value.exchange.to_text())
    return str(value.to_text())


def wanted_hosts(plan: Plan, hosts: Sequence[Host]) -> list[Host]:
    """All records of the zone after the plan; unchanged ones keep their spelling."""
    changes = {change.record_set.key: change for change in plan.changes}
    there = by_key(plan.zone, [host for host in hosts if key_of(plan.zone, host) in changes])
    wanted = [host for host in hosts if key_of(plan.zone, host) not in changes]
    for key, change in changes.items():
        after = change.after
        ttl = str(after.ttl if after and after.ttl is not None else DEFAULT_TTL)
        current = [(_value(host), host) for host in there.get(key, [])]
        new = functools.partial(_host, plan.zone, key)
        wanted += [{**host, "TTL": ttl} for host in respelled(after.values if after else (), current, new)]
    return wanted


def _host(zone: Zone, key: Key, value: Any) -> Host:
    preference = {"MXPref": str(value.preference)} if key[1] == dns.rdatatype.MX else {}
    owner = to_text(key[0].relativize(zone.name))
    return {"Name": owner, "Type": dns.rdatatype.to_text(key[1]), "Address": address_of(value), **preference}


def identity(host: Host) -> tuple[str, ...]:
    """What two records have in common if they are the same one."""
    preference = host.get("MXPref") or "" if host["Type"] == "MX" else ""
    address = host["Address"] if host["Type"] == "TXT" else host["Address"].rstrip(".").lower()
    return host["Name"].lower() or "@", host["Type"], address, preference, host["TTL"]


def formatted(host: Host) -> str:
    return f'{host["Name"]} {host["Type"]} "{host["Address"]}"'
