#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_record
short_description: Ensure one value of any record that a sending service asks for
description:
  - Ensures one value at a name, such as a verification TXT, a return-path CNAME or a CAA record.
  - The other values of the record set are not touched. A CNAME has only one value, so another one is replaced.
seealso:
  - module: postmaster.mail.domain_records
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.records.record
  - postmaster.mail.dns
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: The return path of a sending service
  postmaster.mail.dns_record:
    name: em123.company-name.com
    type: CNAME
    value: u123.wl.sendgrid.net
    dns: {provider: zone_file, directory: ./zones}

- name: A verification value, beside all other TXT values
  postmaster.mail.dns_record:
    name: company-name.com
    type: TXT
    value: brevo-code:0123456789abcdef0123456789abcdef
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

from collections.abc import Mapping
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.dns_module import dns_module, run_record_module
from ansible_collections.postmaster.mail.plugins.module_utils.intents import record
from ansible_collections.postmaster.mail.plugins.module_utils.zone.intent import Intent


def intents(name: str, options: Mapping[str, Any]) -> list[Intent]:
    return record.intents(options)


def main() -> None:
    run_record_module(dns_module(record.OPTIONS), "name", intents)


if __name__ == "__main__":
    main()
