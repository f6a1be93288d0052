# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The companies of an Odoo database as hosts of an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: odoo_companies
author:
  - postmaster.mail contributors (@postmaster-mail)
short_description: The companies of an Odoo database, with the state of their mail set-up
version_added: 1.0.0
description:
  - Makes each company of an Odoo database a host, with its domain, its outgoing mail servers and the route of its mail,
    so that one pattern finds every company that has no domain of its own yet.
  - It reads with about nine calls, however many companies there are, and changes nothing. It works with Odoo 14 to 19,
    of which 15 and 16 were not tested. Up to Odoo 16 the one domain of the system parameters is that of every company.
  - The file must be called C(odoo_companies.yml) or end in C(.odoo_companies.yml), or C(.yaml).
  - The user needs the access right Administration, Settings (C(base.group_system)), and sees the companies that it may
    see in Odoo. Archived companies are left out.
notes:
  - With O(host_names=domain), a host has the name of the company's domain if no other company uses that. Else it has
    the name of the company in small plain letters, with hyphens between the words, and its number in Odoo, such as
    C(company-name-sa-12).
  - Each host is in one of the groups C(mail_setup_none), C(mail_setup_partial) and C(mail_setup_complete). The group
    C(mail_domain_company_name_com) has all companies of that domain, C(country_be) all of that country.
  - The set-up is C(none) if a company has no domain of its own, and no FROM filter has that of its email address.
    Odoo's own domains do not count. It is C(complete) if the company alone has the domain, and its mail leaves with a
    sender at it, not through a server that is meant for others. Everything in between is C(partial), and
    C(odoo_mail_setup_missing) says why. Odoo gives the first domain that is ever entered to all companies, so they may
    have to share one.
  - The variables of a host are C(odoo_company), C(odoo_company_id), C(odoo_company_email), C(odoo_country),
    C(odoo_country_code), C(odoo_version), C(odoo_mail_domain), C(odoo_mail_domain_companies) (how many use it),
    C(odoo_alias_domain) (C(id), C(name), C(priority), C(bounce_email), C(catchall_email), C(default_from_email)),
    C(odoo_outgoing_mail_servers) (those whose FROM filter has the domain, with C(id), C(name), C(host), C(priority),
    C(from_filter), and C(managed) if this collection made it), C(odoo_mail_route) (C(server), C(from_header),
    C(reply_to), C(envelope_sender), C(rewritten), C(rule), C(reason) and C(findings), as
    M(postmaster.mail.odoo_mail_route_info) has them, for a mail that the company sends as itself), C(odoo_mail_setup)
    and C(odoo_mail_setup_missing).
  - The plugin cannot read odoo.conf, so mail that the command line's server sends counts as allowed there.
  - The password and the API key are in no variable and not in the cache. The cache is kept for each database and user.
    If a rollout from the same machine has changed the database since, a warning says so.
  - Ansible treats an inventory that cannot be read as an empty one, with a warning. The setting
    C(any_unparsed_is_failed) in the section C(inventory) of ansible.cfg makes it an error.
requirements:
  - requests
  - dnspython >= 2.3
extends_documentation_fragment:
  - constructed
  - inventory_cache
options:
  plugin:
    description: Says that the file is for this plugin.
    type: str
    required: true
    choices: [postmaster.mail.odoo_companies]
  host_names:
    description:
      - What a host is named after. With V(domain), it gets another name when its company gets a domain, so that
        C(host_vars) and C(--limit) with the old name no longer match it.
      - With V(company), it always has the name of the company with its number, such as C(company-name-sa-12), as long
        as nobody renames the company. Set C(custom_domain_name) to C(odoo_mail_domain) then.
    type: str
    choices: [domain, company]
    default: domain
  odoo:
    description:
      - The Odoo database and its login. The module detects the version and the protocol.
      - Its values may be templates, such as a lookup, and encrypted with C(ansible-vault).
      - Options that are left out are read from the environment variables E(ODOO_URL), E(ODOO_DATABASE),
        E(ODOO_USERNAME), E(ODOO_PASSWORD) and E(ODOO_API_KEY).
    type: dict
    default: {}
    suboptions:
      url:
        description: The URL of Odoo, without a path. It must be given one way or the other.
        type: str
      database:
        description: The name of the database. It must be given one way or the other.
        type: str
      username:
        description: The login of the user. It is not needed with an API key of Odoo 19 or newer.
        type: str
      password:
        description: The password of the user.
        type: str
      api_key:
        description: An API key of the user, instead of the password. With Odoo 19 and newer, the module then uses
          JSON-2.
        type: str
      validate_certs:
        description: Whether the TLS certificate of Odoo must be valid.
        type: bool
        default: true
      ca_path:
        description: A file with the certificate authorities to trust instead of the system's own.
        type: path
      timeout:
        description: Seconds to wait for the answer to a request.
        type: int
        default: 60
      max_answer_size:
        description: The most megabytes that an answer may have. A larger one is refused.
        type: int
        default: 64
