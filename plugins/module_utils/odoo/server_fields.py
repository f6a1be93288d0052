# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An outgoing server as Odoo's fields: translation of the options, and what is refused before any write. No I/O."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput
from .filters import filter_text
from .snapshot import Snapshot

DEFAULT_PORTS = {"none": 25, "starttls": 587, "tls": 465}
_DEFAULT_ENCRYPTION = "starttls"
_DEFAULT_PRIORITY = 10
# these sign in with a token of their own, and Odoo insists on plain starttls
_TOKEN_SERVICES = {"gmail": "google_gmail", "outlook": "microsoft_outlook"}
# the newest version that ignores certificates has no *_strict values
_STRICT = "starttls_strict"


def wanted_values(wish: Mapping[str, Any], record: Mapping[str, Any] | None, snapshot: Snapshot) -> dict[str, Any]:
    """The fields that the wish states; on creation also the defaults. Raises InvalidInput for what cannot work."""
    creating = record is None
    authentication = _authentication(wish, record, snapshot)
    encryption = wish.get("encryption") or (_DEFAULT_ENCRYPTION if creating and authentication != "cli" else None)
    values: dict[str, Any] = {"name": _name(wish)}
    if wish.get("host") is not None:
        values["smtp_host"] = _host(wish["host"])
    elif creating and authentication != "cli":
        raise InvalidInput(f"The outgoing mail server {wish['name']} does not exist yet: give its host.")
    if encryption is not None:
        values["smtp_encryption"] = _encryption(encryption, authentication, wish, snapshot)
    if wish.get("port") is not None:
        values["smtp_port"] = _port(wish["port"])
    elif encryption is not None:
        values["smtp_port"] = DEFAULT_PORTS[encryption]
    if "smtp_authentication" in snapshot.server_fields and (wish.get("authentication") or creating):
        values["smtp_authentication"] = authentication
    if wish.get("username") is not None:
        values["smtp_user"] = wish["username"] or False
    if wish.get("password") is not None:
        values["smtp_pass"] = wish["password"] or False
    _certificate(values, wish, snapshot)
    if wish.get("from_filter") is not None:
        values.update(_filter(wish["from_filter"], snapshot))
    if wish.get("priority") is not None or creating:
        values["sequence"] = _DEFAULT_PRIORITY if wish.get("priority") is None else wish["priority"]
    _check_pairs({**(record or {}), **values}, values, wish, snapshot)
    return values


def shown_encryption(value: Any) -> str:
    """Odoo's value in the words of our options."""
    text = str(value or "none")
    words = text.replace("_strict", "").replace("ssl", "tls")
    return f"{words}, certificate verified" if text.endswith("_strict") else words


def _name(wish: Mapping[str, Any]) -> str:
    name = str(wish["name"]).strip()
    if not name:
        raise InvalidInput("An outgoing mail server needs a name.")
    return name


def _host(host: str) -> str:
    bare = host.strip()
    if not bare or "://" in bare or "/" in bare or "@" in bare or any(character.isspace() for character in bare):
        raise InvalidInput(f"host {host!r} is not the name of a mail server: write it like smtp.example.net.")
    return bare


def _port(port: int) -> int:
    if not 1 <= port <= 65535:
        raise InvalidInput(f"port {port} does not exist: a port is a number from 1 to 65535.")
    return port


def _authentication(wish: Mapping[str, Any], record: Mapping[str, Any] | None, snapshot: Snapshot) -> str:
    known = snapshot.server_fields.get("smtp_authentication")
    asked = wish.get("authentication")
    if asked is None and wish.get("client_certificate"):
        asked = "certificate"
    if known is None:
        if asked not in (None, "login"):
            raise InvalidInput(
                f"Odoo {snapshot.version} has no choice of authentication, only username and password: "
                f"leave out authentication {asked}."
            )
        return "login"
    if asked is not None and asked not in known:
        module = _TOKEN_SERVICES.get(asked)
        reason = f"install its module {module}" if module else "it knows " + ", ".join(known)
        raise InvalidInput(f"This Odoo does not know authentication {asked}: {reason}.")
    return str(asked or (record or {}).get("smtp_authentication") or "login")


