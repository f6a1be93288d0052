# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host wants in Odoo, as input of odoo_mail. Pure: no I/O, no Ansible."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo import options as odoo_options
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.http import base_url
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.outgoing.checks import checked_host, checked_port

from .incoming import Incoming
from .sender import Refused, Sender
from .values import completed, is_true, stated, texts

# Servers for mass mailings come last, because a mailing selects its server.
_MASS_MAILING_PRIORITY = 1000
_USUAL_DEFAULT_FROM = "notifications"  # Odoo's own default


@dataclass(frozen=True)
class DesiredOdoo:
    """One host's part of a database. ``connection``: the modules' option ``odoo``."""

    connection: Mapping[str, Any]
    alias_domain: Mapping[str, Any]
    servers: Sequence[Mapping[str, Any]] = ()
    incoming_servers: Sequence[Mapping[str, Any]] = ()
    settings: Sequence[Mapping[str, Any]] = ()
    allow_neutralized: bool = False
    install_modules: bool = False

    @property
    def database(self) -> str:
        """The database in words."""
        name = f"{self.connection.get('database', 'the database')} at {self.connection.get('url', 'Odoo')}"
        return f"{name} as {self.connection['username']}" if self.connection.get("username") else name

    @property
    def login(self) -> tuple[object, ...]:
        """What identifies a login to one database, so that its hosts share it."""
        account = tuple(sorted((name, str(value)) for name, value in self.connection.items()))
        return (account, self.allow_neutralized, self.install_modules)


def desired_odoo(
    host: str,
    domain: str,
    senders: Sequence[Sender],
    companies: Sequence[str],
    connection: Mapping[str, Any],
    arriving: Incoming,
    variables: Mapping[str, Any],
) -> DesiredOdoo:
    """Raises Refused."""
    _check(connection, senders, arriving, stated(variables.get("custom_domain_test_mailbox")))
    single = _single_sender(domain, senders, variables)
    alias_domain = {
        **stated(variables.get("custom_domain_alias_domain")),
        "name": domain,
        "companies": list(companies),
        "owner": host,
    }
    if single:
        alias_domain.update(default_from=single, override_all_senders=True)
    if arriving.redirect_to:
        alias_domain["redirect_to"] = arriving.redirect_to
    specs = {name: option["options"] for name, option in odoo_options.batch_options().items() if "options" in option}
    _check_mailboxes(domain, senders, single, variables)
    _check_registered(domain, senders, variables)
    servers = _servers(host, senders, [single] if single else [domain])
    _refuse_equals(servers)
    return DesiredOdoo(
        connection=connection,
        alias_domain=completed(specs["alias_domains"], alias_domain),
        servers=[completed(specs["outgoing_mail_servers"], server) for server in servers],
        incoming_servers=[completed(specs["incoming_mail_servers"], server) for server in arriving.servers],
        settings=[completed(specs["settings"], one) for one in _settings(host, senders, variables)],
        allow_neutralized=is_true(variables.get("custom_domain_allow_neutralized")),
        install_modules=is_true(variables.get("custom_domain_install_modules")),
    )


def _check(
    connection: Mapping[str, Any], senders: Sequence[Sender], arriving: Incoming, mailbox: Mapping[str, Any]
) -> None:
    """Refuse what no version of Odoo accepts, before anything is done in DNS."""
    if "@" in str(connection.get("url", "")):
        # the URL is shown as the name of the database
        raise Refused(
            "custom_domain_odoo.url contains an at sign: write only the URL, and give username and password separately."
        )
    servers = [
        *((f"custom_domain_senders, {sender.label}", sender.options) for sender in senders if sender.is_server),
        *((f"custom_domain_incoming_servers, {one['name']}", one) for one in arriving.servers),
        ("custom_domain_test_mailbox", mailbox),
    ]
    _refuse("custom_domain_odoo", lambda: base_url(connection.get("url")))
    for where, server in servers:
        if server.get("host") is not None:
            _refuse(where, functools.partial(checked_host, str(server["host"])))
        if server.get("port") is not None:
            _refuse(where, functools.partial(checked_port, int(server["port"])))


def _refuse(where: str, check: Callable[[], object]) -> None:
    try:
        check()
    except PostmasterError as error:
        raise Refused(f"{where}: {error}") from None


