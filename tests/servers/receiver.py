# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail exchanger: checks SPF and DKIM with third-party libraries, records the results, and delivers over LMTP."""

from __future__ import annotations

import email.utils
import smtplib
import ssl
from collections.abc import Iterable
from typing import Any
from unittest import mock

import dkim
import dns.message
import dns.query
import dns.rdatatype
import spf
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from .certificates import Certificate
from .process import HOST, free_port

AUTHSERV_ID = "mx.mailbox.example"


class Receiver:
    """Runs in a thread; a context manager. ``nameserver``: host and port of a DNS server."""

    def __init__(self, lmtp_port: int, nameserver: tuple[str, int], certificate: Certificate | None = None) -> None:
        self.host, self.port = HOST, free_port()
        self.loses_mail = False
        self.alters_mail = False
        self._lmtp_port = lmtp_port
        self._nameserver = nameserver
        more: dict[str, Any] = {}
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            more["tls_context"] = context
        self._controller = Controller(self, hostname=HOST, port=self.port, ready_timeout=15, **more)

    def __enter__(self) -> Receiver:
        self._controller.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._controller.stop()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (its name)
        if self.loses_mail:
            return "250 OK"
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        if self.alters_mail:
            content = content.rstrip() + b"\r\n-- \r\nseen by a scanner\r\n"
        client = (session.peer or (HOST, 0))[0]
        helo, sender = str(session.host_name), envelope.mail_from or ""
        protocol = "ESMTPS" if session.ssl else "ESMTP"
        head = (
            f"Authentication-Results: {AUTHSERV_ID}; spf={self._spf(client, sender, helo)} smtp.mailfrom={sender};\r\n"
            f" dkim={self._dkim(content)}\r\n"
            f"Received: from {helo} ({helo} [{client}])\r\n by {AUTHSERV_ID} with {protocol}"
            f"; {email.utils.formatdate()}\r\n"
        )
        with smtplib.LMTP(HOST, self._lmtp_port) as mailbox:
            mailbox.sendmail(sender, envelope.rcpt_tos, head.encode() + content)
        return "250 OK"

    def _spf(self, client: str, sender: str, helo: str) -> str:
        with mock.patch.object(spf, "DNSLookup", self._spf_answer):
            return str(spf.check2(client, sender, helo)[0])

    def _dkim(self, content: bytes) -> str:
        if b"dkim-signature:" not in content.lower():
            return "none"
        passes = dkim.verify(content, dnsfunc=lambda name, timeout=5: b"".join(self._texts(name.decode())))
        return "pass" if passes else "fail"

    def _texts(self, name: str) -> Iterable[bytes]:
        return [b"".join(rdata.strings) for rdata in self._ask(name, "TXT")][:1]

    def _ask(self, name: str, rdtype: str) -> list[Any]:
        question = dns.message.make_query(name, rdtype)
        answer = dns.query.udp_with_fallback(question, self._nameserver[0], port=self._nameserver[1], timeout=5)[0]
        wanted = dns.rdatatype.from_text(rdtype)
        return [rdata for rrset in answer.answer if rrset.rdtype == wanted for rdata in rrset]

    def _spf_answer(self, name: str, rdtype: str, *dummy: object, **more: object) -> list[Any]:
        """In the library's form: ((name, type), value) pairs, a TXT as a tuple of strings."""
        if rdtype == "SPF":
            return []
        values = self._ask(name, rdtype)
        if rdtype == "TXT":
            return [((name, rdtype), rdata.strings) for rdata in values]
        return [((name, rdtype), rdata.to_text().split()[-1].rstrip(".")) for rdata in values]
