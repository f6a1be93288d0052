# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run does with one resource. All of them are listed in mail.py, in the order of their work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .client import Odoo
from .planned_change import PlannedChange
from .snapshot import OdooSnapshot

Desired = Mapping[str, Any]

# the options and results of odoo_mail, by which resources find each other
ALIAS_DOMAINS = "alias_domains"
OUTGOING = "outgoing_mail_servers"
INCOMING = "incoming_mail_servers"
SETTINGS = "settings"
PURGED = "purged"
PURGED_INCOMING = "purged_incoming"


@dataclass(frozen=True)
class Choices:
    """What was chosen for the whole run."""

    allow_neutralized: bool = False
    install_modules: bool = False
    purge: bool = False
    check_mode: bool = False


class Resource:
    """All entries of one kind in one run.

    The run first lets every kind read, then every kind plan, then every kind prepare. Then each in turn holds back and
    writes, all new records get their external ids, and each in turn holds back and finishes. In check mode it is
    rehearsed, and nothing is prepared, written or finished; all else is the same.
    """

    option = ""  # what it is called in the options and results of odoo_mail
    has_ids = False  # each entry is for a record with an id
    model = ""  # whose records get an external id of ours; it is read if any entry is there

    def __init__(self, all_desired: Sequence[Desired], choices: Choices) -> None:
        self.desired = list(all_desired)
        self.choices = choices
        self.changes: Sequence[PlannedChange] = []

    @property
    def needed(self) -> bool:
        """Whether there is anything to do for it; else it reads nothing."""
        return bool(self.desired)

    def parameters(self, version: int) -> Sequence[str]:
        """The system parameters that it needs in ``snapshot.parameters``. All resources share one call."""
        return ()

    def read(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        """Fill its part of the snapshot. Raises OdooError for what concerns the whole database."""

    def plan(self, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        """Set ``changes``, one for each entry, in their order. No I/O.

        ``others``: by their option; those before it are planned.
        """

    def skip_dependents(self, others: Mapping[str, Resource]) -> None:
        """Fail the changes that must not be done because of what failed in the resources before it."""

    def rehearse(self, odoo: Odoo) -> None:
        """In check mode: fail what Odoo would refuse to this user, where reading does not show it."""

    def prepare(self, odoo: Odoo, snapshot: OdooSnapshot, others: Mapping[str, Resource]) -> None:
        """Write what the others must find when they write."""

    def write(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        """Write what others may refer to; a refusal becomes the change's failure.

        Raises OdooError if Odoo cannot be asked at all.
        """

    def activate(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        """Write what is left, in the same way."""

    def verify(self, odoo: Odoo, snapshot: OdooSnapshot) -> None:
        """Read once more what was written, and fail what is not so."""

    def release(self, odoo: Odoo) -> None:
        """Give back what nobody else may have during the run, however it ended."""
