# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock on a database that has no alias domain yet.

Odoo gives the first one to every company. If two runs create one at once, the second takes companies away from the
first. The lock is an external id, which only one run can create.
"""

from __future__ import annotations

import contextlib
import time

from ... import interrupts
from ...errors import PostmasterError
from ..database.client import Odoo
from ..database.errors import NoAccess, OdooRefusal
from ..database.snapshot import DOMAIN_MODEL, EXTERNAL_ID_MODULE

NAME = "lock_of_the_first_alias_domain"
_MODEL = "ir.model.data"
_ROW = {"module": EXTERNAL_ID_MODULE, "name": NAME, "model": DOMAIN_MODEL, "res_id": 0, "noupdate": True}
_PAUSE = 0.5  # seconds
_OLD = 120.0  # seconds a run may hold it; a killed run never releases it


class FirstDomainLock:
    def __init__(self, odoo: Odoo) -> None:
        self._odoo = odoo
        self._id: int | None = None

    def acquire(self) -> None:
        """Wait for the lock, or take over an old one. A user without access to external ids goes on without it."""
        seen, since = None, time.monotonic()
        while self._id is None:
            try:
                (self._id,) = self._odoo.create(_MODEL, [_ROW])
                return
            except NoAccess:
                return
            except OdooRefusal:
                holder = self._holder()
            if holder is None:
                # it was released just now, or the refusal had another cause
                if seen is None and time.monotonic() - since > _OLD:
                    return
            elif holder != seen:
                seen, since = holder, time.monotonic()
            elif time.monotonic() - since > _OLD:
                self._unlink(holder)
                continue
            interrupts.pause(_PAUSE)

    def release(self) -> None:
        if self._id is not None:
            with contextlib.suppress(PostmasterError):  # if it stays, it is taken over once it is old
                self._unlink(self._id)
            self._id = None

    def _holder(self) -> int | None:
        rows = self._odoo.search_read(_MODEL, [("module", "=", EXTERNAL_ID_MODULE), ("name", "=", NAME)], ["id"])
        return int(rows[0]["id"]) if rows else None

    def _unlink(self, row: int) -> None:
        with contextlib.suppress(OdooRefusal):
            # another run may have removed it
            self._odoo.unlink(_MODEL, [row])
