#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_mail
short_description: Ensure the mail configuration of an Odoo database for many companies
description:
  - Ensures the settings, and any number of alias domains, outgoing and incoming mail servers in one plan, with a
    handful of calls to Odoo, however many companies there are. Each connection test of an outgoing server, and each
    login to an incoming one, takes one more call.
  - Companies must exist. An entry with a company that Odoo does not know fails.
  - An entry that fails stops neither the others nor the module. RV(failed_items) names the entries that failed, and
    RV(owners) has the reasons. The module fails if Odoo cannot be reached or refuses the login.
  - The module refuses all new outgoing servers that have the same host, username and FROM filter, and all new incoming
    ones that have the same host and username. It also refuses a new server that equals the server of another entry in
    these.
  - If an alias domain fails, no outgoing server of the same owner is activated. A server that fails does not become the
    one for mass mailing.
seealso:
  - module: postmaster.mail.odoo_alias_domain
  - module: postmaster.mail.odoo_outgoing_mail_server
  - module: postmaster.mail.odoo_incoming_mail_server
  - module: postmaster.mail.odoo_mail_settings
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.odoo.batch
  - postmaster.mail.odoo
"""

EXAMPLES = r"""
- name: Give two companies their domains and servers
  postmaster.mail.odoo_mail:
    alias_domains:
      - name: company-name.com
        companies: [Company Name SA]
      - name: other-name.com
        companies: [Other Name SRL]
    outgoing_mail_servers:
      - name: Company Name - own relay
        owner: company-name.com
        host: smtp.company-name.com
        encryption: starttls
        username: odoo
        password: "{{ vault_smtp_password }}"
        from_filter: [company-name.com]
      - name: Other Name - own relay
        owner: other-name.com
        host: smtp.other-name.com
        encryption: starttls
        username: odoo
        password: "{{ vault_smtp_password }}"
        from_filter: [other-name.com]
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
  register: mail
  failed_when: mail is failed or mail.failed_items | length > 0

- name: Declare all mail servers of a database, with the one for mass mailing, and archive those declared before
  postmaster.mail.odoo_mail:
    settings:
      - custom_email_servers: true
        mass_mailing_server: Company Name - mailings
        mass_mailing_default: true
    outgoing_mail_servers:
      - name: Company Name - own relay
        host: smtp.company-name.com
        encryption: starttls
        username: odoo
        password: "{{ vault_smtp_password }}"
        from_filter: [company-name.com]
      - name: Company Name - mailings
        host: smtp.mailings.example
        encryption: starttls
        username: company-name
        password: "{{ vault_mailings_password }}"
        from_filter: [news.company-name.com]
        priority: 1000
    incoming_mail_servers:
      - name: Company Name - catchall
        host: imap.company-name.com
        username: catchall@company-name.com
        password: "{{ vault_catchall_password }}"
        confirm_login: false # by default Odoo logs in, and uses the server if that works
    purge: true
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
"""

RETURN = r"""
owners:
  description: The result for the entries of each owner.
  returned: success
  type: dict
  contains:
    changed:
      description: Whether something changed.
      type: bool
      returned: always
    diff:
      description: What changed, one diff for each entry.
      type: list
      elements: dict
      returned: always
    warnings:
      description: What deserves attention.
      type: list
      elements: str
      returned: always
    next_steps:
      description: What is left to do by hand, such as letting Odoo use a Gmail mailbox.
      type: list
      elements: str
      returned: always
    redirections:
      description: What the mail server of an alias domain with C(redirect_to) must redirect, as C(from) and C(to).
      type: list
      elements: dict
      returned: if there are any
    failed:
      description: Whether an entry failed.
      type: bool
      returned: always
    msg:
      description: Why; empty if none failed.
      type: str
      returned: always
settings:
  description: The result for the settings, by owner.
  returned: success
  type: dict
purged:
  description: >-
    The result for each outgoing mail server that this collection made and no entry names, by its name;
    empty without O(purge=true).
  returned: success
  type: dict
purged_incoming:
  description: The same for incoming mail servers.
  returned: success
  type: dict
alias_domains:
  description: The result for each alias domain, by the name that you gave.
  returned: success
  type: dict
outgoing_mail_servers:
  description:
    - The result for each outgoing mail server, by the name that you gave, with C(changed), C(diff), C(warnings),
      C(failed), C(msg), C(id) and C(next_steps).
    - C(next_steps) is what is left to do by hand before the server sends, as
      M(postmaster.mail.odoo_outgoing_mail_server) returns it.
  returned: success
  type: dict
incoming_mail_servers:
  description: The result for each incoming mail server, by the name that you gave.
  returned: success
  type: dict
failed_items:
  description: The names of the entries that failed.
  returned: success
  type: list
  elements: str
  sample: []
api_calls:
  description: The number of calls sent to Odoo, without those that find its version and log in.
  returned: success
  type: int
  sample: 9
api_writes:
  description: How many of them changed something.
  returned: success
  type: int
  sample: 3
odoo_version:
  description: The major version of Odoo.
  returned: success
  type: int
  sample: 19
"""

from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import batch_options, connection_options
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.runner import run_batch


def main() -> None:
    module = Module({**connection_options(), **batch_options()})
    run_batch(module)


if __name__ == "__main__":
    main()
