#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: custom_domain_host
short_description: One host's part of the role custom_domain
description:
  - The role P(postmaster.mail.custom_domain#role) does the work of all its hosts in one call each for DNS, for looking
    at it, and for Odoo. This module collects what each host needs, and gives each host its share of the results, so
    that changes, differences and failures stand under the name of the domain that they concern.
  - It is of no use outside of that role, and its options may change with it.
options:
  step:
    description:
      - V(collect) reads the variables of the host and sets the fact that the other steps use. It holds secrets, so the
        task needs C(no_log).
      - V(records) ends the work on DNS, V(odoo) that on Odoo.
      - V(preflight) decides for all hosts whether Odoo may begin to send as their domains.
      - V(judge) makes the report of the playbook C(postmaster.mail.verify) for all hosts, V(tell) shows the part of one
        host and fails it where something is wrong.
    type: str
    required: true
    choices: [collect, records, preflight, odoo, judge, tell]
  severity:
    description: The severity from which on V(tell) fails its host.
    type: str
    choices: [error, warning, info]
    default: error
  report:
    description: The file that V(judge) writes the report to, as JSON.
    type: str
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
attributes:
  check_mode:
    description: Connects to nothing and changes nothing.
    support: full
  diff_mode:
    description: Shows the changes of the host's domain.
    support: full
"""

EXAMPLES = r"""
- name: Collect what the domain of this host needs
  postmaster.mail.custom_domain_host:
    step: collect
  no_log: true # what is collected holds passwords
  vars:
    custom_domain_name: company-name.com
    custom_domain_dns: {provider: zone_file, directory: ./zones}
    custom_domain_senders: [{service: odoo}]
"""

RETURN = r"""
hosts:
  description: What was decided for each host.
  returned: with the steps preflight and judge
  type: dict
held:
  description: The hosts for which Odoo must not be changed.
  returned: with O(step=preflight)
  type: list
  elements: str
  sample: []
left_alone:
  description: What is there, is not as asked for, and was left as it is.
  returned: with the steps records and odoo
  type: list
  elements: str
  sample: []
manual:
  description: What a person has to enter where the DNS is someone else's, C(zone_file) and C(records).
  returned: with O(step=records), when the provider is manual and something is missing
  type: dict
missing:
  description: What the servers of the domain do not show.
  returned: with O(step=odoo), when the records cannot be seen
  type: list
  elements: str
"""
