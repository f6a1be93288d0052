#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_info
short_description: Check the mail records of domains in DNS, and wait until they are as expected
description:
  - Finds faults of mail records (SPF, DKIM, DMARC, MX, delegation), each with a stable code, a severity, the section of
    the standard, what was found, and the cure. All codes are at
    U(https://github.com/postmaster-mail/postmaster.mail/blob/main/docs/findings.md).
  - Asks every authoritative server of each domain whether it shows what is expected. Write expectations like the
    domains of M(postmaster.mail.domain_records), without C(dns) and C(zone), and are met if that module would have
    nothing to change. TTLs are not compared.
  - Each part that you give is expected. Without any, the module reports what is there. A selector without
    O(domains[].dkim[].cname) and O(domains[].dkim[].public_key) is only reported.
  - A domain for which no server answers is not met, whether something is expected or not. The module waits for it only
    if something is expected.
  - With O(wait), the module asks the servers again until all of them agree. It asks only about domains that are not yet
    as expected.
  - A server that does not answer causes a warning and a finding. The domain is unmet only if no other server answers
    either.
  - The module never fails because of a domain. To fail the task, test RV(met) and RV(finding_counts), or RV(domains)
    for one domain, as the examples show. An entry with an invalid name or invalid expectations is not met, and has the
    finding V(domain_invalid).
  - Many domains are checked in parallel, and no server is asked the same question twice. A domain with two selectors
    takes at most ten questions to its authoritative server. 1,000 domains take about ten seconds on two cores with a
    server nearby, and 12 KiB of memory each.
options:
  domains:
    required: true
  probe_selectors:
    description:
      - With V(true), the module also looks for DKIM keys at the selectors of well-known services, such as V(google),
        V(selector1) or V(s1). That takes about forty more questions for each domain that has DKIM keys.
      - DNS cannot list selectors, so the module cannot see keys at other selectors.
      - It also checks BIMI (the selector V(default)), TLS reports without MTA-STS, and the names (PTR) of the addresses
        of the mail exchangers.
    type: bool
    default: false
  as_planned:
    description:
      - With V(true), each domain is checked as if its expected records were already published, which shows in advance
        what would be wrong then. What the servers really show, such as RV(met), is reported unchanged.
    type: bool
    default: false
  wait:
    description: Ask again until all expectations are met or the time is up. Without it, each server is asked once.
    type: dict
    suboptions:
      timeout:
        description: How many seconds to wait. After that, the servers are asked one last time.
        type: int
        default: 600
      interval:
        description: Seconds between two rounds of queries.
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
    description: The module only reads, with or without check mode.
    support: full
extends_documentation_fragment:
  - postmaster.mail.records.domain_seen
  - postmaster.mail.nameservers
"""

EXAMPLES = r"""
- name: Read what the name servers of a domain show
  postmaster.mail.domain_info:
    domains:
      - domain: company-name.com
        dkim: [{selector: odoo}]
  register: shown

- name: Fail if something is wrong
  postmaster.mail.domain_info:
    domains:
      - domain: company-name.com
        dkim: [{selector: odoo}]
        senders:
          - {name: Odoo Online, spf: {include: [_spf.odoo.com]}, selectors: [odoo], return_path: odoo.com}
          - {name: Own relay, spf: {ip4: [192.0.2.25]}, selectors: [mail]}
        delegated_to: [ns1.hoster.example, ns2.hoster.example]
        from_addresses: [sales@company-name.com]
  register: checked
  failed_when: not checked.met or checked.finding_counts.error > 0

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

- name: Check an internal zone on its own servers
  postmaster.mail.domain_info:
    domains:
      - domain: company-name.com
        mx: {exchanges: [{preference: 10, host: mx.company-name.com}]}
    nameservers: ["192.0.2.53", "[2001:db8::53]:5353"]
  register: internal

- name: Show what is missing
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
  description: The number of findings of each severity, over all domains.
  returned: success
  type: dict
  sample: {error: 0, warning: 1, info: 2}
domains:
  description: What the servers show for each domain, by the name that you gave.
  returned: success
  type: dict
  contains:
    met:
      description: Whether all servers that answer show what is expected. If nothing is expected, whether any server
        answers.
      type: bool
      returned: always
    msg:
      description: Why the domain is not as expected, server by server, or why nothing is known; otherwise empty.
      type: str
      returned: always
    missing:
      description: What is not as expected on at least one server.
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
      description: What deserves attention.
      type: list
      elements: str
      returned: always
    left_alone:
      description: What differs from what is expected but fulfils it, such as a stricter DMARC policy.
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
        - The selectors that you gave, and those where something was found, each with its C(cname) (or null) and its
          C(txt) values.
      type: dict
      returned: always
    policies:
      description:
        - The records of MTA-STS (C(mta_sts)), of TLS reports (C(tls_reports)) and of BIMI (C(bimi)), each a list; there
          should be at most one. What was not requested is not there.
      type: dict
      returned: always
    mx_names:
      description:
        - The name (PTR) of each address of the mail exchangers, or an empty string if it has none. Empty without
          O(probe_selectors).
      type: dict
      returned: always
    exists:
      description: Whether DNS has anything at the domain or below it. Null if no server answered.
      type: bool
      returned: always
    dmarc_policy:
      description: The DMARC policy that receivers apply to mail of the domain, from its own record or one above it.
      type: dict
      returned: always
      contains:
        policy:
          description: V(none), V(quarantine) or V(reject); null where no DMARC record applies.
          type: str
          returned: always
        strictest_policy:
          description: The same for receivers of RFC 7489, which do not know C(t=y).
          type: str
          returned: always
        domain:
          description: The domain that has this record, itself or one above it; null if there is none.
          type: str
          returned: always
        subdomain_policy:
          description: The policy for mail of a subdomain without a DMARC record of its own (C(sp=)).
          type: str
          returned: always
        nonexistent_policy:
          description: The policy for mail of a subdomain that does not exist (C(np=)).
          type: str
          returned: always
        strictest_subdomain_policy:
          description: RV(domains.dmarc_policy.subdomain_policy) for receivers of RFC 7489, which do not know C(t=y).
          type: str
          returned: always
        strictest_nonexistent_policy:
          description: RV(domains.dmarc_policy.nonexistent_policy), or what receivers of RFC 7489 apply, which know
            neither C(t=y) nor C(np=); the stricter of both.
          type: str
          returned: always
        organizational_domain:
          description: The organizational domain of the domain, which relaxed alignment compares.
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
          description: Whether DNS answered all queries for it.
          type: bool
          returned: always
    senders:
      description: What the records say about each of O(domains[].senders), by its name.
      type: dict
      returned: always
      contains:
        spf:
          description:
            - Whether it would pass SPF with the record of the domain, from all addresses that its terms lead to. Null
              if it names no terms, or if no server answered.
          type: bool
          returned: always
        spf_reason:
          description: Which address gets which result, and the term that decided.
          type: str
          returned: always
        dkim:
          description: Whether there is a key at one of its selectors. Null if it has none, or if no server answered.
          type: bool
          returned: always
        lacking:
          description: The SPF terms and the names of DKIM keys that are missing.
          type: list
          elements: str
          returned: always
        return_path:
          description: The domain of its envelope sender, if you stated it; otherwise empty.
          type: str
          returned: always
        return_path_spf:
          description:
            - If C(return_path) can align with the domain, whether it would pass SPF with the record there; for a sender
              without terms, whether anybody would. Otherwise, or if no server answered, null.
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
          description: V(error) if mail is lost or treated as forged, V(warning) if it works for now or for some
            receivers, V(info) for what is worth knowing.
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
      description: The number of findings of each severity.
      type: dict
      returned: always
questions:
  description: The number of DNS queries that were sent.
  returned: success
  type: int
  sample: 12
"""

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check import declared
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import (
    CheckOptions,
    Waiting,
    check_domains,
)
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.intents import build
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import require_dnspython
from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.printable import printable, printed


def main() -> None:
    wait = {"timeout": {"type": "int", "default": 600}, "interval": {"type": "int", "default": 10}}
    module = Module(
        {
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
    )
    require_dnspython(module)
    interrupts.watch_output()
    try:
        options = CheckOptions(
            nameservers=module.params["nameservers"] or (),
            probe_selectors=module.params["probe_selectors"],
            as_planned=module.params["as_planned"],
            wait=Waiting(**(module.params["wait"] or {})),
        )
        checked = check_domains(module.params["domains"], options)
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
    module.exit_json(changed=False, **printed(checked.as_dict()))


if __name__ == "__main__":
    main()
