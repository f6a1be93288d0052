# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote, on the same accounts: octoDNS and the Ansible modules of other collections, unmodified.

A client is prepared, which is not counted, and gives what brings the zone to its new records by a run of its own.
"""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest import mock

from ansible_collections.postmaster.mail.tests.benchmarks.account import Account
from ansible_collections.postmaster.mail.tests.benchmarks.workload import ZONE, new
from ansible_collections.postmaster.mail.tests.integration.providers.azure_backend import GROUP
from ansible_collections.postmaster.mail.tests.integration.providers.backend import text_of
from ansible_collections.postmaster.mail.tests.integration.providers.google_backend import PROJECT
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators.cloudflare import BASE
from ansible_collections.postmaster.mail.tests.support.judges import collections_path
from ansible_collections.postmaster.mail.tests.support.playbook import play

Act = Callable[[], None]
Peer = Callable[[Account, Path], Act]  # what it is given is the account, and a folder of its own

# -- octoDNS -----------------------------------------------------------------------------------------------------------


def octodns(open_provider: Callable[[Account], Any]) -> Peer:
    """It plans all that is in the zone, with our record sets as they shall be."""

    def prepare(account: Account, dummy: Path) -> Act:
        zones, records = importlib.import_module("octodns.zone"), importlib.import_module("octodns.record")
        with mock.patch.dict(os.environ, account.environment):
            desired = zones.Zone(f"{ZONE}.", [])
            open_provider(account).populate(desired, lenient=True)
        for name, data in _sets():
            desired.add_record(records.Record.new(desired, name, data), replace=True)

        def act() -> None:
            with mock.patch.dict(os.environ, account.environment):
                provider = open_provider(account)
                plan = provider.plan(desired)
                if plan is not None:
                    provider.apply(plan)

        return act

    return prepare


def _sets() -> Iterable[tuple[str, dict[str, Any]]]:
    for owner, rdtype, ttl, values in new(ZONE):
        name = owner[: -len(ZONE)].rstrip(".")
        if rdtype == "MX":
            pairs = [value.split() for value in values]
            content: list[Any] = [{"preference": int(pair[0]), "exchange": pair[1]} for pair in pairs]
        else:
            content = [text_of(value).decode().replace(";", "\\;") for value in values]
        yield name, {"type": rdtype, "ttl": ttl, "values": content}


def _cloudflare(account: Account) -> Any:
    provider = importlib.import_module("octodns_cloudflare").CloudflareProvider
    return provider("peer", token=account.options["api_token"], api_url=account.options["endpoint"] + BASE)


def _route53(account: Account) -> Any:
    provider = importlib.import_module("octodns_route53").Route53Provider
    keys = {"access_key_id": account.options["access_key"], "secret_access_key": account.options["secret_key"]}
    return provider("peer", **keys)


def _ovh(account: Account) -> Any:
    keys = [account.options[name] for name in ("application_key", "application_secret", "consumer_key")]
    with mock.patch.dict(importlib.import_module("ovh").client.ENDPOINTS, {"ovh-eu": account.options["endpoint"]}):
        return importlib.import_module("octodns_ovh").OvhProvider("peer", "ovh-eu", *keys)


def _google(account: Account) -> Any:
    dns = importlib.import_module("google.cloud.dns")
    credentials = importlib.import_module("google.oauth2.service_account").Credentials.from_service_account_info(
        account.backend.account.key, scopes=["https://www.googleapis.com/auth/ndev.clouddns.readwrite"]
    )
    client = dns.Client(PROJECT, credentials, client_options={"api_endpoint": account.options["endpoint"]})
    provider = importlib.import_module("octodns_googlecloud").GoogleCloudProvider
    provider.CHANGE_LOOP_WAIT = 0
    with mock.patch.object(dns.Client, "from_service_account_json", lambda *dummy, **others: client):
        return provider("peer", project=PROJECT, credentials_file="key.json")


class _Signed:
    """A credential of Azure's packages that has a token already."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *dummy: str, **others: Any) -> Any:
        access_token = importlib.import_module("azure.core.credentials").AccessToken
        return access_token(self._token, int(time.time()) + 3600)


def _azure(account: Account) -> Any:
    provider = importlib.import_module("octodns_azure").AzureProvider(
        "peer", sub_id=account.options["subscription_id"], resource_group=GROUP
    )
    backend = account.backend
    provider._AzureBaseProvider__client_credential = _Signed(backend.simulator.token_for(backend.principal))
    return provider


def _powerdns(account: Account) -> Any:
    provider = importlib.import_module("octodns_powerdns").PowerDnsProvider
    return provider("peer", host="127.0.0.1", api_key=account.options["api_key"], port=account.port)


def _bind(account: Account) -> Any:
    provider = importlib.import_module("octodns_bind").Rfc2136Provider
    keys = {name: account.options[name] for name in ("key_name", "key_secret")}
    return provider("peer", account.options["server"], port=account.port, **keys)


OCTODNS_CLOUDFLARE = octodns(_cloudflare)
OCTODNS_ROUTE53 = octodns(_route53)
OCTODNS_GOOGLE = octodns(_google)
OCTODNS_AZURE = octodns(_azure)
OCTODNS_POWERDNS = octodns(_powerdns)
OCTODNS_BIND = octodns(_bind)


def octodns_ovh(account: Account, folder: Path) -> Act:
    """It takes a DKIM key for a record of OVH's own type DKIM, and would not find the old key in a TXT."""
    for record in account.service.zones[ZONE].records.values():
        if record["subDomain"].endswith("_domainkey"):
            record.update(fieldType="DKIM", target=text_of(record["target"]).decode())
    return octodns(_ovh)(account, folder)


# -- Ansible modules of others -----------------------------------------------------------------------------------------


def community_cloudflare(account: Account, folder: Path) -> Act:
    """A task for each value; the module has the address of production built in."""
    (folder / "authority").mkdir()
    routes = {"api.cloudflare.com": account.port}
    proxy = account.stack.enter_context(TlsProxy(CertificateAuthority(folder), routes))
    common = {"zone": ZONE, "api_token": account.options["api_token"]}
    tasks = []
    for owner, rdtype, ttl, values in new(ZONE):
        for value in values:
            record = {"record": owner[: -len(ZONE)].rstrip(".") or "@", "type": rdtype, "ttl": ttl, "value": value}
            if rdtype == "MX":
                priority, host = value.split()
                record.update(priority=int(priority), value=host.rstrip("."))
            else:
                record["solo"] = True
            module = {"community.general.cloudflare_dns": {**common, **record}}
            tasks.append({**module, "environment": proxy.environment()})
    return _playbook(account, folder, tasks, "community.general")


def amazon_route53(account: Account, folder: Path) -> Act:
    """A task for each record set."""
    keys = {"access_key": account.options["access_key"], "secret_key": account.options["secret_key"]}
    common = {"endpoint_url": account.options["endpoint"], **keys, "zone": ZONE, "state": "present", "overwrite": True}
    tasks = [
        {"amazon.aws.route53": {**common, "record": owner, "type": rdtype, "ttl": ttl, "value": list(values)}}
        for owner, rdtype, ttl, values in new(ZONE)
    ]
    return _playbook(account, folder, tasks, "amazon.aws")


def _playbook(account: Account, folder: Path, tasks: list[Any], collection: str) -> Act:
    collections = collections_path(collection)

    def act() -> None:
        found = {"ANSIBLE_COLLECTIONS_PATH": str(collections)}
        with mock.patch.dict(os.environ, {**account.environment, **found}):
            played = play(folder, tasks)
        if played.code:
            raise RuntimeError(played.output[-400:])

    return act
