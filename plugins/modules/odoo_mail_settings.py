#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_mail_settings
short_description: Ensure the mail settings of an Odoo database
description:
  - Ensures the mail settings that all companies of an Odoo database share.
  - Settings that are left out are not changed. V(false), an empty string or an empty list removes a setting.
  - A setting that this version of Odoo would ignore is refused, and the message names the one to use instead.
seealso:
  - module: postmaster.mail.odoo_mail
  - module: postmaster.mail.odoo_alias_domain
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.odoo.settings
  - postmaster.mail.odoo
"""

EXAMPLES = r"""
- name: Show the outgoing mail servers in Odoo's settings
  postmaster.mail.odoo_mail_settings:
    custom_email_servers: true
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Let Odoo sign in at Google with the application of the company
  postmaster.mail.odoo_mail_settings:
    gmail_client_id: 123456789012-example.apps.googleusercontent.com
    gmail_client_secret: "{{ vault_gmail_secret }}"
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Let each mailing choose its server
  postmaster.mail.odoo_mail_settings:
    mass_mailing_server: false
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
"""

RETURN = r"""#"""

from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import connection_options, settings_options
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.runner import run_one


def main() -> None:
    module = Module({**connection_options(), **settings_options()})
    run_one(module, "settings")


if __name__ == "__main__":
    main()
