# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One Odoo database over the network, whatever its protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ... import interrupts
from ...bounded import Limit
from ...errors import OdooError
from .errors import NoSuchModel, Secrets, refused_load
from .http import OdooHttp, json_object
from .protocols import Json2, JsonRpc, NoJson2, NotJson, Protocol
from .versions import HAS_ACCESS_SINCE, JSON2_SINCE, OLDEST

DEFAULT_TIMEOUT = 60
_MOST_MEGABYTES = 64  # of a response, unless the options say otherwise


class Odoo:
    """A logged-in database. ``calls`` and ``writes`` count the requests."""

    def __init__(
        self,
        http: OdooHttp,
        database: str,
        protocol: Protocol,
        secrets: Secrets,
        version: int,
        build: int | None = None,
    ) -> None:
        self.database = database
        self.version = version
        self.build = build  # the day of the build, such as 20220620, if known
        self.calls = 0
        self.writes = 0
        self.secrets = secrets
        self._http = http
        self._protocol = protocol
        self._fields: dict[str, dict[str, Any]] = {}

    @classmethod
    def connect(cls, options: Mapping[str, Any], timeout: float | None = None) -> Odoo:
        """Detect version and protocol, and log in. Raises OdooError or InvalidInput with one sentence."""
        seconds = float(timeout or options.get("timeout") or DEFAULT_TIMEOUT)
        if seconds < 0:
            raise OdooError(f"odoo.timeout is {seconds:g}: give a positive number of seconds.")
        verify = options.get("validate_certs") is not False
        limit = Limit.of(options, "odoo", _MOST_MEGABYTES)
        return _Login(OdooHttp(options.get("url"), seconds, verify, options.get("ca_path"), limit), options).done()

    @property
    def url(self) -> str:
        return self._http.url

    @property
    def host(self) -> str:
        return self._http.host

    @property
    def timeout(self) -> float:
        return self._http.timeout

    # Metadata

    def fields(self, model: str) -> dict[str, Any]:
        """The fields that this user sees: ``{name: {type, selection, …}}``; ``{}`` if there is no such model."""
        if model not in self._fields:
            try:
                answer = self.call(model, "fields_get", attributes=["type", "selection", "string"])
                self._fields[model] = self._of_objects(answer, dict)
            except NoSuchModel:
                self._fields[model] = {}
        return self._fields[model]

    def forget_fields(self) -> None:
        """Call after a module was installed."""
        self._fields = {}

    def has_model(self, model: str) -> bool:
        return bool(self.fields(model))

    def may(self, model: str, operation: str) -> bool:
        """Whether the user has the right to ``create``, ``write`` or ``unlink``."""
        if self.version < HAS_ACCESS_SINCE:
            return bool(self.call(model, "check_access_rights", operation=operation, raise_exception=False))
        return bool(self.call(model, "has_access", [], operation=operation))

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
        """The matching records; ``archived``: include archived ones."""
        more: dict[str, Any] = {"limit": limit} if limit else {}
        if archived:
            more["context"] = {"active_test": False}
        result = self.call(model, "search_read", domain=list(domain), fields=list(fields), order=order, **more)
        records: list[dict[str, Any]] = self._of_objects(result, list)
        return records

    def create(self, model: str, values: Sequence[Mapping[str, Any]]) -> list[int]:
        """The ids of the new records, in the order of the values; creates all or none."""
        self.writes += 1
        ids = self.call(model, "create", vals_list=[dict(one) for one in values])
        if not isinstance(ids, list) or len(ids) != len(values) or not all(isinstance(one, int) for one in ids):
            raise OdooError(f"{self._http.strange()} The request may have been carried out: run again.")
        return ids

    def load(self, model: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Create records and their external ids in one transaction, so that only one of two runs succeeds.

        All rows have the same columns; ``id`` is the external id with its module. If it exists already, its record
        stays as it is, and its id is returned. Raises ConcurrentWrite or another OdooRefusal; then nothing was written.
        """
        self.writes += 1
        columns = list(rows[0])
        data = [[_cell(row[column]) for column in columns] for row in rows]
        answer = self.call(model, "load", fields=columns, data=data, context={"mode": "update", "noupdate": True})
        if not isinstance(answer, dict):
            raise OdooError(self._http.strange())
        ids = answer.get("ids")
        if isinstance(ids, list) and len(ids) == len(rows) and all(isinstance(one, int) for one in ids):
            return ids
        raise refused_load(answer.get("messages"), model, self.secrets)

    def write(
        self, model: str, ids: Sequence[int], values: Mapping[str, Any], context: Mapping[str, Any] | None = None
    ) -> None:
        self.writes += 1
        if context:
            self.call(model, "write", ids, vals=dict(values), context=dict(context))
        else:
            self.call(model, "write", ids, vals=dict(values))

    def unlink(self, model: str, ids: Sequence[int]) -> None:
        self.writes += 1
        self.call(model, "unlink", ids)

    def call(
        self,
        model: str,
        method: str,
        ids: Sequence[int] | None = None,
        timeout: float | None = None,
        **arguments: Any,
    ) -> Any:
        """Call any public method with named arguments; ``ids`` for a method of records. Raises Interrupted."""
        interrupts.go_on()
        self.calls += 1
        return self._protocol.execute(model, method, None if ids is None else list(ids), arguments, timeout)

    def _of_objects(self, answer: Any, kind: type) -> Any:
        """Check for a list or dict of dicts. Raises OdooError for anything else, such as a proxy's answer."""
        inside = answer.values() if isinstance(answer, dict) else answer
        if not isinstance(answer, kind) or not all(isinstance(one, dict) for one in inside):
            raise OdooError(self._http.strange())
        return answer


def _cell(value: Any) -> Any:
    """A value in a column of load, which has no JSON true; an empty text means no value."""
    return "True" if value is True else value or ("" if value in (False, None) else value)


class _Login:
    """Detects the version and protocol of a server, and logs in."""

    def __init__(self, http: OdooHttp, options: Mapping[str, Any]) -> None:
        self._http = http
        self._database = str(options.get("database") or "")
        self._username = options.get("username")
        self._password = options.get("password")
        self._api_key = options.get("api_key")
        self._secrets = Secrets()
        self._secrets.add((self._password, self._api_key))
        self._json_rpc = JsonRpc(http, self._database, self._secrets)
        self._json_rpc_answers = True
        self._build: int | None = None

    def done(self) -> Odoo:
        if not self._password and not self._api_key:
            raise OdooError("odoo.password and odoo.api_key are empty: give one of them.")
        version = self._version()
        if version < OLDEST:
            raise OdooError(
                f"{self._http.url} is Odoo {version}, which is too old: this collection knows Odoo {OLDEST} and newer."
            )
        protocol: Protocol | None = None
        if self._api_key and version >= JSON2_SINCE:
            protocol = self._json2()
        if protocol is None:
            protocol = self._logged_in(version)
        return Odoo(self._http, self._database, protocol, self._secrets, version, self._build)

    def _version(self) -> int:
        # with JSON-2, an API key needs no JSON-RPC, every call of which Odoo logs as deprecated
        text = self._version_of_web() if self._api_key else ""
        if not text:
            try:
                text = _stated_version(self._json_rpc.version())
            except NotJson as error:
                # JSON-RPC disappears after 19, and a proxy may block it
                text, self._json_rpc_answers = self._version_of_web(), False
                if not text:
                    raise OdooError(str(error)) from None
        number, build = re.search(r"\d+", text), re.search(r"-(\d{8})", text)
        if number is None:
            raise OdooError(f"{self._http.url} does not answer like Odoo: it gives no version. Check odoo.url.")
        self._build = int(build.group(1)) if build else None
        return int(number.group())

    def _version_of_web(self) -> str:
        """Empty if not available, as up to Odoo 17."""
        answer = json_object(self._http.send("GET", "/web/version", None, {}, None, {}))
        return str((answer or {}).get("version") or "")

    def _json2(self) -> Protocol | None:
        protocol = Json2(self._http, self._database, str(self._api_key), self._secrets)
        try:
            protocol.execute("res.users", "context_get", None, {})
        except NoJson2:
            if self._username:
                return None
            raise OdooError(
                f"{self._http.url} has no database {self._database!r} that answers JSON-2: check odoo.database, "
                "or give odoo.username as well, so that JSON-RPC can be used."
            ) from None
        return protocol

    def _logged_in(self, version: int) -> Protocol:
        if not self._json_rpc_answers:
            raise OdooError(
                f"{self._http.url} is Odoo {version}, and does not answer JSON-RPC at /jsonrpc, which a password "
                "needs: give odoo.api_key, or let the server or what is in front of it answer there."
            )
        if not self._username:
            raise OdooError(f"Odoo {version} needs odoo.username as well as the password or the API key.")
        secret = str(self._password or self._api_key)
        self._json_rpc.login(version, str(self._username), secret, with_key=not self._password)
        return self._json_rpc


def _stated_version(answer: Any) -> str:
    """From ``common.version``: with the day of the build if known, as ``15.0-20220620``."""
    try:
        main, text = str(answer["server_version_info"][0]), str(answer.get("server_version") or "")
    except (KeyError, IndexError, TypeError, AttributeError):
        return ""
    return f"{main} {text}"
