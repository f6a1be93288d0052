#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_outgoing_mail_server
short_description: Ensure an outgoing mail server of Odoo
description:
  - Ensures one of the outgoing mail servers that all companies of an Odoo database share.
  - Options that are left out are not changed. Servers that users of Odoo 19 set up for themselves are never touched.
  - Servers that this module created or took over are recorded in Odoo as external identifiers of C(postmaster_mail), so
    that the module finds them even after somebody renames them.
  - The user needs the access right Administration, Settings (C(base.group_system)). To others, Odoo shows mail servers
    without their logins, and no modules.
seealso:
  - module: postmaster.mail.odoo_mail
  - module: postmaster.mail.odoo_alias_domain
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.odoo.outgoing_mail_server
  - postmaster.mail.odoo
"""

EXAMPLES = r"""
- name: Send the mail of a domain through Amazon SES
  postmaster.mail.odoo_outgoing_mail_server:
    name: Company Name - Amazon SES
    host: email-smtp.eu-west-1.amazonaws.com
    encryption: starttls
    username: AKIAEXAMPLE
    password: "{{ vault_ses_password }}"
    from_filter: [company-name.com]
    priority: 10
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Send the mail of one address through its own server
  postmaster.mail.odoo_outgoing_mail_server:
    name: Company Name - invoices
    host: smtp.company-name.com
    encryption: tls
    username: invoices
    password: "{{ vault_smtp_password }}"
    from_filter: [invoices@company-name.com]
    priority: 5
    test_connection: false # with true, Odoo tests the connection before it uses the server
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Log in to the relay with a client certificate
  postmaster.mail.odoo_outgoing_mail_server:
    name: Company Name - certificate
    host: relay.company-name.com
    encryption: tls
    client_certificate: "{{ lookup('ansible.builtin.file', 'odoo.crt') }}"
    client_private_key: "{{ lookup('ansible.builtin.file', 'odoo.key') }}"
    from_filter: [orders.company-name.com]
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Send the mail of one mailbox through Gmail
  postmaster.mail.odoo_outgoing_mail_server:
    name: Company Name - Gmail
    authentication: gmail
    username: sales@company-name.com
    install_modules: true
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
  register: gmail

- name: Show who must let Odoo use the mailbox, and where
  ansible.builtin.debug:
    var: gmail.next_steps

- name: Keep Odoo's own server for the subdomain of the database, on Odoo Online or Odoo.sh
  postmaster.mail.odoo_outgoing_mail_server:
    name: Odoo's own server
    authentication: cli
    from_filter: [company-name.odoo.com]
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Stop using a server, but keep its settings
  postmaster.mail.odoo_outgoing_mail_server:
    name: Company Name - Amazon SES
    state: archived
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
"""

RETURN = r"""
id:
  description: The id of the server in Odoo; null if there is none (yet).
  returned: always
  type: int
  sample: 12
next_steps:
  description:
    - What is left to do by hand before the server sends, in order.
    - With Gmail and Outlook, someone must let Odoo use the mailbox, through the link that is shown.
  returned: always
  type: list
  elements: str
  sample:
    - >-
      As an administrator of Odoo, open https://accounts.google.com/o/oauth2/v2/auth?client_id=example and sign in to
      Gmail as sales@company-name.com.
    - "Run this again: it then uses Company Name - Gmail, which stays archived until access is granted."
"""

from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import (
    allow_neutralized_option,
    connection_options,
    install_modules_option,
    outgoing_mail_server_options,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.runner import run_one


def main() -> None:
    module = Module(
        {
            **connection_options(),
            **outgoing_mail_server_options(),
            **allow_neutralized_option(),
            **install_modules_option(),
        },
    )
    run_one(module, "outgoing_mail_servers")


if __name__ == "__main__":
    main()
