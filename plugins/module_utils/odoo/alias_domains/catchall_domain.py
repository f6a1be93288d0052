# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Up to Odoo 16, the only alias domain is the database's catch-all domain, in four system parameters. No I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from ... import names
from ...errors import Conflict, InvalidInput, PostmasterError
from ..database.aliases import clean_alias, clean_default_from
from ..database.companies import Companies
from ..database.planned_change import named
from ..database.snapshot import OdooSnapshot
from ..database.versions import LOCAL_DEFAULT_FROM_UNTIL
from ..parameters.plan import (
    BOUNCE_ALIAS,
    CATCHALL_ALIAS,
    CATCHALL_DOMAIN,
    DEFAULT_FROM,
    DEFAULT_FROM_FILTER,
    PlannedParameters,
    plan_parameters,
)

NEEDED = (CATCHALL_DOMAIN, CATCHALL_ALIAS, BOUNCE_ALIAS, DEFAULT_FROM, DEFAULT_FROM_FILTER)
_ALIASES = {"bounce_alias": BOUNCE_ALIAS, "catchall_alias": CATCHALL_ALIAS}
# Odoo 17's defaults for a new alias domain
_DEFAULTS = {BOUNCE_ALIAS: "bounce", CATCHALL_ALIAS: "catchall", DEFAULT_FROM: "notifications"}


def plan_catchall_domain(snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]]) -> list[PlannedParameters]:
    """One change per entry for an alias domain, in order; see parameters.settle() for parameters that they share."""
    companies = Companies(snapshot.companies)
    changes = [_change(snapshot, companies, desired) for desired in all_desired]
    _refuse_several(snapshot.version, all_desired, changes)
    return changes


def local_part(text: str, option: str, version: int) -> str:
    """An alias as every version up to 16 stores it. Raises InvalidInput if they would store it differently."""
    alias = clean_alias(text)
    if not alias:
        raise InvalidInput(f"{option} is {text!r}, which cannot be part of an address.")
    if _old_clean_up(alias) != alias:
        raise InvalidInput(
            f"{option} is {text!r}, which Odoo {version} would store as {_old_clean_up(alias)!r}: "
            "use letters, digits, dots, hyphens and underscores."
        )
    return alias


def default_sender(text: str, domain: str | None, version: int) -> str:
    """mail.default.from as this version reads it: Odoo 14 always appends the catch-all domain."""
    sender = clean_default_from(text)
    alone, at_sign, own = sender.partition("@")
    if alone:
        local_part(alone, "default_from", version)
    if not at_sign or version > LOCAL_DEFAULT_FROM_UNTIL:
        return sender
    if own != domain:
        raise InvalidInput(
            f"default_from is {sender}, and Odoo {version} can send from its catch-all domain only"
            f"{f', which is {domain}' if domain else ''}: give an address in it, or the part before the at sign."
        )
    return alone


def refuse_rename(snapshot: OdooSnapshot, stated: Mapping[str, str], allowed: bool) -> None:
    """Raises Conflict, because mail to the current addresses would be lost."""
    if allowed:
        return
    domain = snapshot.parameter(CATCHALL_DOMAIN) or ""
    wanted = stated.get(CATCHALL_DOMAIN, domain)
    if domain and wanted and domain.lower() != wanted:
        raise Conflict(
            f"The catch-all domain of this database is {domain}, not {wanted}, and Odoo {snapshot.version} has one for "
            f"all its companies: replies to addresses at {domain} would be lost. Keep it, or set allow_rename: true."
        )
    for option, key in _ALIASES.items():
        current, then = snapshot.parameter(key) or "", stated.get(key) or ""
        if domain and current and then and current != then:
            raise Conflict(
                f"The {option.replace('_', ' ')} of {domain} is {current}, not {then}: mail to {current}@{domain} "
                f"would be lost. Keep {option}, or set allow_rename: true."
            )


