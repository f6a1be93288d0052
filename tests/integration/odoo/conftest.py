# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Odoo 19 and 14, started once, and a pristine database for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.odoo_lab import OdooDatabase, OdooLab
from ansible_collections.postmaster.mail.tests.servers.process import NotInstalled


def _running(version: int, ca: CertificateAuthority, factory: pytest.TempPathFactory) -> Iterator[OdooLab]:
    lab = OdooLab(version, ca.ca_path, factory.mktemp(f"odoo{version}"))
    try:
        lab.start()
    except NotInstalled as error:
        if os.environ.get("POSTMASTER_REQUIRE_SERVERS") == "1":
            pytest.fail(str(error))
        pytest.skip(str(error))
    yield lab
    lab.stop()


@pytest.fixture(scope="session")
def odoo19_lab(ca: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OdooLab]:
    yield from _running(19, ca, tmp_path_factory)


@pytest.fixture(scope="session")
def odoo14_lab(ca: CertificateAuthority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OdooLab]:
    yield from _running(14, ca, tmp_path_factory)


@pytest.fixture
def odoo19(odoo19_lab: OdooLab) -> Iterator[OdooDatabase]:
    database = odoo19_lab.database()
    yield database
    database.drop()


@pytest.fixture
def odoo14(odoo14_lab: OdooLab) -> Iterator[OdooDatabase]:
    database = odoo14_lab.database()
    yield database
    database.drop()
