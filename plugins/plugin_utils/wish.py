# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host of the role custom_domain wants, from its variables. Pure: no I/O, no Ansible."""

from __future__ import annotations

import os.path
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.plugin_utils import incoming_wish
from ansible_collections.postmaster.mail.plugins.plugin_utils.preflight_wish import (
    called,
    describe_services,
    expected_senders,
    is_server,
    proof,
    without_secrets,
)

# The variables of the role; the prefix and these names are its public interface.
VARIABLES = (
    "custom_domain_name",
    "custom_domain_companies",
    "custom_domain_senders",
    "custom_domain_dmarc",
    "custom_domain_spf",
    "custom_domain_mx",
    "custom_domain_records",
    "custom_domain_dns",
    "custom_domain_zone",
    "custom_domain_ttl",
    "custom_domain_nameservers",
    "custom_domain_run_on",
    "custom_domain_wait",
    "custom_domain_odoo",
    "custom_domain_odoo_command_line",
    "custom_domain_alias_domain",
    "custom_domain_single_sender",
    *incoming_wish.VARIABLES,
    "custom_domain_mail_settings",
    "custom_domain_allow_neutralized",
    "custom_domain_install_modules",
    "custom_domain_gate",
    "custom_domain_partners",
    "custom_domain_test_mailbox",
)
# The playbooks have one of their own.
_OTHER_VARIABLES = ("custom_domain_hosts",)

# What a service fills in where the sender itself says nothing.
SERVICES: Mapping[str, Mapping[str, Any]] = {
    "odoo": {
        "spf": {"include": ["_spf.odoo.com"]},
        "dkim": [{"selector": "odoo", "cname": "odoo._domainkey.odoo.com"}],
        # bounce@<database>.odoo.com
        "return_path": "odoo.com",
    },
}

_SPF_TERMS = ("include", "ip4", "ip6", "a", "mx", "exists")
_SERVER_OPTIONS = (
    "id",
    "host",
    "port",
    "encryption",
    "verify_certificate",
    "authentication",
    "username",
    "password",
    "client_certificate",
    "client_private_key",
    "max_email_size",
    "debug",
    "adopt",
    "test_connection",
    "state",
)
_PATHS = ("directory", "file", "backup_directory", "ca_path")
# Servers for mass mailings stand behind all others, as a mailing chooses its server.
_MASS_MAILING_PRIORITY = 1000


class Refused(Exception):
    """The variables of a host cannot be carried out; the text is the whole message."""


