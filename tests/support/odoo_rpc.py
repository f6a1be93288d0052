# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo's answers, word for word: our own client would turn them into sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

_NEEDS_A_SESSION_UNTIL = 15
_NOTHING = object()


class Refused(Exception):
    """An exception in Odoo: its name without the package, and its message."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        self.code = error["code"]
        self.text = error["message"]
        self.data = error["data"]
        self.name = str(self.data["name"]).rpartition(".")[2]
        self.message = str(self.data["message"])
        super().__init__(f"{self.name}: {self.message}")


class Rpc:
    """JSON-RPC as one user."""

    def __init__(self, version: int, options: Mapping[str, Any]) -> None:
        self._url, self.database = options["url"], options["database"]
        self._session = requests.Session()
        if version <= _NEEDS_A_SESSION_UNTIL:
            # otherwise a server with several databases sends no text for a refusal
            self._session.get(f"{self._url}/web/login", params={"db": self.database}, allow_redirects=False)
        self._password = options["password"]
        self.uid = self.ask("common", "login", self.database, options["username"], self._password)

    def ask(self, service: str, method: str, *arguments: Any) -> Any:
        """The result of a service call. Raises Refused; a method without a result returns None."""
        params = {"service": service, "method": method, "args": arguments}
        body = {"jsonrpc": "2.0", "method": "call", "id": 1, "params": params}
        answer = self._session.post(f"{self._url}/jsonrpc", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        content = answer.json()
        if "error" in content:
            raise Refused(content["error"])
        return content.get("result")

    def __call__(self, model: str, method: str, *arguments: Any, uid: Any = _NOTHING, **named: Any) -> Any:
        who = self.uid if uid is _NOTHING else uid
        return self.ask("object", "execute_kw", self.database, who, self._password, model, method, arguments, named)


def refusal(rpc: Rpc, *call: Any, **named: Any) -> str:
    """The name and message of the exception that the call must raise."""
    try:
        result = rpc(*call, **named)
    except Refused as refused:
        return str(refused)
    raise AssertionError(f"{call} was not refused: {result}")


class Json2:
    """JSON-2 with an API key."""

    def __init__(self, options: Mapping[str, Any], key: str) -> None:
        self._url = options["url"]
        self.headers: dict[str, str] = {"Authorization": f"bearer {key}", "X-Odoo-Database": options["database"]}

    def __call__(self, path: str, body: Any = None, **headers: str | None) -> tuple[int, Any]:
        """The status, and the result or error as JSON (None for a page); a header that is None is omitted."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {name: value for name, value in {**self.headers, **named}.items() if value is not None}
        if isinstance(body, str):
            answer = requests.post(f"{self._url}/json/2/{path}", data=body, headers=sent, timeout=30)
        else:
            answer = requests.post(f"{self._url}/json/2/{path}", json=body or {}, headers=sent, timeout=30)
        is_json = answer.headers["Content-Type"].startswith("application/json")
        return answer.status_code, answer.json() if is_json else None
