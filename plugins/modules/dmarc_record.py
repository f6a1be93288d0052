#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dmarc_record
short_description: Ensure a DMARC policy that is at least as strict as stated
description:
  - Creates the DMARC record of a domain, or merges your options into the existing one (RFC 9989).
  - A stricter policy is kept and reported in RV(left_alone). Report addresses are added to the existing ones.
  - A report address in another domain needs a record in that domain (RFC 9990). It is created if the same account holds
    the zone; otherwise a warning names it.
  - A task needs at least O(domain) and O(policy), and O(dns) with a provider. O(dns) has the options of all providers;
    you need only those of one.
options:
  domain:
    description: The domain behind the @ of the From address.
    type: str
    required: true
seealso:
  - module: postmaster.mail.domain_records
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.records.dmarc
  - postmaster.mail.dns
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: Start with reports only
  postmaster.mail.dmarc_record:
    domain: company-name.com
    policy: none
    aggregate_reports: [mailto:dmarc@company-name.com]
    dns: {provider: zone_file, directory: ./zones}

- name: Tighten once all senders are aligned
  postmaster.mail.dmarc_record:
    domain: company-name.com
    policy: quarantine
    nonexistent_policy: reject
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
from ansible_collections.postmaster.mail.plugins.module_utils.intents import dmarc


def main() -> None:
    module = dns_module({"domain": {"type": "str", "required": True}, **dmarc.OPTIONS})
    run_record_module(module, "domain", dmarc.intents)


if __name__ == "__main__":
    main()
