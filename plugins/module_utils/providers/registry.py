# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All providers, and the ``dns`` option that selects one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..bounded import MOST_MEGABYTES
from ..errors import InvalidInput
from ..zone.provider import Provider
from .options import OPTIONS


def provider_class(name: str) -> type[Provider]:
    """Load a provider. Each import is written out, because Ansible only ships what is imported by name."""
    if name == "zone_file":
        from .zone_file import ZoneFile

        return ZoneFile
    if name == "rfc2136":
        from .rfc2136 import Rfc2136

        return Rfc2136
    if name == "powerdns":
        from .powerdns import PowerDns

        return PowerDns
    if name == "cloudflare":
        from .cloudflare import Cloudflare

        return Cloudflare
    if name == "route53":
        from .route53 import Route53

        return Route53
    if name == "ovh":
        from .ovh import Ovh

        return Ovh
    if name == "google_cloud_dns":
        from .google_cloud_dns import GoogleCloudDns

        return GoogleCloudDns
    if name == "godaddy":
        from .godaddy import GoDaddy

        return GoDaddy
    if name == "azure_dns":
        from .azure_dns import AzureDns

        return AzureDns
    if name == "namecheap":
        from .namecheap import Namecheap

        return Namecheap
    if name == "manual":
        from .manual import Manual

        return Manual
    raise KeyError(name)


# Ansible skips a name with a leading dot when it reads a directory as an inventory.
BACKUPS = ".postmaster/backups"
_COMMON: dict[str, Any] = {
    "provider": {"type": "str", "required": True, "choices": list(OPTIONS)},
    "endpoint": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 30.0},
    "max_answer_size": {"type": "int", "default": MOST_MEGABYTES},
    "rate_limit": {"type": "float"},
    "backup": {"type": "bool", "default": False},
    "backup_directory": {"type": "path", "default": BACKUPS},
}


def dns_options() -> dict[str, Any]:
    """The argument spec of the ``dns`` option: one dict with the typed options of all providers."""
    options = dict(_COMMON)
    for provider in OPTIONS.values():
        options.update(provider.options)
    # options that the environment can supply are checked when the provider is opened
    stated = {name: [o for o in chosen.required if o not in chosen.environment] for name, chosen in OPTIONS.items()}
    required = [("provider", name, names) for name, names in stated.items() if names]
    return {"type": "dict", "options": options, "required_if": required}


class Accounts:
    """The provider of each distinct ``dns`` option, so that each account has one connection pool and one rate limit."""

    def __init__(self, nameservers: list[str] | None = None) -> None:
        self._nameservers = nameservers
        self._providers: dict[str, Provider] = {}

    def provider(self, options: Mapping[str, Any]) -> Provider:
        """The provider for a ``dns`` option. Raises InvalidInput for options of another provider."""
        chosen = provider_class(options["provider"])
        self._refuse_foreign(options, chosen)
        key = repr(sorted((name, repr(value)) for name, value in options.items()))
        if key not in self._providers:
            self._providers[key] = chosen({**options, "nameservers": self._nameservers})
        return self._providers[key]

    @property
    def calls(self) -> int:
        return sum(provider.calls for provider in self._providers.values())

    def close(self) -> None:
        for provider in self._providers.values():
            provider.close()

    @staticmethod
    def _refuse_foreign(options: Mapping[str, Any], chosen: type[Provider]) -> None:
        for name, value in options.items():
            known = name in _COMMON or name in chosen.options
            if not known and value is not None:
                raise InvalidInput(f"dns: {name} is not an option of the provider {options['provider']}: remove it.")
