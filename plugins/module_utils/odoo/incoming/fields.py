# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translate the options of an incoming server to Odoo's fields, and refuse what cannot work. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InvalidInput
from ..database.snapshot import INCOMING_MODEL, OdooSnapshot
from ..database.versions import OWN_FETCHMAIL_UNTIL
from ..outgoing.adoption import Ownership
from ..outgoing.checks import checked_host, checked_name, checked_port, checked_priority, checked_text
from ..outgoing.token_services import (
    INCOMING,
    SERVICES,
    TokenService,
    check_installable,
    module_to_install,
    refuse_password_without_effect,
)

DEFAULT_TYPE = "imap"
DEFAULT_PRIORITY = 5
LOCAL = "local"  # a script on the mail server passes mail to Odoo
_PORTS = {"imap": {False: 143, True: 993}, "pop": {False: 110, True: 995}}
# a script takes these from its own command line
_OF_A_MAILBOX = ("host", "port", "encryption", "username", "password")


def module_of_model(version: int) -> str:
    """The module that provides incoming servers."""
    return "fetchmail" if version <= OWN_FETCHMAIL_UNTIL else "mail"


def incoming(snapshot: OdooSnapshot) -> Ownership:
    def of_result(desired: Mapping[str, Any], record: Mapping[str, Any] | None) -> Any:
        result = {**(record or {}), **desired_values(desired, record, snapshot)}
        host, user = _mailbox(result)
        # a script has neither
        return (host, user) if host and user else None

    return Ownership(
        resource="incoming mail server",
        model=INCOMING_MODEL,
        prefix="incoming",
        records=snapshot.incoming_servers,
        external_ids=snapshot.incoming_external_ids,
        alike="host and username",
        of_record=_mailbox,
        of_result=of_result,
        among_new=lambda desired: of_result(desired, None),
    )


def _mailbox(record: Mapping[str, Any]) -> tuple[str, str]:
    return str(record.get("server") or "").strip().lower(), str(record.get("user") or "")


def module_needed(
    desired: Mapping[str, Any], record: Mapping[str, Any] | None, snapshot: OdooSnapshot, install_modules: bool
) -> str:
    """The module to install first; empty if none. Raises InvalidInput if it cannot be installed."""
    kind = type_of(desired, record)
    if kind in SERVICES and kind not in snapshot.incoming_types:
        return module_to_install(kind, snapshot.version, snapshot.modules, install_modules, INCOMING) or ""
    if snapshot.incoming_types:
        return ""
    module = module_of_model(snapshot.version)
    check_installable(module, snapshot.modules, install_modules, "incoming mail servers")
    return module


def type_of(desired: Mapping[str, Any], record: Mapping[str, Any] | None) -> str:
    return str(desired.get("type") or (record or {}).get("server_type") or DEFAULT_TYPE)


def desired_values(
    desired: Mapping[str, Any], record: Mapping[str, Any] | None, snapshot: OdooSnapshot
) -> dict[str, Any]:
    """The fields that the entry states; on creation also defaults. Raises InvalidInput for what cannot work."""
    kind = type_of(desired, record)
    values: dict[str, Any] = {"name": checked_name(desired, "incoming mail server")}
    if desired.get("type") or record is None:
        values["server_type"] = kind
    if kind == LOCAL:
        _refuse_what_a_script_ignores(desired)
    else:
        _connection(values, desired, record, kind)
    for option, odoo_field in (("keep_attachments", "attach"), ("keep_original", "original")):
        if desired.get(option) is not None:
            values[odoo_field] = bool(desired[option])
    if desired.get("priority") is not None or record is None:
        values["priority"] = checked_priority(desired, DEFAULT_PRIORITY)
    if desired.get("action") is not None:
        values["object_id"] = _model(str(desired["action"]).strip(), desired, snapshot)
    refuse_password_without_effect(desired["name"], record, values.get("password"))
    if kind != LOCAL:
        _check_pairs({**(record or {}), **values}, kind, desired)
    return values


