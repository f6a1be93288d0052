# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers, started once per test session and worker, on high ports of the loopback address.

An Odoo takes long to start, so all workers share it.

Tests make zones of their own on them (``bind.add_zone(...)``), and each gets a pristine database of Odoo, so that no
test sees another's.
Where a server's program is missing its tests are skipped, and the summary says so; with
POSTMASTER_REQUIRE_SERVERS=1 in the environment that is a failure.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest

from ansible_collections.postmaster.mail.tests.servers.bind import Bind
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.dns_server import DnsServer
from ansible_collections.postmaster.mail.tests.servers.internet import Internet, small_internet
from ansible_collections.postmaster.mail.tests.servers.knot import Knot
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase, OdooLab, RealDatabase
from ansible_collections.postmaster.mail.tests.servers.powerdns import PowerDns
from ansible_collections.postmaster.mail.tests.servers.process import NotInstalled
from ansible_collections.postmaster.mail.tests.support.absent import absent

Server = TypeVar("Server", bound=DnsServer)


def _running(server: Server) -> Iterator[Server]:
    try:
        server.start()
    except NotInstalled as error:
        absent(str(error))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bind]:
    yield from _running(Bind(tmp_path_factory.mktemp("bind")))


@pytest.fixture(scope="session")
def knot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Knot]:
    yield from _running(Knot(tmp_path_factory.mktemp("knot")))


@pytest.fixture(scope="session")
def powerdns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PowerDns]:
    yield from _running(PowerDns(tmp_path_factory.mktemp("powerdns")))


@pytest.fixture(params=["bind", "knot", "powerdns"])
def dns_server(request: pytest.FixtureRequest) -> DnsServer:
    """Each of the real servers in turn."""
    server: DnsServer = request.getfixturevalue(request.param)
    return server


def _running_odoo(version: int, ca: CertificateAuthority) -> Iterator[OdooLab]:
    lab = OdooLab(version, ca.ca_path)
    try:
        lab.start()
    except NotInstalled as error:
        absent(str(error))
    yield lab
    lab.stop()


@pytest.fixture(scope="session")
def odoo19_lab(ca: CertificateAuthority) -> Iterator[OdooLab]:
    yield from _running_odoo(19, ca)


@pytest.fixture(scope="session")
def odoo14_lab(ca: CertificateAuthority) -> Iterator[OdooLab]:
    yield from _running_odoo(14, ca)


@pytest.fixture
def real_odoo19(odoo19_lab: OdooLab) -> Iterator[RealDatabase]:
    database = odoo19_lab.database()
    yield database
    database.drop()


@pytest.fixture
def real_odoo14(odoo14_lab: OdooLab) -> Iterator[RealDatabase]:
    database = odoo14_lab.database()
    yield database
    database.drop()


@pytest.fixture
def odoo19(real_odoo19: RealDatabase) -> OdooDatabase:
    return real_odoo19


@pytest.fixture
def odoo14(real_odoo14: RealDatabase) -> OdooDatabase:
    return real_odoo14


@pytest.fixture
def internet() -> Iterator[Internet]:
    with small_internet() as made:
        yield made


@pytest.fixture
def nameserver() -> Iterator[Nameserver]:
    with Nameserver() as server:
        yield server


@pytest.fixture
def second_nameserver() -> Iterator[Nameserver]:
    with Nameserver() as server:
        yield server
