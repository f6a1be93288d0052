# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services with an API, and one client for each account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InvalidInput
from ..named import sending_service
from .contract import ServiceClient
from .options import ACCOUNTS

SETS_LOGINS = ("mailgun",)


def with_client(service: str) -> None:
    """Raises InvalidInput for an unknown service, or one without an API."""
    known = sending_service(service)
    if service not in ACCOUNTS:
        raise InvalidInput(
            f"{known.title} has no API that registers domains, or none that this release knows: set it up by hand "
            f"({known.console or 'in its console'}). Services with an API: {', '.join(ACCOUNTS)}."
        )


def with_logins(service: str) -> None:
    """Raises InvalidInput for a service whose API cannot set SMTP logins, saying what its password is."""
    known = sending_service(service)
    if service not in SETS_LOGINS:
        password = f" Its password is {known.login.password_is}." if known.login else ""
        raise InvalidInput(f"{known.title} has no logins that this module can set.{password}")


def client_class(service: str) -> type[ServiceClient]:
    """Load a client. Each import is written out, because Ansible only ships what is imported by name."""
    if service == "amazon_ses":
        from .amazon_ses import AmazonSes

        return AmazonSes
    if service == "mailgun":
        from .mailgun import Mailgun

        return Mailgun
    if service == "sendgrid":
        from .sendgrid import SendGrid

        return SendGrid
    if service == "brevo":
        from .brevo import Brevo

        return Brevo
    if service == "mailjet":
        from .mailjet import Mailjet

        return Mailjet
    if service == "postmark":
        from .postmark import Postmark

        return Postmark
    if service == "scaleway":
        from .scaleway import Scaleway

        return Scaleway
    raise KeyError(service)


class ServiceAccounts:
    """The client of each distinct account, so that one account has one listing and one rate limit."""

    def __init__(self) -> None:
        self._clients: dict[str, ServiceClient] = {}

    def client(self, service: str, account: Mapping[str, Any]) -> ServiceClient:
        """Raises InvalidInput for an unusable account."""
        key = repr((service, sorted((name, repr(value)) for name, value in account.items())))
        if key not in self._clients:
            self._clients[key] = client_class(service)(account)
        return self._clients[key]

    @property
    def calls(self) -> int:
        return sum(client.calls for client in self._clients.values())

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
