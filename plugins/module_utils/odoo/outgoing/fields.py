# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Translate the options of an outgoing server to Odoo's fields, and refuse what cannot work. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InvalidInput
from ...services.model import ODOO_HOSTING_PORTS
from ...services.registry import service_at
from ..database.filters import filter_text
from ..database.snapshot import OdooSnapshot
from ..database.versions import HOST_REQUIRED_UNTIL, LISTS_SINCE
from .checks import checked_host, checked_name, checked_port, checked_priority, checked_text
from .client_certificates import check_pair, encoded
from .token_services import SERVICES, module_to_install, refuse_password_without_effect

DEFAULT_PORTS = {"none": 25, "starttls": 587, "tls": 465}
DEFAULT_PRIORITY = 10
BLOCKED_PORT = 25  # by Odoo Online and Odoo.sh
_DEFAULT_ENCRYPTION = "starttls"
# versions that do not verify certificates have no *_strict values
STRICT = "starttls_strict"
_ENCRYPTIONS = {"none": "none", "starttls": "starttls", "tls": "ssl"}
# what Odoo takes from its command line instead
_OF_A_SERVER = ("host", "port", "encryption", "username", "password", "client_certificate", "client_private_key")


def desired_values(
    desired: Mapping[str, Any], record: Mapping[str, Any] | None, snapshot: OdooSnapshot, install_modules: bool = False
) -> dict[str, Any]:
    """The fields that the entry states; on creation also defaults. Raises InvalidInput for what cannot work."""
    creating = record is None
    authentication = authentication_of(desired, record, snapshot, install_modules)
    values: dict[str, Any] = {"name": checked_name(desired, "outgoing mail server")}
    if authentication == "cli":
        _refuse_what_cli_ignores(desired)
        if creating and snapshot.version <= HOST_REQUIRED_UNTIL:
            values["smtp_host"] = "localhost"
    else:
        _connection(values, desired, record, authentication, snapshot)
    if "smtp_authentication" in snapshot.server_fields and (desired.get("authentication") or creating):
        values["smtp_authentication"] = authentication
    if desired.get("username") is not None:
        values["smtp_user"] = checked_text("username", desired) or False
    if desired.get("password") is not None:
        values["smtp_pass"] = checked_text("password", desired) or False
    _certificate(values, desired, snapshot)
    values.update(_filter(desired, record, authentication, snapshot))
    if desired.get("priority") is not None or creating:
        values["sequence"] = checked_priority(desired, DEFAULT_PRIORITY)
    if desired.get("debug") is not None:
        values["smtp_debug"] = desired["debug"]
    if desired.get("max_email_size") is not None:
        values.update(_size(desired["max_email_size"], desired, snapshot))
    refuse_password_without_effect(desired["name"], record, values.get("smtp_pass"))
    _check_pairs({**(record or {}), **values}, values, desired, snapshot)
    return values


def _connection(
    values: dict[str, Any],
    desired: Mapping[str, Any],
    record: Mapping[str, Any] | None,
    authentication: str,
    snapshot: OdooSnapshot,
) -> None:
    service = SERVICES.get(authentication)
    # the host of another kind of login cannot be reused
    starting = record is None or (service is not None and record.get("smtp_authentication") != authentication)
    encryption = desired.get("encryption") or (_DEFAULT_ENCRYPTION if starting else None)
    if desired.get("host") is not None:
        values["smtp_host"] = checked_host(desired["host"])
    elif starting and service is not None:
        values["smtp_host"] = service.default_host(
            str(desired.get("username") or (record or {}).get("smtp_user") or "")
        )
    elif starting:
        raise InvalidInput(f"The outgoing mail server {desired['name']} does not exist yet: give its host.")
    current = str((record or {}).get("smtp_encryption") or "none")
    # if the encryption stays, so do certificate checking and port, unless stated
    stays = not starting and current.removesuffix("_strict") == _ENCRYPTIONS.get(encryption or "")
    if encryption is not None:
        unstated = stays and desired.get("verify_certificate") is None
        values["smtp_encryption"] = current if unstated else _encryption(encryption, authentication, desired, snapshot)
    if desired.get("port") is not None:
        values["smtp_port"] = checked_port(desired["port"])
    elif encryption is not None and not stays:
        values["smtp_port"] = DEFAULT_PORTS[encryption]


