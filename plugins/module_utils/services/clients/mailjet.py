# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailjet through version 3 of its API: a domain is the sender ``*@domain``, with a separate object for its DNS.

https://dev.mailjet.com/email/reference/sender-addresses-and-domains/
"""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ProviderError, not_the_api
from ...providers.failures import same_page
from ...providers.http import HttpError
from .contract import (
    DKIM,
    OWNERSHIP,
    PENDING,
    SPF,
    VERIFIED,
    AccountRefused,
    AlreadyThere,
    Busy,
    Desired,
    FoundDomains,
    NotThere,
    Progress,
    Registration,
    ServiceClient,
    ServiceFacts,
    ServiceRecord,
    ServiceRefused,
)
from .fields import Fields, absolute
from .regional import RegionalApi

_ADDRESSES = {"": "https://api.mailjet.com"}
_SENDER, _DNS = "/v3/REST/sender", "/v3/REST/dns"
_FEW = 3  # names looked up one by one, instead of listing the account
_PAGE = 1000
_DELETED = "Deleted"


class Mailjet(ServiceClient):
    """One account, or one sub-account."""

    service = "mailjet"
    facts = ServiceFacts(
        title="Mailjet",
        verified="2026-11-29",
        calls_per_second=5.0,  # Mailjet publishes no number
        registers_with=3,
        finds_with=0,
    )

    def __init__(self, account: Mapping[str, Any]) -> None:
        super().__init__(account)
        pair = base64.b64encode(f"{self.settings['api_key']}:{self.settings['secret_key']}".encode()).decode()
        self._account = RegionalApi(self, _ADDRESSES, {"Authorization": f"Basic {pair}"}, "api_key and secret_key")
        self._api = self._account.api

    # -- find --------------------------------------------------------------------------------------------------------

    def find(self, names: Sequence[str]) -> FoundDomains:
        if len(names) <= _FEW:
            return FoundDomains.each(names, self._asked)
        senders = {one.key("Email").lower(): one for one in self._pages(_SENDER)}
        zones = {one.key("Domain").lower(): one for one in self._pages(_DNS)}
        there = [name for name in names if f"*@{name}" in senders]
        return FoundDomains.each(there, lambda name: self._registration(name, senders[f"*@{name}"], zones.get(name)))

    def names(self) -> list[str]:
        there = [one.key("Email").lower() for one in self._pages(_SENDER) if one.text("Status") != _DELETED]
        return [address[2:] for address in there if address.startswith("*@")]

    def _asked(self, name: str) -> Registration | None:
        sender = next(iter(self._one(_SENDER, f"*@{name}")), None)
        return self._registration(name, sender, next(iter(self._one(_DNS, name)), None)) if sender else None

    def _one(self, path: str, key: str) -> list[Fields]:
        try:
            return self._data(self._call("GET", f"{path}/{_escaped(key)}"))[:1]
        except NotThere:
            return []

    def _pages(self, path: str) -> list[Fields]:
        items: list[Fields] = []
        while True:
            page = self._data(self._call("GET", path, params={"Limit": str(_PAGE), "Offset": str(len(items))}))
            if items and page and page[-1].content == items[-1].content:
                raise same_page(self._api.where)
            items += page
            if len(page) < _PAGE:
                return items

    def _registration(self, name: str, sender: Fields, zone: Fields | None) -> Registration | None:
        state, dkim = sender.text("Status"), zone.text("DKIMStatus") if zone else ""
        if state == _DELETED:
            return None
        return Registration(
            name=name,
            id=sender.key("ID"),
            # DKIM is also "Error" while the record is missing
            parts={
                "domain": Progress(VERIFIED if state == "Active" else PENDING, state),
                "dkim": Progress(VERIFIED if dkim == "OK" else PENDING, dkim),
            },
            records=_records(name, zone) if zone else None,
        )

    # -- register, verify, remove ------------------------------------------------------------------------------------

    def register(self, desired: Desired, there: Registration | None) -> None:
        if there is not None:
            return
        address = f"*@{desired.name}"
        try:
            self._call("POST", _SENDER, {"Email": address, "Name": desired.name, "EmailType": "unknown"})
        except AlreadyThere:
            # a deleted sender still exists, blocks a new one, and is restored by a change
            if [one.text("Status") for one in self._one(_SENDER, address)] != [_DELETED]:
                raise
            self._call("PUT", f"{_SENDER}/{_escaped(address)}", {"Name": desired.name})

    def verify(self, registration: Registration) -> None:
        self._call("POST", f"{_DNS}/{_escaped(registration.name)}/check")
        self._call("POST", f"{_SENDER}/{_escaped(registration.id)}/validate")

    def remove(self, registration: Registration) -> None:
        self._call("DELETE", f"{_SENDER}/{_escaped(registration.id)}")

    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        name = desired.name
        records = (
            ServiceRecord(f"mailjet._domainkey.{name}", "TXT", (), DKIM),
            ServiceRecord(name, "TXT", ("v=spf1 include:spf.mailjet.com ?all",), SPF, required=False),
        )
        return records, (f"1 TXT record at mailjet._domainkey.{name}", f"1 TXT record below {name} that proves it")

    def close(self) -> None:
        self._api.close()

    # -- calls -------------------------------------------------------------------------------------------------------

    def _data(self, content: Any) -> list[Fields]:
        return Fields(content, self._api.where).listed("Data")

    def _call(self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None) -> Any:
        """Raises ServiceRefused, OutcomeUnknown, ProviderError. A write is sent once."""
        try:
            if method == "GET":
                return self._api.get(path, params)
            return self._api.send(method, path, body, repeat=False)
        except HttpError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: HttpError) -> ProviderError:
        content = error.content if isinstance(error.content, dict) else {}
        said = str(content.get("ErrorMessage") or error.reason).rstrip(".")
        where = self._api.where
        over = self._account.over_quota(error, f"{where} refuses the request ({error.status}: {said}).")
        if over is not None:
            return over
        if error.status in (401, 403):
            return AccountRefused(f"{where} refuses the credentials ({said}). Check api_key and secret_key.")
        if error.status == 404:
            return NotThere(f"{where} has no such object ({said}).") if content else not_the_api(where)
        if error.status == 429:
            return Busy(str(error), error.pause)
        if error.status == 400 and ("MJ18" in said or "already exist" in said.lower()):
            return AlreadyThere(f"{where} refuses the request ({said}).")
        return ServiceRefused(f"{where} refuses the request ({error.status}: {said}).")


def _escaped(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _records(name: str, zone: Fields) -> tuple[ServiceRecord, ...] | None:
    token, key = zone.text("OwnerShipToken"), zone.text("DKIMRecordValue")
    if not token or not key:
        return None
    prove = absolute(zone.key("OwnerShipTokenRecordName"), name, name, name)
    signs = absolute(zone.key("DKIMRecordName"), name, name, name)
    records = [
        ServiceRecord(prove, "TXT", (token,), OWNERSHIP),
        ServiceRecord(signs, "TXT", (key,), DKIM, state=zone.text("DKIMStatus")),
    ]
    spf = zone.text("SPFRecordValue")
    if spf:
        records.append(ServiceRecord(name, "TXT", (spf,), SPF, required=False, state=zone.text("SPFStatus")))
    return tuple(records)
