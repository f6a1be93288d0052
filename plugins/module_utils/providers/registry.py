# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The providers there are, and the C(dns) option that chooses one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInput
from .azure_dns import AzureDns
from .base import Provider
from .cloudflare import Cloudflare
from .godaddy import GoDaddy
from .google_cloud_dns import GoogleCloudDns
from .manual import Manual
from .namecheap import Namecheap
from .ovh import Ovh
from .powerdns import PowerDns
from .rfc2136 import Rfc2136
from .route53 import Route53
from .zone_file import ZoneFile

# Named one by one, because Ansible ships only what is imported by name. A provider imports its SDK on first use.
PROVIDERS: dict[str, type[Provider]] = {
    "zone_file": ZoneFile,
    "rfc2136": Rfc2136,
    "powerdns": PowerDns,
    "cloudflare": Cloudflare,
    "route53": Route53,
    "ovh": Ovh,
    "google_cloud_dns": GoogleCloudDns,
    "godaddy": GoDaddy,
    "azure_dns": AzureDns,
    "namecheap": Namecheap,
    "manual": Manual,
}

_COMMON: dict[str, Any] = {
    "provider": {"type": "str", "required": True, "choices": list(PROVIDERS)},
    "endpoint": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "timeout": {"type": "float", "default": 30.0},
    "rate_limit": {"type": "float"},
    "backup": {"type": "bool", "default": False},
    "backup_directory": {"type": "path", "default": "postmaster-backups"},
}


def dns_options() -> dict[str, Any]:
    """The argument spec of the C(dns) option: one dict with the typed options of all providers."""
    options = dict(_COMMON)
    for provider in PROVIDERS.values():
        options.update(provider.options)
    # what the environment can say is asked for when the provider is opened
    stated = {name: [o for o in chosen.required if o not in chosen.environment] for name, chosen in PROVIDERS.items()}
    required = [("provider", name, names) for name, names in stated.items() if names]
    return {"type": "dict", "options": options, "required_if": required}


class Accounts:
    """The provider of each distinct C(dns) option, so that one account has one connection pool and one rate limit."""

    def __init__(self, nameservers: list[str] | None = None) -> None:
        self._nameservers = nameservers
        self._providers: dict[str, Provider] = {}

    def provider(self, options: Mapping[str, Any]) -> Provider:
        """The provider of a C(dns) option. Raises InvalidInput for an option of another provider."""
        chosen = PROVIDERS[options["provider"]]
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
