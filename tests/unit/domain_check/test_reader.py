# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time
from typing import Any, cast

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.reader import Reader
from ansible_collections.postmaster.mail.tests.support.fake_dns import FakeResolver, plain_name

DOMAIN = plain_name("company-name.com")


def test_two_checks_show_the_same_values_in_whatever_order_servers_return_them() -> None:
    """Reports of two days are compared, and many servers rotate what they answer."""
    records = ["v=spf1 mx -all", "v=spf1 a -all", "site=1"]
    shown = []
    for values in (records, records[::-1]):
        resolver = cast(Any, FakeResolver({"company-name.com": {"TXT": values}}))
        reader = Reader(cast(Any, None), cast(Any, None), plain_name("example"), resolver, time.monotonic() + 9)
        shown.append(reader.texts(DOMAIN).values)
    assert shown[0] == shown[1] == (b"site=1", b"v=spf1 a -all", b"v=spf1 mx -all")
