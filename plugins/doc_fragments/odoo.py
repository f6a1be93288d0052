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
      - The Odoo database, and who logs in to it. Version and protocol are found out.
      - With the action group C(postmaster.mail.odoo), C(module_defaults) can hold it once for all modules.
      - "The user needs the access right Administration: Settings (C(base.group_system)), which Odoo 19 calls the role
        Administrator, and which includes all others. For alias domains alone, Administration: Access Rights
        (C(base.group_erp_manager)) is enough from Odoo 17 on, unless one has a whole address as default sender. An
        error names the right that is missing."
      - On Odoo Online, the plan must have the external API, and the user a password of its own or an API key.
    type: dict
    suboptions:
      url:
        description:
          - The address of Odoo, without a path.
          - If not set, the environment variable E(ODOO_URL) is used. It must be given one way or the other.
        type: str
        required: true
      database:
        description:
          - The name of the database.
          - If not set, the environment variable E(ODOO_DATABASE) is used. It must be given one way or the other.
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
          - An API key of the user, instead of the password. Odoo 19 and newer is then asked by JSON-2.
          - If not set, the environment variable E(ODOO_API_KEY) is used.
        type: str
      validate_certs:
        description: Whether the TLS certificate of Odoo must be valid.
        type: bool
        default: true
      ca_path:
        description: A file with the certificates of the authorities to trust, instead of those of the system.
        type: path
      timeout:
        description: Seconds after which a request is given up. What it asked may still be done.
        type: int
        default: 60
attributes:
  check_mode:
    support: full
    description: Can run in check mode, and plans exactly what a run would do.
  diff_mode:
    support: full
    description: Shows what changed, or would change.
"""

    _ALIAS_DOMAIN = r"""
name:
  description: The domain of the company. Odoo holds it in lower case, an internationalised one as C(xn--).
  type: str
  required: true
bounce_alias:
  description:
    - The part before the @ of the address that undeliverable mail comes back to.
    - A new alias domain gets V(bounce), an existing one keeps its own unless this is stated.
  type: str
catchall_alias:
  description:
    - The part before the @ of the address that replies go to.
    - A new alias domain gets V(catchall), an existing one keeps its own unless this is stated.
  type: str
default_from:
  description:
    - The part before the @ of the sender that Odoo uses when no outgoing server takes the real one.
    - A new alias domain gets V(notifications), an existing one keeps its own unless this is stated.
    - A whole address needs O({prefix}override_all_senders=true), because Odoo then sends from it whatever no outgoing
      server takes.
    - Odoo 14 has a default sender in its catch-all domain only, and uses it for mail that has no sender of its own. In
      Odoo 15 and 16 a whole address also becomes the only sender where there is no outgoing server.
  type: str
companies:
  description:
    - The names of the companies that use this alias domain.
    - One that uses another is moved. One that uses this and is not listed stays.
  type: list
  elements: str
priority:
  description:
    - The place in the list of alias domains, the smallest number first. New companies get the first one.
    - A new alias domain gets V(10), an existing one keeps its own unless this is stated.
  type: int
assign_to_all:
  description:
    - Gives it to every company that has no alias domain.
    - Odoo gives its very first alias domain to everyone by itself. With V(false), who is not listed gets none again.
  type: bool
  default: false
allow_rename:
  description:
    - Allows to change O({prefix}bounce_alias) and O({prefix}catchall_alias), which loses mail to the old one.
    - Up to Odoo 16 it also allows to replace another catch-all domain.
  type: bool
  default: false
override_all_senders:
  description:
    - Allows a whole address as O({prefix}default_from), from which Odoo then sends whatever no outgoing server takes.
    - Without any outgoing server, Odoo 17 and newer does so only if its default FROM filter says so. It is set if each
      company of the database has such an address. Else a warning says what to do, because it is one for all. This
      needs the access right C(base.group_system).
  type: bool
  default: false
