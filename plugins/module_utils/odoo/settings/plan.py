# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan the mail settings of a database from its current state and the entries. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ... import names
from ...errors import InvalidInput, PostmasterError
from ..alias_domains.catchall_domain import default_sender, local_part, refuse_rename
from ..database.filters import filter_text
from ..database.snapshot import MAILING_SERVER, OdooSnapshot
from ..database.versions import CATCHALL_DOMAIN_UNTIL, FILTERS_SINCE, LISTS_SINCE
from ..parameters.plan import (
    ALLOWED_DOMAINS,
    BOUNCE_ALIAS,
    CATCHALL_ALIAS,
    CATCHALL_DOMAIN,
    CUSTOM_SERVERS,
    DEFAULT_FROM,
    DEFAULT_FROM_FILTER,
    FLAG_ON,
    PARAMETERS,
    plan_parameters,
)
from .mailing_server import PlannedMailingServer

GMAIL_ID, GMAIL_SECRET = "google_gmail_client_id", "google_gmail_client_secret"
OUTLOOK_ID, OUTLOOK_SECRET = "microsoft_outlook_client_id", "microsoft_outlook_client_secret"

_APPLICATIONS = {"gmail": (GMAIL_ID, GMAIL_SECRET), "outlook": (OUTLOOK_ID, OUTLOOK_SECRET)}


def needed_parameters() -> tuple[str, ...]:
    """All parameters that a plan looks at; they are read in one call, so reading fewer would save nothing."""
    return (*PARAMETERS, MAILING_SERVER)


def of_applications(key: str) -> bool:
    """Whether a parameter belongs to the OAuth application that Odoo uses at Google or Microsoft."""
    return any(key in pair for pair in _APPLICATIONS.values())


def known_applications(snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]]) -> set[str]:
    """The authentications whose application is known after the entries are met."""
    stated = {
        option: desired[option] for desired in all_desired for option in _OPTIONS if desired.get(option) is not None
    }
    return {
        name
        for name, keys in _APPLICATIONS.items()
        if all(
            stated.get(f"{name}_client_{part}", snapshot.parameter(key)) for part, key in zip(("id", "secret"), keys)
        )
    }


def plan_settings(snapshot: OdooSnapshot, all_desired: Sequence[Mapping[str, Any]]) -> list[PlannedMailingServer]:
    """One change per entry, in order, without the server for mass mailing.

    See parameters.settle() for parameters shared with each other and with the alias domains of old versions.
    """
    return [_change(snapshot, desired) for desired in all_desired]


def _change(snapshot: OdooSnapshot, desired: Mapping[str, Any]) -> PlannedMailingServer:
    owner = str(desired.get("owner") or "the database")
    change = PlannedMailingServer("mail settings of", owner, owner)
    try:
        stated: dict[str, str] = {}
        for option, translate in _OPTIONS.items():
            if desired.get(option) is not None:
                stated.update(translate(desired[option], snapshot, desired))
        refuse_rename(snapshot, stated, bool(desired.get("allow_rename")))
        plan_parameters(snapshot, change, stated)
    except PostmasterError as error:
        change.fail(str(error))
    return change


# -- each option as parameters; an empty value deletes -------------------------------------------------------------

Translated = dict[str, str]


def _custom_servers(value: bool, dummy: OdooSnapshot, desired: Mapping[str, Any]) -> Translated:
    return {CUSTOM_SERVERS: FLAG_ON if value else ""}


def _catchall_domain(value: str, snapshot: OdooSnapshot, desired: Mapping[str, Any]) -> Translated:
    _refuse_ignored("catchall_domain", "the alias domain of a company", snapshot)
    return {CATCHALL_DOMAIN: names.to_text(names.custom_domain(value)) if value.strip() else ""}


def _catchall_alias(value: str, snapshot: OdooSnapshot, desired: Mapping[str, Any]) -> Translated:
    _refuse_ignored("catchall_alias", "the catchall_alias of an alias domain", snapshot)
    return {CATCHALL_ALIAS: local_part(value, "catchall_alias", snapshot.version) if value.strip() else ""}


def _bounce_alias(value: str, snapshot: OdooSnapshot, desired: Mapping[str, Any]) -> Translated:
    _refuse_ignored("bounce_alias", "the bounce_alias of an alias domain", snapshot)
    return {BOUNCE_ALIAS: local_part(value, "bounce_alias", snapshot.version) if value.strip() else ""}


def _default_from(value: str, snapshot: OdooSnapshot, desired: Mapping[str, Any]) -> Translated:
    _refuse_ignored("default_from", "the default_from of an alias domain", snapshot)
    domain = desired.get("catchall_domain") or snapshot.parameter(CATCHALL_DOMAIN)
    domain = names.to_text(names.custom_domain(domain)) if domain else None
    return {DEFAULT_FROM: default_sender(value, domain, snapshot.version) if value.strip() else ""}


def _default_from_filter(value: Sequence[str], snapshot: OdooSnapshot, desired: Mapping[str, Any]) -> Translated:
    text = filter_text(value)
    if text and snapshot.version < FILTERS_SINCE:
        raise InvalidInput(f"Odoo {snapshot.version} has no FROM filters: leave out default_from_filter.")
    if "," in text and snapshot.version < LISTS_SINCE:
        raise InvalidInput(
            f"Odoo {snapshot.version} takes one address or domain as default_from_filter, and {text} would match "
            "nothing: give one."
        )
    return {DEFAULT_FROM_FILTER: text}


def _allowed_domains(value: Sequence[str], dummy: OdooSnapshot, desired: Mapping[str, Any]) -> Translated:
    domains = [names.to_text(names.domain_name(domain)) for domain in value]
    return {ALLOWED_DOMAINS: ",".join(dict.fromkeys(domains))}


def _text(key: str) -> Callable[[str, OdooSnapshot, Mapping[str, Any]], Translated]:
    return lambda value, dummy, desired: {key: value.strip()}


_OPTIONS: Mapping[str, Callable[[Any, OdooSnapshot, Mapping[str, Any]], Translated]] = {
    "custom_email_servers": _custom_servers,
    "catchall_domain": _catchall_domain,
    "catchall_alias": _catchall_alias,
    "bounce_alias": _bounce_alias,
    "default_from": _default_from,
    "default_from_filter": _default_from_filter,
    "allowed_catchall_domains": _allowed_domains,
    "gmail_client_id": _text(GMAIL_ID),
    "gmail_client_secret": _text(GMAIL_SECRET),
    "outlook_client_id": _text(OUTLOOK_ID),
    "outlook_client_secret": _text(OUTLOOK_SECRET),
}


def _refuse_ignored(option: str, instead: str, snapshot: OdooSnapshot) -> None:
    if snapshot.version > CATCHALL_DOMAIN_UNTIL:
        raise InvalidInput(
            f"Odoo {snapshot.version} no longer reads {option} from the settings, since it has alias domains: state "
            f"{instead} instead."
        )
