# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.postmaster.mail.tests.servers.internet import Internet, small_internet
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver


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
