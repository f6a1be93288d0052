#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sending_domain
short_description: Ensure that a sending service has a domain registered and verified
description:
  - Registers a domain at a service that sends mail, such as Amazon SES, and returns the records that it waits for in
    the form that M(postmaster.mail.domain_records) takes. With O(state=verified) it waits until the service has seen
    them.
  - A domain that is already registered is found and used, and never deleted and created again. Options that are left
    out stay as the service has them.
seealso:
  - module: postmaster.mail.sending_domains
  - module: postmaster.mail.domain_records
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.sending_account
  - postmaster.mail.sending_account.domain
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: Register a domain at Amazon SES
  postmaster.mail.sending_domain:
    service: amazon_ses
    account: {region: eu-west-1, access_key: AKIAIOSFODNN7EXAMPLE, secret_key: "{{ vault_ses_secret_key }}"}
    domain: company-name.com
  register: registered

- name: Publish its records
  postmaster.mail.domain_records:
    dns: {provider: zone_file, directory: ./zones}
    domains: "{{ registered.records }}"

- name: Wait until Amazon SES has seen them, for half an hour at most
  postmaster.mail.sending_domain:
    service: amazon_ses
    account: {region: eu-west-1, access_key: AKIAIOSFODNN7EXAMPLE, secret_key: "{{ vault_ses_secret_key }}"}
    domain: company-name.com
    state: verified
    wait: 1800
"""

RETURN = r"""
sending_domain:
  description: The domain that is registered.
  type: str
  returned: always
registered:
  description: Whether the service has the domain after the run. In check mode, whether it would have it.
  type: bool
  returned: always
verification:
  description: V(pending), V(verified) or V(failed), as the service says. A pending domain is not a failure.
  type: str
  returned: always
states:
  description: What the service says in its own words about C(domain), C(dkim), C(return_path) and the like.
  type: dict
  returned: always
pending_until:
  description: When the service stops looking for the records by itself; empty if that is not known.
  type: str
  returned: always
in_use:
  description: The options in use at the service.
  type: dict
  returned: always
region:
  description: The region of the account, V(unknown) if the service does not say.
  type: str
  returned: always
records:
  description:
    - What to publish, for the option O(postmaster.mail.domain_records#module:domains), with absolute names.
    - With O(state=absent), the records that still point to the service, for the same option, which then removes them.
  type: list
  elements: dict
  returned: always
known_after_apply:
  description: In check mode, the records whose values the service generates when the domain is registered.
  type: list
  elements: str
  returned: always
missing:
  description: The records that the authoritative servers do not show as the service expects them.
  type: list
  elements: dict
  returned: always
  contains:
    name:
      description: The name of the record.
      type: str
      returned: always
    type:
      description: The type of the record.
      type: str
      returned: always
    expected:
      description: What the service expects there.
      type: list
      elements: str
      returned: always
    found:
      description: What is there.
      type: list
      elements: str
      returned: always
    why:
      description: What is wrong with it.
      type: str
      returned: always
not_asked:
  description: The records that no name server answered for, with the keys of RV(missing). Nothing is concluded from
    them.
  type: list
  elements: dict
  returned: always
left_out:
  description: What the service offers but this module does not publish, with the reason.
  type: list
  elements: str
  returned: always
smtp:
  description: The SMTP server, its ports, and where the user name and the password come from.
  type: dict
  returned: always
limits:
  description: What the account may send, and whether it is in a sandbox. Read only while a domain is not verified.
  type: dict
  returned: always
by_hand:
  description: What must be done by hand at this service.
  type: list
  elements: str
  returned: always
findings:
  description: What is wrong at the service, whatever the options are.
  type: list
  elements: str
  returned: always
attempts:
  description: When the service was asked to check for the records.
  type: list
  elements: str
  returned: always
expected_seconds:
  description: How long all domains of the account take at the rate that it allows, in seconds.
  type: int
  returned: always
api_calls:
  description: The number of requests sent to the account.
  returned: always
  type: int
  sample: 2
"""

from ansible_collections.postmaster.mail.plugins.module_utils.sending_module import (
    run_sending_domain,
    sending_domain_module,
)


def main() -> None:
    run_sending_domain(sending_domain_module())


if __name__ == "__main__":
    main()