redirect_to:
  description:
    - The domain or host at which Odoo takes mail in, such as C(company-name.odoo.com). RV(ignore:redirections) then
      lists what the mail server of the domain must redirect there.
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
    - The name of the server in Odoo. A server of this name that someone else made is taken over.
    - If several have this name, O({prefix}id) says which is meant.
  type: str
  required: true
id:
  description: The number of the server in Odoo, which then also gets O({prefix}name).
  type: int
host:
  description:
    - The SMTP server. It is needed for a new one, except with O({prefix}authentication=cli), which takes none.
    - With O({prefix}authentication=gmail) the default is V(smtp.gmail.com). With V(outlook) it is
      V(smtp.office365.com), or V(smtp-mail.outlook.com) for a personal mailbox of Microsoft.
  type: str
port:
  description:
    - Its port. By default the usual one for O({prefix}encryption), that is 25, 587 (starttls) or 465 (tls).
    - Odoo Online and Odoo.sh block port 25, so it is refused there. Many services offer 2525 beside 465 and 587.
  type: int
encryption:
  description:
    - Whether the connection is encrypted from the start (V(tls)), after a command (V(starttls)) or not at all.
    - A new server gets V(starttls), an existing one keeps its own unless this is stated.
    - Gmail and Outlook need V(starttls).
  type: str
  choices: [none, starttls, tls]
verify_certificate:
  description:
    - Whether Odoo must verify the server's certificate. It is set together with O({prefix}encryption), and stays as it
      is in an existing server unless that is stated too.
    - Odoo up to 18 verifies none, which is a warning. With Gmail and Outlook it has no effect.
  type: bool
  default: true
authentication:
  description:
    - How Odoo logs in, with a username and password (V(login)), with a client certificate (V(certificate)), or by the
      server that its command line names (V(cli)), which on Odoo Online and Odoo.sh is Odoo's own server.
    - V(gmail) and V(outlook) need Odoo's modules C(google_gmail) and C(microsoft_outlook), see C(install_modules), and
      a person who lets Odoo use the mailbox. Until then the server stays archived, so that no mail is lost in it, and
      RV(ignore:next_steps) says what to do.
    - A new server gets V(certificate) if one is given, else V(login). An existing one keeps its own unless stated.
    - Beside a server with V(cli), each needs its own FROM filter, that one Odoo's subdomain and the others the custom
      domains. What misses is a warning.
  type: str
  choices: [login, certificate, cli, gmail, outlook]
username:
  description: The login, with Gmail and Outlook the address of the mailbox. An empty text removes it.
  type: str
password:
  description:
    - The password. It is compared with that in Odoo, and never shown. An empty text removes it.
    - It is refused with another O({prefix}authentication) than V(login), as no other takes one.
  type: str
client_certificate:
  description:
    - The certificate for O({prefix}authentication=certificate), a PEM text.
    - It must belong to the private key, which is checked before anything is written.
  type: str
client_private_key:
  description: The private key for O({prefix}authentication=certificate), a PEM text without a passphrase.
  type: str
from_filter:
  description:
    - The senders that go through this server, as addresses and domains. What can match no sender is refused, such as
      V(*.company-name.com), V(@company-name.com) or two in one entry. Subdomains are not included.
    - An empty list means all. It also says that you know, as a server without a filter is else a warning.
    - An existing server keeps its own unless this is stated. With Gmail and Outlook a new one gets its mailbox.
    - Odoo 15 and 16 take one entry. Odoo 14 knows no filters, so it is left out there with a warning.
  type: list
  elements: str
priority:
  description:
    - The smallest number is tried first. If this is stated, it is ensured.
    - If not, a new server gets V(10) and an existing one keeps its own, but it gets the next free number if another
      server of ours, that is one recorded by this collection, has the same and competes with it. Servers compete if
      they take the same sender, if none of both has a filter, or if they are the first of all while every server has a
      filter. Odoo would choose among them at random.
    - Equal numbers that are stated, or those of servers that are not ours, are a warning.
  type: int
max_email_size:
  description:
    - The largest email in megabytes that the server takes. For larger ones Odoo sends links instead of attachments.
    - V(0) means Odoo's own limit. Odoo up to 17 has no such limit, so it is left out there with a warning.
  type: float
