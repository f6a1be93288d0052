#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_mail_route_info
short_description: Show how the mail of an Odoo database leaves
description:
  - Shows for a sender which outgoing mail server Odoo uses, what leaves as From, Reply-To and envelope sender, which
    rule decided, and what is wrong with it.
  - Without O(from_addresses) it lists every address that the database may send from, which is what the mail server must
    allow.
  - It reads the database once, in the same few calls for one company or a thousand, and computes the rest. It follows
    the rules of the source code of Odoo 14 to 19, which differ in places from the documentation. They are tested with a
    real Odoo 14 and 19; Odoo 15 to 18 are modelled.
  - Nothing is sent or changed.
notes:
  - The result holds for mail about a document of the company that passes through Odoo's queue, as nearly all mail does.
    Mail without a document leaves like that of its user's company.
  - Up to Odoo 15, Odoo adds a plus sign and a number to the bounce alias in the envelope sender.
seealso:
  - module: postmaster.mail.odoo_outgoing_mail_server
  - module: postmaster.mail.odoo_alias_domain
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
options:
  from_addresses:
    description:
      - The senders to look up, as addresses with or without a name.
      - By default the sender of O(template) or O(mailing) if that names one, else every address of the database, which
        includes those of companies, internal users and OdooBot, alias domains, templates and mailings.
    type: list
    elements: str
  partner_addresses:
    description:
      - Addresses of customers or suppliers whose replies Odoo forwards to the followers of a document. They are also
        looked up, for each company, with V(partner) in C(sources).
    type: list
    elements: str
  company:
    description:
      - The name of the company whose mail it is.
      - By default each address is looked up for the companies that it belongs to, by its alias domain, its user or the
        company's own address, else for the first company.
    type: str
  template:
    description:
      - The name, the id or the external id of a mail template. If it names a server, that server is used.
    type: str
  mailing:
    description:
      - The subject or the id of a mailing. If it names a server, that server is used.
    type: str
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
extends_documentation_fragment:
  - postmaster.mail.odoo
attributes:
  check_mode:
    support: full
    description: Returns the same in check mode, because it changes nothing.
  diff_mode:
    support: none
    description: Nothing changes.
"""

EXAMPLES = r"""
- name: See how a company's mail leaves
  postmaster.mail.odoo_mail_route_info:
    from_addresses: [sales@company-name.com]
    company: Company Name SA
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
  register: sales

- name: Show the server, or what is wrong
  ansible.builtin.debug:
    msg: "{{ route.server.name | default('odoo.conf') }} {{ route.findings | map(attribute='message') }}"
  vars:
    route: "{{ sales.routes[0] }}"

- name: List every address that this database may send as
  postmaster.mail.odoo_mail_route_info:
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      api_key: "{{ vault_odoo_api_key }}"
  register: every

- name: Show what to allow at the mail server
  ansible.builtin.debug:
    var: every.local_parts

- name: Follow the server that a template names, where odoo.conf has a default sender
  postmaster.mail.odoo_mail_route_info:
    template: auth_signup.set_password_email
    from_addresses: [sales@company-name.com]
    command_line:
      email_from: odoo@company-name.com
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
"""

RETURN = r"""
routes:
  description:
    - One for each sender, and for each company that the sender belongs to.
    - In the list of every address, a template or mailing that names a server has an entry of its own.
  returned: success
  type: list
  elements: dict
  contains:
    from_address:
      description: The sender as it was given, or found.
      type: str
      sample: mary@company-name.com
    company:
      description: The company whose mail it is.
      type: str
      sample: Company Name SA
    company_id:
      description: The id of the company in Odoo.
      type: int
      sample: 1
    sources:
      description: Where the address comes from.
      type: list
      elements: str
      sample: [user Mary]
    server:
      description:
        - The outgoing mail server that the queue uses. C(managed) says whether this collection set it up.
        - Null for the server of Odoo's command line.
      type: dict
      sample:
        id: 3
        name: Relay
        host: smtp.company-name.com
        priority: 10
        from_filter: company-name.com
        managed: true
    candidates:
      description: The servers that are tied. If there are several, mail that skips the queue may leave through any.
      type: list
      elements: dict
    from_header:
      description: The From of the mail that leaves.
      type: str
      sample: mary@company-name.com
    reply_to:
      description: The address that replies go to, unless the document has an alias of its own.
      type: str
      sample: catchall@company-name.com
    envelope_sender:
      description: The address that undeliverable mail returns to (Return-Path). Empty if Odoo cannot send.
      type: str
      sample: bounce@company-name.com
    rewritten:
      description: Whether Odoo replaces the sender.
      type: bool
      sample: false
    rule:
      description:
        - What decided. V(forced) means that the template or mailing names the server, V(from_address) or
          V(from_domain) that a FROM filter matches the sender, V(notifications_address) or V(notifications_domain) that
          one matches the default sender. The others are V(without_filter), V(first_server) and V(command_line).
      type: str
      sample: from_domain
    reason:
      description: The rule in a sentence.
      type: str
      sample: The filter of the server names the sender's domain.
    findings:
      description: What is wrong with this route, or worth knowing.
      type: list
      elements: dict
      contains:
        code:
          description:
            - V(rewritten), V(foreign_server), V(filter_mismatch), V(tie), V(no_server), V(bounces_to_sender),
              V(not_sendable), V(no_alias_domain), V(personal_server), V(filter_never_matches),
              V(scheduler_differs), V(forced_server_mismatch), V(forced_server_archived),
              V(forced_server_personal), V(forced_server_missing), V(depends_on_build) (builds of this
              version differ; the message says what the others do) or V(addon_chooses_server).
          type: str
          sample: tie
        message:
          description: The same in a sentence.
          type: str
local_parts:
  description: The local parts of From and envelope sender in the mail that leaves, by domain.
  returned: success
  type: dict
  sample: {company-name.com: [bounce, mary, notifications]}
computed_senders:
  description:
    - The senders that Odoo computes for each mail, and the templates and mailings that have them. They usually give
      addresses that are listed for users and companies.
    - Empty unless every address is listed.
  returned: success
  type: list
  elements: dict
  sample: [{email_from: "{{ object.user_id.email_formatted }}", sources: ["template Reminder"]}]
findings:
  description:
    - What is wrong, or worth knowing, for all senders, each with a C(message) and a C(code), V(filter_never_matches),
      V(dedicated_server), V(dedicated_server_personal), V(dedicated_server_missing) or V(mailbox_login).
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
  sample: 9
"""

from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import connection_options, route_options
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.report import report_routes
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.route_info import database_routes


def main() -> None:
    module = Module(
        {**connection_options(), **route_options()},
        mutually_exclusive=[("template", "mailing")],
    )
    report_routes(module, database_routes)


if __name__ == "__main__":
    main()
