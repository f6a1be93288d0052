# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brevo through version 3 of its API. A domain is verified by its code, and authenticated also by DKIM and DMARC.

https://developers.brevo.com/reference/getdomains
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ProviderError, not_the_api
from ...providers.http import HttpError
from .contract import (
    DKIM,
    DMARC,
    OWNERSHIP,
    PENDING,
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
from .fields import Fields
from .limits import Limits
from .regional import RegionalApi

_ADDRESSES = {"": "https://api.brevo.com"}
_DOMAINS = "/v3/senders/domains"
_FEW = 3  # names looked up one by one, instead of listing the account


class Brevo(ServiceClient):
    """One account."""

    service = "brevo"
    facts = ServiceFacts(
        title="Brevo",
        verified="2026-11-29",
        calls_per_second=5.0,  # Brevo publishes no number for these calls, but each answer says how many are left
        shows_login=True,
        registers_with=2,
    )

    def __init__(self, account: Mapping[str, Any]) -> None:
        super().__init__(account)
        self._account = RegionalApi(self, _ADDRESSES, {"api-key": str(self.settings["api_key"])}, "api_key")
        self._api = self._account.api

    def find(self, names: Sequence[str]) -> FoundDomains:
        wanted = list(names)
        if len(wanted) > _FEW:
            there = set(self.names())
            wanted = [name for name in names if name in there]
        return FoundDomains.each(wanted, lambda name: self._registration(name, self._read(_path(name), "dns_records")))

    def names(self) -> list[str]:
        return [item.key("domain_name").lower() for item in self._read(_DOMAINS, "domains").listed("domains")]

    def _registration(self, name: str, answer: Fields) -> Registration:
        # the keys vary with the age of the account, so every member that is a record counts
        items = {key: item for key, item in answer.part("dns_records").objects() if item.text("value")}
        records = [_record(key, item, name) for key, item in items.items()]
        known = tuple(one for one in records if one is not None)
        others = [
            f"{item.text('type')} {item.text('host_name')}" for key, item in items.items() if not _purpose(key, item)
        ]
        verified, whole = answer.flag("verified"), answer.flag("authenticated")
        return Registration(
            name=name,
            id=name,
            parts={
                "domain": Progress(VERIFIED if verified else PENDING, "verified" if verified else "not verified"),
                "dkim": Progress(VERIFIED if whole else PENDING, "authenticated" if whole else "not authenticated"),
            },
            records=known or None,
            notes=(f"Brevo shows more records for {name}: {', '.join(others)}. Check the console.",) if others else (),
        )

    def register(self, desired: Desired, there: Registration | None) -> None:
        if there is None:
            self._send("POST", _DOMAINS, {"name": desired.name})

    def verify(self, registration: Registration) -> None:
        try:
            self._send("PUT", f"{_path(registration.id)}/authenticate")
        except ServiceRefused as error:
            if isinstance(error.__cause__, HttpError) and error.__cause__.status == 400:
                raise Busy(str(error)) from None  # it checked, and something is still missing
            raise

    def remove(self, registration: Registration) -> None:
        self._send("DELETE", _path(registration.id))

    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        name = desired.name
        policy = ServiceRecord(f"_dmarc.{name}", "TXT", ("v=DMARC1; p=none",), DMARC)
        return (policy,), (f"1 TXT record at {name}", f"2 CNAME records or 1 TXT record below _domainkey.{name}")

    def limits(self) -> Limits:
        relay = self._read("/v3/account", "relay").part("relay")
        off = "Brevo has not switched on the SMTP relay of this account: ask its support."
        return Limits(
            login=relay.part("data").text("userName"),
            notes=() if relay.flag("enabled", absent=True) else (off,),
        )

    def close(self) -> None:
        self._api.close()

    # -- calls -------------------------------------------------------------------------------------------------------

    def _read(self, path: str, member: str) -> Fields:
        try:
            content = Fields(self._api.get(path), self._api.where)
        except HttpError as error:
            raise self._refusal(error) from error
        if member not in content:
            raise not_the_api(self._api.where)
        return content

    def _send(self, method: str, path: str, body: Any = None) -> None:
        try:
            self._api.send(method, path, body, repeat=False)
        except HttpError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: HttpError) -> ProviderError:
        code = str(error.content.get("code") if isinstance(error.content, dict) else "")
        said = f"{code} {error.reason}".lower()
        over = self._account.over_quota(error)
        if over is not None:
            return over
        if error.status == 401:
            return AccountRefused(
                f"{error} It may be revoked, or Brevo may not accept it from the IP address of this host: check the "
                "API keys and the authorized IPs in Brevo's console."
            )
        if error.status == 403 or code in ("permission_denied", "account_under_validation"):
            return AccountRefused(f"{error} Brevo may still be reviewing the account.")
        if error.status == 404:
            return NotThere(str(error)) if code or "domain" in said else not_the_api(self._api.where)
        if error.status == 429:
            return Busy(str(error), error.pause)
        # the vendor's own codes include sentences, so both fields are searched
        if error.status == 400 and "already exists" in said:
            return AlreadyThere(str(error))
        return ServiceRefused(str(error))


def _path(name: str) -> str:
    return f"{_DOMAINS}/{urllib.parse.quote(name, safe='')}"


def _purpose(key: str, item: Fields) -> str:
    if "._domainkey" in item.text("host_name"):
        return DKIM
    if "dmarc" in key:
        return DMARC
    return OWNERSHIP if "code" in key else ""


def _record(key: str, item: Fields, name: str) -> ServiceRecord | None:
    """The bases of relative host names vary, so only the selector of a key's name is used."""
    purpose = _purpose(key, item)
    host = item.text("host_name").lower()
    owners = {DKIM: f"{host.partition('._domainkey')[0]}._domainkey.{name}", DMARC: f"_dmarc.{name}", OWNERSHIP: name}
    if not purpose:
        return None
    kind, value = (item.text("type") or "TXT").upper(), item.text("value")
    value = value if kind == "TXT" else value.rstrip(".").lower()
    return ServiceRecord(owners[purpose], kind, (value,), purpose, state="valid" if item.flag("status") else "")
