#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_info
short_description: Tell what DNS shows of domains and what is wrong with it, and wait until it is as expected
description:
  - Finds the faults of mail records (SPF, DKIM, DMARC, MX, delegation), each with a stable code, a severity, the
    section of the standard, what was found, and the cure. All codes are listed at
    U(https://github.com/postmaster-mail/postmaster.mail/blob/main/docs/findings.md).
  - Asks every authoritative server of each domain, and tells whether all of them show what is expected. Expectations
    are written as the wishes in M(postmaster.mail.domain_records), without C(dns) and C(zone), and are met where that
    module would have nothing to change. TTLs are not compared.
  - A part that is given is expected. Without any, the module reports what is there. A selector without
    O(domains[].dkim[].cname) and O(domains[].dkim[].public_key) is reported and not expected to be anything.
  - A domain of which no server tells anything is not met, whether something is expected or not. It is waited for only
    if something is expected.
  - With O(wait), the servers are asked again until all of them agree. Only domains that are not yet as expected are
    asked again.
  - A server that does not answer is a warning and a finding. It makes a domain unmet only when no other server
    answers.
  - The module never fails because of a domain. Test RV(met) and RV(finding_counts), or RV(domains) for one domain, to
    fail the task, as the examples show. What is no domain name or no valid wish is not met, and has the finding
    V(domain_invalid).
  - Many domains are looked at side by side, no server is asked the same twice, and what the domains share is asked
    once. A domain with two selectors takes at most ten questions at its authoritative server. 1,000 domains take some
    ten seconds on two cores where the server is near, and 12 KiB of memory each.
options:
  domains:
    required: true
  probe_selectors:
    description:
      - With V(true), DKIM keys are also looked for at the selectors that well-known services use, such as V(google),
        V(selector1) or V(s1). That takes some forty questions more for each domain that has DKIM keys.
      - Selectors cannot be listed by DNS. What is at others remains unseen.
    type: bool
    default: false
  as_planned:
    description:
      - With V(true), each domain is judged as if what is expected of it were published already, to see beforehand what
        will be right and wrong then. What the servers show by themselves, such as RV(met), is told as it is.
    type: bool
    default: false
  wait:
    description: Ask again until all expectations are met or the time is up. Without it, the servers are asked once.
    type: dict
    suboptions:
      timeout:
        description: For how many seconds to wait. The servers are asked a last time when it is up.
        type: int
        default: 600
      interval:
        description: How many seconds lie between two rounds of questions.
        type: int
        default: 10
seealso:
  - module: postmaster.mail.domain_records
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
requirements:
  - dnspython >= 2.3
attributes:
  check_mode:
    description: Reading is all that the module does, so check mode changes nothing.
    support: full
extends_documentation_fragment:
  - postmaster.mail.records.domain_seen
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: What do the servers of a domain show?
  postmaster.mail.domain_info:
    domains:
      - domain: company-name.com
        dkim: [{selector: odoo}]
  register: shown

- name: Fail where something is wrong
  postmaster.mail.domain_info:
    domains:
      - domain: company-name.com
        dkim: [{selector: odoo}]
        senders:
          - {name: Odoo Online, spf: {include: [_spf.odoo.com]}, selectors: [odoo], return_path: odoo.com}
          - {name: Own relay, spf: {ip4: [192.0.2.25]}, selectors: [mail]}
        delegated_to: [ns1.hoster.example, ns2.hoster.example]
        from_addresses: [sales@company-name.com]
  register: judged
  failed_when: not judged.met or judged.finding_counts.error > 0

- name: Wait until all servers show the records that Odoo needs
  postmaster.mail.domain_info:
    domains:
      - domain: company-name.com
        spf: {include: [_spf.odoo.com]}
        dkim: [{selector: odoo, cname: odoo._domainkey.odoo.com}]
        dmarc: {policy: none}
    wait: {timeout: 600, interval: 10}
  register: published
  failed_when: not published.met

- name: Is an internal zone as expected on its own servers?
  postmaster.mail.domain_info:
    domains:
      - domain: company-name.com
        mx: {exchanges: [{preference: 10, host: mx.company-name.com}]}
    nameservers: ["192.0.2.53", "[2001:db8::53]:5353"]
  register: internal

- name: Say what is missing
  ansible.builtin.debug:
    msg: "{{ internal.domains['company-name.com'].msg }}"
  when: not internal.met
"""

RETURN = r"""
met:
  description: Whether every domain is as expected on every server that answers.
  returned: success
  type: bool
  sample: true
unmet_domains:
  description: The domains that are not as expected.
  returned: success
  type: list
  elements: str
  sample: []
finding_counts:
  description: How many findings there are of each severity, over all domains.
  returned: success
  type: dict
  sample: {error: 0, warning: 1, info: 2}
domains:
  description: What the servers show of each domain, by the name that was given.
  returned: success
  type: dict
  contains:
    met:
      description: Whether all servers that answer show what is expected. When nothing is expected, whether any answers.
      type: bool
      returned: always
    msg:
      description: Why the domain is not as expected, server by server, or why nothing can be said; else empty.
      type: str
      returned: always
    missing:
      description: What is not as expected on one server or more.
      type: list
      elements: str
      returned: always
    servers:
      description: What each server shows, by its name; empty when nothing is expected.
      type: dict
      returned: always
      contains:
        met:
          description: Whether the server shows all that is expected.
          type: bool
          returned: always
        answers:
          description: Whether the server answers at all.
          type: bool
          returned: always
        missing:
          description: What is not as expected on this server.
          type: list
          elements: str
          returned: always
        msg:
          description: Why the server does not answer; empty if it does.
          type: str
          returned: always
    zone:
      description: The zone that holds the domain. Null when it is not known, or when O(nameservers) were given.
      type: str
      returned: always
    delegated_to:
      description: The servers that the parent zone names. Empty when it could not be asked, or with O(nameservers).
      type: list
      elements: str
      returned: always
    warnings:
      description: What deserves a look.
      type: list
      elements: str
      returned: always
    left_alone:
      description: What is there and is not as given, but fulfils it, such as a stricter DMARC policy.
      type: list
      elements: str
      returned: always
    spf:
      description: The SPF records; there should be one.
      type: list
      elements: str
      returned: always
    dmarc:
      description: The DMARC records; there should be one.
      type: list
      elements: str
      returned: always
    mx:
      description: The mail exchangers, each with C(preference) and C(host).
      type: list
      elements: dict
      returned: always
    dkim:
      description:
        - The selectors that were given, and those at which something was found, each with its C(cname), or null, and
          the C(txt) values found there.
      type: dict
      returned: always
    exists:
      description: Whether there is anything in DNS at the domain or below it. Null if nobody gave an answer.
      type: bool
      returned: always
    dmarc_policy:
      description: The DMARC policy that receivers apply to mail of the domain, whoever asks for it.
      type: dict
      returned: always
      contains:
        policy:
          description: V(none), V(quarantine) or V(reject); null where no DMARC record applies.
          type: str
          returned: always
        domain:
          description: The domain whose record that is, the domain itself or one above it; null where there is none.
          type: str
          returned: always
        subdomain_policy:
          description: The policy for mail of a domain below it that has no DMARC record of its own (C(sp=)).
          type: str
          returned: always
        nonexistent_policy:
          description: The policy for mail of a domain below it that does not exist (C(np=)).
          type: str
          returned: always
        organizational_domain:
          description: What relaxed alignment compares.
          type: str
          returned: always
        spf_alignment:
          description: V(r) for relaxed, V(s) for strict.
          type: str
          returned: always
        dkim_alignment:
          description: V(r) for relaxed, V(s) for strict.
          type: str
          returned: always
        known:
          description: Whether DNS gave all the answers.
          type: bool
          returned: always
    senders:
      description: What the records say of each of O(domains[].senders), by its name.
      type: dict
      returned: always
      contains:
        spf:
          description:
            - Whether receivers would let it pass by the SPF record of the domain, from all addresses that its terms
              lead to. Null where it names no terms, or nobody gave an answer.
          type: bool
          returned: always
        spf_reason:
          description: Which address gets which result, and the term that decided.
          type: str
          returned: always
        dkim:
          description: Whether there is a key at one of its selectors. Null where it has none, or nobody gave an answer.
          type: bool
          returned: always
        lacking:
          description: The terms of SPF and the names of keys that are not there.
          type: list
          elements: str
          returned: always
        return_path:
          description: The domain of its envelope sender, if it is said; else empty.
          type: str
          returned: always
        return_path_spf:
          description:
            - Where C(return_path) can be aligned with the domain, whether receivers would let it pass by the SPF record
              there; of a sender without terms, whether that record lets anybody pass. Else, and where nobody gave an
              answer, null.
          type: bool
          returned: always
        return_path_spf_reason:
          description: Which address gets which result there, and the term that decided.
          type: str
          returned: always
    findings:
      description: What is wrong, the worst first.
      type: list
      elements: dict
      returned: always
      contains:
        code:
          description: The stable name of the fault, such as V(spf_two_records).
          type: str
          returned: always
        severity:
          description: V(error) where mail is lost or taken for forged, V(warning) where it works for now or for some,
            V(info) for what is worth to know.
          type: str
          returned: always
        rfc:
          description: The section of the standard.
          type: str
          returned: always
        name:
          description: The name of the record, the server or the address that it is about.
          type: str
          returned: always
        found:
          description: What is there.
          type: str
          returned: always
        cure:
          description: What to do.
          type: str
          returned: always
    finding_counts:
      description: How many findings there are of each severity.
      type: dict
      returned: always
questions:
  description: How many DNS questions were sent.
  returned: success
  type: int
  sample: 12
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check import declared
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import (
    CheckOptions,
    Waiting,
    check_domains,
)
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import require_dnspython


def main() -> None:
    wait = {"timeout": {"type": "int", "default": 600}, "interval": {"type": "int", "default": 10}}
    module = AnsibleModule(
        argument_spec={
            "domains": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {**build.OPTIONS, **declared.OPTIONS},
            },
            "probe_selectors": {"type": "bool", "default": False},
            "as_planned": {"type": "bool", "default": False},
            "nameservers": {"type": "list", "elements": "str"},
            "wait": {"type": "dict", "options": wait},
        },
        supports_check_mode=True,
    )
    require_dnspython(module)
    try:
        options = CheckOptions(
            nameservers=module.params["nameservers"] or (),
            probe_selectors=module.params["probe_selectors"],
            as_planned=module.params["as_planned"],
            wait=Waiting(**(module.params["wait"] or {})),
        )
        checked = check_domains(module.params["domains"], options)
    except PostmasterError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **checked.as_dict())


if __name__ == "__main__":
    main()
