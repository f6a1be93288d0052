# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people get where a service answers otherwise than its API documents."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.postmark import Postmark
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.registrar import find


@pytest.mark.parametrize("item", [{"Name": "alpha.example"}, "alpha.example", {"Name": "alpha.example", "ID": 1}])
def test_an_answer_of_another_shape_is_a_sentence(item: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Postmark({"account_token": "x"})
    monkeypatch.setattr(client, "_call", lambda *dummy, **more: {"Domains": [item]})
    with pytest.raises(ProviderError, match="Postmark answers with something other than its API describes"):
        find(client, ["alpha.example"])
    client.close()
