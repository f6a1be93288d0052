# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests go to which worker when there are several (C(pytest -n 2)).

Session fixtures exist once per worker. That is cheap for DNS servers, which start at once, and
dear for an Odoo, which takes half a minute: all tests of one Odoo go to one worker. Other tests
stay together with those of their file. (The C(xdist_group) mark would do, but pytest-xdist 3.8
ignores it under pytest 9.2.)
"""

from __future__ import annotations

import re
from typing import Any

import pytest

_ODOO = re.compile(r"odoo_?(\d*)")


def odoo_of(nodeid: str) -> str | None:
    """Which Odoo an integration test needs, as its folder, file, name or parameter says: C(odoo19), C(odoo14)."""
    if not nodeid.startswith("tests/integration/"):
        return None
    versions = [match.group(1) for match in _ODOO.finditer(nodeid)]
    if not versions:
        return None
    return "odoo" + next((version for version in versions if version), "")


def by_server(config: pytest.Config, log: Any) -> Any:
    """The scheduler that pytest-xdist asks for."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):  # type: ignore[misc,unused-ignore]
        def _split_scope(self, nodeid: str) -> str:
            return odoo_of(nodeid) or nodeid.split("::", 1)[0]

    config.option.loadscopereorder = False  # keep the slow ones in front
    return Scheduler(config, log)
