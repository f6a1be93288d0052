#!/usr/bin/python
# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_test_message
short_description: Test with a real message whether mail from an Odoo database arrives
description:
  - Odoo sends one real message through its normal route. The module fetches it from a mailbox by IMAP and reports what
    the receiver saw. It evaluates SPF for the client that delivered the message, verifies its DKIM signatures against
    DNS, and evaluates DMARC from both.
  - It fails if Odoo could not send the message, if the mailbox cannot be read, or if the message did not arrive in
    time. If something is wrong with a message that arrived, RV(problems) says what, and RV(passed) is false. The
    examples show how to fail a task then.
  - Odoo deletes the message after sending it. It stays in the mailbox unless O(delete) is set.
notes:
  - The client that delivered the message is taken from the C(Received) field of the receiver, which is the first from
    the top with a public address. If there is none, as in a private network, it is the first that came by SMTP.
options:
  from_address:
    description: The sender.
    type: str
    required: true
  company:
    description:
      - The name of the company whose mail it is. From Odoo 17 on it decides about the bounce address and notifications.
      - By default the company of the Odoo user.
    type: str
  to:
    description: The address of the mailbox, preferably outside the company's own mail service.
    type: str
    required: true
  fetch:
    description:
      - Whether to fetch the message.
      - Set it to V(false) for an address at a test service that shows the result on its own page.
    type: bool
    default: true
  mailbox:
    description: Where to fetch the message by IMAP. Required unless O(fetch=false).
    type: dict
    suboptions:
      host:
        description: The name or address of the IMAP server.
        type: str
        required: true
      port:
        description: By default 993 with TLS, otherwise 143.
        type: int
      username:
        description: The login.
        type: str
        required: true
      password:
        description: The password. Some services require an app password.
        type: str
        required: true
      encryption:
        description: How the connection is protected.
        type: str
        choices: [tls, starttls, none]
        default: tls
      folder:
        description:
          - The folder that new messages arrive in, with its name as people read it.
          - The junk folder is searched too. It is the one that the server names, else one called Junk or Spam.
        type: str
        default: INBOX
      validate_certs:
        description: Whether to refuse an untrusted certificate.
        type: bool
        default: true
      ca_path:
        description: A file with the certificate authorities to trust instead of the system's own.
        type: path
      max_answer_size:
        description: The most megabytes that the server may send in one answer, such as a message. More is refused.
        type: int
        default: 64
  timeout:
    description: How many seconds to wait for the message.
    type: int
    default: 120
  trusted_authserv_id:
    description:
      - The name that the receiver writes its own verdicts under, in C(Authentication-Results), such as
        C(mx.google.com). Only these are reported, because anybody can write such a field.
    type: str
  delete:
    description: Whether to delete the message from the mailbox after reading it.
    type: bool
    default: false
  allow_neutralized:
    description: Whether to send from a neutralised copy of a database as well.
    type: bool
    default: false
seealso:
  - module: postmaster.mail.odoo_mail_route_info
  - module: postmaster.mail.domain_info
version_added: "1.0.0"
author:
  - postmaster.mail contributors (@postmaster-mail)
attributes:
  check_mode:
    description: Logs in to Odoo and the mailbox, but sends nothing.
    support: full
  diff_mode:
    description: There is nothing to compare.
    support: none
requirements:
  - cryptography
extends_documentation_fragment:
  - postmaster.mail.nameservers
  - postmaster.mail.odoo
"""

EXAMPLES = r"""
- name: Check whether mail of the sales team arrives and passes
  postmaster.mail.odoo_test_message:
    from_address: sales@company-name.com
    company: Company Name SA
    to: probe@mailbox.example
    mailbox:
      host: imap.mailbox.example
      username: probe@mailbox.example
      password: "{{ vault_mailbox_password }}"
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
  register: proof
  failed_when: proof is failed or not proof.passed

- name: Send a message to a test service, which shows its own verdict
  postmaster.mail.odoo_test_message:
    from_address: sales@company-name.com
    to: test-a1b2c3@test-service.example
    fetch: false
    odoo:
      url: https://erp.example.net
      database: prod
      username: admin
      password: "{{ vault_odoo_password }}"
"""

RETURN = r"""
sent:
  description: Whether Odoo sent the message; false in check mode.
  returned: success
  type: bool
  sample: true
subject:
  description: The subject, by which the message can be found.
  returned: success
  type: str
  sample: Test of the mail route pm0123456789abcdef
passed:
  description: Whether the message arrived and nothing is wrong with it.
  returned: when fetched
  type: bool
  sample: true
problems:
  description: What is wrong, one sentence each.
  returned: when fetched
  type: list
  elements: str
  sample: []
from_header:
  description: The From that arrived.
  returned: when fetched
  type: str
  sample: sales@company-name.com
reply_to:
  description: The Reply-To that arrived; empty if there is none.
  returned: when fetched
  type: str
  sample: catchall@company-name.com
return_path:
  description: The envelope sender that arrived.
  returned: when fetched
  type: str
  sample: bounce@company-name.com
message_id:
  description: The Message-ID that arrived.
  returned: when fetched
  type: str
folder:
  description: The folder that the message was filed in.
  returned: when fetched
  type: str
  sample: INBOX
junk:
  description: Whether this is the junk folder.
  returned: when fetched
  type: bool
  sample: false
delay:
  description: Seconds until the message was in the mailbox.
  returned: when fetched
  type: float
  sample: 2.5
client_ip:
  description: The address of the client that delivered the message to the receiver; null if it is not known.
  returned: when fetched
  type: str
  sample: 192.0.2.25
helo:
  description: The name by which the client introduced itself.
  returned: when fetched
  type: str
  sample: smtp.company-name.com