def _change(snapshot: OdooSnapshot, companies: Companies, desired: Mapping[str, Any]) -> PlannedParameters:
    change = PlannedParameters("alias domain", str(desired["name"]), str(desired.get("owner") or desired["name"]))
    try:
        name = names.to_text(names.custom_domain(desired["name"]))
        if desired["state"] == "absent":
            _delete(snapshot, change, name)
        else:
            _refuse_a_part(snapshot, companies, name, desired)
            stated = _stated(snapshot, name, desired)
            refuse_rename(snapshot, stated, bool(desired.get("allow_rename")))
            plan_parameters(snapshot, change, stated)
            _warn(snapshot, change, name, desired)
    except PostmasterError as error:
        change.fail(str(error))
    return change


def _stated(snapshot: OdooSnapshot, name: str, desired: Mapping[str, Any]) -> dict[str, str]:
    stated = {CATCHALL_DOMAIN: name}
    for option, key in _ALIASES.items():
        if desired.get(option) is not None:
            stated[key] = local_part(str(desired[option]), option, snapshot.version)
    if desired.get("default_from") is not None:
        text = clean_default_from(str(desired["default_from"]))
        if "@" in text and not desired.get("override_all_senders"):
            raise InvalidInput(
                f"default_from of {name} is the complete address {text}: Odoo would then send the mail of all senders "
                "that no server takes from that one address. Give the part before the at sign only, "
                "or set override_all_senders: true."
            )
        stated[DEFAULT_FROM] = default_sender(text, name, snapshot.version)
        if "@" in text and snapshot.version > LOCAL_DEFAULT_FROM_UNTIL:
            # without an outgoing server, this keeps every other sender out
            stated[DEFAULT_FROM_FILTER] = text
    for key, text in _DEFAULTS.items():
        if not snapshot.parameter(key):
            stated.setdefault(key, text)
    return stated


def _refuse_a_part(snapshot: OdooSnapshot, companies: Companies, name: str, desired: Mapping[str, Any]) -> None:
    """Refuse an entry for only some companies, because all companies share the catch-all domain."""
    listed = {companies.find(text) for text in desired.get("companies") or []}
    if not listed or desired.get("assign_to_all"):
        return
    others = [one["name"] for one in companies.records if one["active"] and one["id"] not in listed]
    if others:
        raise InvalidInput(
            f"{name} is for {named([companies.names[key] for key in sorted(listed)])} only, and Odoo "
            f"{snapshot.version} has one catch-all domain for all companies, {named(others)} too: set "
            "assign_to_all: true if it is for all of them, or upgrade to Odoo 17 or newer."
        )


def _delete(snapshot: OdooSnapshot, change: PlannedParameters, name: str) -> None:
    if (snapshot.parameter(CATCHALL_DOMAIN) or "").lower() != name:
        return
    used = snapshot.named_aliases
    if used:
        raise Conflict(
            f"The alias domain {name} is still used by the mail aliases {named(used)}: remove their names in Odoo "
            "first, or replies to them would be lost."
        )
    gone = {CATCHALL_DOMAIN: ""}
    for key in (DEFAULT_FROM, DEFAULT_FROM_FILTER):
        if (snapshot.parameter(key) or "").lower().endswith(f"@{name}"):
            gone[key] = ""
    plan_parameters(snapshot, change, gone)


def _warn(snapshot: OdooSnapshot, change: PlannedParameters, name: str, desired: Mapping[str, Any]) -> None:
    if desired.get("override_all_senders") and snapshot.version <= LOCAL_DEFAULT_FROM_UNTIL:
        change.warnings.append(
            f"Odoo {snapshot.version} uses the default sender of {name} only for mail that has no sender of its own: "
            "it cannot send all mail from one address."
        )


def _refuse_several(
    version: int, all_desired: Sequence[Mapping[str, Any]], changes: Sequence[PlannedParameters]
) -> None:
    wanted = [change for desired, change in zip(all_desired, changes) if desired["state"] != "absent"]
    others = named([change.name for change in wanted], most=3)
    if len(wanted) > 1:
        for change in wanted:
            change.fail(
                f"{others} are given as alias domains, and Odoo {version} has one catch-all domain for all companies "
                "of a database: give one, or upgrade to Odoo 17 or newer."
            )


def _old_clean_up(text: str) -> str:
    """An alias as Odoo 14 stores it; 15 and 16 keep some more characters."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(character for character in decomposed if not unicodedata.combining(character)).lower()
    return re.sub(r"[^\w+.]+", "-", bare.partition("@")[0]).encode("ascii", errors="replace").decode("ascii")
