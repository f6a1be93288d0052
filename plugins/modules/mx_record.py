#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mx_record
short_description: Ensure the mail exchangers of a domain
description:
  - Ensures where mail for a domain or subdomain goes (RFC 5321), or that it accepts none (RFC 7505).
  - Other exchangers are a conflict, because mail would then go to two systems.
  - A task needs at least O(domain) and O(exchanges), and O(dns) with a provider. O(dns) has the options of all
    providers; you need only those of one.
options:
  domain:
    description: The domain or subdomain behind the @.
    type: str
    required: true
seealso:
  - module: postmaster.mail.domain_records
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.records.mx
  - postmaster.mail.dns
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: Let Odoo receive the mail of a subdomain
  postmaster.mail.mx_record:
    domain: mail.company-name.com
    exchanges: [{preference: 10, host: company.odoo.com}]
    dns: {provider: zone_file, directory: ./zones}

- name: Declare that a subdomain accepts no mail
  postmaster.mail.mx_record:
    domain: no-reply.company-name.com
    exchanges: [{preference: 0, host: .}]
    dns: {provider: zone_file, directory: ./zones}
"""

RETURN = r"""
left_alone:
  description: What differs from the options but was left as it is, one sentence each.
  returned: success
  type: list
  elements: str
  sample: []
zones:
  description: The zone that was read, and written if something changed.
  returned: success
  type: list
  elements: str
  sample: [company-name.com]
changes:
  description: The record sets that changed, or in check mode would change.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The owner name, without the final dot.
      type: str
      returned: always
    type:
      description: The record type.
      type: str
      returned: always
    before:
      description: The TTL in seconds and the values before; null if there was no such record set.
      type: dict
      returned: always
    after:
      description: The TTL in seconds and the values after; null if the record set is gone.
      type: dict
      returned: always
backup_files:
  description: The backup files, from which M(postmaster.mail.dns_restore) can restore what was replaced.
  returned: when something was written and O(dns.backup=true)
  type: list
  elements: str
manual:
  description: What to enter by hand, because someone else manages the DNS.
  returned: when O(dns.provider=manual) and something is missing
  type: dict
  contains:
    zone_file:
      description: The records as lines of a zone file.
      type: str
      returned: always
    records:
      description: The records one by one, field by field as in a web console.
      type: list
      elements: dict
      returned: always
"""

from ansible_collections.postmaster.mail.plugins.module_utils.dns_module import dns_module, run_record_module
from ansible_collections.postmaster.mail.plugins.module_utils.intents import mx


def main() -> None:
    module = dns_module({"domain": {"type": "str", "required": True}, **mx.OPTIONS})
    run_record_module(module, "domain", mx.intents)


if __name__ == "__main__":
    main()