def _single_sender(domain: str, senders: Sequence[Sender], variables: Mapping[str, Any]) -> str:
    """The only address that all mail is to leave from; empty if there is none."""
    address = str(variables.get("custom_domain_single_sender") or "").strip()
    if not address:
        return ""
    name, at_sign, of = address.rpartition("@")
    if not name or not at_sign or of.lower().rstrip(".") != domain.lower():
        raise Refused(
            f"custom_domain_single_sender is {address!r}, but must be an address of the domain, such as "
            f"notifications@{domain}."
        )
    other = stated(variables.get("custom_domain_alias_domain")).get("default_from")
    if other is not None and other != address:
        raise Refused(
            f"custom_domain_single_sender is {address}, but custom_domain_alias_domain.default_from is {other}: leave "
            "out one of them."
        )
    for sender in senders:
        given = sender.options.get("from_filter")
        if sender.is_server and given is not None and [part.lower() for part in texts(given)] != [address.lower()]:
            raise Refused(
                f"custom_domain_single_sender is {address}, which is then the only FROM filter, but the sender "
                f"{sender.name} has a from_filter of its own: leave out one of them."
            )
    return address


def _check_mailboxes(domain: str, senders: Sequence[Sender], single: str, variables: Mapping[str, Any]) -> None:
    """If all mail leaves through mailboxes, the sender that Odoo uses for other addresses must be one of theirs."""
    active = [sender for sender in senders if sender.is_active and not sender.for_mailings]
    if not active or not all(sender.is_mailbox for sender in active):
        return
    stated_default = stated(variables.get("custom_domain_alias_domain")).get("default_from")
    default = single or str(stated_default or _USUAL_DEFAULT_FROM)
    address = default if "@" in default else f"{default}@{domain}"
    known = [part for sender in active for part in texts(sender.options.get("from_filter"))]
    if known and address.lower() not in (part.lower() for part in known):
        raise Refused(
            f"{active[0].name} sends only as {known[0]}, and the default From of the alias domain would be {address}, "
            f"which it refuses: set custom_domain_single_sender: {known[0]}, so that all mail leaves as that address."
        )


def _check_registered(domain: str, senders: Sequence[Sender], variables: Mapping[str, Any]) -> None:
    """The sender that Odoo uses for other addresses must be in the domain that the host registers."""
    default = str(stated(variables.get("custom_domain_alias_domain")).get("default_from") or "")
    of = default.rpartition("@")[2].lower().rstrip(".")
    active = [sender for sender in senders if sender.is_active and not sender.for_mailings]
    if not active or any(sender.registration is None for sender in active):
        return
    if "@" in default and not f".{of}".endswith(f".{domain.lower()}"):
        raise Refused(
            f"{active[0].name} refuses a From of a domain that is not registered in the same account and region, "
            f"and custom_domain_alias_domain.default_from is {default}: give an address of {domain}."
        )


def _refuse_equals(servers: Sequence[Mapping[str, Any]]) -> None:
    """Refuse two servers for the same mail without a stated order."""
    seen: dict[object, str] = {}
    for server in servers:
        if server.get("priority") is None or server.get("state", "present") != "present":
            continue
        key = frozenset(part.lower() for part in server["from_filter"]), int(server["priority"])
        if key in seen:
            raise Refused(
                f"{seen[key]} and {server['name']} have the same FROM filter ({', '.join(server['from_filter'])}) and "
                f"the same priority {server['priority']}, so Odoo would use either of them: give one of them a "
                "different priority."
            )
        seen[key] = str(server["name"])


def _settings(host: str, senders: Sequence[Sender], variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is stated for the whole database, and the server that is to be the one for mass mailing."""
    settings = stated(variables.get("custom_domain_mail_settings"))
    mailing = [sender for sender in senders if sender.for_mailings and sender.is_active]
    if mailing:
        # of several, the one that is marked, or else the first
        chosen = next((sender for sender in mailing if is_true(sender.options.get("default"))), mailing[0])
        settings["mass_mailing_server"] = chosen.server_name
        settings["mass_mailing_default"] = is_true(chosen.options.get("default"))
    return [{**settings, "owner": host}] if settings else []


def _servers(host: str, senders: Sequence[Sender], from_filter: Sequence[str]) -> list[dict[str, Any]]:
    known = odoo_options.outgoing_mail_server_options()
    servers: list[dict[str, Any]] = []
    for number, sender in enumerate((sender for sender in senders if sender.is_server), start=1):
        server = {option: value for option, value in sender.options.items() if option in known}
        server["name"] = sender.server_name
        server["from_filter"] = texts(sender.options.get("from_filter", from_filter))
        if sender.for_mailings:
            server.setdefault("priority", _MASS_MAILING_PRIORITY + number)
        servers.append({**server, "owner": host})
    return servers