"""

EXAMPLES = r"""
# companies.odoo_companies.yml, with the database in ODOO_URL, ODOO_DATABASE, ODOO_USERNAME and ODOO_PASSWORD
plugin: postmaster.mail.odoo_companies

# List who has no domain yet with: ansible-inventory -i companies.odoo_companies.yml --graph mail_setup_none
---
# Name the database here, and cache its answer for an hour
plugin: postmaster.mail.odoo_companies
odoo:
  url: https://erp.example.net
  database: prod
  username: admin
  api_key: "{{ lookup('ansible.builtin.env', 'ERP_KEY') }}"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .cache/odoo
cache_timeout: 3600
---
# Add groups and variables, for a rollout of the companies that have a domain
plugin: postmaster.mail.odoo_companies
strict: true
compose:
  ansible_connection: "'local'"
  custom_domain_companies: "[odoo_company]"
  custom_domain_name: odoo_mail_domain
groups:
  custom_domains: odoo_mail_domain_companies == 1
  unfinished: odoo_mail_setup == 'partial'
host_names: company
keyed_groups:
  - key: odoo_mail_route.rule | default('no_route')
    prefix: leaves_by
"""

import hashlib
import re
import time
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.text.converters import to_text
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import connection_options
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.company_hosts import read_company_hosts
from ansible_collections.postmaster.mail.plugins.module_utils.printable import printable
from ansible_collections.postmaster.mail.plugins.plugin_utils import last_rollout

try:
    from ansible.template import trust_as_template
except ImportError:
    # before 2.19 every text is a template unless it is marked

    def trust_as_template(value: str) -> str:
        return value


_TEMPLATE = re.compile(r"\{[{%#]")
_FILES = ("odoo_companies.yml", "odoo_companies.yaml")
_Hosts = list[dict[str, Any]]


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    NAME = "postmaster.mail.odoo_companies"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path)) and path.endswith(_FILES)

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        connection = self._connection()
        for host in self._hosts(connection, path, cache):
            self._add(host)

    def _connection(self) -> dict[str, Any]:
        """The modules' option ``odoo``, with the same checks and fallbacks."""
        given = self.get_option("odoo") or {}
        checked = ArgumentSpecValidator(connection_options()).validate(
            {"odoo": {name: self._value(value) for name, value in given.items()}}
        )
        if checked.error_messages:
            raise AnsibleParserError(f"The option odoo is not valid: {checked.error_messages[0]}.")
        connection: dict[str, Any] = checked.validated_parameters["odoo"]
        return connection

    def _value(self, value: Any) -> Any:
        """Render a template, or decrypt an encrypted value."""
        if value is None or isinstance(value, (bool, int)):
            return value
        return self.templar.template(value) if self.templar.is_template(value) else to_text(value)

    def _key(self, path: str, connection: dict[str, Any]) -> str:
        """A cache key that also distinguishes databases, though the file is the same."""
        who = "\0".join(str(connection.get(name)) for name in ("url", "database", "username"))
        return f"{self.get_cache_key(path)}_{hashlib.sha256(who.encode()).hexdigest()[:12]}"

    def _hosts(self, connection: dict[str, Any], path: str, cache: bool) -> _Hosts:
        keeps, key = self.get_option("cache"), self._key(path, connection)
        if keeps and cache and key in self._cache:
            cached: dict[str, Any] = self._cache[key]
            if last_rollout.when(connection) > cached["read_at"]:
                self.display.warning(
                    f"The cache of {path} is older than the last rollout to the database {connection['database']}, so "
                    "it shows the companies as they were before it. Run with --flush-cache."
                )
            return list(cached["hosts"])
        read_at = time.time()
        hosts = self._read(connection)
        if keeps:
            self._cache[key] = {"read_at": read_at, "hosts": hosts}
        return hosts

    def _read(self, connection: dict[str, Any]) -> _Hosts:
        try:
            return read_company_hosts(Odoo.connect(connection))
        except ImportError as error:
            raise AnsibleParserError(
                f"The Python package {error.name} is missing in the Python that runs ansible: install requests and "
                "dnspython there."
            ) from None
        except PostmasterError as error:
            raise AnsibleParserError(printable(str(error))) from None

    def _add(self, host: dict[str, Any]) -> None:
        lasting = self.get_option("host_names") == "company"
        name = self.inventory.add_host(host["company_name" if lasting else "name"])
        variables = {key: _as_data(value) for key, value in host["variables"].items()}
        for key, value in variables.items():
            self.inventory.set_variable(name, key, value)
        for group in host["groups"]:
            self.inventory.add_host(name, self.inventory.add_group(self._sanitize_group_name(group)))
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)


def _as_data(value: Any) -> Any:
    """Text that people typed into Odoo is never a template: what looks like one is marked, the rest stays plain."""
    if isinstance(value, dict):
        return {key: _as_data(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_as_data(one) for one in value]
    if not isinstance(value, str):
        return value
    return wrap_var(value) if _TEMPLATE.search(value) else trust_as_template(value)
