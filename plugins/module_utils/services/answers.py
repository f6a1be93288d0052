# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer of a mail server, or none, means, and what to do. Pure: no I/O, no Ansible."""

from __future__ import annotations

import re

from .model import SendingService, SmtpAnswer
from .registry import service_at, service_in

_CLOSED = re.compile(
    r"\[Errno (99|101|110|111|113)\]|timed out|Connection refused|Network is unreachable|No response received|"
    r"Cannot assign requested address|No route to host",
    re.IGNORECASE,
)
_WRONG_TLS = re.compile(r"wrong.version.number|record layer failure", re.IGNORECASE)
_LOGIN_REFUSED = re.compile(r"\b535\b")
# the usual meaning of these codes
_USUAL = (
    SmtpAnswer(
        r"\b421\b",
        "the server closes the connection: it accepts no more of them for now, or none from a machine that greets as "
        "localhost; then give Odoo's machine a full host name",
    ),
    SmtpAnswer(
        r"\b45[12]\b", "a quota or a temporary fault, even if it appears at the login: the password may be right"
    ),
    SmtpAnswer(r"\b(530|502)\b", "the server treats the session as not logged in: set username and password"),
)


def explained(text: str, host: str = "", port: int = 0) -> str:
    """One sentence about an answer; empty if there is nothing to add. ``host``: by default the one in the text."""
    service = service_at(host) or service_in(text)
    known = service.answers if service is not None else ()
    meaning = next((one.sentence for one in known if re.search(one.pattern, text)), "")
    meaning = meaning or _of_connection(text, host, port, service)
    meaning = meaning or next((one.sentence for one in _USUAL if re.search(one.pattern, text)), "")
    if not meaning:
        return ""
    return f"{f'At {service.title}' if service is not None else 'That means'}: {meaning}."


def _of_connection(text: str, host: str, port: int, service: SendingService | None) -> str:
    if _CLOSED.search(text):
        others = [f"{one.number} ({one.encryption})" for one in service.ports if one.number != port] if service else []
        instead = f", and it also listens on {', '.join(others)}" if others else ": try another of its ports"
        return (
            f"{f'port {port}' if port else 'the port'} of {host or 'the server'} seems to be blocked on the way from "
            f"the machine that Odoo runs on{instead}"
        )
    if _WRONG_TLS.search(text):
        return (
            "TLS was used on a port that begins without it, or the other way round: 465 and 2465 need encryption: tls, "
            "all others starttls"
        )
    if _LOGIN_REFUSED.search(text) and service is not None and service.login is not None:
        login = service.login
        return f"the login is refused. The user name is {login.username_is}; the password is {login.password_is}"
    return ""
