# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of a run for one resource. mail.py lists all resources in the order of their work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .client import Odoo
from .planned_change import PlannedChange
from .snapshot import OdooSnapshot

Desired = Mapping[str, Any]

# options and result keys of odoo_mail, by which resources find each other
ALIAS_DOMAINS = "alias_domains"
OUTGOING = "outgoing_mail_servers"
INCOMING = "incoming_mail_servers"
SETTINGS = "settings"
PURGED = "purged"
PURGED_INCOMING = "purged_incoming"


@dataclass(frozen=True)
class Choices:
    """Options that apply to the whole run."""

    allow_neutralized: bool = False
    install_modules: bool = False
    purge: bool = False
    check_mode: bool = False


class Resource:
    """All entries of one kind in one run.

    The run lets all resources ``read``, then all ``plan``, then all ``prepare``. Then each in turn runs
    ``skip_dependents`` and ``write``, all new records get their external ids, each in turn runs ``skip_dependents`` and
    ``activate``, and all ``verify``. In check mode ``rehearse`` replaces ``prepare``, ``write``, ``activate`` and
    ``verify``.
    """

    option = ""  # its name in the options and results of odoo_mail
    has_ids = False  # each entry corresponds to a record with an id
    model = ""  # whose records get our external ids, which are read if there is any entry

    def __init__(self, all_desired: Sequence[Desired], choices: Choices) -> None:
        self.desired = list(all_desired)
        self.choices = choices
        self.changes: Sequence[PlannedChange] = []

    @property
    def needed(self) -> bool:
        """Whether it has anything to do; if not, it reads nothing."""
        return bool(self.desired)

    def parameters(self, version: int) -> Sequence[str]:
        """The system parameters that it needs in ``snapshot.parameters``. All resources share one call."""
        return ()

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        """Fill its part of the snapshot. Raises OdooError for failures that concern the whole database."""

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        """Set ``changes``, one for each entry, in order. No I/O.

        ``others``: by option; those before this one are already planned.
        """

    def skip_dependents(self, others: Mapping[str, Resource]) -> None:
        """Fail the changes that depend on a failed change of an earlier resource."""

    def rehearse(self, odoo: Odoo) -> None:
        """In check mode: fail what Odoo would refuse this user, if reading does not show it."""

    def prepare(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        """Write what the others need before they write."""

    def write(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        """Write what others may refer to; a refusal becomes the change's failure.

        Raises OdooError if Odoo cannot be reached.
        """

    def activate(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        """Write the rest, in the same way."""

    def verify(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        """Read back what was written, and fail what differs."""

    def release(self, odoo: Odoo) -> None:
        """Release locks, however the run ended."""
