#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sending_credential
short_description: Ensure an SMTP login at a sending service
description:
  - Creates an SMTP login with a password that you give, at a service whose API can set them, which is V(mailgun).
  - At other services the password is derived from a key, as P(postmaster.mail.ses_smtp_password#filter) does, is the
    API key itself, is read by the role P(postmaster.mail.custom_domain#role) (V(postmark)), or can only be created by
    hand. The module says which.
  - No service shows a password later, so the module cannot see whether it is still the same.
options:
  domain:
    description: The domain as it is registered at the service, such as V(mg.company-name.com).
    type: str
    required: true
  login:
    description: The login, with or without the domain.
    type: str
    required: true
  password:
    description:
      - Its password. Mailgun accepts 5 to 32 characters.
      - It is needed with O(state=present).
    type: str
  update_password:
    description:
      - V(on_create) sets the password of a new login only. V(always) sends it in each run; Mailgun says whether it
        changed.
    type: str
    choices: [on_create, always]
    default: on_create
  state:
    description: Whether there is such a login.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: postmaster.mail.sending_domain
  - plugin: postmaster.mail.ses_smtp_password
    plugin_type: filter
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.sending_account
"""

EXAMPLES = r"""
- name: Register a sending domain at Mailgun
  postmaster.mail.sending_domain:
    service: mailgun
    account: {region: eu, api_key: "{{ vault_mailgun_api_key }}"}
    domain: company-name.com
    sending_domain: mg

- name: Create the login that Odoo uses there
  postmaster.mail.sending_credential:
    service: mailgun
    account: {region: eu, api_key: "{{ vault_mailgun_api_key }}"}
    domain: mg.company-name.com
    login: odoo
    password: "{{ vault_smtp_password }}"
"""

RETURN = r"""
username:
  description: The full user name for the SMTP server.
  returned: success
  type: str
  sample: odoo@mg.company-name.com
api_calls:
  description: The number of requests sent to the account.
  returned: success
  type: int
  sample: 1
"""

from ansible_collections.postmaster.mail.plugins.module_utils.sending_module import (
    run_sending_credential,
    sending_credential_module,
)


def main() -> None:
    run_sending_credential(sending_credential_module())


if __name__ == "__main__":
    main()
