# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage an SMTP login at a service whose API supports that."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple, Protocol, runtime_checkable

from ...errors import Conflict, InvalidInput, OutcomeUnknown
from .contract import AlreadyThere, NotThere


@runtime_checkable
class LoginClient(Protocol):
    """Additional methods of a client that can set logins. All raise PostmasterError."""

    facts: Any

    def check_password(self, password: str) -> None: ...

    def logins(self, domain: str) -> set[str]: ...

    def add_login(self, domain: str, login: str, password: str) -> None: ...

    def set_password(self, domain: str, login: str, password: str) -> str: ...

    def remove_login(self, domain: str, login: str) -> None: ...


class ReadableLogin(Protocol):
    """An additional method of a client that can read the SMTP login. Raises PostmasterError."""

    def smtp_login(self) -> tuple[str, str]:
        """User name and password."""


@dataclasses.dataclass(frozen=True)
class WantedLogin:
    """``domain``: the registered one; ``update``: whether an existing login gets this password."""

    domain: str
    login: str
    password: str = dataclasses.field(repr=False, default="")
    update: bool = False
    absent: bool = False


class LoginChange(NamedTuple):
    """A change of a login for the diff. ``sign``: ``+``, ``-``, or ``~`` for a new password."""

    sign: str
    what: str

    def __str__(self) -> str:
        return f"{self.sign} {self.what}"


class LoginOutcome(NamedTuple):
    """``change``: what is done; None for nothing."""

    username: str
    change: LoginChange | None = None
    notes: tuple[str, ...] = ()


def set_login(client: Any, wanted: WantedLogin, check_mode: bool) -> LoginOutcome:
    """Create, change or remove a login; in check mode say what would be done. Raises PostmasterError."""
    service: LoginClient = client
    domain, title = wanted.domain, service.facts.title
    address = wanted.login.lower() if "@" in wanted.login else f"{wanted.login.lower()}@{domain}"
    if not address.endswith(f"@{domain}") or address.startswith("@"):
        raise InvalidInput(f"login: {wanted.login} is not a login of {domain}.")
    login = address.rpartition("@")[0]
    if not wanted.absent:
        service.check_password(wanted.password)
    try:
        is_there = address in service.logins(domain)
    except NotThere:
        raise Conflict(f"{domain} is not registered at {title} in this account: register it first.") from None
    if wanted.absent:
        if is_there and not check_mode:
            service.remove_login(domain, login)
        return LoginOutcome(address, LoginChange("-", f"{address} at {title}") if is_there else None)
    if not is_there:
        if not check_mode:
            _add(service, domain, login, address, wanted.password)
        return LoginOutcome(address, LoginChange("+", f"{address} at {title}"))
    if not wanted.update:
        return LoginOutcome(address)
    if not check_mode:
        said = service.set_password(domain, login, wanted.password)
        if said:
            return LoginOutcome(address, notes=(f"The password of {address} was left as it is: {said}.",))
    return LoginOutcome(address, LoginChange("~", f"password of {address} at {title}"))


def _add(service: LoginClient, domain: str, login: str, address: str, password: str) -> None:
    """If the answer is lost, read whether the login exists with this password."""
    try:
        service.add_login(domain, login, password)
    except AlreadyThere:
        raise Conflict(f"{address} was just created by another program. Run it again.") from None
    except OutcomeUnknown:
        if address not in service.logins(domain):
            raise
