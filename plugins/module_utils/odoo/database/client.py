# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Odoo database over its network interface: JSON-RPC (14 to 19) or JSON-2 (19 and newer).

Which of the two is found out: with an API key and Odoo 19 it is JSON-2, else
JSON-RPC. Every call is one transaction of Odoo's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import OdooError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.errors import Secrets, refusal

if TYPE_CHECKING:
    import requests

DEFAULT_TIMEOUT = 60
_CONNECT_TIMEOUT = 10
_JSON2_SINCE = 19
_OLDEST = 14
# until then, a server of several databases has no words for a refusal, unless a web session says which one is meant
_MUTE_UNTIL = 15


class Odoo:
    """A logged-in database. ``calls`` and ``writes`` count what was asked of it."""

    def __init__(self, options: Mapping[str, Any], timeout: float | None = None) -> None:
        # here and in _send, because it takes longer to import than all else together
        import requests

        self.url = _base_url(options.get("url"))
        self.database = str(options.get("database") or "")
        self.timeout = float(timeout or options.get("timeout") or DEFAULT_TIMEOUT)
        if self.timeout < 0:
            raise OdooError(f"odoo.timeout is {self.timeout:g}: give a positive number of seconds.")
        self.version = 0
        self.calls = 0
        self.writes = 0
        self.secrets = Secrets()
        self.secrets.add((options.get("password"), options.get("api_key")))
        self._username = options.get("username")
        self._password = options.get("password")
        self._api_key = options.get("api_key")
        self._uid: int | None = None
        self._database_told = False
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "postmaster.mail"
        # credentials of a .netrc would replace the bearer token
        self._session.auth = _no_auth
        self._session.verify = options.get("ca_path") or True
        if options.get("validate_certs") is False:
            self._session.verify = False
        self._fields: dict[str, dict[str, Any]] = {}

    @classmethod
    def connect(cls, options: Mapping[str, Any], timeout: float | None = None) -> Odoo:
        """Find out version and protocol, and log in. Raises OdooError with one sentence."""
        odoo = cls(options, timeout)
        odoo.version = odoo._find_version()
        if odoo.version < _OLDEST:
            raise OdooError(
                f"{odoo.url} is Odoo {odoo.version}, which is too old: this collection knows Odoo {_OLDEST} and newer."
            )
        if odoo._api_key and odoo.version >= _JSON2_SINCE and odoo._json2_answers():
            return odoo
        odoo._login()
        return odoo

    # What is there

    def fields(self, model: str) -> dict[str, Any]:
        """The fields that this user sees: ``{name: {type, selection, …}}``; ``{}`` if there is no such model."""
        if model not in self._fields:
            try:
                answer = self.call(model, "fields_get", attributes=["type", "selection", "string"])
                self._fields[model] = self._of_objects(answer, dict)
            except OdooError as error:
                if f"has no {model}" not in str(error):
                    raise
                self._fields[model] = {}
        return self._fields[model]

    def forget_fields(self) -> None:
        """After a module was installed."""
        self._fields = {}

    def has_model(self, model: str) -> bool:
        return bool(self.fields(model))

    # Reading and writing

    def search_read(
        self,
        model: str,
        domain: Sequence[Any],
        fields: Sequence[str],
        archived: bool = False,
        order: str = "id",
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """The records that match, archived ones only if asked for."""
        more: dict[str, Any] = {"limit": limit} if limit else {}
        if archived:
            more["context"] = {"active_test": False}
        result = self.call(model, "search_read", domain=list(domain), fields=list(fields), order=order, **more)
        records: list[dict[str, Any]] = self._of_objects(result, list)
        return records

    def create(self, model: str, values: Sequence[Mapping[str, Any]]) -> list[int]:
        """The ids of the new records, in the order of the values; all or none."""
        self.writes += 1
        ids = self._call(model, "create", None, {"vals_list": [dict(one) for one in values]})
        if not isinstance(ids, list) or len(ids) != len(values) or not all(isinstance(one, int) for one in ids):
            raise OdooError(f"{self._strange()} What was asked may have been done: run again.")
        return ids

    def write(self, model: str, ids: Sequence[int], values: Mapping[str, Any]) -> None:
        self.writes += 1
        self._call(model, "write", list(ids), {"vals": dict(values)})

    def unlink(self, model: str, ids: Sequence[int]) -> None:
        self.writes += 1
        self._call(model, "unlink", list(ids), {})

    def call(
        self,
        model: str,
        method: str,
        ids: Sequence[int] | None = None,
        timeout: float | None = None,
        **arguments: Any,
    ) -> Any:
        """Any public method, with named arguments; ``ids`` for a method of records."""
        return self._call(model, method, None if ids is None else list(ids), arguments, timeout)

    def _call(
        self,
        model: str,
        method: str,
        ids: list[int] | None,
        arguments: dict[str, Any],
        timeout: float | None = None,
    ) -> Any:
        self.calls += 1
        if self._uid is None:
            return self._json2(model, method, ids, arguments, timeout)
        positional: list[Any] = [] if ids is None else [ids]
        if method == "create":
            # before 19 the server looks at the first positional argument
            positional, arguments = [arguments["vals_list"]], {}
        elif method == "write":
            # modules call it what they like: fetchmail of 14 has "values"
            positional, arguments = [*positional, arguments["vals"]], {}
        secret = self._password or self._api_key
        return self._json_rpc(
            "object",
            "execute_kw",
            [self.database, self._uid, secret, model, method, positional, arguments],
            model=model,
            method=method,
            timeout=timeout,
        )

    def _of_objects(self, answer: Any, kind: type) -> Any:
        """A list or dict of dicts. Raises OdooError for anything else, such as the answer of a proxy."""
        inside = answer.values() if isinstance(answer, dict) else answer
        if not isinstance(answer, kind) or not all(isinstance(one, dict) for one in inside):
            raise OdooError(self._strange())
        return answer

    def _strange(self) -> str:
        return f"{self.url} does not answer like Odoo (JSON of another form): check odoo.url."

    # Finding out

    def _find_version(self) -> int:
        try:
            answer = self._json_rpc("common", "version", [])
            text = str(answer["server_version_info"][0])
        except _NotJson:
            # /jsonrpc goes away after 19
            answer = self._get_json("/web/version")
            text = str(answer.get("version", "")) if isinstance(answer, dict) else ""
        except (KeyError, IndexError, TypeError):
            text = ""
        number = re.search(r"\d+", text)
        if number is None:
            raise OdooError(f"{self.url} does not answer like Odoo: it tells no version. Check odoo.url.")
        return int(number.group())

    def _json2_answers(self) -> bool:
        try:
            self._json2("res.users", "context_get", None, {}, None)
        except _Json2NotHere:
            if self._username:
                return False
            raise OdooError(
                f"{self.url} has no database {self.database!r} that answers JSON-2: check odoo.database, "
                "or give odoo.username as well, so that JSON-RPC can be used."
            ) from None
        return True

    def _login(self) -> None:
        if not self._username:
            raise OdooError(f"Odoo {self.version} needs odoo.username beside the password or the API key.")
        secret = self._password or self._api_key
        try:
            uid = self._json_rpc("common", "login", [self.database, self._username, secret])
        except _NotJson:
            # the version was told just before: Odoo 14 fails like that
            raise OdooError(self._no_database()) from None
        if not uid:
            raise OdooError(
                f"Odoo refused the login of {self._username!r} to database {self.database!r}: "
                f"{self._wrong_credentials()}{online_hint(self.url)}"
            )
        if not isinstance(uid, int):
            raise OdooError(self._strange())
        self._uid = uid

    # Transport

    def _json_rpc(
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
        answer = self._send("POST", "/jsonrpc", body, {}, timeout)
        content = _json_object(answer)
        if content is None and model and answer.status_code == 500 and self._tell_database():
            # what failed was rolled back
            answer = self._send("POST", "/jsonrpc", body, {}, timeout)
            content = _json_object(answer)
        if content is None or ("jsonrpc" not in content and "error" not in content):
            raise _NotJson(self._not_odoo(answer))
        error = content.get("error")
        if error is None:
            # a method that returns None gives an answer without a result
            return content.get("result")
        if not isinstance(error, dict) or not isinstance(error.get("data") or {}, dict):
            raise OdooError(self._strange())
        data = error.get("data") or {}
        name, message = str(data.get("name") or ""), data.get("message") or error.get("message") or ""
        if "OperationalError" in name or "InvalidCatalogName" in name or name.endswith("KeyError") and not model:
            raise OdooError(self._no_database())
        raise refusal(name, message, model or service, method or function, self.secrets)

    def _tell_database(self) -> bool:
        """Bind the session to the database, once, so that an old Odoo can say why it refuses."""
        if self._database_told or not 0 < self.version <= _MUTE_UNTIL:
            return False
        self._database_told = True
        self._send("GET", "/web/login", None, {}, None, {"db": self.database})
        return True

    def _json2(
        self,
        model: str,
        method: str,
        ids: list[int] | None,
        arguments: dict[str, Any],
        timeout: float | None,
    ) -> Any:
        body = dict(arguments)
        if ids is not None:
            body["ids"] = ids
        headers = {"Authorization": f"bearer {self._api_key}", "X-Odoo-Database": self.database}
        answer = self._send("POST", f"/json/2/{model}/{method}", body, headers, timeout)
        if answer.status_code == 401:
            raise OdooError(
                f"Odoo refused the API key for database {self.database!r}: it is wrong, or it has expired."
                f"{online_hint(self.url)}"
            )
        content = _json_body(answer)
        if answer.status_code == 200 and content is not _NO_JSON:
            return content
        if not isinstance(content, dict):
            if answer.status_code == 404:
                raise _Json2NotHere(self._not_odoo(answer))
            raise OdooError(self._not_odoo(answer))
        message = content.get("message") or ""
        raise refusal(str(content.get("name") or ""), message, model, method, self.secrets)

    def _get_json(self, path: str) -> Any:
        answer = self._send("GET", path, None, {}, None)
        content = _json_object(answer)
        if content is None:
            raise OdooError(self._not_odoo(answer))
        return content

    def _wrong_credentials(self) -> str:
        if self._password:
            return "the username, the password or the API key is wrong."
        return "the username or the API key is wrong, or the key has expired."

    def _no_database(self) -> str:
        return f"{self.url} has no database {self.database!r}: check odoo.database."

    def _not_odoo(self, answer: requests.Response) -> str:
        return (
            f"{self.url} does not answer like Odoo (HTTP status {answer.status_code} with something other than JSON): "
            "check odoo.url; it is the address of Odoo itself, without a path."
        )

    def _send(
        self,
        verb: str,
        path: str,
        body: dict[str, Any] | None,
        headers: dict[str, str],
        timeout: float | None,
        query: dict[str, str] | None = None,
    ) -> requests.Response:
        import requests

        limit = timeout or self.timeout
        try:
            # a redirect would turn the POST into a GET and carry the credentials elsewhere
            answer = self._session.request(
                verb,
                self.url + path,
                json=body,
                headers=headers,
                params=query,
                timeout=(min(limit, _CONNECT_TIMEOUT), limit),
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            raise OdooError(
                f"The certificate of {self.url} cannot be verified ({_tls_reason(error)}). "
                "Correct the certificate, or give the authority that signed it as odoo.ca_path."
            ) from None
        except requests.exceptions.ConnectTimeout:
            raise OdooError(f"Odoo at {self.url} cannot be reached: no answer to the connection.") from None
        except requests.exceptions.Timeout:
            raise OdooError(
                f"Odoo at {self.url} did not answer within {limit:g} seconds. What was asked may have been done: "
                "run again, or give a longer odoo.timeout."
            ) from None
        except requests.exceptions.ConnectionError as error:
            raise OdooError(f"Odoo at {self.url} cannot be reached: {_connection_reason(error)}.") from None
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            # ValueError: a host name or a header that cannot be sent
            raise OdooError(
                f"Odoo at {self.url} cannot be asked ({type(error).__name__}): check odoo.url, odoo.api_key and "
                "odoo.ca_path."
            ) from None
        if answer.is_redirect and query is None:
            target = re.sub(r"[?#].*", "", answer.headers.get("Location", ""))
            raise OdooError(f"{self.url} redirects to {target}: give the address of Odoo itself as odoo.url.")
        return answer


class _NotJson(OdooError):
    pass


class _Json2NotHere(OdooError):
    pass


_NO_JSON = object()


def online_hint(url: str) -> str:
    """Two reasons that Odoo Online does not tell from a wrong password; empty for an Odoo elsewhere."""
    if not url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower().endswith(".odoo.com"):
        return ""
    return (
        " On Odoo Online, it may also be that the user signs in at odoo.com and has no password here (an administrator "
        "sets one with Change Password, or use an API key), or that the plan of the database has no external API (the "
        "Custom plan has one)."
    )


def _no_auth(request: Any) -> Any:
    return request


def _base_url(url: Any) -> str:
    text = str(url or "").strip().rstrip("/")
    if not re.match(r"^https?://[^/@\s]+(/[^\s?#]*)?$", text):
        raise OdooError(
            f"odoo.url {_shown(text)} is not the address of an Odoo: write it like https://erp.example.net."
        )
    # people copy the address from the browser
    return re.sub(r"/(web|odoo|jsonrpc)(/.*)?$", "", text)


def _shown(url: str) -> str:
    """The address without what may be a password in it."""
    return repr(re.sub(r"//[^/]*@", "//", url))


def _json_body(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return _NO_JSON


def _json_object(answer: requests.Response) -> dict[str, Any] | None:
    content = _json_body(answer)
    return content if isinstance(content, dict) else None


def _tls_reason(error: Exception) -> str:
    found = re.search(r"certificate verify failed: ([^(\"']+)", str(error)) or re.search(r"\[SSL: (\w+)", str(error))
    return found.group(1).strip() if found else "the TLS handshake failed"


def _connection_reason(error: Exception) -> str:
    text = str(error)
    for mark, reason in (
        ("refused", "the connection was refused"),
        ("Name or service not known", "its name does not resolve"),
        ("Failed to resolve", "its name does not resolve"),
        ("nodename nor servname", "its name does not resolve"),
        ("unreachable", "the network is unreachable"),
        ("RemoteDisconnected", "it closed the connection unanswered; what was asked may have been done: run again"),
        ("reset by peer", "it closed the connection; what was asked may have been done: run again"),
    ):
        if mark in text:
            return reason
    return "the connection failed"