debug:
  description: Whether Odoo writes all that it says to the server to its log, which may include confidential data.
  type: bool
adopt:
  description: Takes over a server with the same host, username and filter under another name, instead of refusing.
  type: bool
  default: false
test_connection:
  description:
    - Lets Odoo test the connection when something changed. A new or archived server is used only after it has passed,
      and stays archived otherwise. One in use gets its former settings back.
    - In check mode it is not tested.
  type: bool
  default: false
state:
  description:
    - V(archived) keeps the server without using it. V(absent) deletes it.
    - Neither is done while mail templates or mailings use it, or mass mailing as its default. Odoo up to 16 archives it
      nevertheless, which is a warning.
  type: str
  choices: [present, archived, absent]
  default: present
"""

    _INCOMING_MAIL_SERVER = r"""
name:
  description:
    - The name of the server in Odoo. A server of this name that someone else made is taken over.
    - If several have this name, O({prefix}id) says which is meant.
  type: str
  required: true
id:
  description: The number of the server in Odoo, which then also gets O({prefix}name).
  type: int
type:
  description:
    - How Odoo gets the mail. V(imap) reads what is unread and leaves it there, V(pop) takes all mail and deletes it.
    - V(gmail) and V(outlook) need modules of Odoo (C(install_modules)), and a person who lets Odoo use the mailbox.
      Until then Odoo fetches nothing, and RV(ignore:next_steps) says what to do. They come with Odoo 16 and newer.
    - V(local) is a script on the mail server, which gives the mail to Odoo. It takes none of the options of a mailbox.
    - A new server gets V(imap), an existing one keeps its own unless this is stated.
  type: str
  choices: [imap, pop, local, gmail, outlook]
host:
  description:
    - The server that holds the mailbox. It is needed for a new one, except with O({prefix}type=local).
    - With O({prefix}type=gmail) the default is V(imap.gmail.com), with V(outlook) it is V(outlook.office365.com).
  type: str
port:
  description:
    - Its port. By default the usual one for O({prefix}type) and O({prefix}encryption), that is 143 or 993 (tls) for
      IMAP, and 110 or 995 (tls) for POP.
  type: int
encryption:
  description:
    - Whether the connection is encrypted. Odoo knows no STARTTLS here, and verifies no certificate of such servers.
    - A new server gets V(tls), an existing one keeps its own unless this is stated. Gmail and Outlook need it.
  type: str
  choices: [none, tls]
username:
  description: The login, with Gmail and Outlook the address of the mailbox.
  type: str
password:
  description:
    - The password. It is compared with that in Odoo, and never shown. An empty text removes it.
    - It is refused with Gmail and Outlook, which take none.
  type: str
action:
  description:
    - The model of which a mail that is no reply makes a record, such as V(crm.lead), whoever it is addressed to.
    - Without it, the address decides, by the mail aliases of Odoo. An empty text removes it.
    - The application that brings the model must be installed.
  type: str
keep_attachments:
  description:
    - Whether attachments are kept.
    - A new server keeps them, an existing one does as it did unless this is stated.
  type: bool
keep_original:
  description:
    - Whether the mail is also kept as it came, as an attachment, which about doubles the space that it takes.
    - A new server does not, an existing one does as it did unless this is stated.
  type: bool
priority:
  description:
    - The smallest number is fetched from first.
    - A new server gets V(5), an existing one keeps its own unless this is stated.
  type: int
adopt:
  description: Takes over a server with the same host and username under another name, instead of refusing.
  type: bool
  default: false
confirm_login:
  description:
    - Lets Odoo log in at the mailbox when something of the login changed, and confirms the server if it can. Odoo
      fetches from confirmed servers only. One in use gets its former settings back if it cannot.
    - V(false) leaves that as it is, so that a new server fetches nothing until it is confirmed.
    - In check mode it does not log in.
  type: bool
  default: true
state:
  description: V(archived) keeps the server without using it. V(absent) deletes it.
  type: str
  choices: [present, archived, absent]
  default: present
