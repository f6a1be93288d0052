# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for Odoo 19 where none is installed: its JSON-RPC, for the models that mail is configured with.

    odoo_stand_in.py PORT COMPANY…

Any login with the password C(admin) is let in. What it holds is in memory, and is shown as JSON at the address
C(/demo), without passwords. It does what the real one does with these records: it gives the first alias domain to
every company, cleans aliases, refuses what the constraints refuse, and hides archived records.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NAME = "demo"  # of the one database
PASSWORD = "admin"

# model → field → type, with the choices of a selection; many2one: its model
FIELDS: dict[str, dict[str, Any]] = {
    "ir.mail_server": {
        "name": "char",
        "active": "boolean",
        "sequence": "integer",
        "smtp_host": "char",
        "smtp_port": "integer",
        "smtp_encryption": ["none", "starttls_strict", "starttls", "ssl_strict", "ssl"],
        "smtp_authentication": ["login", "certificate", "cli"],
        "smtp_user": "char",
        "smtp_pass": "char",
        "smtp_ssl_certificate": "binary",
        "smtp_ssl_private_key": "binary",
        "from_filter": "char",
        "owner_user_id": "many2one",
        "mail_template_ids": "one2many",
    },
    "mail.alias.domain": {
        "name": "char",
        "sequence": "integer",
        "bounce_alias": "char",
        "catchall_alias": "char",
        "default_from": "char",
        "company_ids": "one2many",
    },
    "res.company": {"name": "char", "active": "boolean", "alias_domain_id": "many2one"},
    "mail.alias": {"alias_name": "char", "alias_domain_id": "many2one"},
    "ir.model.data": {"module": "char", "name": "char", "model": "char", "res_id": "integer", "noupdate": "boolean"},
    "ir.config_parameter": {"key": "char", "value": "text"},
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "ir.mail_server": {
        "active": True,
        "sequence": 10,
        "smtp_port": 25,
        "smtp_encryption": "none",
        "smtp_authentication": "login",
    },
    "mail.alias.domain": {
        "sequence": 10,
        "bounce_alias": "bounce",
        "catchall_alias": "catchall",
        "default_from": "notifications",
    },
    "res.company": {"active": True},
}
SECRETS = ("smtp_pass", "smtp_ssl_private_key")
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda held, wanted: held == wanted,
    "!=": lambda held, wanted: bool(held != wanted),
    "in": lambda held, wanted: held in wanted,
    "not in": lambda held, wanted: held not in wanted,
}
Record = dict[str, Any]


