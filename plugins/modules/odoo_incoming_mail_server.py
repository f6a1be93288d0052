#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_incoming_mail_server
short_description: Ensure an incoming mail server of Odoo
description:
  - Ensures one of the mailboxes that an Odoo database fetches mail from, by IMAP, POP, Gmail or Outlook, and has Odoo
    log in to it before it is used.
  - Options that are left out are not changed.
  - Servers that this module created or took over are recorded in Odoo as external identifiers of C(postmaster_mail), so
    that the module finds them even after somebody renames them.
  - Up to Odoo 16 this needs Odoo's module C(fetchmail), from 17 on C(mail). O(install_modules) permits installing it.
  - The user needs the access right Administration, Settings (C(base.group_system)). Odoo shows incoming mail servers to
    no other user.
seealso:
  - module: postmaster.mail.odoo_mail
  - module: postmaster.mail.odoo_outgoing_mail_server
  - module: postmaster.mail.odoo_alias_domain
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.odoo.incoming_mail_server
  - postmaster.mail.odoo
"""

EXAMPLES = r"""
- name: Fetch the replies of a domain from its catch-all mailbox
  postmaster.mail.odoo_incoming_mail_server:
    name: Company Name - catchall
    host: imap.company-name.com
    username: catchall@company-name.com
    password: "{{ vault_catchall_password }}"
    confirm_login: false # by default Odoo logs in, and uses the server if that works
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Create a contact from each message to a mailbox
  postmaster.mail.odoo_incoming_mail_server:
    name: Company Name - contacts
    type: pop
    host: pop.company-name.com
    encryption: tls
    username: contacts@company-name.com
    password: "{{ vault_contacts_password }}"
    action: res.partner
    keep_original: true
    confirm_login: false
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Fetch from a mailbox at Gmail
  postmaster.mail.odoo_incoming_mail_server:
    name: Company Name - Gmail
    type: gmail
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

- name: Stop fetching, but keep the settings
  postmaster.mail.odoo_incoming_mail_server:
    name: Company Name - catchall
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
  sample: 3
next_steps:
  description:
    - What is left to do by hand before Odoo fetches mail, in order.
    - With Gmail and Outlook, someone must let Odoo use the mailbox, through the link that is shown.
  returned: always
  type: list
  elements: str
  sample:
    - >-
      As an administrator of Odoo, open https://accounts.google.com/o/oauth2/v2/auth?client_id=example and sign in to
      Gmail as sales@company-name.com.
    - "Run this again: it then uses Company Name - Gmail, which fetches nothing until access is granted."
"""

from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import (
    allow_neutralized_option,
    connection_options,
    incoming_mail_server_options,
    install_modules_option,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.runner import run_one


def main() -> None:
    module = Module(
        {
            **connection_options(),
            **incoming_mail_server_options(),
            **allow_neutralized_option(),
            **install_modules_option(),
        },
    )
    run_one(module, "incoming_mail_servers")


if __name__ == "__main__":
    main()
