# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Match Odoo's servers to the senders of hosts, by their settings and never by name alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..odoo.database.filters import canonical
from ..odoo.database.versions import LISTS_SINCE
from ..odoo.outgoing.adoption import external_id
from ..odoo.routing.routes import MailServer
from .model import Service, Setup

_COMMAND_LINE = "cli"


class Owners:
    """Finds the hosts that a server belongs to. ``setups``: the hosts of the run."""

    def __init__(self, setups: Iterable[Setup]) -> None:
        self._setups = list(setups)
        self._known: dict[MailServer, list[tuple[Setup, Service]]] = {}

    def of(self, server: MailServer | None) -> list[tuple[Setup, Service]]:
        """The hosts that describe the server, with the matching sender: those that Odoo recorded for it, else all."""
        if server is None:
            return []
        if server not in self._known:
            found = [(setup, one) for setup in self._setups for one in senders_of(server, setup.services)]
            self._known[server] = [pair for pair in found if _is_recorded(pair[1], server)] or found
        return self._known[server]


def senders_of(server: MailServer, services: Iterable[Service]) -> list[Service]:
    """The sender that this server is; empty if none, several if nothing distinguishes them."""
    alike = [service for service in services if _may_be(service, server)]
    for decides in (_is_recorded, _has_login, _has_filter, _has_name):
        if len(alike) > 1:
            alike = [service for service in alike if decides(service, server)] or alike
    return alike


def set_up_for(server: MailServer, services: Iterable[Service]) -> Service | None:
    """The sender that the server was created for, whatever its settings are now."""
    return next((one for one in services if one.server and _is_recorded(one, server)), None)


def _may_be(service: Service, server: MailServer) -> bool:
    if service.server and (service.authentication == _COMMAND_LINE) != (server.authentication == _COMMAND_LINE):
        return False  # Odoo ignores the host of a server with the authentication "cli"
    if service.server and not service.host:
        return (
            service.authentication not in ("", "login")
            and service.authentication == server.authentication
            or service.id == server.id
            or not server.host
            or _is_recorded(service, server)
        )
    return bool(service.host) and service.host.lower() == server.host.lower()


def _is_recorded(service: Service, server: MailServer) -> bool:
    return external_id(service.server) in server.external_ids


def _has_login(service: Service, server: MailServer) -> bool:
    return service.username == server.username


def _has_filter(service: Service, server: MailServer) -> bool:
    return canonical(",".join(service.from_filter), LISTS_SINCE) == canonical(server.from_filter, LISTS_SINCE)


def _has_name(service: Service, server: MailServer) -> bool:
    return service.server == server.name