client_name:
  description: The name of that address in DNS (PTR), if it resolves back to it; empty if there is none, or if it is
    not known.
  returned: when fetched
  type: str
  sample: smtp.company-name.com
tls:
  description: The TLS version of the delivery; C(yes) if the receiver does not say which, empty without TLS.
  returned: when fetched
  type: str
  sample: TLS1.3
author:
  description: The address in From whose domain DMARC checks.
  returned: when fetched
  type: str
  sample: sales@company-name.com
author_domain:
  description: Its domain.
  returned: when fetched
  type: str
  sample: company-name.com
spf:
  description: The SPF result of the envelope sender for that client; null if the client is not known.
  returned: when fetched
  type: dict
  contains:
    result:
      description: One of C(pass), C(fail), C(softfail), C(neutral), C(none), C(temperror) and C(permerror).
      type: str
      returned: always
    domain:
      description: The domain whose record was checked.
      type: str
      returned: always
    term:
      description: The term of the record that decided.
      type: str
      returned: always
    reason:
      description: Why, in one sentence.
      type: str
      returned: always
    explanation:
      description: What the domain explains to those that it does not authorise (C(exp=)).
      type: str
      returned: always
    lookups:
      description: How many of the ten lookups were used.
      type: int
      returned: always
    void_lookups:
      description: How many of these found nothing.
      type: int
      returned: always
    trace:
      description: The terms that were evaluated, in order.
      type: list
      elements: str
      returned: always
dkim:
  description: Each DKIM signature of the message.
  returned: when fetched
  type: list
  elements: dict
  contains:
    result:
      description: C(pass), or what is wrong, in the words of RFC 8601.
      type: str
      returned: always
    domain:
      description: The domain that signed.
      type: str
      returned: always
    selector:
      description: Its selector.
      type: str
      returned: always
    algorithm:
      description: The algorithm of the signature.
      type: str
      returned: always
    reason:
      description: Why, in one sentence.
      type: str
      returned: always
    testing:
      description: Whether the key says that the domain only tests DKIM.
      type: bool
      returned: always
    key_bits:
      description: The size of the key.
      type: int
      returned: always
    aliases:
      description: The CNAMEs through which the key was found.
      type: list
      elements: str
      returned: always
    remarks:
      description: What deserves attention.
      type: list
      elements: str
      returned: always
dmarc:
  description: The DMARC result; null if From does not have exactly one domain.
  returned: when fetched
  type: dict
  contains:
    result:
      description: C(pass), C(fail), C(none) or an error.
      type: str
      returned: always
    disposition:
      description: What the domain asks receivers to do with the message.
      type: str
      returned: always
    policy:
      description: The policy of the record.
      type: str
      returned: always
    applied_policy:
      description: The policy that applies to this domain.
      type: str
      returned: always
    policy_domain:
      description: The domain that has the record.
      type: str
      returned: always
    organizational_domain:
      description: The organizational domain of the sender.
      type: str
      returned: always
    spf_aligned:
      description: Whether the domain that SPF checked aligns with From, pass or not; null if DNS did not answer.
      type: bool
      returned: always
    dkim_aligned:
      description: The domains that signed, pass, and align with From.
      type: list
      elements: str
      returned: always
    reasons:
      description: Why, one sentence each.
      type: list
      elements: str
      returned: always
authentication_results:
  description: The Authentication-Results of the receiver with O(trusted_authserv_id), field by field from the top.
  returned: when fetched
  type: list
  elements: dict
  contains:
    authserv_id:
      description: The receiver.
      type: str
      returned: always
    results:
      description: Its verdicts, each with C(method), C(result), C(reason) and C(properties).
      type: list
      elements: dict
      returned: always
"""

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import require_dnspython
from ansible_collections.postmaster.mail.plugins.module_utils.message_trial import MessageTrial, try_message
from ansible_collections.postmaster.mail.plugins.module_utils.module import Module
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.options import (
    allow_neutralized_option,
    connection_options,
)
from ansible_collections.postmaster.mail.plugins.module_utils.printable import printable, printed

_MAILBOX = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int"},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "required": True, "no_log": True},
    "encryption": {"type": "str", "choices": ["tls", "starttls", "none"], "default": "tls"},
    "folder": {"type": "str", "default": "INBOX"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "max_answer_size": {"type": "int", "default": 64},
}


def main() -> None:
    module = Module(
        {
            "from_address": {"type": "str", "required": True},
            "company": {"type": "str"},
            "to": {"type": "str", "required": True},
            "fetch": {"type": "bool", "default": True},
            "mailbox": {"type": "dict", "options": _MAILBOX},
            "timeout": {"type": "int", "default": 120},
            "trusted_authserv_id": {"type": "str"},
            "delete": {"type": "bool", "default": False},
            "nameservers": {"type": "list", "elements": "str"},
            **allow_neutralized_option(),
            **connection_options(),
        },
        required_if=[("fetch", True, ["mailbox"])],
    )
    require_dnspython(module)
    interrupts.watch_output()
    params = module.params
    names = ("from_address", "to", "company", "timeout", "trusted_authserv_id", "delete", "allow_neutralized")
    trial = MessageTrial(
        **{name: params[name] for name in names},
        mailbox=params["mailbox"] if params["fetch"] else None,
        nameservers=params["nameservers"] or (),
        check_mode=module.check_mode,
    )
    try:
        module.exit_json(**printed(try_message(lambda: Odoo.connect(params["odoo"]), trial)))
    except ImportError as error:
        module.fail_json(msg=missing_required_lib(error.name or "requests"))
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))


if __name__ == "__main__":
    main()
