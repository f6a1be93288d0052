# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One database: its records, users and installed modules, and the calls to it."""

from __future__ import annotations

import inspect
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import seed
from .environment import Environment
from .exceptions import AccessDenied, AccessError, MissingError, NoMethod, NoModel, Refusal, WrongArguments
from .models import model_of
from .models.base import METHODS_SINCE, Model
from .schema import schema
from .search import Record

# what the scripts of the real servers install
MODULES = {
    14: ("mail", "mass_mailing", "fetchmail"),
    15: ("mail", "mass_mailing", "fetchmail"),
    16: ("mail", "mass_mailing"),
}
_MODULES_SINCE_17 = ("mail", "mass_mailing", "google_gmail", "microsoft_outlook")
_SHOWN = ("res.company", "mail.alias.domain", "ir.mail_server", "fetchmail.server", "ir.config_parameter")
_SECRETS = ("smtp_pass", "smtp_ssl_private_key", "password")
_WRITING = ("create", "load", "write", "unlink", "set_param", "execute", "copy")


class Database:
    """The content of one database. ``calls``: counts of calls by method."""

    def __init__(
        self,
        version: int = 19,
        companies: Sequence[str] = (),
        modules: Iterable[str] | None = None,
        authorities: Path | None = None,
    ) -> None:
        self.version = version
        self.build = "20240101" if version in (15, 16) else ""  # the date of the build, part of the version
        self.modules = set(MODULES.get(version, _MODULES_SINCE_17) if modules is None else modules)
        self.authorities = authorities  # extra CA certificates for its connections to mail servers
        self.schema = schema(version, self.modules)
        self.tables: dict[str, dict[int, Record]] = defaultdict(dict)
        self.passwords: dict[int, str] = {}
        self.api_keys: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.last_ids: Counter[str] = Counter()
        self.models: dict[str, Model] = {}
        self._journal: list[tuple[str, int, Record | None]] = []
        self._lock = threading.RLock()
        seed.fill(self.superuser(), companies)
        self._journal.clear()

    @property
    def writes(self) -> int:
        """How many calls were writes."""
        return sum(self.calls[method] for method in _WRITING)

    def superuser(self) -> Environment:
        return Environment(self, uid=1, superuser=True)

    def model(self, name: str) -> Model:
        if name not in self.models:
            self.models[name] = model_of(name)
        return self.models[name]

    # Users

    def login(self, username: str, secret: Any) -> int | bool:
        with self._lock:
            for key, user in self.tables["res.users"].items():
                if user["login"] == username and self._is_secret_of(key, secret):
                    return key
            return False

    def authenticated(self, uid: Any, secret: Any) -> int:
        """The id of the user. Raises MissingError or AccessDenied."""
        if uid not in self.tables["res.users"]:
            raise MissingError(f"Record does not exist or has been deleted.\n(Record: res.users({uid},), User: {uid})")
        if not self._is_secret_of(uid, secret):
            raise AccessDenied
        return int(uid)

    def owner_of(self, api_key: str) -> int | None:
        uid = self.api_keys.get(api_key)
        return uid if uid is not None and self._is_secret_of(uid, api_key) else None

    def _is_secret_of(self, uid: int, secret: Any) -> bool:
        """Whether this is the password or an API key of a user who is not archived."""
        if not secret or not self.tables["res.users"].get(uid, {}).get("active"):
            return False
        return self.passwords.get(uid) == secret or self.api_keys.get(secret) == uid

    # Calls

    def call(self, uid: int, model: str, method: str, positional: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """Carry out a call as one transaction."""
        with self._lock:
            if model not in self.schema:
                raise NoModel(model)
            function, takes_ids = self._method(model, method)
            self.calls[method] += 1
            named = dict(named)
            env = Environment(self, uid, named.pop("context", None) or {})
            if takes_ids and positional and isinstance(positional[0], int):
                positional = [[positional[0]], *positional[1:]]
            try:
                inspect.signature(function).bind(env, *positional, **named)
            except TypeError as error:
                raise WrongArguments(f"{method}() {error}") from None
            try:
                result = function(env, *positional, **named)
            except Refusal:
                self.roll_back()
                raise
            self._journal.clear()
            return result

    def takes_ids(self, model: str, method: str) -> bool:
        if model not in self.schema:
            raise NoModel(model)
        return self._method(model, method)[1]

    def _method(self, model: str, method: str) -> tuple[Any, bool]:
        if method.startswith("_"):
            what = f"{model}.{method}" if self.version >= 18 else method
            shown = f"'{what}'" if self.version >= 18 else what
            raise AccessError(f"Private methods (such as {shown}) cannot be called remotely.")
        function = self.model(model).exposed(method)
        if function is None or self.version < METHODS_SINCE.get(method, 0):
            if self.version >= 18:
                raise NoMethod(f"The method '{model}.{method}' does not exist")
            raise NoMethod(f"type object '{model}' has no attribute '{method}'")
        return function, "ids" in list(inspect.signature(function).parameters)[:2]

    # Records

    def put(self, model: str, key: int, record: Record | None) -> None:
        """Replace, add or remove a record; a later refusal in the same call undoes it."""
        table = self.tables[model]
        self._journal.append((model, key, table.get(key)))
        if record is None:
            table.pop(key, None)
        else:
            table[key] = record

    def roll_back(self) -> None:
        for model, key, record in reversed(self._journal):
            if record is None:
                self.tables[model].pop(key, None)
            else:
                self.tables[model][key] = record
        self._journal.clear()

    def install(self, module: str) -> None:
        """Add the fields, models and choices of a module."""
        self.modules.add(module)
        self.schema = schema(self.version, self.modules)

    def uninstall(self, module: str) -> None:
        self.modules.discard(module)
        self.schema = schema(self.version, self.modules)

    def parameter(self, key: str) -> Any:
        """A system parameter, or False."""
        return next((row["value"] for row in self.tables["ir.config_parameter"].values() if row["key"] == key), False)

    def shown(self) -> dict[str, list[Record]]:
        """The records that people may look at, without passwords."""
        env = self.superuser()
        return {
            model: [
                {field: "(set)" if field in _SECRETS and value else value for field, value in record.items()}
                for key in self.tables[model]
                for record in env.read(model, [key])
            ]
            for model in _SHOWN
            if model in self.schema and self.tables[model]
        }
