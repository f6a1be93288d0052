# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the modules of sending services say which account they use, and what a domain needs there."""

from __future__ import annotations

import textwrap


class ModuleDocFragment:
    _SERVICE = r"""
description: The sending service, V(amazon_ses), V(mailgun), V(sendgrid), V(brevo), V(mailjet), V(postmark) or
  V(scaleway).
type: str
"""

    _ACCOUNT = r"""
description:
  - The account at the service. Set it once for all modules with C(module_defaults) and the action group
    C(postmaster.mail.sending).
type: dict
suboptions:
  endpoint:
    description: Base URL of the API, for a private installation or a proxy.
    type: str
  validate_certs:
    description: Whether the TLS certificate of the API must be valid.
    type: bool
    default: true
  ca_path:
    description: A file with the certificate authorities to trust instead of the system's own.
    type: path
  timeout:
    description: Seconds to wait for the answer to a request.
    type: float
    default: 30.0
  max_answer_size:
    description: The most megabytes that an answer may have. A larger one is refused.
    type: int
    default: 32
  rate_limit:
    description:
      - The most requests per second to send to the API, over all domains of the account.
      - By default what the service is known to allow, such as one per second at Amazon SES.
    type: float
  region:
    description:
      - Where the account is, such as V(eu-west-1) at V(amazon_ses) or V(eu) at V(mailgun). What is registered in one
        region does not exist in another.
      - If not set, the environment variables E(AWS_REGION) and E(AWS_DEFAULT_REGION) are used with V(amazon_ses),
        and E(MAILGUN_REGION) with V(mailgun).
    type: str
  access_key:
    description:
      - With V(amazon_ses), the id of the access key.
      - Without it boto3 looks for credentials as all AWS tools do, first in the environment variables
        E(AWS_ACCESS_KEY_ID), E(AWS_SECRET_ACCESS_KEY) and E(AWS_SESSION_TOKEN), then in the profile, then in the
        machine's own role.
    type: str
  secret_key:
    description:
      - With V(amazon_ses), the secret of O(account.access_key).
      - With V(mailjet), the secret of O(account.api_key). If not set, the environment variable E(MJ_APIKEY_PRIVATE) is
        used.
      - With V(scaleway), the secret of an API key. If not set, the environment variable E(SCW_SECRET_KEY) is used.
    type: str
  session_token:
    description: With V(amazon_ses), the session token of temporary credentials.
    type: str
  profile:
    description:
      - With V(amazon_ses), the profile from the AWS configuration files to use.
      - If not set, boto3 uses the environment variable E(AWS_PROFILE).
    type: str
  api_key:
    description:
      - With V(mailgun), V(sendgrid), V(brevo) and V(mailjet), the key of the API.
      - If not set, the environment variable E(MAILGUN_API_KEY) is used with V(mailgun), E(SENDGRID_API_KEY) with
        V(sendgrid), E(BREVO_API_KEY) with V(brevo), and E(MJ_APIKEY_PUBLIC) with V(mailjet).
    type: str
  subuser:
    description: With V(sendgrid), the subuser that owns the domains, if it is not the user of the key.
    type: str
  account_token:
    description:
      - With V(postmark), the token of the account, which is not the token of a server.
      - If not set, the environment variable E(POSTMARK_ACCOUNT_TOKEN) is used.
    type: str
  server:
    description:
      - With V(postmark), the name of the server that Odoo sends through, if the account has more than one. The role
        P(postmaster.mail.custom_domain#role) reads its token, which is user name and password of SMTP; the modules do
        not.
    type: str
  project_id:
    description:
      - With V(scaleway), the project that the domains belong to.
      - If not set, the environment variable E(SCW_DEFAULT_PROJECT_ID) is used.
    type: str
"""

    _DOMAIN = r"""
domain:
  description: The domain of the From addresses.
  type: str
  required: true
sending_domain:
  description:
    - The domain to register, if it is not O({at}domain) itself but one below it, such as V(mg.company-name.com).
    - It may be written without O({at}domain), as V(mg).
  type: str
return_path:
  description:
    - The domain of the envelope sender, below the registered one, such as V(bounce.company-name.com) or V(bounce).
      V(false) leaves the envelope sender to the service.
    - By default a domain that is already registered keeps what it has. At V(amazon_ses) a new one gets C(bounce) below
      it, at V(sendgrid) C(em), at V(postmark) C(pm-bounces), or the next one of a short list if that name is taken. At
      V(mailgun) the envelope sender is always at the registered domain, and at V(brevo), V(mailjet) and V(scaleway) it
      is not yours to choose.
  type: raw
tracking:
  description: Whether the records of tracking links are among RV({result}records). By default they are left out.
  type: bool
receiving:
  description:
    - Whether the MX of the service is among RV({result}records).
    - By default it is, if a sending domain below O({at}domain) has neither MX nor address, because receivers may refuse
      mail whose envelope sender is there. Beside another MX it is never published.
  type: bool
key_length:
  description:
    - The length of the DKIM key in bits. By default a domain that is already registered keeps its key.
    - Only V(amazon_ses) and V(mailgun) have this option, and V(mailgun) only for a new registration. Another length
      gives a new key, so that DKIM is pending until its records are there.
  type: int
  choices: [1024, 2048]
configuration_set:
  description:
    - With V(amazon_ses), the configuration set for mail that names none. It must already exist. An empty text removes
      the one in use.
    - By default a domain that is already registered keeps what it has.
  type: str
feedback:
  description:
    - With V(amazon_ses), whether it sends a message about each bounce to the envelope sender, which Odoo needs to see
      bounces. A new registration does, unless this is V(false).
    - By default a domain that is already registered keeps what it has.
  type: bool
dkim_selector:
  description:
    - With V(sendgrid), the selector of the first DKIM key for a new registration, as three lower-case letters or
      digits. The second key has the same selector with a V(2) at its end.
    - By default a domain that is already registered keeps its selectors. A new one gets V(s1) and V(s2), or the next
      pair of a short list if a name is taken. The selectors of a registered domain cannot be changed.
  type: str
state:
  description:
    - V(present) registers the domain if it is not, and returns the records that the service waits for.
    - V(verified) also asks the service to check once all name servers of the zone have the records, and fails if the
      domain is not verified within O({at}wait) seconds.
    - V(absent) deletes the registration.
  type: str
  choices: [present, verified, absent]
  default: present
wait:
  description: With V(verified), for how many seconds to wait for the records and for the service.
  type: int
  default: 0
take_over_registration:
  description:
    - Whether a stated option may replace another one that is in use. By default that is a conflict, because another
      program may rely on it.
  type: bool
  default: false
delete_unmarked:
  description:
    - Whether to delete a registration that has no mark of this collection. Only V(amazon_ses) can store one.
  type: bool
  default: false
accept_terms:
  description: Whether you consent to the terms that a service asks consent for in its API, as V(scaleway) does.
  type: bool
  default: false
"""

    _ATTRIBUTES = r"""
requirements:
  - dnspython >= 2.3
  - idna, for internationalised names
  - requests, for services with an HTTP API
  - boto3, for V(amazon_ses)
attributes:
  check_mode:
    support: full
    description: Predicts what the same call would do and changes nothing. What the service generates, such as DKIM
      tokens, is listed in C(known_after_apply).
  diff_mode:
    support: full
    description: Shows what changes at the service.
  idempotent:
    support: full
    description: A second run changes nothing. A domain that exists is found and used.
"""

    DOCUMENTATION: str = (
        "options:\n  service:\n    required: true\n"
        + textwrap.indent(_SERVICE.strip(), "    ")
        + "\n  account:\n    required: true\n"
        + textwrap.indent(_ACCOUNT.strip(), "    ")
        + _ATTRIBUTES
    )

    OPTIONAL: str = (
        "options:\n  service:\n"
        + textwrap.indent(_SERVICE.strip(), "    ")
        + "\n  account:\n"
        + textwrap.indent(_ACCOUNT.strip(), "    ")
    )

    DOMAIN: str = "options:\n" + textwrap.indent(_DOMAIN.strip().format(at="", result=""), "  ")

    BATCH: str = (
        "options:\n  domains:\n    description: The domains, each with what it needs.\n"
        "    type: list\n    elements: dict\n    required: true\n    suboptions:\n"
        + textwrap.indent(_DOMAIN.strip().format(at="domains[].", result="domains[]."), " " * 6)
        + "\n      service:\n"
        + textwrap.indent(_SERVICE.strip(), " " * 8)
        + "\n      account:\n"
        + textwrap.indent(_ACCOUNT.strip(), " " * 8)
        + "\n  service:\n"
        + textwrap.indent(_SERVICE.strip(), "    ")
        + "\n  account:\n"
        + textwrap.indent(_ACCOUNT.strip(), "    ")
        + _ATTRIBUTES
    )
