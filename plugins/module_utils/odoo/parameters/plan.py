# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""System parameters (ir.config_parameter): there is only one of each, whichever entries set it. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..database.filters import canonical
from ..database.planned_change import CHANGED, Line, PlannedChange, show
from ..database.snapshot import OdooSnapshot
from ..database.versions import LISTS_CLEANED_SINCE, LISTS_SINCE


def _same_text(current: str, wanted: str, version: int) -> bool:
    return current == wanted


def _same_list(current: str, wanted: str, version: int) -> bool:
    if version < LISTS_CLEANED_SINCE:
        return set(current.split(",")) == set(wanted.split(","))
    return canonical(current, LISTS_SINCE) == canonical(wanted, LISTS_SINCE)


def _same_filter(current: str, wanted: str, version: int) -> bool:
    return canonical(current, version) == canonical(wanted, version)


@dataclass(frozen=True)
class Parameter:
    """How a parameter is shown and compared."""

    label: str
    secret: bool = False
    flag: bool = False  # 'True' or missing
    same: Callable[[str, str, int], bool] = _same_text


CUSTOM_SERVERS = "base_setup.default_external_email_server"
CATCHALL_DOMAIN = "mail.catchall.domain"
CATCHALL_ALIAS = "mail.catchall.alias"
BOUNCE_ALIAS = "mail.bounce.alias"
DEFAULT_FROM = "mail.default.from"
DEFAULT_FROM_FILTER = "mail.default.from_filter"
ALLOWED_DOMAINS = "mail.catchall.domain.allowed"
MAILING_SERVER_SHOWN = "mass_mailing.outgoing_mail_server"

PARAMETERS: Mapping[str, Parameter] = {
    CUSTOM_SERVERS: Parameter("use custom email servers", flag=True),
    CATCHALL_DOMAIN: Parameter("catchall domain"),
    CATCHALL_ALIAS: Parameter("catchall alias"),
    BOUNCE_ALIAS: Parameter("bounce alias"),
    DEFAULT_FROM: Parameter("default from"),
    DEFAULT_FROM_FILTER: Parameter("default from filter", same=_same_filter),
    ALLOWED_DOMAINS: Parameter("allowed catchall domains", same=_same_list),
    MAILING_SERVER_SHOWN: Parameter("dedicated server for mass mailing", flag=True),
    "google_gmail_client_id": Parameter("Gmail client id"),
    "google_gmail_client_secret": Parameter("Gmail client secret", secret=True),
    "microsoft_outlook_client_id": Parameter("Outlook client id"),
    "microsoft_outlook_client_secret": Parameter("Outlook client secret", secret=True),
}
FLAG_ON = "True"


@dataclass(frozen=True)
class ParameterChange:
    """One parameter to write, and how it is shown."""

    text: str  # empty: delete it
    before: Line
    after: Line


@dataclass
class PlannedParameters(PlannedChange):
    """An entry that consists of system parameters."""

    stated: dict[str, str] = field(default_factory=dict)  # key → text; empty: must not be set
    parameters: dict[str, ParameterChange] = field(default_factory=dict)  # those to write


def plan_parameters(snapshot: OdooSnapshot, change: PlannedParameters, stated: Mapping[str, str]) -> None:
    """Plan these parameters. An empty text deletes one; an existing empty one counts as missing."""
    for key, wanted in stated.items():
        parameter = PARAMETERS[key]
        current = snapshot.parameter(key) or ""
        if parameter.flag:
            current = "" if current.strip().lower() in ("", "false", "0", "none") else FLAG_ON
        change.stated[key] = wanted
        if bool(current) != bool(wanted) or not parameter.same(current, wanted, snapshot.version):
            change.parameters[key] = ParameterChange(
                wanted,
                Line(parameter.label, _formatted(parameter, current)),
                Line(parameter.label, _formatted(parameter, wanted, changed=bool(current))),
            )


def _formatted(parameter: Parameter, value: str, changed: bool = False) -> str:
    if parameter.flag:
        return "yes" if value else "no"
    if parameter.secret and value:
        return CHANGED if changed else "set"
    return show(value)


def settle(changes: Sequence[PlannedParameters]) -> None:
    """If changes set one parameter to different values, fail all of them; of equal ones, the first writes.

    Only afterwards is it known what each change changes.
    """
    holders: dict[str, list[PlannedParameters]] = {}
    for change in changes:
        for key in change.stated if change.failure is None else ():
            holders.setdefault(key, []).append(change)
    reasons: dict[int, str] = {}
    for key, found in holders.items():
        if len({change.stated[key] for change in found}) == 1:
            continue
        for change in found:
            other = next((one for one in found if one.stated[key] != change.stated[key]), None)
            if other is not None:
                reasons.setdefault(id(change), _difference(key, *sorted((change, other), key=found.index)))
    for key, found in holders.items():
        for change in [change for change in found if id(change) not in reasons][1:]:
            change.parameters.pop(key, None)
    for change in changes:
        if id(change) in reasons:
            change.fail(reasons[id(change)])
        if change.parameters:
            change.action = "update" if change.action == "none" else change.action
            change.before += [one.before for one in change.parameters.values()]
            change.after += [one.after for one in change.parameters.values()]


def _difference(key: str, one: PlannedParameters, other: PlannedParameters) -> str:
    parameter = PARAMETERS[key]
    values = "" if parameter.secret else f" ({show(one.stated[key])} and {show(other.stated[key])})"
    return (
        f"{one.name} and {other.name} request a different {parameter.label}{values}, but an Odoo database has one for "
        "all its companies: give the same value, or give it only once."
    )
