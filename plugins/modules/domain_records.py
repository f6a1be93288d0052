#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_records
short_description: Ensure all mail records of many domains in one call
description:
  - Does the work of M(postmaster.mail.spf_record), M(postmaster.mail.dkim_record), M(postmaster.mail.dmarc_record),
    M(postmaster.mail.mx_record) and M(postmaster.mail.dns_record) for any number of domains, at any number of DNS
    providers. Each zone is read once, and written once if something changes.
  - A domain that fails is listed in RV(failed_domains), with the reason in RV(domains). Nothing is written for it, and
    the other domains go on. The module itself fails only if it could not try anything at all. To fail the task, test
    RV(failed_domains).
options:
  parallel:
    description: How many zones to work on at once.
    type: int
    default: 16
  list_changes:
    description: With V(true), RV(domains.changes) lists the changes of each domain as data, in the form of
      O(domains[].approved_changes).
    type: bool
    default: false
seealso:
  - module: postmaster.mail.domain_info
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.domain_batch
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: The records of two companies that send from Odoo
  postmaster.mail.domain_records:
    dns: {provider: zone_file, directory: ./zones}
    domains:
      - domain: company-name.com
        spf: {include: [_spf.odoo.com]}
        dkim: [{selector: odoo, cname: odoo._domainkey.odoo.com}]
        dmarc: {policy: none, aggregate_reports: [mailto:dmarc@company-name.com]}
      - domain: other-company.com
        spf: {include: [_spf.odoo.com], ip4: [192.0.2.25]}
        dkim: [{selector: odoo, cname: odoo._domainkey.odoo.com}]
        dmarc: {policy: quarantine}
        mx: {exchanges: [{preference: 10, host: mx.other-company.com}]}
        records: [{name: em123.other-company.com, type: CNAME, value: u123.wl.sendgrid.net}]
  register: published
  failed_when: published.failed_domains | default([]) | length > 0
"""

RETURN = r"""
domains:
  description: The result for each domain, by the name that you gave.
  returned: success
  type: dict
  contains:
    changed:
      description: Whether something changed, or in check mode would change.
      type: bool
      returned: always
    failed:
      description: Whether the domain failed. The other domains are not affected.
      type: bool
      returned: always
    msg:
      description: Why the domain failed; empty if it did not.
      type: str
      returned: always
    diff:
      description: The changes, for people to read.
      type: str
      returned: when the domain changed
    changes:
      description: The record sets that changed or would change, each with C(name), C(type), C(before) and C(after).
      returned: with O(list_changes=true)
      type: list
      elements: dict
    name_servers:
      description: The name servers in the zone's own NS records; empty if the provider does not show them.
      returned: with O(list_changes=true)
      type: list
      elements: str
    warnings:
      description: What deserves attention.
      type: list
      elements: str
      returned: always
    left_alone:
      description: What differs from the options but was left as it is.
      type: list
      elements: str
      returned: always
    zones:
      description: The zones that were read, and written if something changed.
      type: list
      elements: str
      returned: always
    backup_files:
      description: The backup files, for M(postmaster.mail.dns_restore).
      type: list
      elements: str
      returned: when something was written and backup is on
    manual:
      description: What to enter by hand, because someone else manages the DNS, as C(zone_file) and C(records).
      type: dict
      returned: when the provider is manual and something is missing
failed_domains:
  description: The domains that failed.
  returned: success
  type: list
  elements: str
  sample: []
api_calls:
  description: The number of requests sent to all DNS accounts together.
  returned: success
  type: int
  sample: 3
"""

from ansible_collections.postmaster.mail.plugins.module_utils.dns_batch_module import dns_batch_module, run_batch_module
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build


def main() -> None:
    run_batch_module(dns_batch_module(build.OPTIONS), build.domain_intents)


if __name__ == "__main__":
    main()
