# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Odoo's two protocols: JSON-RPC (14 to 19) and JSON-2 (19 and newer). Each call is one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ...errors import OdooError
from .errors import OdooErrorAnswer, Secrets, refusal
from .http import NO_JSON, OdooHttp, host_of, json_object, json_of
from .versions import MUTE_UNTIL


class NotJson(OdooError):
    """The answer is not from Odoo, or Odoo failed without a reason."""


class NoJson2(OdooError):
    """JSON-2 is not available, or not for this database."""


class Protocol(ABC):
    """Calls the methods of a database as one user."""

    @abstractmethod
    def execute(
        self, model: str, method: str, ids: list[int] | None, arguments: dict[str, Any], timeout: float | None = None
    ) -> Any: ...


class JsonRpc(Protocol):
    def __init__(self, http: OdooHttp, database: str, secrets: Secrets) -> None:
        self._http = http
        self._database = database
        self._secrets = secrets
        self._uid = 0
        self._secret = ""
        self._version = 0
        self._database_bound = False

    def version(self) -> Any:
        return self._call("common", "version", [])

    def login(self, version: int, username: str, secret: str, with_key: bool) -> None:
        self._version = version
        try:
            uid = self._call("common", "login", [self._database, username, secret])
        except NotJson:
            # the server has just sent its version: this is how Odoo 14 fails without a database
            raise OdooError(self._no_database()) from None
        if not uid:
            wrong = "the username or the API key is wrong, or the key has expired."
            if not with_key:
                wrong = "the username, the password or the API key is wrong."
            raise OdooError(
                f"Odoo refused the login of {username!r} to database {self._database!r}: "
                f"{wrong}{online_hint(self._http.url)}"
            )
        if not isinstance(uid, int):
            raise OdooError(self._http.strange())
        self._uid, self._secret = uid, secret

    def execute(
        self, model: str, method: str, ids: list[int] | None, arguments: dict[str, Any], timeout: float | None = None
    ) -> Any:
        positional: list[Any] = [] if ids is None else [ids]
        if method == "create":
            # before 19 the server requires the first argument to be positional
            positional, arguments = [arguments["vals_list"]], {}
        elif method == "write":
            # modules name it as they like: fetchmail of 14 has "values"
            positional.append(arguments["vals"])
            arguments = {name: value for name, value in arguments.items() if name != "vals"}
        called = [self._database, self._uid, self._secret, model, method, positional, arguments]
        return self._call("object", "execute_kw", called, model, method, timeout)

    def _call(
        self,
        service: str,
        function: str,
        arguments: list[Any],
        model: str = "",
        method: str = "",
        timeout: float | None = None,
    ) -> Any:
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "id": 1,
            "params": {"service": service, "method": function, "args": arguments},
        }
        answer = self._http.send("POST", "/jsonrpc", body, {}, timeout)
        content = json_object(answer)
        if content is None and model and answer.status_code == 500 and self._bind_database():
            # a failed call was rolled back
            answer = self._http.send("POST", "/jsonrpc", body, {}, timeout)
            content = json_object(answer)
        if content is None or ("jsonrpc" not in content and "error" not in content):
            raise NotJson(self._http.not_odoo(answer))
        error = content.get("error")
        if error is None:
            # the answer of a method that returns None has no result
            return content.get("result")
        if not isinstance(error, dict) or not isinstance(error.get("data") or {}, dict):
            raise OdooError(self._http.strange())
        data = error.get("data") or {}
        name, message = str(data.get("name") or ""), data.get("message") or error.get("message") or ""
        if "OperationalError" in name or "InvalidCatalogName" in name or name.endswith("KeyError") and not model:
            raise OdooError(self._no_database())
        raise refusal(OdooErrorAnswer(name, message, model or service, method or function), self._secrets)

    def _bind_database(self) -> bool:
        """Bind the session to the database once, so that an old Odoo can explain refusals."""
        if self._database_bound or not 0 < self._version <= MUTE_UNTIL:
            return False
        self._database_bound = True
        self._http.send("GET", "/web/login", None, {}, None, {"db": self._database})
        return True

    def _no_database(self) -> str:
        return f"{self._http.url} has no database {self._database!r}: check odoo.database."


class Json2(Protocol):
    def __init__(self, http: OdooHttp, database: str, api_key: str, secrets: Secrets) -> None:
        self._http = http
        self._database = database
        self._api_key = api_key
        self._secrets = secrets

    def execute(
        self, model: str, method: str, ids: list[int] | None, arguments: dict[str, Any], timeout: float | None = None
    ) -> Any:
        body = dict(arguments)
        if ids is not None:
            body["ids"] = ids
        headers = {"Authorization": f"bearer {self._api_key}", "X-Odoo-Database": self._database}
        answer = self._http.send("POST", f"/json/2/{model}/{method}", body, headers, timeout)
        if answer.status_code == 401:
            raise OdooError(
                f"Odoo refused the API key for database {self._database!r}: it is wrong, or it has expired."
                f"{online_hint(self._http.url)}"
            )
        content = json_of(answer)
        if answer.status_code == 200 and content is not NO_JSON:
            return content
        if not isinstance(content, dict):
            kind = NoJson2 if answer.status_code == 404 else OdooError
            raise kind(self._http.not_odoo(answer))
        answer_of_odoo = OdooErrorAnswer(str(content.get("name") or ""), content.get("message") or "", model, method)
        raise refusal(answer_of_odoo, self._secrets)


def online_hint(url: str) -> str:
    """Two causes that Odoo Online does not distinguish from a wrong password; empty for other hosts."""
    if not host_of(url).endswith(".odoo.com"):
        return ""
    return (
        " On Odoo Online, it may also be that the user signs in at odoo.com and has no password here (an administrator "
        "sets one with Change Password, or use an API key), or that the plan of the database has no external API (the "
        "Custom plan has one)."
    )