class Refusal(Exception):
    """An exception of Odoo's: its name and its message."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def refuse(message: str) -> Refusal:
    return Refusal("odoo.exceptions.ValidationError", message)


class Database:
    """The records of one database, and the methods that are called on them."""

    def __init__(self, companies: Sequence[str]) -> None:
        self.records: dict[str, dict[int, Record]] = {model: {} for model in FIELDS}
        self.calls: Counter[str] = Counter()
        self._last_id = 0
        self._lock = threading.Lock()
        for name in companies:
            self._insert("res.company", {"name": name})

    @property
    def writes(self) -> int:
        """How often something was changed from outside."""
        return sum(self.calls[method] for method in ("create", "write", "unlink"))

    def call(self, model: str, method: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        if model not in FIELDS:
            raise Refusal("odoo.exceptions.UserError", f"Object {model} doesn't exist")
        methods: dict[str, Callable[..., Any]] = {
            "fields_get": self.fields_get,
            "search_read": self.search_read,
            "search_count": self.search_count,
            "create": self.create,
            "write": self.write,
            "unlink": self.unlink,
        }
        if method not in methods:
            raise Refusal("builtins.AttributeError", f"The method '{model}.{method}' does not exist")
        with self._lock:
            self.calls[method] += 1
            return methods[method](model, *arguments, **named)

    def fields_get(self, model: str, allfields: Any = None, attributes: Any = None) -> dict[str, Any]:
        described: dict[str, Any] = {"id": {"type": "integer"}}
        for name, kind in FIELDS[model].items():
            if isinstance(kind, list):
                described[name] = {"type": "selection", "selection": [[value, value] for value in kind]}
            else:
                described[name] = {"type": kind}
        return described

    def search_read(
        self,
        model: str,
        domain: Sequence[Any] = (),
        fields: Sequence[str] = (),
        order: str = "id",
        limit: int | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> list[Record]:
        hides = "active" in FIELDS[model] and (context or {}).get("active_test", True)
        held = self.records[model].values()
        found = [one for one in held if _matches(one, domain) and not (hides and not one["active"])]
        found.sort(key=lambda record: tuple(record[part.strip()] for part in order.split(",")))
        return [self._read(model, record, fields) for record in found[:limit]]

    def search_count(self, model: str, domain: Sequence[Any] = (), **named: Any) -> int:
        return len(self.search_read(model, domain, ["id"], **named))

    def create(self, model: str, vals_list: Any) -> Any:
        if isinstance(vals_list, Mapping):
            return self.create(model, [vals_list])[0]
        before = {name: {key: dict(record) for key, record in held.items()} for name, held in self.records.items()}
        try:
            return [self._insert(model, values) for values in vals_list]
        except Refusal:
            self.records = before  # one call is one transaction
            raise

    def write(self, model: str, ids: Sequence[int], vals: Mapping[str, Any]) -> bool:
        before = {key: dict(self.records[model][key]) for key in ids if key in self.records[model]}
        try:
            for key in before:
                self._set(model, key, vals)
        except Refusal:
            self.records[model].update(before)
            raise
        return True

    def unlink(self, model: str, ids: Sequence[int]) -> bool:
        for key in ids:
            if model == "mail.alias.domain":
                if any(alias["alias_domain_id"] == key for alias in self.records["mail.alias"].values()):
                    raise refuse("The operation cannot be completed: another model requires the record being deleted.")
                for company in self.records["res.company"].values():
                    if company["alias_domain_id"] == key:
                        company["alias_domain_id"] = False
            self.records[model].pop(key, None)
        return True

    def shown(self) -> dict[str, list[Record]]:
        """What a person may look at."""
        return {
            model: [
                {field: "(set)" if field in SECRETS and value else value for field, value in record.items()}
                for record in (self._read(model, one, ()) for one in held.values())
            ]
            for model, held in self.records.items()
            if held
        }

    # Inside

    def _insert(self, model: str, values: Mapping[str, Any]) -> int:
        first = not self.records[model]
        self._last_id += 1
        key = self._last_id
        empty = {field: False for field, kind in FIELDS[model].items() if kind != "one2many"}
        self.records[model][key] = {"id": key, **empty, **DEFAULTS.get(model, {})}
        self._set(model, key, values)
        if model == "mail.alias.domain" and first:
            for holder in (*self.records["res.company"].values(), *self.records["mail.alias"].values()):
                holder["alias_domain_id"] = holder["alias_domain_id"] or key
        return key

    def _set(self, model: str, key: int, values: Mapping[str, Any]) -> None:
        record = self.records[model][key]
        for field, value in values.items():
            kind = FIELDS[model].get(field)
            if kind is None:
                raise Refusal("builtins.ValueError", f"Invalid field '{field}' in '{model}'")
            if isinstance(kind, list) and value not in kind:
                raise Refusal("builtins.ValueError", f"Wrong value for {model}.{field}: '{value}'")
            if field == "company_ids":
                for dummy, company in value:
                    self.records["res.company"][company]["alias_domain_id"] = key
            else:
                record[field] = value
        if not record.get("name", True):
            raise refuse("Missing required value for the field 'Name' (name).")
        if model == "mail.alias.domain":
            self._check_alias_domain(record)

    def _check_alias_domain(self, record: Record) -> None:
        if not re.fullmatch(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", record["name"], re.ASCII):
            raise refuse(f"The domain name {record['name']} is not valid.")
        for alias in ("bounce_alias", "catchall_alias"):
            record[alias] = re.sub(r"[^\w!#$%&'*+/=?^`{|}~.-]+", "-", str(record[alias]).partition("@")[0].lower())
            for other in self.records["mail.alias.domain"].values():
                if other is not record and (other["name"], other[alias]) == (record["name"], record[alias]):
                    raise refuse(f"{alias} {record[alias]} is already used for {record['name']}.")

    def _read(self, model: str, record: Record, fields: Sequence[str]) -> Record:
        read: Record = {"id": record["id"]}
        for field in fields or FIELDS[model]:
            if field == "company_ids":
                companies = self.records["res.company"].values()
                read[field] = [company["id"] for company in companies if company["alias_domain_id"] == record["id"]]
            elif FIELDS[model].get(field) == "one2many":
                read[field] = []
            elif field == "alias_domain_id" and record[field]:
                read[field] = [record[field], self.records["mail.alias.domain"][record[field]]["name"]]
            elif field != "id":
                read[field] = record[field]
        return read


def _matches(record: Record, domain: Sequence[Any]) -> bool:
    return all(_OPERATORS[operator](record[field], wanted) for field, operator, wanted in domain)


class StandIn:
    """The server; C(database) is what it holds."""

    def __init__(self, companies: Sequence[str], port: int = 0) -> None:
        self.database = Database(companies)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self.database))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.options = {"url": self.url, "database": NAME, "username": "admin", "password": PASSWORD}

    def start(self) -> StandIn:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> StandIn:
        return self.start()

    def __exit__(self, *dummy: object) -> None:
        self.stop()


def _handler(database: Database) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/demo":
                self._answer(database.shown())
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != "/jsonrpc":
                self.send_error(404)
                return
            answer: dict[str, Any] = {"jsonrpc": "2.0", "id": body.get("id")}
            try:
                params = body["params"]
                answer["result"] = _dispatch(database, params["service"], params["method"], params["args"])
            except Refusal as refusal:
                data = {"name": refusal.name, "message": str(refusal), "debug": "Traceback …"}
                answer["error"] = {"code": 0, "message": "Odoo Server Error", "data": data}
            self._answer(answer)

        def _answer(self, content: Any) -> None:
            body = json.dumps(content, indent=2).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *dummy: Any) -> None:  # noqa: A002 - the name is the base class's
            pass

    return Handler


def _dispatch(database: Database, service: str, method: str, arguments: Sequence[Any]) -> Any:
    if (service, method) == ("common", "version"):
        return {"server_version": "19.0", "server_version_info": [19, 0, 0, "final", 0, ""], "protocol_version": 1}
    if arguments[0] != NAME:
        raise Refusal("psycopg2.OperationalError", f'FATAL:  database "{arguments[0]}" does not exist')
    if (service, method) == ("common", "login"):
        return 2 if arguments[2] == PASSWORD else False
    if (service, method) == ("object", "execute_kw"):
        dummy, dummy, password, model, function, positional, named = arguments
        if password != PASSWORD:
            raise Refusal("odoo.exceptions.AccessDenied", "Access Denied")
        return database.call(model, function, positional, named)
    raise Refusal("builtins.NameError", f"Unknown service {service}.{method}")


if __name__ == "__main__":
    with StandIn(sys.argv[2:], int(sys.argv[1])) as stand_in:
        print(stand_in.url, flush=True)
        sys.stdin.read()
