# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of each provider below ``dns``.

They are separate from the providers, because a module has the options of all but loads only one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

TSIG_ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1", "hmac-md5")

OVH_REGIONS = {
    "ovh-eu": "https://eu.api.ovh.com/1.0",
    "ovh-ca": "https://ca.api.ovh.com/1.0",
    "ovh-us": "https://api.us.ovhcloud.com/1.0",
}


class Options(NamedTuple):
    """``options`` as an Ansible argument spec, and those that are required.

    Options that several providers share have the same definition in each. ``environment``: the variables for options
    that are not set. They are not fallbacks of the argument spec, because a shared option has different variables for
    each vendor.
    """

    options: Mapping[str, Any] = {}
    required: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}


# In the order in which messages list them.
OPTIONS: dict[str, Options] = {
    "zone_file": Options(
        {
            "directory": {"type": "path"},
            "file": {"type": "path"},
            "include_directory": {"type": "path"},
            "validate": {"type": "str"},
            "reload": {"type": "str"},
        },
    ),
    "rfc2136": Options(
        {
            "server": {"type": "str"},
            "port": {"type": "int"},
            "key_name": {"type": "str", "no_log": False},
            "key_secret": {"type": "str", "no_log": True},
            "key_algorithm": {"type": "str", "no_log": False, "choices": list(TSIG_ALGORITHMS)},
        },
        required=("server",),
        environment={"key_secret": "RFC2136_TSIG_SECRET"},
    ),
    "powerdns": Options(
        {
            "api_key": {"type": "str", "no_log": True},
            "server_id": {"type": "str"},
        },
        required=("endpoint", "api_key"),
        environment={"api_key": "PDNS_API_KEY"},
    ),
    "cloudflare": Options(
        {
            "api_token": {"type": "str", "no_log": True},
            "account_id": {"type": "str"},
        },
        required=("api_token",),
        environment={
            "api_token": "CLOUDFLARE_API_TOKEN",
            "account_id": "CLOUDFLARE_ACCOUNT_ID",
        },
    ),
    "route53": Options(
        {
            "access_key": {"type": "str", "no_log": False},
            "secret_key": {"type": "str", "no_log": True},
            "session_token": {"type": "str", "no_log": True},
            "profile": {"type": "str"},
            "zone_id": {"type": "str"},
            "private_zone": {"type": "bool"},
            "wait_insync": {"type": "bool"},
        },
    ),
    "ovh": Options(
        {
            "application_key": {"type": "str", "no_log": True},
            "application_secret": {"type": "str", "no_log": True},
            "consumer_key": {"type": "str", "no_log": True},
            "region": {"type": "str", "choices": list(OVH_REGIONS)},
        },
        required=("application_key", "application_secret", "consumer_key"),
        environment={
            "application_key": "OVH_APPLICATION_KEY",
            "application_secret": "OVH_APPLICATION_SECRET",
            "consumer_key": "OVH_CONSUMER_KEY",
            "region": "OVH_ENDPOINT",
        },
    ),
    "google_cloud_dns": Options(
        {
            "project": {"type": "str"},
            "service_account_json": {"type": "json", "no_log": True},
            "service_account_file": {"type": "path"},
            "private_zone": {"type": "bool"},
            "zone_id": {"type": "str"},
        },
        environment={
            "project": "GOOGLE_CLOUD_PROJECT",
            "service_account_file": "GOOGLE_APPLICATION_CREDENTIALS",
        },
    ),
    "godaddy": Options(
        {
            "api_key": {"type": "str", "no_log": True},
            "api_secret": {"type": "str", "no_log": True},
            "access_token": {"type": "str", "no_log": True},
        },
        environment={
            "api_key": "GODADDY_API_KEY",
            "api_secret": "GODADDY_API_SECRET",
            "access_token": "GODADDY_PAT",
        },
    ),
    "azure_dns": Options(
        {
            "subscription_id": {"type": "str"},
            "resource_group": {"type": "str"},
            "tenant_id": {"type": "str"},
            "client_id": {"type": "str"},
            "client_secret": {"type": "str", "no_log": True},
            "authority": {"type": "str"},
        },
        required=("subscription_id",),
        environment={
            "subscription_id": "AZURE_SUBSCRIPTION_ID",
            "tenant_id": "AZURE_TENANT_ID",
            "client_id": "AZURE_CLIENT_ID",
            "client_secret": "AZURE_CLIENT_SECRET",
            "authority": "AZURE_AUTHORITY_HOST",
        },
    ),
    "namecheap": Options(
        {
            "api_user": {"type": "str"},
            "api_key": {"type": "str", "no_log": True},
            "username": {"type": "str"},
            "client_ip": {"type": "str"},
            "delete_host_records": {"type": "bool"},
        },
        required=("api_user", "api_key", "client_ip"),
        environment={
            "api_user": "NAMECHEAP_API_USER",
            "api_key": "NAMECHEAP_API_KEY",
            "username": "NAMECHEAP_USERNAME",
            "client_ip": "NAMECHEAP_CLIENT_IP",
        },
    ),
    "manual": Options(),
}
