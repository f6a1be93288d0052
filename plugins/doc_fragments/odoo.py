# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Odoo modules reach a database, and what alias domains and mail servers are made of."""

from __future__ import annotations

import textwrap


def _options(*parts: str) -> str:
    return "options:\n" + textwrap.indent("".join(parts).replace("{prefix}", ""), "  ")


def _entries(name: str, what: str, *parts: str) -> str:
    head = f"{name}:\n  description: {what}\n  type: list\n  elements: dict\n  default: []\n  suboptions:\n"
    return head + textwrap.indent("".join(parts).replace("{prefix}", f"{name}[]."), "    ")


class ModuleDocFragment:
    DOCUMENTATION = r"""
requirements:
  - requests
  - dnspython >= 2.3
options:
  odoo:
    description:
      - The Odoo database and its login. The module detects the version and the protocol.
      - Set it once for all modules with C(module_defaults) and the action group C(postmaster.mail.odoo).
      - "The user needs the access right Administration: Settings (C(base.group_system)), which Odoo 19 calls the role
        Administrator and which includes all others. For alias domains alone, Administration: Access Rights
        (C(base.group_erp_manager)) is enough from Odoo 17 on, unless one has a complete address as default sender. An
        error names the missing right."
      - On Odoo Online, the plan must include the external API, and the user needs a password of its own or an API key.
    type: dict
    suboptions:
      url:
        description:
          - The URL of Odoo, without a path.
          - If not set, the environment variable E(ODOO_URL) is used. One of them is required.
        type: str
        required: true
      database:
        description:
          - The name of the database.
          - If not set, the environment variable E(ODOO_DATABASE) is used. One of them is required.
        type: str
        required: true
      username:
        description:
          - The login of the user. It is not needed with an API key of Odoo 19 or newer.
          - If not set, the environment variable E(ODOO_USERNAME) is used.
        type: str
      password:
        description:
          - The password of the user.
          - If not set, the environment variable E(ODOO_PASSWORD) is used.
        type: str
      api_key:
        description:
          - An API key of the user, instead of the password. With Odoo 19 and newer, the module then uses JSON-2.
          - If not set, the environment variable E(ODOO_API_KEY) is used.
        type: str
      validate_certs:
        description: Whether the TLS certificate of Odoo must be valid.
        type: bool
        default: true
      ca_path:
        description: A file with the certificate authorities to trust instead of the system's own.
        type: path
      timeout:
        description: Seconds to wait for the answer to a request. Odoo may still carry out the request after that.
        type: int
        default: 60
      max_answer_size:
        description: The most megabytes that an answer may have. A larger one is refused.
        type: int
        default: 64
attributes:
  check_mode:
    support: full
    description: Plans exactly what a run would do and changes nothing.
  diff_mode:
    support: full
    description: Shows what changed, or would change.
"""

    _ALIAS_DOMAIN = r"""
name:
  description: The domain of the company. Odoo stores it in lower case, an internationalised one as C(xn--).
  type: str
  required: true
bounce_alias:
  description:
    - The part before the @ of the address to which undeliverable mail returns.
    - A new alias domain gets V(bounce) by default, an existing one keeps its own.
  type: str
catchall_alias:
  description:
    - The part before the @ of the address to which replies go.
    - A new alias domain gets V(catchall) by default, an existing one keeps its own.
  type: str
default_from:
  description:
    - The part before the @ of the sender that Odoo uses when no outgoing server accepts the real one.
    - A new alias domain gets V(notifications) by default, an existing one keeps its own.
    - A complete address needs O({prefix}override_all_senders=true), because Odoo then uses it for all mail that no
      outgoing server accepts.
    - Odoo 14 has a default sender only in its catch-all domain, and uses it for mail without a sender of its own. In
      Odoo 15 and 16 a complete address also becomes the only sender if there is no outgoing server.
  type: str
companies:
  description:
    - The names of the companies that use this alias domain.
    - A company that uses another one is moved. A company that uses this one and is not listed stays.
  type: list
  elements: str
priority:
  description:
    - The position in the list of alias domains, smallest number first. New companies get the first one.
    - A new alias domain gets V(10) by default, an existing one keeps its own.
  type: int
assign_to_all:
  description:
    - Assigns it to every company without an alias domain.
    - Odoo assigns its very first alias domain to all companies automatically. With V(false), the companies that are not
      listed are set back to none.
  type: bool
  default: false
allow_rename:
  description:
    - Permits changing O({prefix}bounce_alias) and O({prefix}catchall_alias), which loses mail to the old addresses.
    - Up to Odoo 16 it also permits replacing another catch-all domain.
  type: bool
  default: false
override_all_senders:
  description:
    - Permits a complete address as O({prefix}default_from), which Odoo then uses for all mail that no outgoing server
      accepts.
    - Without any outgoing server, Odoo 17 and newer does so only if its default FROM filter has the address. The filter
      is one for all companies, so it is set if each of them has such an address; otherwise a warning says what to do.
      This needs the access right C(base.group_system).
  type: bool
  default: false
redirect_to:
  description:
    - The domain or host where Odoo receives mail, such as C(company-name.odoo.com). RV(ignore:redirections) then lists
      what the mail server of the domain must redirect to it.
    - It changes nothing.
  type: str
state:
  description: V(absent) deletes it, unless mail aliases still use it.
  type: str
  choices: [present, absent]
  default: present
"""

    _OUTGOING_MAIL_SERVER = r"""
name:
  description:
    - The name of the server in Odoo. A server with this name that someone else created is taken over.
    - If several have this name, select one with O({prefix}id).
  type: str
  required: true
id:
  description: The number of the server in Odoo. It then also gets O({prefix}name).
  type: int
host:
  description:
    - The SMTP server. Required for a new server, except with O({prefix}authentication=cli), which has none.
    - With O({prefix}authentication=gmail) the default is V(smtp.gmail.com). With V(outlook) it is
      V(smtp.office365.com), or V(smtp-mail.outlook.com) for a personal Microsoft mailbox.
  type: str
port:
  description:
    - Its port. By default an existing server of the same encryption keeps its own, and any other gets the usual one, 25
      (none), 587 (starttls) or 465 (tls).
    - Odoo Online and Odoo.sh block port 25, so it is refused there. Many services offer 2525 in addition to 465 and
      587.
  type: int
encryption:
  description:
    - Whether the connection is encrypted from the start (V(tls)), after a command (V(starttls)), or not at all.
    - A new server gets V(starttls) by default, an existing one keeps its own.
    - Gmail and Outlook need V(starttls).
  type: str
  choices: [none, starttls, tls]
verify_certificate:
  description:
    - Whether Odoo must verify the server's certificate. It is set together with O({prefix}encryption).
    - By default a new server verifies it, and an existing one of the same encryption keeps its own.
    - Odoo up to 18 verifies no certificate, which causes a warning. With Gmail and Outlook it has no effect.
  type: bool
authentication:
  description:
    - How Odoo logs in. V(login) is a username and password, V(certificate) a client certificate. V(cli) uses the server
      of Odoo's command line, which on Odoo Online and Odoo.sh is Odoo's own server.
    - V(gmail) and V(outlook) need Odoo's modules C(google_gmail) and C(microsoft_outlook), see C(install_modules), and
      a person who allows Odoo to use the mailbox. Until then the server stays archived, so that it loses no mail, and
      RV(ignore:next_steps) says what to do.
    - A new server gets V(certificate) if one is given, else V(login). An existing one keeps its own.
    - Together with a V(cli) server, each server needs a FROM filter of its own. The V(cli) server needs Odoo's
      subdomain, the others the custom domains. A missing one causes a warning.
  type: str
  choices: [login, certificate, cli, gmail, outlook]
username:
  description: The login; with Gmail and Outlook the address of the mailbox. An empty string removes it.
  type: str
password:
  description:
    - The password. It is compared with the one in Odoo and never shown. An empty string removes it.
    - Only O({prefix}authentication=login) uses one; with any other it is refused.
  type: str
client_certificate:
  description:
    - The certificate for O({prefix}authentication=certificate), as PEM.
    - It must match the private key. This is checked before anything is written.
  type: str
client_private_key:
  description: The private key for O({prefix}authentication=certificate), as PEM without a passphrase.
  type: str
from_filter:
  description:
    - The senders that go through this server, as addresses and domains. Subdomains are not included. An entry that can
      match no sender is refused, such as V(*.company-name.com), V(@company-name.com), or two in one entry.
    - An empty list means all senders. If the option is left out, a server without a filter causes a warning.
    - By default an existing server keeps its own. With Gmail and Outlook a new one gets its mailbox.
    - Odoo 15 and 16 take one entry. Odoo 14 has no filters, so there it is left out with a warning.
  type: list
  elements: str
priority:
  description:
    - The smallest number is tried first.
    - By default a new server gets V(10) and an existing one keeps its own. If another server that this collection made
      has the same number and competes with it, it gets the next free one, because Odoo would choose between them at
      random. Servers compete if they accept the same sender, if neither has a filter, or if they are the first of all
      while every server has a filter.
    - Equal numbers that you set, or that servers of others have, cause a warning.
  type: int
max_email_size:
  description:
    - The largest email in megabytes that the server accepts. In larger ones Odoo sends links instead of attachments.
    - V(0) means Odoo's own limit. Odoo up to 17 has no such limit, so there it is left out with a warning.
  type: float
debug:
  description: Whether Odoo logs the whole SMTP conversation, which may include confidential data.
  type: bool
adopt:
  description: Takes over a server with the same host, username and filter under another name, instead of refusing.
  type: bool
  default: false
test_connection:
  description:
    - Has Odoo test the connection when something changed. If the test fails, a new or archived server stays archived,
      and the previous settings of one in use are restored.
    - In check mode nothing is tested.
  type: bool
  default: false
state:
  description:
    - V(archived) keeps the server but does not use it. V(absent) deletes it.
    - Both are refused while mail templates, mailings, or mass mailing as its default use it. Odoo up to 16 archives it
      anyway, which causes a warning.
  type: str
  choices: [present, archived, absent]
  default: present
"""

    _INCOMING_MAIL_SERVER = r"""
name:
  description:
    - The name of the server in Odoo. A server with this name that someone else created is taken over.
    - If several have this name, select one with O({prefix}id).
  type: str
  required: true
id:
  description: The number of the server in Odoo. It then also gets O({prefix}name).
  type: int
type:
  description:
    - How Odoo gets the mail. V(imap) reads unread mail and leaves it there, V(pop) takes all mail and deletes it.
    - V(gmail) and V(outlook) need Odoo 16 or newer, modules of Odoo (C(install_modules)), and a person who allows Odoo
      to use the mailbox. Until then Odoo fetches nothing, and RV(ignore:next_steps) says what to do.
    - V(local) is a script on the mail server that passes the mail to Odoo. It has none of the options of a mailbox.
    - A new server gets V(imap) by default, an existing one keeps its own.
  type: str
  choices: [imap, pop, local, gmail, outlook]
host:
  description:
    - The server of the mailbox. Required for a new one, except with O({prefix}type=local).
    - With O({prefix}type=gmail) the default is V(imap.gmail.com), with V(outlook) it is V(outlook.office365.com).
  type: str
port:
  description:
    - Its port. By default an existing server of the same type and encryption keeps its own, and any other gets the
      usual one, 143 or 993 (tls) for IMAP, and 110 or 995 (tls) for POP.
  type: int
encryption:
  description:
    - Whether the connection is encrypted. Odoo has no STARTTLS here, and does not verify the certificates of such
      servers.
    - A new server gets V(tls) by default, an existing one keeps its own. Gmail and Outlook need V(tls).
  type: str
  choices: [none, tls]
username:
  description: The login; with Gmail and Outlook the address of the mailbox.
  type: str
password:
  description:
    - The password. It is compared with the one in Odoo and never shown. An empty string removes it.
    - It is refused with Gmail and Outlook, which have none.
  type: str
action:
  description:
    - The model that each mail creates a record of, unless it is a reply, such as V(crm.lead). The address does not
      matter.
    - Without it, the mail aliases of Odoo decide by the address. An empty string removes it.
    - The application that has the model must be installed.
  type: str
keep_attachments:
  description:
    - Whether attachments are kept.
    - By default a new server keeps them, and an existing one keeps its setting.
  type: bool
keep_original:
  description:
    - Whether the original mail is also kept, as an attachment, which about doubles the space that it takes.
    - By default a new server does not keep it, and an existing one keeps its setting.
  type: bool
priority:
  description:
    - Odoo fetches from the smallest number first.
    - A new server gets V(5) by default, an existing one keeps its own.
  type: int
adopt:
  description: Takes over a server with the same host and username under another name, instead of refusing.
  type: bool
  default: false
confirm_login:
  description:
    - Has Odoo log in to the mailbox when its login changed, and confirms the server if that works. Odoo fetches only
      from confirmed servers. If it fails, the previous settings of a server in use are restored.
    - V(false) does not confirm it, so a new server fetches nothing until somebody does.
    - In check mode Odoo does not log in.
  type: bool
  default: true
state:
  description: V(archived) keeps the server but does not use it. V(absent) deletes it.
  type: str
  choices: [present, archived, absent]
  default: present
"""

    _SETTINGS = r"""
custom_email_servers:
  description:
    - Whether Odoo's settings show its outgoing mail servers (Use Custom Email Servers).
    - From Odoo 19 on, users can then also set up servers of their own. It never switches a server on or off.
  type: bool
mass_mailing_server:
  description:
    - The outgoing mail server that new mailings use by default, by its name or id. V(false) means none.
    - There is one for all companies of the database. A mailing goes through it whatever its sender is, past all FROM
      filters. Existing mailings keep their own.
    - A default that was deleted in Odoo is replaced. If the option is left out, it causes a warning.
    - Odoo's module C(mass_mailing) must be installed.
  type: str
default_from:
  description:
    - The sender that Odoo up to 16 uses when no outgoing server accepts the real one.
    - Odoo 14 takes only the part before the @, Odoo 15 and 16 also a complete address.
    - Odoo 17 and newer has it in each alias domain, so it is refused here.
  type: str
default_from_filter:
  description:
    - The senders that keep their address if Odoo has no outgoing server, as addresses and domains.
    - It takes precedence over the command line option C(--from-filter).
    - Odoo 15 and 16 take one entry, Odoo 14 none.
  type: list
  elements: str
catchall_domain:
  description:
    - The domain of all aliases of the database, up to Odoo 16.
    - Odoo 17 and newer has alias domains instead, so it is refused here.
  type: str
catchall_alias:
  description: The part before the @ of the address to which replies go, up to Odoo 16.
  type: str
bounce_alias:
  description: The part before the @ of the address to which undeliverable mail returns, up to Odoo 16.
  type: str
allowed_catchall_domains:
  description:
    - The domains for which Odoo finds an alias by only the part before the @. An empty list means any.
    - From Odoo 17 on it applies to aliases from before the upgrade, in older versions to all aliases.
  type: list
  elements: str
gmail_client_id:
  description: The client ID of the Google application with which users and servers sign in to Gmail.
  type: str
gmail_client_secret:
  description: Its client secret. It is compared with the one in Odoo and never shown.
  type: str
outlook_client_id:
  description: The client ID of the Microsoft application with which servers sign in to Outlook.
  type: str
outlook_client_secret:
  description: Its client secret. It is compared with the one in Odoo and never shown.
  type: str
allow_rename:
  description:
    - Permits changing O({prefix}catchall_domain), O({prefix}catchall_alias) and O({prefix}bounce_alias), which loses
      mail to the old addresses.
  type: bool
  default: false
"""

    _MAILING_DEFAULT = r"""
mass_mailing_default:
  description:
    - Prefers this O({prefix}mass_mailing_server) if several owners name different ones, or if another server is the
      default already. Without it, that is a conflict.
    - The others get a warning that they must choose their server in each of their mailings.
  type: bool
  default: false
"""

    _PURGE = r"""
purge:
  description:
    - Archives the outgoing and incoming mail servers that this collection created and that no entry names. It deletes
      nothing.
    - Servers of others are left alone, whatever their names. A server that mail templates or mailings still use stays,
      and is listed in RV(ignore:failed_items).
    - The call must have the entries of all companies of the database.
  type: bool
  default: false
"""

    _OWNER = r"""
owner:
  description:
    - What the entry belongs to, such as a domain. RV(ignore:owners) has one result for each owner.
    - By default the name of the entry.
  type: str
"""

    _NEUTRALIZED = r"""
allow_neutralized:
  description:
    - Permits mail servers in a neutralised copy of a database, which then sends mail to real people, or takes real mail
      out of its mailboxes.
  type: bool
  default: false
"""

    _INSTALL_MODULES = r"""
install_modules:
  description:
    - Permits installing the Odoo modules that are needed here, such as C(google_gmail) for Gmail.
    - Odoo then reloads its modules, which makes its users wait a few seconds.
  type: bool
  default: false
"""

    ALIAS_DOMAIN: str = _options(_ALIAS_DOMAIN)
    SETTINGS: str = _options(_SETTINGS)
    OUTGOING_MAIL_SERVER: str = _options(_OUTGOING_MAIL_SERVER, _NEUTRALIZED, _INSTALL_MODULES)
    INCOMING_MAIL_SERVER: str = _options(_INCOMING_MAIL_SERVER, _NEUTRALIZED, _INSTALL_MODULES)
    BATCH: str = _options(
        _entries(
            "settings",
            "Settings of the database, as one entry or one for each owner. An empty value removes a setting.",
            _SETTINGS,
            _MAILING_DEFAULT,
            _OWNER,
        ),
        _entries("alias_domains", "The alias domains, each once.", _ALIAS_DOMAIN, _OWNER),
        _entries("outgoing_mail_servers", "The outgoing mail servers, each once.", _OUTGOING_MAIL_SERVER, _OWNER),
        _entries("incoming_mail_servers", "The incoming mail servers, each once.", _INCOMING_MAIL_SERVER, _OWNER),
        _PURGE,
        _NEUTRALIZED,
        _INSTALL_MODULES,
    )
