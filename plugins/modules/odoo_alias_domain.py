#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_alias_domain
short_description: Ensure an alias domain of Odoo and its companies
description:
  - Ensures an alias domain, its bounce, catch-all and default sender addresses, and the companies that use it.
  - Odoo gives its very first alias domain to every company and mail alias. Those that are not listed get none again,
    unless O(assign_to_all=true).
  - An alias domain that mail aliases still use is not deleted.
notes:
  - Odoo 14 to 16 has no alias domains. What stands for them is the one catch-all domain of the database, with its
    catch-all and bounce aliases and default sender (the system parameters C(mail.catchall.domain),
    C(mail.catchall.alias), C(mail.bounce.alias) and C(mail.default.from)).
  - It is that of all companies there, so O(companies) that are not all of them need O(assign_to_all=true), and another
    domain that is there already is replaced only with O(allow_rename=true). O(priority) has no effect.
seealso:
  - module: postmaster.mail.odoo_mail
  - module: postmaster.mail.odoo_outgoing_mail_server
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.odoo.alias_domain
  - postmaster.mail.odoo
"""

EXAMPLES = r"""
- name: Let a company send and receive with its own domain
  postmaster.mail.odoo_alias_domain:
    name: company-name.com
    bounce_alias: bounce
    catchall_alias: catchall
    default_from: notifications
    companies: [Company Name SA]
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"

- name: Delete an alias domain that nothing uses
  postmaster.mail.odoo_alias_domain:
    name: former-name.com
    state: absent
    odoo:
      url: https://erp.example.net
      database: prod
      api_key: "{{ vault_odoo_api_key }}"
      username: admin
"""

RETURN = r"""
id:
  description: The number of the alias domain in Odoo; null if there is none, or none yet, and up to Odoo 16.
  returned: always
  type: int
  sample: 3
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import (
    alias_domain_options,
    connection_options,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.runner import run_one


def main() -> None:
    module = AnsibleModule(
        argument_spec={**connection_options(), **alias_domain_options()},
        supports_check_mode=True,
    )
    run_one(module, "alias_domains")


if __name__ == "__main__":
    main()