def _refuse_what_a_script_ignores(desired: Mapping[str, Any]) -> None:
    given = [option for option in _OF_A_MAILBOX if desired.get(option)]
    if given:
        raise InvalidInput(
            f"{desired['name']} gets its mail from a script on the mail server (type: local), so what is stated here "
            f"would have no effect: leave out {', '.join(given)}."
        )


def _connection(
    values: dict[str, Any], desired: Mapping[str, Any], record: Mapping[str, Any] | None, kind: str
) -> None:
    service = SERVICES.get(kind)
    current = (record or {}).get("server_type")
    # the host of another service or of a script cannot be reused
    starting = current in (None, LOCAL) or (current != kind and (service is not None or current in SERVICES))
    if desired.get("host") is not None:
        values["server"] = checked_host(desired["host"])
    elif starting and service is not None:
        values["server"] = service.incoming_host
    elif starting:
        raise InvalidInput(f"{_subject(desired, record)}: give its host.")
    if desired.get("encryption") is not None or starting:
        values["is_ssl"] = desired.get("encryption") != "none"
    _port(values, desired, record, kind)
    for option, odoo_field in (("username", "user"), ("password", "password")):
        if desired.get(option) is not None:
            values[odoo_field] = checked_text(option, desired) or False
    if service is not None and record is not None and starting and desired.get("password") is None:
        # the old one belongs to another kind of login
        values["password"] = False


def _subject(desired: Mapping[str, Any], record: Mapping[str, Any] | None) -> str:
    name = desired["name"]
    if record is None:
        return f"The incoming mail server {name} does not exist yet"
    return f"The incoming mail server {name} is of another type so far"


def _port(values: dict[str, Any], desired: Mapping[str, Any], record: Mapping[str, Any] | None, kind: str) -> None:
    """Set the default port, as Odoo's form does. One that is not stated is kept if it fits."""
    there = record or {}
    is_ssl = bool(values.get("is_ssl", there.get("is_ssl")))
    fits = there.get("server_type") == kind and bool(there.get("is_ssl")) == is_ssl
    if desired.get("port") is not None:
        values["port"] = checked_port(desired["port"])
    elif not fits or not there.get("port"):
        protocol = "pop" if kind == "pop" else "imap"
        values["port"] = _PORTS[protocol][is_ssl]


def _model(name: str, desired: Mapping[str, Any], snapshot: OdooSnapshot) -> int | bool:
    if not name:
        return False
    found = snapshot.models.get(name)
    if found is None:
        raise InvalidInput(
            f"{desired['name']} should create records of {name}, but this Odoo has no such model: install the "
            "application that provides it, or correct action."
        )
    if not found["takes_mail"]:
        raise InvalidInput(
            f"{desired['name']} should create records of {name}, which cannot be created from mail: name a model with "
            "a chatter, such as crm.lead."
        )
    return int(found["id"])


def _check_pairs(result: Mapping[str, Any], kind: str, desired: Mapping[str, Any]) -> None:
    """Refuse combinations that Odoo rejects only when it connects, or with an unhelpful message."""
    name, user = desired["name"], str(result.get("user") or "")
    service = SERVICES.get(kind)
    if service is not None:
        _check_token_login(result, service, name, user)
    elif not user and desired["state"] == "present":
        raise InvalidInput(f"{name} has no username, and Odoo signs in to every mailbox: give username and password.")


def _check_token_login(result: Mapping[str, Any], service: TokenService, name: str, user: str) -> None:
    if not result.get("is_ssl"):
        raise InvalidInput(f"{name} signs in with {service.name}, which needs encryption: tls.")
    if result.get("password"):
        raise InvalidInput(
            f"{name} signs in with {service.name}, which takes no password: someone grants access in Odoo. "
            'Leave out password, or set it to "".'
        )
    if "@" not in user:
        raise InvalidInput(f"{name} signs in with {service.name}: give the mailbox's address as username.")
