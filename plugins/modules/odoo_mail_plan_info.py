#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_mail_plan_info
short_description: Predict how the mail of an Odoo database would leave after a change
description:
  - Takes the options of M(postmaster.mail.odoo_mail), and returns what M(postmaster.mail.odoo_mail_route_info) would
    return after it, for every address that the database may send from. It shows which server mail would leave through,
    and as whom, before anything is changed.
  - An entry that M(postmaster.mail.odoo_mail) would refuse is ignored; that module says why it is refused.
  - Nothing is sent or changed, with or without check mode.
options:
  partner_addresses:
    description:
      - Addresses of customers or suppliers whose replies Odoo forwards to the followers of a document. They are also
        looked up, for each company, with V(partner) in C(sources).
    type: list
    elements: str
  command_line:
    description:
      - What C(odoo.conf) or Odoo's command line sets, which no database shows. It applies if no server or alias domain
        decides.
    type: dict
    suboptions:
      email_from:
        description: The option C(email_from).
        type: str
      from_filter:
        description: The option C(from_filter).
        type: str
      smtp_server:
        description: The option C(smtp_server).
        type: str
seealso:
  - module: postmaster.mail.odoo_mail
  - module: postmaster.mail.odoo_mail_route_info
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.odoo.batch
  - postmaster.mail.odoo
"""

EXAMPLES = r"""
- name: See how mail would leave through a server of the company's own
  postmaster.mail.odoo_mail_plan_info:
    alias_domains:
      - name: company-name.com
        companies: [Company Name SA]
    outgoing_mail_servers:
      - name: Company Name - own relay
        owner: company-name.com
        host: smtp.company-name.com
        encryption: starttls
        username: odoo
        password: "{{ vault_smtp_password }}"
        from_filter: [company-name.com]
    partner_addresses: [mary@customer.example]
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
  register: plan

- name: Show each sender, its server and the From that leaves
  ansible.builtin.debug:
    msg: "{{ item.from_address }} by {{ item.server.name | default('odoo.conf') }} as {{ item.from_header }}"
  loop: "{{ plan.routes }}"
"""

RETURN = r"""
routes:
  description:
    - As in M(postmaster.mail.odoo_mail_route_info). The id of a server that does not exist yet is null.
  returned: success
  type: list
  elements: dict
local_parts:
  description: The local parts of From and envelope sender in the mail that would leave, by domain.
  returned: success
  type: dict
  sample: {company-name.com: [bounce, mary, notifications]}
computed_senders:
  description: The senders that Odoo computes for each mail, and the templates and mailings that have them.
  returned: success
  type: list
  elements: dict
findings:
  description: What would be wrong, or is worth knowing, for all senders, each with a C(code) and a C(message).
  returned: success
  type: list
  elements: dict
odoo_version:
  description: The major version of Odoo.
  returned: success
  type: int
  sample: 19
api_calls:
  description: The number of calls sent to Odoo, without those that find its version and log in.
  returned: success
  type: int
  sample: 18
"""

from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.mail import MailOptions
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import (
    connection_options,
    planned_route_options,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.planned_routes import planned_routes
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.report import report_routes


def main() -> None:
    module = Module({**connection_options(), **planned_route_options()})
    plan = MailOptions.of(module.params, check_mode=True)
    report_routes(module, lambda odoo, options: planned_routes(odoo, plan, options))


if __name__ == "__main__":
    main()