def displayed_encryption(value: Any) -> str:
    """Odoo's value in the words of our options."""
    text = str(value or "none")
    words = text.replace("_strict", "").replace("ssl", "tls")
    return f"{words}, certificate verified" if text.endswith("_strict") else words


def authentication_of(
    desired: Mapping[str, Any], record: Mapping[str, Any] | None, snapshot: OdooSnapshot, install_modules: bool = False
) -> str:
    """How the server logs in once the entry is met. Raises InvalidInput if this Odoo does not support it."""
    known = snapshot.server_fields.get("smtp_authentication")
    asked = desired.get("authentication")
    if asked is None and desired.get("client_certificate") and record is None:
        asked = "certificate"
    if asked in SERVICES and SERVICES[asked].switch in snapshot.server_fields:
        raise InvalidInput(
            f"In this Odoo {snapshot.version}, {SERVICES[asked].name} is a switch of the server "
            f"({SERVICES[asked].switch}), which only Odoo itself can set: set it there, and leave out authentication."
        )
    if asked in SERVICES and asked not in (known or []):
        module_to_install(asked, snapshot.version, snapshot.modules, install_modules)
    elif known is None:
        if asked not in (None, "login"):
            raise InvalidInput(
                f"Odoo {snapshot.version} offers no choice of authentication, only username and password: "
                f"leave out authentication {asked}."
            )
        return "login"
    elif asked is not None and asked not in known:
        raise InvalidInput(
            f"Odoo {snapshot.version} does not know authentication {asked}: it knows {', '.join(known)}."
        )
    return str(asked or (record or {}).get("smtp_authentication") or "login")


def _refuse_what_cli_ignores(desired: Mapping[str, Any]) -> None:
    given = [option for option in _OF_A_SERVER if desired.get(option)]
    if given:
        raise InvalidInput(
            f"{desired['name']} sends as Odoo's command line says (authentication: cli), so what is stated here would "
            f"have no effect: leave out {', '.join(given)}."
        )


def _encryption(encryption: str, authentication: str, desired: Mapping[str, Any], snapshot: OdooSnapshot) -> str:
    value = _ENCRYPTIONS[encryption]
    strict_known = STRICT in snapshot.server_fields.get("smtp_encryption", [])
    verifiable = value != "none" and strict_known and authentication not in SERVICES
    return f"{value}_strict" if verifiable and desired.get("verify_certificate") is not False else value


def _certificate(values: dict[str, Any], desired: Mapping[str, Any], snapshot: OdooSnapshot) -> None:
    for option, odoo_field, label in (
        ("client_certificate", "smtp_ssl_certificate", "CERTIFICATE"),
        ("client_private_key", "smtp_ssl_private_key", "PRIVATE KEY"),
    ):
        pem = desired.get(option)
        if pem is None:
            continue
        if odoo_field not in snapshot.server_fields:
            raise InvalidInput(f"Odoo {snapshot.version} has no authentication by certificate: leave out {option}.")
        values[odoo_field] = encoded(pem, option, label, str(desired["name"]))


def _filter(
    desired: Mapping[str, Any], record: Mapping[str, Any] | None, authentication: str, snapshot: OdooSnapshot
) -> dict[str, Any]:
    parts = desired.get("from_filter")
    if parts is None:
        # as Odoo's own form does: these servers only send for their own mailbox
        own = str(desired.get("username") or "").strip()
        if record is not None or authentication not in SERVICES or "@" not in own:
            return {}
        parts = [own]
    text = filter_text(parts)
    if "from_filter" not in snapshot.server_fields:
        return {}
    if snapshot.version < LISTS_SINCE and "," in text:
        raise InvalidInput(
            f"Odoo {snapshot.version} takes one address or domain as from_filter, and {text} would match nothing: "
            "set up one server for each."
        )
    return {"from_filter": text or False}


