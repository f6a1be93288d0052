# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error if a service's answer does not match its documented API."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import NotTheApi
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.postmark import Postmark
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.registrar import Registrar


@pytest.mark.parametrize("item", [{"Name": "alpha.example"}, "alpha.example", {"Name": "alpha.example", "ID": 1}])
def test_an_answer_in_another_form_is_reported(item: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Postmark({"account_token": "x"})
    monkeypatch.setattr(client._api, "get", lambda *dummy, **more: {"Domains": [item]})
    with pytest.raises(NotTheApi, match="answers with something other than its API describes"):
        Registrar(client, lambda: 0.0, lambda dummy: None)._look("alpha.example")
