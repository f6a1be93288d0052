#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sending_domains
short_description: Ensure that sending services have many domains registered and verified
description:
  - Does the work of M(postmaster.mail.sending_domain) for any number of domains at any number of accounts. Each account
    is listed once, and the domains of one account share its rate limit.
  - A domain that fails is listed in RV(failed_domains), with the reason in RV(domains), and the others go on. The
    module itself fails only if it could not try anything at all. To fail the task, test RV(failed_domains).
seealso:
  - module: postmaster.mail.sending_domain
  - module: postmaster.mail.domain_records
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
extends_documentation_fragment:
  - postmaster.mail.sending_account.batch
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: Register the domains of two companies at one account
  postmaster.mail.sending_domains:
    service: amazon_ses
    account: {region: eu-west-1, access_key: AKIAIOSFODNN7EXAMPLE, secret_key: "{{ vault_ses_secret_key }}"}
    domains:
      - domain: company-name.com
      - {domain: other-company.com, return_path: bounces}
  register: registered
  failed_when: registered.failed_domains | default([]) | length > 0

- name: Publish the records of both
  postmaster.mail.domain_records:
    dns: {provider: zone_file, directory: ./zones}
    domains: "{{ registered.records }}"
  register: published
  failed_when: published.failed_domains | default([]) | length > 0
"""

RETURN = r"""
domains:
  description: The result of each domain, in the order that you gave.
  returned: success
  type: list
  elements: dict
  contains:
    domain:
      description: The domain of the From addresses.
      type: str
      returned: always
    service:
      description: The service.
      type: str
      returned: when it is known
    changed:
      description: Whether something was changed at the service, or in check mode would be.
      type: bool
      returned: always
    failed:
      description: Whether the domain failed. The other domains are not affected.
      type: bool
      returned: always
    msg:
      description: Why the domain failed; empty if it did not.
      type: str
      returned: always
    warnings:
      description: What deserves attention.
      type: list
      elements: str
      returned: when the account could be used
    sending_domain:
      description: The domain that is registered.
      type: str
      returned: when the account could be used
    registered:
      description: Whether the service has the domain after the run. In check mode, whether it would have it.
      type: bool
      returned: when the account could be used
    verification:
      description: V(pending), V(verified) or V(failed), as the service says. A pending domain is not a failure.
      type: str
      returned: when the account could be used
    states:
      description: What the service says in its own words about C(domain), C(dkim), C(return_path) and the like.
      type: dict
      returned: when the account could be used
    pending_until:
      description: When the service stops looking for the records by itself; empty if that is not known.
      type: str
      returned: when the account could be used
    in_use:
      description: The options in use at the service.
      type: dict
      returned: when the account could be used
    region:
      description: The region of the account, V(unknown) if the service does not say.
      type: str
      returned: when the account could be used
    records:
      description:
        - What to publish, for the option O(postmaster.mail.domain_records#module:domains), with absolute names.
        - With O(domains[].state=absent), the records that still point to the service, for the same option, which then
          removes them.
      type: list
      elements: dict
      returned: when the account could be used
    known_after_apply:
      description: In check mode, the records whose values the service generates when the domain is registered.
      type: list
      elements: str
      returned: when the account could be used
    missing:
      description: The records that the authoritative servers do not show as the service expects them.
      type: list
      elements: dict
      returned: when the account could be used
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
      description: The records that no name server answered for, with the keys of RV(domains[].missing). Nothing is
        concluded from them.
      type: list
      elements: dict
      returned: when the account could be used
    left_out:
      description: What the service offers but this module does not publish, with the reason.
      type: list
      elements: str
      returned: when the account could be used
    smtp:
      description: The SMTP server, its ports, and where the user name and the password come from.
      type: dict
      returned: when the account could be used
    limits:
      description: What the account may send, and whether it is in a sandbox. Read only while a domain is not verified.
      type: dict
      returned: when the account could be used
    by_hand:
      description: What must be done by hand at this service.
      type: list
      elements: str
      returned: when the account could be used
    findings:
      description: What is wrong at the service, whatever the options are.
      type: list
      elements: str
      returned: when the account could be used
    attempts:
      description: When the service was asked to check for the records.
      type: list
      elements: str
      returned: when the account could be used
    expected_seconds:
      description: How long all domains of the account take at the rate that it allows, in seconds.
      type: int
      returned: when the account could be used
failed_domains:
  description: The domains that failed.
  returned: success
  type: list
  elements: str
  sample: []
records:
  description: The records of all domains that did not fail, for M(postmaster.mail.domain_records).
  returned: success
  type: list
  elements: dict
expected_seconds:
  description: How long the work takes at the rates that the services allow, in seconds.
  returned: success
  type: int
  sample: 3
api_calls:
  description: The number of requests sent to all accounts together.
  returned: success
  type: int
  sample: 3
"""

from ansible_collections.postmaster.mail.plugins.module_utils.sending_module import (
    run_sending_domains,
    sending_domains_module,
)


def main() -> None:
    run_sending_domains(sending_domains_module())


if __name__ == "__main__":
    main()
