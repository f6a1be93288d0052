#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: spf_record
short_description: Ensure mechanisms in the one SPF record of a domain
description:
  - Adds mechanisms such as O(include) and O(ip4) to the SPF record of O(domain), or creates the record if there is none
    (RFC 7208).
  - What others put into the record is kept as they wrote it, and so are the other TXT values at the name.
  - It never creates a second SPF record. It refuses two existing ones, a syntax error, and a change that needs more
    than ten DNS lookups, each with the reason.
  - A task needs at least O(domain) and O(include), and O(dns) with a provider. O(dns) has the options of all providers;
    you need only those of one.
options:
  domain:
    description: The domain behind the @ of the senders.
    type: str
    required: true
seealso:
  - module: postmaster.mail.domain_records
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.records.spf
  - postmaster.mail.dns
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: Let Odoo send mail for the domain
  postmaster.mail.spf_record:
    domain: company-name.com
    include: [_spf.odoo.com]
    dns: {provider: zone_file, directory: ./zones}

- name: Let your own relay send as well, and ask receivers to reject all others
  postmaster.mail.spf_record:
    domain: company-name.com
    ip4: [192.0.2.25, 198.51.100.0/24]
    all: fail
    dns: {provider: zone_file, directory: ./zones}

- name: Take Odoo out of the record again
  postmaster.mail.spf_record:
    domain: company-name.com
    include: [_spf.odoo.com]
    state: absent
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
from ansible_collections.postmaster.mail.plugins.module_utils.intents import spf


def main() -> None:
    module = dns_module({"domain": {"type": "str", "required": True}, **spf.OPTIONS})
    run_record_module(module, "domain", spf.intents)


if __name__ == "__main__":
    main()
