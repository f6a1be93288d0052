# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each test of Odoo runs on the stand-in and on the real server, so that the stand-in cannot drift.

``odoo`` is every version: 14 to 19 of the stand-in, and the real 14 and 19. ``odoo_until_16`` and ``odoo_since_17`` are
those without and with alias domains; ``odoo14`` and ``odoo19`` are one version, stand-in and real. Of 15 to 18 there is
no package to run: 17 and 18 are recorded, 15 and 16 modelled. What needs a real server asks for ``real_odoo14`` or
``real_odoo19``. ``shared_odoo`` and ``shared_odoo19`` are one database for all tests of a module, which is quicker
where they do not see each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.odoo_database import OdooDatabase
from ansible_collections.postmaster.mail.tests.servers.odoo_stand_in import StandInDatabase

REAL = (14, 19)


def flavours(*versions: int) -> list[str]:
    """The stand-in in each of these versions, and the real servers that there are."""
    return [f"stand-in-{version}" for version in versions] + [f"real-{one}" for one in versions if one in REAL]


@pytest.fixture
def stand_in(ca: CertificateAuthority) -> Iterator[Callable[..., StandInDatabase]]:
    """Starts a stand-in: ``stand_in(18)``, ``stand_in(18, modules=["mail"])``."""
    started: list[StandInDatabase] = []

    def start(version: int, modules: Iterable[str] | None = None) -> StandInDatabase:
        started.append(StandInDatabase(version, ca.ca_path, modules))
        return started[-1]

    yield start
    for database in started:
        database.drop()


def _of(request: pytest.FixtureRequest) -> OdooDatabase:
    kind, dummy, version = request.param.rpartition("-")
    database: OdooDatabase
    if kind == "real":
        database = request.getfixturevalue(f"real_odoo{version}")
    else:
        database = request.getfixturevalue("stand_in")(int(version))
    return database


@pytest.fixture(params=flavours(14, 15, 16, 17, 18, 19))
def odoo(request: pytest.FixtureRequest) -> OdooDatabase:
    return _of(request)


def _shared(request: pytest.FixtureRequest, ca: CertificateAuthority) -> Iterator[OdooDatabase]:
    """One database for all tests of a module that take it."""
    kind, dummy, version = request.param.rpartition("-")
    database: OdooDatabase
    if kind == "real":
        database = request.getfixturevalue(f"odoo{version}_lab").database()
    else:
        database = StandInDatabase(int(version), ca.ca_path)
    yield database
    database.drop()


@pytest.fixture(scope="module", params=flavours(14, 15, 16, 17, 18, 19))
def shared_odoo(request: pytest.FixtureRequest, ca: CertificateAuthority) -> Iterator[OdooDatabase]:
    yield from _shared(request, ca)


@pytest.fixture(scope="module", params=flavours(19))
def shared_odoo19(request: pytest.FixtureRequest, ca: CertificateAuthority) -> Iterator[OdooDatabase]:
    yield from _shared(request, ca)


@pytest.fixture(params=flavours(14, 15, 16))
def odoo_until_16(request: pytest.FixtureRequest) -> OdooDatabase:
    return _of(request)


@pytest.fixture(params=flavours(17, 18, 19))
def odoo_since_17(request: pytest.FixtureRequest) -> OdooDatabase:
    return _of(request)


@pytest.fixture(params=flavours(14))
def odoo14(request: pytest.FixtureRequest) -> OdooDatabase:
    return _of(request)


@pytest.fixture(params=flavours(19))
def odoo19(request: pytest.FixtureRequest) -> OdooDatabase:
    return _of(request)
