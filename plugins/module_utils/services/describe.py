# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue as data, for people and templates. Pure: no I/O, no Ansible."""

from __future__ import annotations

from typing import Any

from .clients.options import ACCOUNTS
from .model import MAILBOX, OWN, SendingService
from .named import sending_service
from .registry import SERVICES

ANY_ADDRESS, ONE_ADDRESS = "domain", "address"


def described(names: list[str] | None) -> list[dict[str, Any]]:
    """What ``sending_service_info`` returns of these services, or of all. Raises InvalidInput for an unknown name."""
    chosen = SERVICES.values() if names is None else map(sending_service, names)
    return [_described(service) for service in chosen]


def _described(service: SendingService) -> dict[str, Any]:
    login, path, keys = service.login, service.return_path, service.dkim
    return {
        "name": service.name,
        "title": service.title,
        "kind": service.kind,
        "has_api": service.name in ACCOUNTS,
        "regions": list(service.regions),
        "default_region": service.default_region or None,
        "hosts": {region or "all": host or None for region, host in service.hosts.items()},
        "ports": [port._asdict() for port in service.ports],
        "username": login.username or None if login else None,
        "username_is": login.username_is if login else None,
        "password_is": login.password_is if login else None,
        "from_filter": None if service.kind == OWN else ONE_ADDRESS if service.kind == MAILBOX else ANY_ADDRESS,
        "spf_include": service.spf_include or None,
        "dkim": {
            "type": "CNAME" if keys.is_cname else "TXT",
            "selectors": list(keys.selectors),
            "targets": list(keys.targets),
        },
        "return_path": {
            "of_service": path.of_service or None if path.is_confirmed else None,
            "is_known": path.is_confirmed,
            "label": path.label or None,
            "has_known_records": path.has_known_records,
        },
        "console": service.console or None,
        "console_records": service.console_records or None,
        "daily_limit": service.daily_limit or None,
        "bounces_reach_odoo": service.bounces_reach_odoo,
        "replaces_message_id": service.replaces_message_id,
        "left_out": list(service.left_out),
        "by_hand": list(service.by_hand),
        "sources": list(service.sources),
        "checked": service.checked,
    }