def _encryption(encryption: str, authentication: str, wish: Mapping[str, Any], snapshot: Snapshot) -> str:
    value = {"none": "none", "starttls": "starttls", "tls": "ssl"}[encryption]
    strict_known = _STRICT in snapshot.server_fields.get("smtp_encryption", [])
    verifiable = value != "none" and strict_known and authentication not in _TOKEN_SERVICES
    return f"{value}_strict" if verifiable and wish.get("verify_certificate", True) else value


def unverified_warning(wish: Mapping[str, Any], values: Mapping[str, Any], snapshot: Snapshot) -> str | None:
    if (
        values.get("smtp_encryption", "none") == "none"
        or _STRICT in snapshot.server_fields.get("smtp_encryption", [])
        or not wish.get("verify_certificate", True)
    ):
        return None
    return (
        f"Odoo {snapshot.version} verifies no mail server's certificate, so verify_certificate has no effect on "
        f"{wish['name']}: verify_certificate: false says that you know."
    )


def _certificate(values: dict[str, Any], wish: Mapping[str, Any], snapshot: Snapshot) -> None:
    for option, odoo_field, label in (
        ("client_certificate", "smtp_ssl_certificate", "CERTIFICATE"),
        ("client_private_key", "smtp_ssl_private_key", "PRIVATE KEY"),
    ):
        pem = wish.get(option)
        if pem is None:
            continue
        if odoo_field not in snapshot.server_fields:
            raise InvalidInput(f"Odoo {snapshot.version} has no authentication by certificate: leave out {option}.")
        if not re.search(rf"-----BEGIN [A-Z ]*{label}-----[\s\S]+-----END [A-Z ]*{label}-----", pem):
            raise InvalidInput(f"{option} of {wish['name']} is not a PEM text with a {label.lower()}.")
        values[odoo_field] = base64.b64encode(pem.encode()).decode("ascii")


def decoded(value: Any) -> bytes:
    """A binary field as bytes, however its base64 is broken into lines."""
    if not isinstance(value, str):
        return b""
    try:
        return base64.b64decode(value)
    except (binascii.Error, ValueError):
        return value.encode()


def _filter(parts: list[str], snapshot: Snapshot) -> dict[str, Any]:
    if "from_filter" not in snapshot.server_fields:
        if not parts:
            return {}
        raise InvalidInput(
            f"Odoo {snapshot.version} has no FROM filter: its first server takes the mail of all senders. "
            "Leave out from_filter, or upgrade Odoo."
        )
    text = filter_text(parts)
    if snapshot.version in (15, 16) and "," in text:
        raise InvalidInput(
            f"Odoo {snapshot.version} takes one address or domain as from_filter, and {text} would match nothing: "
            "set up one server for each."
        )
    return {"from_filter": text or False}


def _check_pairs(
    result: Mapping[str, Any], values: Mapping[str, Any], wish: Mapping[str, Any], snapshot: Snapshot
) -> None:
    """Pairs that Odoo refuses only when it connects, or in words that do not help."""
    name = wish["name"]
    authentication, encryption = result.get("smtp_authentication"), result.get("smtp_encryption") or "none"
    if authentication == "certificate":
        if encryption == "none":
            raise InvalidInput(f"{name} signs in by certificate, which needs encryption: starttls or tls.")
        if not result.get("smtp_ssl_certificate") or not result.get("smtp_ssl_private_key"):
            raise InvalidInput(f"{name} signs in by certificate: give both client_certificate and client_private_key.")
    if authentication in _TOKEN_SERVICES:
        if encryption != "starttls":
            raise InvalidInput(f"{name} signs in with {authentication}, which needs encryption: starttls.")
        if result.get("smtp_pass"):
            raise InvalidInput(
                f"{name} signs in with {authentication}, which takes no password: someone grants access in Odoo. "
                'Leave out password, or set it to "".'
            )
        if not result.get("smtp_user"):
            raise InvalidInput(f"{name} signs in with {authentication}: give the mailbox's address as username.")
    if authentication == "login" and result.get("smtp_pass") and not result.get("smtp_user"):
        raise InvalidInput(f"{name} has a password but no username: give both.")
    if snapshot.hosted and result.get("smtp_port") == 25 and authentication != "cli" and wish.get("state") != "absent":
        raise InvalidInput(
            f"{name} would use port 25, which Odoo Online and Odoo.sh block: use 587 with starttls or 465 with tls."
        )
