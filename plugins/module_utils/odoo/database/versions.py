# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Differences between Odoo's versions that matter here: the first or last major version with a behaviour."""

from __future__ import annotations

OLDEST = 14
NEWEST_TRIED = 19

# protocols
MUTE_UNTIL = 15  # with several databases, refusals have no text unless a web session names the database
JSON2_SINCE = 19
HAS_ACCESS_SINCE = 18  # to check a user's rights; before, check_access_rights

# alias domains; before, all companies share one catch-all domain in system parameters
ALIAS_DOMAINS_SINCE = 17
CATCHALL_DOMAIN_UNTIL = 16
LISTS_CLEANED_SINCE = 16  # of allowed domains; before, a blank is part of a domain
LOCAL_DEFAULT_FROM_UNTIL = 14  # the default sender is a local part of the catch-all domain
ARCHIVED_COMPANIES_SINCE = 16  # a company can be archived

# outgoing mail servers
FILTERS_SINCE = 15  # FROM filters
LISTS_SINCE = 17  # a filter has several addresses and domains; before, one
TOKEN_SERVICES_SINCE = 16  # Gmail and Outlook are an authentication; before, their modules add a switch
PERSONAL_SERVERS_SINCE = 19
HOST_REQUIRED_UNTIL = 16  # even for a server with the authentication "cli"
MAILINGS_OF_SERVER_SINCE = 17  # a server knows the mailings that name it

# how mail is sent
ONE_SENDER_SINCE = 17  # of several senders, the queue takes the first
QUEUE_ORDERED_SINCE = 17  # by id if servers have the same priority
ARCHIVED_REFUSED_SINCE = 16  # mail that names an archived server is not sent
BOUNCE_TAGGED_UNTIL = 15  # +NUMBER is added to the bounce alias
DEFAULT_BOUNCE_UNTIL = 15  # if no bounce alias is set, it is postmaster-odoo

# incoming mail servers
OWN_FETCHMAIL_UNTIL = 15  # they need the module fetchmail
SERVICES_FOR_BOTH_SINCE = 17  # the Gmail and Outlook modules serve both outgoing and incoming servers

# This rule changed within 15 and 16. Earlier builds send mail that no server accepts with its own sender all the same,
# later ones with the default sender. Some versions contain the day of the build, as 15.0-20220620.
SENDER_KEPT_VERSIONS = (15, 16)
SENDER_KEPT_UNTIL_BUILD = 20220630
SENDER_REPLACED_SINCE_BUILD = 20230301

# Changed within 17. Earlier builds let the first server with a FROM filter take a sender without an address.
EMPTY_SENDER_GUARDED_SINCE = 17
EMPTY_SENDER_TAKEN_UNTIL_BUILD = 20250901


def guards_empty_sender(version: int, build: int | None) -> bool | None:
    """Whether no FROM filter of this Odoo accepts a sender without an address; None if unknown."""
    if version != EMPTY_SENDER_GUARDED_SINCE:
        return version > EMPTY_SENDER_GUARDED_SINCE
    return None if build is None or build > EMPTY_SENDER_TAKEN_UNTIL_BUILD else False


def keeps_sender(version: int, build: int | None) -> bool | None:
    """Whether this Odoo keeps the sender of mail that no server accepts; None if unknown."""
    if version not in SENDER_KEPT_VERSIONS:
        return False
    if build is None or SENDER_KEPT_UNTIL_BUILD < build < SENDER_REPLACED_SINCE_BUILD:
        return None
    return build <= SENDER_KEPT_UNTIL_BUILD