def _size(megabytes: float, desired: Mapping[str, Any], snapshot: OdooSnapshot) -> dict[str, Any]:
    if not 0 <= megabytes < float("inf"):
        raise InvalidInput(
            f"max_email_size of {desired['name']} is {megabytes:g}: give a number of megabytes, or 0 for Odoo's own "
            "limit."
        )
    return {"max_email_size": megabytes} if "max_email_size" in snapshot.server_fields else {}


def _check_pairs(
    result: Mapping[str, Any], values: Mapping[str, Any], desired: Mapping[str, Any], snapshot: OdooSnapshot
) -> None:
    """Refuse combinations that Odoo rejects only when it connects, or with an unhelpful message."""
    name = str(desired["name"])
    authentication, encryption = result.get("smtp_authentication"), result.get("smtp_encryption") or "none"
    if authentication == "certificate":
        if encryption == "none":
            raise InvalidInput(f"{name} signs in by certificate, which needs encryption: starttls or tls.")
        if not result.get("smtp_ssl_certificate") or not result.get("smtp_ssl_private_key"):
            raise InvalidInput(f"{name} signs in by certificate: give both client_certificate and client_private_key.")
        if values.get("smtp_pass"):
            raise InvalidInput(f"{name} signs in by certificate, which takes no password: leave out password.")
        if values.get("smtp_ssl_certificate") or values.get("smtp_ssl_private_key"):
            check_pair(result["smtp_ssl_certificate"], result["smtp_ssl_private_key"], name)
    elif desired.get("client_certificate") or desired.get("client_private_key"):
        raise InvalidInput(
            f"{name} has a client certificate, but signs in with authentication: {authentication or 'login'}: "
            "set authentication: certificate, or leave out client_certificate and client_private_key."
        )
    if authentication in SERVICES:
        _check_token_login(result, authentication, name)
    if (authentication or "login") == "login" and result.get("smtp_pass") and not result.get("smtp_user"):
        raise InvalidInput(f"{name} has a password but no username: give both.")
    _check_service(result, values, desired, snapshot)
    if (
        snapshot.hosted
        and values.get("smtp_port") == BLOCKED_PORT
        and authentication != "cli"
        and desired.get("state") == "present"
    ):
        raise InvalidInput(
            f"{name} would use port 25, which Odoo Online and Odoo.sh block: use 587 with starttls, 465 with tls, or "
            "2525 if the server offers it."
        )


def _check_service(
    result: Mapping[str, Any], values: Mapping[str, Any], desired: Mapping[str, Any], snapshot: OdooSnapshot
) -> None:
    """Check the rules of the service with this host: impossible logins, and ports blocked by Odoo's hosting."""
    service, name, port = service_at(str(result.get("smtp_host") or "")), str(desired["name"]), values.get("smtp_port")
    if service is None or result.get("smtp_authentication") == "cli" or desired.get("state") != "present":
        return
    for option, field in (("username", "smtp_user"), ("password", "smtp_pass")):
        why = service.slip_of(option, str(values.get(field) or ""))
        if why:
            raise InvalidInput(f"The {option} of {name} cannot be right for {service.title}: {why}")
    if snapshot.hosted and port is not None and port not in ODOO_HOSTING_PORTS:
        raise InvalidInput(
            f"{name} would use port {port}, which Odoo Online and Odoo.sh do not reach: {service.title} also has "
            f"{service.ports_of_odoo_hosting}."
        )


def _check_token_login(result: Mapping[str, Any], authentication: str, name: str) -> None:
    service = SERVICES[authentication].name
    if result.get("smtp_encryption") != "starttls":
        raise InvalidInput(f"{name} signs in with {service}, which needs encryption: starttls.")
    if result.get("smtp_pass"):
        raise InvalidInput(
            f"{name} signs in with {service}, which takes no password: someone grants access in Odoo. "
            'Leave out password, or set it to "".'
        )
    if "@" not in str(result.get("smtp_user") or ""):
        raise InvalidInput(f"{name} signs in with {service}: give the mailbox's address as username.")
