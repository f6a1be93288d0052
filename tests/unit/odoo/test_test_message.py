# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.test_message import OutgoingTestMessage

SALES, MAILBOX = "sales@company-name.com", "probe@mailbox.example"


@pytest.mark.parametrize("sender", [SALES, f"Sales Team <{SALES}>", "Müller <a@bücher.example>"])
def test_the_sender_may_have_a_name(sender: str) -> None:
    OutgoingTestMessage(sender, MAILBOX).check()


@pytest.mark.parametrize("text", ["", "sales", f"{SALES}, {MAILBOX}", f"{SALES}\nBcc: {MAILBOX}", f"{SALES}\nx: y"])
def test_anything_but_one_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="^from_address is "):
        OutgoingTestMessage(text, MAILBOX).check()
    with pytest.raises(InvalidInput, match="^to is "):
        OutgoingTestMessage(SALES, text).check()


def test_no_two_messages_have_the_same_subject() -> None:
    assert OutgoingTestMessage(SALES, MAILBOX).subject != OutgoingTestMessage(SALES, MAILBOX).subject
