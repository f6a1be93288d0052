# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Received fields as common mail servers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.mailbox.received import border, hops

FORMS = {
    "postfix": (
        "from smtp.company-name.com (smtp.company-name.com [192.0.2.25]) (using TLSv1.3 with cipher "
        "TLS_AES_256_GCM_SHA384 (256/256 bits)) by mx.mailbox.example (Postfix) with ESMTPS id 4F1 for "
        "<probe@mailbox.example>; Sat, 21 Nov 2026 08:00:00 +0000 (UTC)",
        ("192.0.2.25", "smtp.company-name.com", "mx.mailbox.example", "ESMTPS", "TLS1.3"),
    ),
    "exim": (
        "from smtp.company-name.com ([192.0.2.25]) by mx.mailbox.example with esmtps (TLS1.3) tls "
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 (Exim 4.96) (envelope-from <b@company-name.com>) id 1x for "
        "probe@mailbox.example; Sat, 21 Nov 2026 08:00:00 +0000",
        ("192.0.2.25", "smtp.company-name.com", "mx.mailbox.example", "ESMTPS", "TLS1.3"),
    ),
    "google": (
        "from mail-1.company-name.com (mail-1.company-name.com. [2001:db8::25]) by mx.google.com with ESMTPS id "
        "a1-b2 for <probe@gmail.com> (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128); "
        "Sat, 21 Nov 2026 00:00:00 -0800 (PST)",
        ("2001:db8::25", "mail-1.company-name.com", "mx.google.com", "ESMTPS", "TLS1.3"),
    ),
    "exchange": (
        "from smtp.company-name.com (192.0.2.25) by AM1.mail.protection.outlook.com (10.1.2.3) with Microsoft SMTP "
        "Server (version=TLS1_2, cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20; "
        "Sat, 21 Nov 2026 08:00:00 +0000",
        ("192.0.2.25", "smtp.company-name.com", "AM1.mail.protection.outlook.com", "MICROSOFT", "TLS1.2"),
    ),
    "without TLS": (
        "from [192.0.2.25] by mx.mailbox.example with SMTP; Sat, 21 Nov 2026 08:00:00 +0000",
        ("192.0.2.25", "[192.0.2.25]", "mx.mailbox.example", "SMTP", ""),
    ),
    "an IPv6 address literal": (
        "from relay (unknown [IPv6:2001:db8::25]) by mx.mailbox.example with ESMTPSA; Sat, 21 Nov 2026 08:00:00 +0000",
        ("2001:db8::25", "relay", "mx.mailbox.example", "ESMTPSA", "yes"),
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_received_field_of_each_server_is_read(form: str) -> None:
    field, expected = FORMS[form]
    (hop,) = hops([field])
    assert (hop.ip, hop.helo, hop.by, hop.protocol, hop.tls) == expected
    assert hop.at is not None
    assert hop.at.timestamp() == 1795248000


def test_the_border_is_the_topmost_client_with_a_public_address() -> None:
    chain = hops(
        [
            "from mx ([10.0.0.3]) by store with LMTP; Sat, 21 Nov 2026 08:00:03 +0000",
            "from filter ([10.0.0.2]) by mx with ESMTP; Sat, 21 Nov 2026 08:00:02 +0000",
            "from relay ([8.8.8.8]) by filter with ESMTPS; Sat, 21 Nov 2026 08:00:01 +0000",
            "from odoo ([9.9.9.9]) by relay with ESMTPSA; Sat, 21 Nov 2026 08:00:00 +0000",
        ]
    )
    entry = border(chain)
    assert entry is not None
    assert entry.ip == "8.8.8.8"


def test_in_a_private_network_the_border_is_the_topmost_smtp_client() -> None:
    chain = hops(
        [
            "from mx ([127.0.0.1]) by store with LMTP; Sat, 21 Nov 2026 08:00:03 +0000",
            "from relay ([10.0.0.25]) by mx with ESMTPS; Sat, 21 Nov 2026 08:00:01 +0000",
            "from odoo ([10.0.0.1]) by relay with ESMTPSA; Sat, 21 Nov 2026 08:00:00 +0000",
        ]
    )
    entry = border(chain)
    assert entry is not None
    assert entry.ip == "10.0.0.25"


def test_without_a_client_in_received_fields_there_is_no_border() -> None:
    assert border(hops([])) is None
    assert border(hops(["by mx.mailbox.example with HTTP; Sat, 21 Nov 2026 08:00:00 +0000"])) is None


@given(st.lists(st.text(max_size=200), max_size=5))
def test_any_received_field_can_be_read(fields: list[str]) -> None:
    assert len(hops(fields)) == len(fields)
    border(hops(fields))
