# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the versions of Odoo differ in what the collection uses: the first or last main version of each behaviour."""

from __future__ import annotations

OLDEST = 14
NEWEST_TRIED = 19

# protocols
MUTE_UNTIL = 15  # a server of several databases has no words for a refusal, unless a web session names one
JSON2_SINCE = 19
HAS_ACCESS_SINCE = 18  # how a user's rights are asked for; before, check_access_rights

# alias domains; before, one catch-all domain in system parameters serves all companies
ALIAS_DOMAINS_SINCE = 17
CATCHALL_DOMAIN_UNTIL = 16
LISTS_CLEANED_SINCE = 16  # the allowed domains; before, a blank is part of a domain
LOCAL_DEFAULT_FROM_UNTIL = 14  # the default sender is a local part of the catch-all domain
ARCHIVED_COMPANIES_SINCE = 16  # a company can be archived

# outgoing mail servers
FILTERS_SINCE = 15  # FROM filters
LISTS_SINCE = 17  # of several addresses and domains; before, of one
TOKEN_SERVICES_SINCE = 16  # Gmail and Outlook as an authentication; before, a switch of the modules' own
PERSONAL_SERVERS_SINCE = 19
HOST_REQUIRED_UNTIL = 16  # also by one that sends as the command line says
MAILINGS_OF_SERVER_SINCE = 17  # a server knows the mailings that name it

# how mail is sent
ONE_SENDER_SINCE = 17  # the queue takes the first of several senders
QUEUE_ORDERED_SINCE = 17  # by id where servers have the same priority
ARCHIVED_REFUSED_SINCE = 16  # mail that names an archived server is not sent
BOUNCE_TAGGED_UNTIL = 15  # +NUMBER is added to the bounce alias
DEFAULT_BOUNCE_UNTIL = 15  # postmaster-odoo is the bounce alias where none is set

# incoming mail servers
OWN_FETCHMAIL_UNTIL = 15  # they come with a module of their own, fetchmail
SERVICES_FOR_BOTH_SINCE = 17  # the modules of Gmail and Outlook serve outgoing and incoming servers alike

# A rule that changed within 15 and 16. Before, a server that takes nothing of a mail sends it with its own sender all
# the same; since then with the default sender. Builds say when they were made, as in 15.0-20220620, or they do not.
SENDER_KEPT_VERSIONS = (15, 16)
SENDER_KEPT_UNTIL_BUILD = 20220630
SENDER_REPLACED_SINCE_BUILD = 20230301

# Another within 17. Before, a sender without an address is taken for one of the first server with a FROM filter.
EMPTY_SENDER_GUARDED_SINCE = 17
EMPTY_SENDER_TAKEN_UNTIL_BUILD = 20250901


def guards_empty_sender(version: int, build: int | None) -> bool | None:
    """Whether no FROM filter of this Odoo takes a sender without an address; None if nothing shows it."""
    if version != EMPTY_SENDER_GUARDED_SINCE:
        return version > EMPTY_SENDER_GUARDED_SINCE
    return None if build is None or build > EMPTY_SENDER_TAKEN_UNTIL_BUILD else False


def keeps_sender(version: int, build: int | None) -> bool | None:
    """Whether this Odoo keeps the sender of a mail that no server takes; None if nothing shows it."""
    if version not in SENDER_KEPT_VERSIONS:
        return False
    if build is None or SENDER_KEPT_UNTIL_BUILD < build < SENDER_REPLACED_SINCE_BUILD:
        return None
    return build <= SENDER_KEPT_UNTIL_BUILD
