# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SMTP server that stores mail: plain, STARTTLS or TLS, with or without a login."""

from __future__ import annotations

import ssl
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from .certificates import Certificate
from .process import HOST, free_port


class SmtpServer:
    """Runs in a thread; a context manager. ``senders``: the MAIL FROM addresses received."""

    def __init__(
        self,
        encryption: str = "none",
        certificate: Certificate | None = None,
        username: str = "",
        password: str = "",
    ) -> None:
        self.host = "localhost"
        self.port = free_port()
        self.senders: list[str] = []
        self.messages: list[Envelope] = []
        self._login = (username, password)
        context = None
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
        more: dict[str, Any] = {}
        if encryption == "starttls":
            more["tls_context"], more["require_starttls"] = context, True
        elif encryption == "tls":
            more["ssl_context"] = context
        if username:
            more["authenticator"], more["auth_required"], more["auth_require_tls"] = (
                self._check,
                True,
                encryption == "starttls",
            )
        self._controller = Controller(self, hostname=HOST, port=self.port, ready_timeout=15, **more)

    def __enter__(self) -> SmtpServer:
        self._controller.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._controller.stop()

    def _check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        return AuthResult(success=(data.login.decode(), data.password.decode()) == self._login, handled=False)

    async def handle_MAIL(  # noqa: N802 (the name that aiosmtpd calls)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.senders.append(address)
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.messages.append(envelope)
        return "250 OK"
