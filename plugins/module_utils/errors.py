# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as sentences for the person who has to act on them.

The text of each error is the whole message: what was wrong, where, what is
there now, and what to do. It never holds a secret.
"""

from __future__ import annotations


class PostmasterError(Exception):
    """Any failure that a person can act on."""


class InvalidInput(PostmasterError):
    """What was asked for is not possible, whatever is there."""


class Conflict(PostmasterError):
    """What was asked for and what is there cannot be joined without a decision."""


class ProviderError(PostmasterError):
    """A DNS server or API cannot be reached, refuses us, or answers nonsense."""


class ZoneNotFound(ProviderError):
    """The account or server holds no zone that encloses the name."""


class NotWritten(ProviderError):
    """A write failed, and the message itself says that nothing was written."""


class ZoneChanged(ProviderError):
    """Someone else wrote to the zone between our read and our write; nothing of ours was written."""


class PartlyApplied(ProviderError):
    """A write stopped half-way; the message says what is done and what is not."""


class Interrupted(ProviderError):
    """The run was interrupted, so nothing more is sent."""


class NotTheApi(ProviderError):
    """An answer is not what the API documents, such as that of a proxy."""


class OutcomeUnknown(ProviderError):
    """A write was sent and its answer was lost: it may have been done or not."""


class OdooError(PostmasterError):
    """Odoo cannot be reached, refuses us, or refuses what was asked."""


def not_the_api(where: str) -> NotTheApi:
    return NotTheApi(
        f"{where} answers with something other than its API describes, so it is not used. Check endpoint, and "
        "whether a proxy stands in between."
    )
