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
  - Odoo assigns its very first alias domain to every company and mail alias. Those that are not listed are set back to
    none, unless O(assign_to_all=true).
  - An alias domain that mail aliases still use is not deleted.
notes:
  - Odoo 14 to 16 has no alias domains, but one catch-all domain for the database, with its catch-all and bounce aliases
    and default sender (the system parameters C(mail.catchall.domain), C(mail.catchall.alias), C(mail.bounce.alias) and
    C(mail.default.from)).
  - All companies share that domain. So if O(companies) does not list them all, O(assign_to_all=true) is needed, and
    another existing domain is replaced only with O(allow_rename=true). O(priority) has no effect.
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

- name: List what the mail server of the domain must redirect to a database of Odoo Online
  postmaster.mail.odoo_alias_domain:
    name: company-name.com
    companies: [Company Name SA]
    redirect_to: company-name.odoo.com
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
  register: company_domain

- name: Show it to whoever runs the mail server
  ansible.builtin.debug:
    var: company_domain.redirections

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
  description: The id of the alias domain in Odoo; null if there is none (yet), and up to Odoo 16.
  returned: always
  type: int
  sample: 3
redirections:
  description:
    - What the mail server of the domain must redirect, and where to. These are the catchall and bounce addresses, and
      Odoo's mail aliases for the domain, such as those of sales teams. An alias that is added later is missing until
      the next run.
    - Redirecting keeps the sender of a message; forwarding does not.
  returned: with O(redirect_to)
  type: list
  elements: dict
  contains:
    from:
      description: The address at the mail server of the domain.
      type: str
      returned: always
    to:
      description: The address at Odoo.
      type: str
      returned: always
  sample:
    - from: catchall@company-name.com
      to: catchall@company-name.odoo.com
    - from: bounce@company-name.com
      to: bounce@company-name.odoo.com
"""

from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import (
    alias_domain_options,
    connection_options,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.runner import run_one


def main() -> None:
    module = Module({**connection_options(), **alias_domain_options()})
    run_one(module, "alias_domains")


if __name__ == "__main__":
    main()