"""

    _SETTINGS = r"""
custom_email_servers:
  description:
    - Whether Odoo's settings show its outgoing mail servers (Use Custom Email Servers).
    - From Odoo 19 on, users may then also set up servers of their own. It never switches a server on or off.
  type: bool
mass_mailing_server:
  description:
    - The outgoing mail server that new mailings start with, by its name or id. V(false) means none.
    - There is one for all companies of the database, and a mailing goes through it whatever its sender is, because it
      is past the FROM filters. Those that exist keep their own.
    - One that was deleted in Odoo is replaced, and is a warning if this is not stated.
    - Odoo's module C(mass_mailing) must be installed.
  type: str
default_from:
  description:
    - The sender that Odoo uses when no outgoing server takes the real one, in Odoo up to 16.
    - Odoo 14 takes only the part before the @, Odoo 15 and 16 also a whole address.
    - Odoo 17 and newer has it in each alias domain, and refuses it here.
  type: str
default_from_filter:
  description:
    - The senders that leave as they are where Odoo has no outgoing server, as addresses and domains.
    - It is also what the command line option C(--from-filter) sets, and wins over that.
    - Odoo 15 and 16 take one entry, Odoo 14 none.
  type: list
  elements: str
catchall_domain:
  description:
    - The domain of all aliases of the database, in Odoo up to 16.
    - Odoo 17 and newer has alias domains instead, and refuses it here.
  type: str
catchall_alias:
  description: The part before the @ of the address that replies go to, in Odoo up to 16.
  type: str
bounce_alias:
  description: The part before the @ of the address that undeliverable mail comes back to, in Odoo up to 16.
  type: str
allowed_catchall_domains:
  description:
    - The domains for which an alias is found by the part before the @ alone. An empty list means any.
    - It counts for aliases that Odoo 17 and newer took over from before, and for all of them in older versions.
  type: list
  elements: str
gmail_client_id:
  description: The client ID of the application at Google by which users and servers of Gmail sign in.
  type: str
gmail_client_secret:
  description: Its client secret. It is compared with that in Odoo, and never shown.
  type: str
outlook_client_id:
  description: The client ID of the application at Microsoft by which servers of Outlook sign in.
  type: str
outlook_client_secret:
  description: Its client secret. It is compared with that in Odoo, and never shown.
  type: str
allow_rename:
  description:
    - Allows to change O({prefix}catchall_domain), O({prefix}catchall_alias) and O({prefix}bounce_alias), which loses
      mail to the old ones.
  type: bool
  default: false
"""

    _MAILING_DEFAULT = r"""
mass_mailing_default:
  description:
    - Which one gets the place if several owners give a different O({prefix}mass_mailing_server), or if another server
      has it already. Without it, that is a conflict.
    - The others are told that they must choose their server in each of their mailings.
  type: bool
  default: false
"""

    _PURGE = r"""
purge:
  description:
    - Archives the outgoing and incoming mail servers that are recorded as ours and that no entry names. It deletes
      nothing.
    - Those of others are left alone, whatever their names. One that is still used by mail templates or mailings stays,
      and is a failure of its own in RV(ignore:failed_items).
    - It needs the entries of all companies of the database in one call.
  type: bool
  default: false
"""

    _OWNER = r"""
owner:
  description:
    - What the entry belongs to, such as the domain. RV(ignore:owners) has one result for each.
    - By default the name of the entry.
  type: str
"""

    _NEUTRALIZED = r"""
allow_neutralized:
  description:
    - Allows to use mail servers in a neutralised copy of a database, which then mails real people, or takes real mail
      out of its mailboxes.
  type: bool
  default: false
"""

    _INSTALL_MODULES = r"""
install_modules:
  description:
    - Allows to install a module of Odoo that something here needs, such as C(google_gmail) for Gmail.
    - Odoo then loads its modules anew, during which its users wait for some seconds.
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
            "Settings of the database, as one entry or as one for each owner. An empty value removes a setting.",
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
