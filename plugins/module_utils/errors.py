# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as sentences for the person who has to act.

The text of each error is the complete message: what was wrong, where, what is there now, and what to do. It never
contains a secret.
"""

from __future__ import annotations


class PostmasterError(Exception):
    """Any failure that a person can act on."""


class InvalidInput(PostmasterError):
    """The request is impossible, whatever exists."""


class Conflict(PostmasterError):
    """The request cannot be reconciled with what exists without a person's decision."""


class ProviderError(PostmasterError):
    """A DNS server or API cannot be reached, refuses the request, or sends an invalid answer."""


class ZoneNotFound(ProviderError):
    """The account or server has no zone that encloses the name."""


class NotWritten(ProviderError):
    """A write failed, and the message itself says that nothing was written."""


class ZoneChanged(ProviderError):
    """Someone else wrote to the zone between our read and our write; nothing of ours was written."""


class PartlyApplied(ProviderError):
    """A write stopped half-way; the message says what was done and what was not."""


class Interrupted(ProviderError):
    """The run was interrupted, so nothing more is sent."""


class NotTheApi(ProviderError):
    """An answer is not from the API, but for example from a proxy."""


class OutcomeUnknown(ProviderError):
    """A write was sent but its answer was lost: it may have been carried out or not."""


class OdooError(PostmasterError):
    """Odoo cannot be reached, refuses access, or rejects the request."""


def not_the_api(where: str) -> NotTheApi:
    return NotTheApi(
        f"{where} answers with something other than its API describes, so it is not used. Check endpoint, and "
        "whether a proxy stands in between."
    )
