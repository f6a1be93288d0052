# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Postmark through its account API. Domains have numbers; DKIM and return path are verified separately.

https://postmarkapp.com/developer/api/domains-api
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import InvalidInput, ProviderError
from ...providers.failures import same_page
from ...providers.http import HttpError
from .contract import (
    DKIM,
    PENDING,
    RETURN_PATH,
    VERIFIED,
    AccountRefused,
    AlreadyThere,
    Busy,
    Desired,
    FoundDomains,
    NotThere,
    Progress,
    RegisteredElsewhere,
    Registration,
    ServiceClient,
    ServiceFacts,
    ServiceRecord,
    ServiceRefused,
)
from .fields import Fields, absolute
from .regional import RegionalApi

_ADDRESSES = {"": "https://api.postmarkapp.com"}
_PAGE = 500
# Its own error numbers, some of which look like HTTP statuses but mean something else:
# https://postmarkapp.com/developer/api/overview#error-codes
_BAD_TOKEN, _RENEWAL, _NOT_FOUND, _EXISTS, _NOT_OWNER = 10, 505, 510, 512, 513


class Postmark(ServiceClient):
    """One account, accessed by its account token."""

    service = "postmark"
    facts = ServiceFacts(
        title="Postmark",
        verified="2026-11-29",
        calls_per_second=5.0,  # Postmark publishes no number
        return_path_labels=("pm-bounces", "pm-bounce", "postmark-bounces"),
        return_path_is_cname=True,
        return_path_target="mtasv.net",
        registers_with=3,
    )

    def __init__(self, account: Mapping[str, Any]) -> None:
        super().__init__(account)
        self._account = RegionalApi(
            self, _ADDRESSES, {"X-Postmark-Account-Token": str(self.settings["account_token"])}, "account_token"
        )
        self._api = self._account.api

    def find(self, names: Sequence[str]) -> FoundDomains:
        numbers = {item.key("Name").lower(): item.whole("ID") for item in self._list("/domains", "Domains")}
        there = [name for name in names if name in numbers]
        return FoundDomains.each(
            there, lambda name: self._registration(name, self._call("GET", f"/domains/{numbers[name]}"))
        )

    def names(self) -> list[str]:
        return [item.key("Name").lower() for item in self._list("/domains", "Domains")]

    def _list(self, path: str, member: str, more: Mapping[str, str] | None = None) -> list[Fields]:
        items: list[Fields] = []
        while True:
            answer = self._call("GET", path, params={"count": str(_PAGE), "offset": str(len(items)), **(more or {})})
            page = answer.listed(member)
            if items and page and page[-1].content == items[-1].content:
                raise same_page(self._api.where)
            items += page
            if len(page) < _PAGE:
                return items

    def _registration(self, name: str, answer: Fields) -> Registration:
        # SPFVerified is obsolete and always true
        path = answer.text("ReturnPathDomain").rstrip(".").lower()
        parts = {"dkim": _progress(answer, "DKIMVerified")}
        if path:
            parts["return_path"] = _progress(answer, "ReturnPathDomainVerified")
        records = [
            ServiceRecord(absolute(host, name, name, name), "TXT", (answer.key(f"{key}TextValue"),), DKIM)
            for key in ("DKIMPending", "DKIM")  # while the key changes, both exist and both are published
            if (host := answer.text(f"{key}Host"))
        ]
        if path:
            target = (answer.text("ReturnPathDomainCNAMEValue") or "pm.mtasv.net").rstrip(".").lower()
            records.append(ServiceRecord(path, "CNAME", (target,), RETURN_PATH))
        notes: tuple[str, ...] = ()
        if answer.text("DKIMUpdateStatus") == "Verified" and not answer.flag("DKIMVerified"):
            notes = (f"Postmark says both DKIMUpdateStatus Verified and DKIMVerified false about {name}.",)
        return Registration(
            name=name,
            id=str(answer.whole("ID")),
            parts=parts,
            records=tuple(records) or None,
            in_use={"return_path": path or False},
            notes=notes,
        )

    def register(self, desired: Desired, there: Registration | None) -> None:
        path = {} if desired.return_path is None else {"ReturnPathDomain": desired.return_path or ""}
        if there is None:
            self._call("POST", "/domains", {"Name": desired.name, **(path if desired.return_path else {})})
        elif path and desired.return_path != there.in_use.get("return_path"):
            self._call("PUT", f"/domains/{there.id}", path)

    def verify(self, registration: Registration) -> None:
        if registration.parts["dkim"].state != VERIFIED:
            self._call("PUT", f"/domains/{registration.id}/verifyDkim")
        if registration.parts.get("return_path", _DONE).state != VERIFIED:
            self._call("PUT", f"/domains/{registration.id}/verifyReturnPath")

    def remove(self, registration: Registration) -> None:
        self._call("DELETE", f"/domains/{registration.id}")

    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        path = desired.return_path
        known = (ServiceRecord(path, "CNAME", ("pm.mtasv.net",), RETURN_PATH),) if isinstance(path, str) else ()
        return known, (f"1 TXT record below _domainkey.{desired.name}",)

    def smtp_login(self) -> tuple[str, str]:
        """The token of the sending server, as user name and password."""
        wanted = self.settings.get("server")
        servers = self._list("/servers", "Servers", {"name": str(wanted)} if wanted else {})
        names = [one.key("Name") for one in servers]
        servers = [one for one, name in zip(servers, names) if wanted in (None, name)]  # the API finds similar ones
        if len(servers) != 1:
            raise InvalidInput(_which_server(wanted, [one.key("Name") for one in servers]))
        (server,) = servers
        if not server.flag("SmtpApiActivated"):
            raise ServiceRefused(
                f"The server {server.key('Name')} at Postmark accepts no SMTP: allow it in its settings."
            )
        tokens = server.texts("ApiTokens")
        if not tokens:
            raise ServiceRefused(
                f"The server {server.key('Name')} at Postmark has no token: create one in its settings."
            )
        return tokens[0], tokens[0]

    def close(self) -> None:
        self._api.close()

    def _call(self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None) -> Fields:
        """Raises ServiceRefused, OutcomeUnknown, ProviderError. A write is sent once."""
        try:
            if method == "GET":
                content = self._api.get(path, params)
            else:
                content = self._api.send(method, path, body, repeat=False)
        except HttpError as error:
            raise self._refusal(error) from error
        return Fields(content, self._api.where)

    def _refusal(self, error: HttpError) -> ProviderError:
        content = error.content if isinstance(error.content, dict) else {}
        code = content.get("ErrorCode")
        said = (
            f"{self._api.where} refuses the request ({code or error.status}: {content.get('Message') or error.reason})."
        )
        over = self._account.over_quota(error, said)
        if over is not None:
            return over
        if code == _BAD_TOKEN or error.status == 401:
            return AccountRefused(f"{said} Check account_token: a server's token is a different one.")
        if error.status == 429 or code == _RENEWAL:
            return Busy(said, error.pause)
        if code == _NOT_FOUND:
            return NotThere(said)
        if code == _EXISTS:
            return AlreadyThere(said)
        if code == _NOT_OWNER:
            return RegisteredElsewhere(f"{said} Nothing was registered.")
        return ServiceRefused(said) if content else error


_DONE = Progress(VERIFIED, "")


def _which_server(wanted: str | None, names: list[str]) -> str:
    if wanted is not None:
        return f"account: server is {wanted}, but the account has {len(names) or 'no'} servers of that name."
    if not names:
        return "The account at Postmark has no server: create one in its console."
    return f"The account at Postmark has several servers: set server in the account: {' or '.join(names)}."


def _progress(answer: Fields, key: str) -> Progress:
    is_verified = answer.flag(key)
    return Progress(VERIFIED if is_verified else PENDING, f"{key} {str(is_verified).lower()}")