def collect(host: str, variables: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """The wish of a host: its part of the input of the modules domain_records, domain_info and odoo_mail.

    ``folder``: what relative paths of this machine are relative to. Never raises: what is wrong stands in ``refused``,
    so that the host, and no other, can say it. Holds secrets.
    """
    domain = str(_value(variables, "name") or host).strip().rstrip(".")
    partners = _texts(_value(variables, "partners"))
    wish: dict[str, Any] = {
        "host": host,
        "domain": domain,
        "run_on": str(_value(variables, "run_on") or "localhost"),
        "nameservers": _texts(_value(variables, "nameservers")),
        "wait": {"timeout": 600, "interval": 10, **_given(_value(variables, "wait"))},
        "gate": str(_value(variables, "gate") or "enforce"),
        "partners": partners,
        "partner_domains": [{"domain": partner.rpartition("@")[2]} for partner in partners],
        "proof": {},
        "database": "",
        "command_line": _given(_value(variables, "odoo_command_line")),
        "refused": "",
    }
    wish["place"] = _place(wish)
    wish["dns"] = _account(_value(variables, "dns"), folder if wish["run_on"] == "localhost" else "")
    try:
        arriving = incoming_wish.collect(host, domain, variables)
        if arriving.refused:
            raise Refused(arriving.refused)
        if arriving.mx:
            variables = {**variables, "custom_domain_mx": arriving.mx}
        senders = [_sender(sender, number) for number, sender in enumerate(_dicts(variables, "senders"), start=1)]
        wish["expected"] = _records(domain, senders, variables)
        services = describe_services(domain, senders, str(wish["command_line"].get("smtp_server", "")))
        wish["expects"] = len(wish["expected"]) > 1  # anything of DNS but that the domain is there
        wish["looked_at"] = {**wish["expected"], "senders": expected_senders(services, senders)}
        wish["records"] = {**wish["expected"], "dns": wish["dns"]}
        wish["preflight"] = {
            "host": host,
            "domain": domain,
            "companies": _texts(_value(variables, "companies")),
            "services": services,
            "knows_from_filter": "from_filter" in wish["command_line"],
        }
        if _value(variables, "zone"):
            wish["records"]["zone"] = _value(variables, "zone")
        wish.update(_odoo(host, domain, senders, variables, folder))
        arriving.fill(wish)
    except Refused as refused:
        wish["refused"] = f"{domain}: {refused}"
    return wish


def unknown_variables(names: Iterable[str]) -> list[str]:
    """Those that look like a variable of the role and are none: probably misspelt."""
    known = {*VARIABLES, *_OTHER_VARIABLES}
    return sorted(name for name in names if name.startswith("custom_domain_") and name not in known)


def _place(wish: Mapping[str, Any]) -> str:
    """What the hosts of one call have in common: where it runs, and whom it asks."""
    asked = ", ".join(wish["nameservers"])
    return f"{wish['run_on']}, asking {asked}" if asked else str(wish["run_on"])


def _sender(sender: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A sender with what its service fills in, and a name."""
    given = _given(sender)
    service = given.pop("service", None)
    if service is not None and service not in SERVICES:
        raise Refused(
            f"the service {service!r} of a sender is not known to this release, which knows {', '.join(SERVICES)}. "
            "Give the sender in full instead: name, host, port, encryption, username and password for Odoo, and "
            "spf, dkim and records for DNS."
        )
    full = {**(SERVICES[service] if service else {}), **given}
    if not any(full.get(part) for part in ("host", "id", "spf", "dkim", "records")) and not is_server(full):
        raise Refused(
            f"sender {number} says nothing of what it needs. Give a service ({', '.join(SERVICES)}), "
            "or a host, spf, dkim or records."
        )
    return {**full, "service": service} if service else full


def _account(options: Any, folder: str) -> dict[str, Any]:
    """The dns option; backups are kept beside the inventory if nothing else is said."""
    account = _given(options)
    if _true(account.get("backup")) and folder:
        account.setdefault("backup_directory", "postmaster-backups")
    return _absolute(account, folder)


def _absolute(options: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Options with paths of this machine as whole paths: a module runs in the folder of the playbook, not of the user.

    Without a folder, the paths are those of another machine, and stay as they are.
    """
    absolute = dict(options)
    for name in _PATHS if folder else ():
        path = absolute.get(name)
        if isinstance(path, str) and path and not path.startswith(("/", "~", "$")):
            absolute[name] = os.path.normpath(os.path.join(folder, path))
    return absolute


# -- DNS --------------------------------------------------------------------------------------------------------------


def _records(domain: str, senders: Sequence[Mapping[str, Any]], variables: Mapping[str, Any]) -> dict[str, Any]:
    """What domain_records and domain_info take for this domain, without the account."""
    ttl = _value(variables, "ttl")
    parts: dict[str, Any] = {
        "spf": _spf([_given(_value(variables, "spf")), *(_given(sender.get("spf")) for sender in senders)]),
        "dkim": _once(selector for sender in senders for selector in _listed(sender.get("dkim"))),
        "dmarc": _given(_value(variables, "dmarc")),
        "mx": _given(_value(variables, "mx")),
        "records": _once(
            [
                *_listed(_value(variables, "records")),
                *(record for sender in senders for record in _listed(sender.get("records"))),
            ]
        ),
    }
    return {"domain": domain, **{name: _with_ttl(part, ttl) for name, part in parts.items() if part}}


def _spf(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One record for all senders. What is no term, such as ``all``, is said by the domain's own part, the first."""
    merged: dict[str, Any] = {}
    for term in _SPF_TERMS:
        values = _once(value for part in parts for value in _texts(part.get(term)))
        if values:
            merged[term] = values
    merged.update({option: value for option, value in parts[0].items() if option not in _SPF_TERMS})
    return merged


def _with_ttl(part: Any, ttl: Any) -> Any:
    if ttl is None:
        return part
    if isinstance(part, list):
        return [_with_ttl(one, ttl) for one in part]
    return {"ttl": ttl, **part}


# -- Odoo -------------------------------------------------------------------------------------------------------------


def _odoo(
    host: str, domain: str, senders: Sequence[Mapping[str, Any]], variables: Mapping[str, Any], folder: str
) -> dict[str, Any]:
    """The part of odoo_mail; nothing if the host names no Odoo."""
    odoo = _absolute(_given(_value(variables, "odoo")), folder)
    if not odoo:
        return {}
    if "@" in str(odoo.get("url", "")):
        # the address is shown, as the name of the database
        raise Refused(
            "custom_domain_odoo.url holds an at sign: give the address alone, and username and password apart."
        )
    allowed = _true(_value(variables, "allow_neutralized"))
    installs = _true(_value(variables, "install_modules"))
    single = _single_sender(domain, senders, variables)
    alias_domain = {
        **_given(_value(variables, "alias_domain")),
        "name": domain,
        "companies": _texts(_value(variables, "companies")),
        "owner": host,
    }
    if single:
        alias_domain.update(default_from=single, override_all_senders=True)
    servers = _servers(host, domain, senders, [single] if single else [domain])
    settings = _settings(host, domain, senders, variables)
    return {
        "odoo": odoo,
        "database": _database(odoo, allowed, installs),
        "allow_neutralized": allowed,
        "install_modules": installs,
        "alias_domain": alias_domain,
        "servers": servers,
        "ahead": {"servers": without_secrets(servers), "settings": without_secrets(settings)},
        "proof": proof(domain, alias_domain, _given(_value(variables, "test_mailbox"))),
        "settings": settings,
    }


def _database(odoo: Mapping[str, Any], allow_neutralized: bool, install_modules: bool) -> str:
    """What the hosts of one call have in common, as people know it."""
    name = f"{odoo.get('database', 'the database')} at {odoo.get('url', 'Odoo')}"
    user = f" as {odoo['username']}" if odoo.get("username") else ""
    allowed = f"{', also if neutralised' if allow_neutralized else ''}{', with modules' if install_modules else ''}"
    return f"{name}{user}{allowed}"


def _single_sender(domain: str, senders: Sequence[Mapping[str, Any]], variables: Mapping[str, Any]) -> str:
    """The one address from which all mail is to leave, empty if there is none."""
    address = str(_value(variables, "single_sender") or "").strip()
    if not address:
        return ""
    name, at_sign, of = address.rpartition("@")
    if not name or not at_sign or of.lower().rstrip(".") != domain.lower():
        raise Refused(
            f"custom_domain_single_sender is {address!r}, and must be an address of the domain, such as "
            f"notifications@{domain}."
        )
    other = _given(_value(variables, "alias_domain")).get("default_from")
    if other is not None and other != address:
        raise Refused(
            f"custom_domain_single_sender is {address}, and custom_domain_alias_domain.default_from is {other}: "
            "leave out one of them."
        )
    for sender in senders:
        given = sender.get("from_filter")
        if is_server(sender) and given is not None and _texts(given) != [address]:
            raise Refused(
                f"custom_domain_single_sender is {address}, which is then the only FROM filter, and the sender "
                f"{called(sender)} has a from_filter of its own: leave out one of them."
            )
    return address


def _settings(
    host: str, domain: str, senders: Sequence[Mapping[str, Any]], variables: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What is stated for the whole database, and the server that is to be the one for mass mailing."""
    settings = _given(_value(variables, "mail_settings"))
    mailing = [sender for sender in senders if _sends_mailings(sender)]
    if mailing:
        # of several, the one that is marked, or else the first
        chosen = next((sender for sender in mailing if _true(sender.get("default"))), mailing[0])
        settings["mass_mailing_server"] = _server_name(domain, chosen)
        settings["mass_mailing_default"] = _true(chosen.get("default"))
    return [{**settings, "owner": host}] if settings else []


def _sends_mailings(sender: Mapping[str, Any]) -> bool:
    present = sender.get("state", "present") == "present"
    return is_server(sender) and sender.get("use") == "mass_mailing" and present


def _server_name(domain: str, sender: Mapping[str, Any]) -> str:
    """Odoo's servers are of all companies, so their names tell whose they are."""
    return f"{domain} - {called(sender)}"


def _servers(
    host: str, domain: str, senders: Sequence[Mapping[str, Any]], from_filter: Sequence[str]
) -> list[dict[str, Any]]:
    servers: list[dict[str, Any]] = []
    for number, sender in enumerate((sender for sender in senders if is_server(sender)), start=1):
        server = {option: sender[option] for option in _SERVER_OPTIONS if option in sender}
        server["name"] = _server_name(domain, sender)
        server["from_filter"] = _texts(sender.get("from_filter", from_filter))
        if sender.get("use") == "mass_mailing":
            server["priority"] = _MASS_MAILING_PRIORITY + number
        if sender.get("priority") is not None:
            server["priority"] = sender["priority"]
        server["owner"] = host
        servers.append(server)
    return servers


# -- values -----------------------------------------------------------------------------------------------------------


def _value(variables: Mapping[str, Any], name: str) -> Any:
    return variables.get(f"custom_domain_{name}")


def _given(options: Any) -> dict[str, Any]:
    """The options that are set."""
    return {key: value for key, value in (options or {}).items() if value is not None}


def _dicts(variables: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [dict(entry) for entry in _value(variables, name) or []]


def _listed(entries: Any) -> list[dict[str, Any]]:
    return [_given(entry) for entry in entries or []]


def _texts(value: Any) -> list[str]:
    """A list of texts; Ansible takes one text with commas for a list, too."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [str(part) for part in value]


def _once(values: Iterable[Any]) -> list[Any]:
    """Each value once, in order. Two senders may need the same record."""
    found: list[Any] = []
    for value in values:
        if value not in found:
            found.append(value)
    return found


def _true(value: Any) -> bool:
    return str(value).strip().lower() in ("true", "yes", "on", "1", "y", "t")
