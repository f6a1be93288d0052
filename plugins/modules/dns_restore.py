#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_restore
short_description: Restore what a write to a zone replaced
description:
  - Takes a file that a DNS module saved with O(dns.backup=true), and restores each record set in it to what it was
    before that write. No other record set is touched.
  - If someone has changed one of the record sets since, this is a conflict, and nothing is written.
options:
  path:
    description: The file, as returned in C(backup_files).
    type: path
    required: true
  force:
    description: With V(true), record sets that someone has changed since are restored too.
    type: bool
    default: false
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.dns
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: Undo the change of this morning
  postmaster.mail.dns_restore:
    path: .postmaster/backups/company-name.com.20261121T081500.000000Z.json
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

from ansible_collections.postmaster.mail.plugins.module_utils.dns_module import dns_module
from ansible_collections.postmaster.mail.plugins.module_utils.dns_restore import run_restore


def main() -> None:
    run_restore(dns_module({"path": {"type": "path", "required": True}, "force": {"type": "bool", "default": False}}))


if __name__ == "__main__":
    main()
