#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sending_service_info
short_description: Show what is known of sending services
description:
  - Shows what this release knows of services that send mail, such as Amazon SES or Mailgun, and of mailboxes, such as
    Gmail. It lists their SMTP servers by region, ports, logins, what they need in DNS, their limits, and what must be
    done by hand.
  - The role P(postmaster.mail.custom_domain#role) completes a sender that has a C(service) from it.
  - Without an account it contacts no service. Each entry says where the facts were read, and on which day.
  - With O(service) and O(account) it also shows which domains are there, how they stand, and what the account
    may send.
seealso:
  - module: postmaster.mail.odoo_outgoing_mail_server
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
options:
  services:
    description: The names of the services to show, such as V(amazon_ses); by default O(service), or else all.
    type: list
    elements: str
  domains:
    description:
      - Domains to look for in the account, as they are registered there; by default all of them. V([]) looks for none.
      - Most services need a request for each domain, so a large account takes its time.
    type: list
    elements: str
extends_documentation_fragment:
  - postmaster.mail.sending_account.optional
requirements:
  - dnspython >= 2.3, with an account
  - requests, for services with an HTTP API, with an account
  - boto3, for V(amazon_ses), with an account
attributes:
  check_mode:
    support: full
    description: Returns the same in check mode, because it changes nothing.
  diff_mode:
    support: none
    description: Nothing changes.
"""

EXAMPLES = r"""
- name: See what Amazon SES needs
  postmaster.mail.sending_service_info:
    services: [amazon_ses]
  register: known

- name: Show its SMTP server in Ireland
  ansible.builtin.debug:
    var: known.services[0].hosts['eu-west-1']

- name: See whether a domain is verified there, and whether the account is in the sandbox
  postmaster.mail.sending_service_info:
    service: amazon_ses
    account:
      region: eu-west-1
      access_key: AKIAIOSFODNN7EXAMPLE
      secret_key: "{{ vault_ses_secret_key }}"
    domains: [company-name.com]
  register: there

- name: Show it
  ansible.builtin.debug:
    msg: "{{ there.domains['company-name.com'].verification | default('not registered') }}, {{ there.limits }}"

- name: Read what is known about all services
  postmaster.mail.sending_service_info:
  register: all

- name: List those that send as any address of a domain
  ansible.builtin.debug:
    msg: "{{ all.services | selectattr('kind', 'equalto', 'relay') | map(attribute='title') }}"
"""

RETURN = r"""
services:
  description: The services, in the order in which you listed them. What is not known is null.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The name that a sender of the role uses for it.
      type: str
      sample: amazon_ses
    title:
      description: Its name as its website writes it.
      type: str
      sample: Amazon SES
    kind:
      description: V(relay) sends as any address of a domain that is verified there, V(mailbox) only as the address that
        logs in. V(own) is Odoo's own servers.
      type: str
      sample: relay
    has_api:
      description: Whether this release can register domains there.
      type: bool
    regions:
      description: Its regions; empty if it has none.
      type: list
      elements: str
    default_region:
      description: The region of an account that names none; null if it must name one.
      type: str
    hosts:
      description: Its SMTP server by region; under C(all) if it has no regions.
      type: dict
      sample: {us: smtp.mailgun.org, eu: smtp.eu.mailgun.org}
    ports:
      description: Its ports, each with C(number) and C(encryption), the preferred one first.
      type: list
      elements: dict
    username:
      description: The user name, if all accounts have the same.
      type: str
      sample: apikey
    username_is:
      description: What the user name is.
      type: str
    password_is:
      description: What the password is.
      type: str
    from_filter:
      description: What the FROM filter of its server in Odoo may be, the whole C(domain) or one C(address).
      type: str
    spf_include:
      description: What the SPF record of the registered domain must include; null if nothing.
      type: str
    dkim:
      description: The C(type) of its DKIM records, and their C(selectors) and C(targets) where all accounts have the
        same.
      type: dict
    return_path:
      description: The domain of the service's own envelope sender (C(of_service), null if it is the registered one, or
        not known), whether that is known (C(is_known)), the usual C(label) of one below your domain, or an example if
        it differs by account, and whether its records are known without an account (C(has_known_records)).
      type: dict
    console:
      description: Where people find the records that nothing else shows.
      type: str
    console_records:
      description: Which records those are.
      type: str
    daily_limit:
      description: How much it sends per day.
      type: str
    bounces_reach_odoo:
      description: Whether bounces go to the envelope sender that Odoo gave.
      type: bool
    replaces_message_id:
      description: Whether it replaces the Message-Id of Odoo, by which some programs sort replies.
      type: bool
    left_out:
      description: What it offers, but is set up only on request.
      type: list
      elements: str
    by_hand:
      description: What must be done by hand.
      type: list
      elements: str
    sources:
      description: Where this was read.
      type: list
      elements: str
    checked:
      description: The day on which it was read.
      type: str
      sample: "2026-11-29"
domains:
  description: Each of O(domains) that is registered, by its name. V({}) without an account.
  returned: success
  type: dict
  contains:
    verification:
      description: C(pending), C(verified) or C(failed), or C(unknown) if the service does not say, which C(findings)
        explains.
      type: str
      sample: verified
    states:
      description: What the service says, in its own words, about each part.
      type: dict
      sample: {domain: SUCCESS, dkim: SUCCESS}
    in_use:
      description: The options in use there, such as C(return_path).
      type: dict
    findings:
      description: What is wrong with it, and what is worth knowing.
      type: list
      elements: str
limits:
  description: What the account may send, C(per_day), C(per_second) and C(sent), whether it is in the C(sandbox), and
    C(notes). What the service does not say is null. V({}) without an account.
  returned: success
  type: dict
api_calls:
  description: The number of requests sent to the account.
  returned: success
  type: int
  sample: 2
"""

from ansible_collections.postmaster.mail.plugins.module_utils.sending_module import (
    run_sending_service_info,
    sending_service_info_module,
)


def main() -> None:
    run_sending_service_info(sending_service_info_module())


if __name__ == "__main__":
    main()
