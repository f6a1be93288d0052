# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time while a database has no alias domain.

Odoo gives the first one to every company. Of two runs that create one at once, the second would take its own domain's
companies away from the first. So whoever is first records an external id as a lock; Odoo lets one have it.
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
_OLD = 120.0  # seconds that the same run may have it; one that was killed does not give it back


class FirstDomainLock:
    def __init__(self, odoo: Odoo) -> None:
        self._odoo = odoo
        self._id: int | None = None

    def acquire(self) -> None:
        """Wait for the lock, and take over one that is old. Who may not record external ids goes on without."""
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
                # it was given back just now, or the refusal meant something else
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
            with contextlib.suppress(PostmasterError):  # one that stays is taken over when it is old
                self._unlink(self._id)
            self._id = None

    def _holder(self) -> int | None:
        rows = self._odoo.search_read(_MODEL, [("module", "=", EXTERNAL_ID_MODULE), ("name", "=", NAME)], ["id"])
        return int(rows[0]["id"]) if rows else None

    def _unlink(self, row: int) -> None:
        with contextlib.suppress(OdooRefusal):
            # another run may have done it
            self._odoo.unlink(_MODEL, [row])
