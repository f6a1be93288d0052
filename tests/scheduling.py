# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests go to which worker when there are several (C(pytest -n 2)).

Session fixtures exist once per worker. That is cheap for DNS servers, which start at once, and
dear for an Odoo, which takes half a minute: all tests of one Odoo go to one worker. Other tests
stay together with those of their file. (The C(xdist_group) mark would do, but pytest-xdist 3.8
ignores it under pytest 9.2; the scheduler knows tests by their ids alone.)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

REFUSED = pytest.StashKey[str]()

_VERSION = re.compile(r"odoo_?(\d+)")
# the parameters of tests/integration/odoo/conftest.py: a stand-in is nobody's but the test's
_REAL = re.compile(r"\breal-(\d+)")
_STAND_IN = "stand-in-"
_ALONE = {"14"}  # the other versions share a worker with the tests that name none


def group_of(nodeid: str) -> str:
    """Tests of one group share a worker: C(odoo14) if the id names that version alone, C(odoo), or the file."""
    if not nodeid.startswith("tests/integration/") or "odoo" not in nodeid or _STAND_IN in nodeid:
        return nodeid.split("::", 1)[0]
    return "odoo14" if _versions(nodeid) == _ALONE else "odoo"


def _versions(nodeid: str, fixtures: str = "") -> set[str]:
    """The real Odoos that a test uses: that of its parameter, else those that its name or a fixture names."""
    return set(_REAL.findall(nodeid) or _VERSION.findall(f"{nodeid} {fixtures}"))


def _uses_servers(item: pytest.Item) -> bool:
    return item.nodeid.startswith("tests/integration/") and _STAND_IN not in item.nodeid


def is_slow(item: pytest.Item) -> bool:
    return group_of(item.nodeid).startswith("odoo")


def refuse_an_odoo_in_two_groups(items: Iterable[pytest.Item]) -> None:
    """Two workers with one Odoo would stop it under each other: its tests get a reason to fail instead (C(REFUSED))."""
    users: dict[str, dict[str, list[pytest.Item]]] = defaultdict(lambda: defaultdict(list))  # version → group → tests
    for item in (item for item in items if _uses_servers(item)):
        group = group_of(item.nodeid)
        for version in _versions(item.nodeid, " ".join(getattr(item, "fixturenames", ()))):
            users[version][group].append(item)
    for version, groups in users.items():
        if len(groups) == 1:
            continue
        examples = " and ".join(tests[0].nodeid for tests in groups.values())
        for item in (item for tests in groups.values() for item in tests):
            item.stash[REFUSED] = (
                f"Tests of Odoo {version} would go to several workers, such as {examples}. Name odoo{version} in the "
                "file or id of each of them, or of none of them and put them below tests/integration/odoo."
            )


def by_server(config: pytest.Config, log: Any) -> Any:
    """The scheduler that pytest-xdist asks for."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):  # type: ignore[misc,unused-ignore]
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False  # keep the slow ones in front
    return Scheduler(config, log)
