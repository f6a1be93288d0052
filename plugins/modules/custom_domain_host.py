#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: custom_domain_host
short_description: The steps of the role custom_domain
description:
  - Each host of the role P(postmaster.mail.custom_domain#role) collects what it wants. Then the first of them does the
    work of all, and each reports its own result, so that changes, differences and failures appear under the name of the
    domain that they concern.
  - It is private to that role and its playbooks, and its options may change with them.
options:
  step:
    description:
      - V(collect) reads the variables of the host. They hold secrets, so the task needs C(no_log).
      - V(rollout) does the work of all hosts that have collected, V(plan) finds out what it would change, and V(verify)
        what is wrong with them. Each host reports its own result.
      - V(restore) restores what a backup holds (the playbook C(postmaster.mail.restore)).
      - V(lint) checks what can be checked without a login (the playbook C(postmaster.mail.lint)).
      - V(audit) reports what the world sees of any domain (the playbook C(postmaster.mail.audit)).
    type: str
    required: true
    choices: [collect, rollout, plan, verify, lint, restore, audit]
  secrets_optional:
    description:
      - With O(step=collect), whether a secret that is not available counts as given.
    type: bool
    default: false
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
attributes:
  check_mode:
    description: Says what would change and changes nothing.
    support: full
  diff_mode:
    description: Shows the changes of the host's domain.
    support: full
"""

EXAMPLES = r"""
- name: Collect what the domain of this host needs
  postmaster.mail.custom_domain_host:
    step: collect
  no_log: true # the result contains passwords
  vars:
    custom_domain_name: company-name.com
    custom_domain_dns: {provider: zone_file, directory: ./zones}
    custom_domain_senders: [{service: odoo}]
"""

RETURN = r"""
collected:
  description: The variables of the host, as JSON.
  returned: with O(step=collect)
  type: str
dns:
  description:
    - The result for the DNS records, with C(changed), C(diff), C(missing), C(manual_records), C(left_alone) and
      C(backup_files).
  returned: with O(step=rollout) and O(step=verify)
  type: dict
odoo:
  description: The result for Odoo, with C(changed), C(diff) and C(redirections).
  returned: with O(step=rollout) and O(step=verify)
  type: dict
services:
  description:
    - The result for each sender with an C(account), with C(sender), C(service), C(changed), C(verification),
      C(missing), C(records), C(left_out), C(limits), C(by_hand) and the other values that
      M(postmaster.mail.sending_domain) returns. For a domain to be registered, C(not_compared) says why its delegation
      was not compared with the name servers of the zone that the run writes.
  returned: with O(step=rollout) and O(step=verify)
  type: list
  elements: dict
  sample: []
findings:
  description:
    - What is wrong, the worst first, each with C(code), C(severity), C(domain), C(subject), C(found), C(cure) and
      C(accepted). Accepted ones also have C(reason) and C(until).
  returned: with O(step=rollout) and O(step=verify)
  type: list
  elements: dict
counts:
  description: The number of findings of each severity in the audited domains.
  returned: with O(step=audit)
  type: dict
failed_domains:
  description: The domains that could not be audited, or have a finding of C(custom_domain_severity) or worse.
  returned: with O(step=audit)
  type: list
  elements: str
next_steps:
  description: What is left to do by hand.
  returned: with O(step=rollout) and O(step=verify)
  type: list
  elements: str
  sample: []
"""
