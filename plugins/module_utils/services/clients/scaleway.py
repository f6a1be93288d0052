# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaleway Transactional Email through its API. Domains belong to a project, and each must accept the terms.

https://www.scaleway.com/en/developers/api/transactional-email/
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ProviderError, not_the_api
from ...providers.failures import same_page
from ...providers.http import HttpError
from .contract import (
    DKIM,
    DMARC,
    FAILED,
    PENDING,
    RECEIVING,
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

_ADDRESSES = {"fr-par": "https://api.scaleway.com"}
_PAGE = 100
_STATES = {"checked": VERIFIED, "locked": FAILED}  # invalid: missing at the last check, and checked again
_GONE = "revoked"
_PURPOSES = {"dkim": ("TXT", DKIM), "spf": ("TXT", SPF), "mx": ("MX", RECEIVING), "dmarc": ("TXT", DMARC)}


class Scaleway(ServiceClient):
    """One project."""

    service = "scaleway"
    facts = ServiceFacts(
        title="Scaleway",
        verified="2026-11-29",
        calls_per_second=5.0,  # Scaleway publishes no number
        receiving_swallows=True,
        terms="https://www.scaleway.com/en/contracts/",
        registers_with=2,
        finds_with=0,
    )

    def __init__(self, account: Mapping[str, Any]) -> None:
        super().__init__(account)
        self._account = RegionalApi(
            self, _ADDRESSES, {"X-Auth-Token": str(self.settings["secret_key"])}, "secret_key and project_id"
        )
        self._api = self._account.api
        self._domains = f"/transactional-email/v1alpha1/regions/{self.region}/domains"

    def find(self, names: Sequence[str]) -> FoundDomains:
        search = {"name": names[0]} if len(names) == 1 else {}
        listed = {_name(item): item for item in self._list(search) if item.text("status") != _GONE}
        there = {name: item for name, item in listed.items() if name in names}
        return FoundDomains.each(list(there), lambda name: _registration(name, there[name], self.region))

    def names(self) -> list[str]:
        return [_name(item) for item in self._list({}) if item.text("status") != _GONE]

    def _list(self, search: Mapping[str, str]) -> list[Fields]:
        items: list[Fields] = []
        for number in range(1, 1000):
            params = {"project_id": str(self.settings["project_id"]), "page": str(number), "page_size": str(_PAGE)}
            answer = self._call("GET", self._domains, params={**params, **search})
            page = Fields(answer, self._api.where).listed("domains")
            items += page
            if len(page) < _PAGE:
                return items
        raise same_page(self._api.where)

    def register(self, desired: Desired, there: Registration | None) -> None:
        if there is not None:
            return
        body = {
            "project_id": self.settings["project_id"],
            "domain_name": desired.name,
            "accept_tos": desired.accept_terms,
            "autoconfig": False,
        }
        self._call("POST", self._domains, body)

    def verify(self, registration: Registration) -> None:
        self._call("POST", f"{self._domains}/{_escaped(registration.id)}/check", {})

    def remove(self, registration: Registration) -> None:
        self._call("POST", f"{self._domains}/{_escaped(registration.id)}/revoke", {})

    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        name = desired.name
        spf = ServiceRecord(name, "TXT", ("v=spf1 include:_spf.tem.scaleway.com -all",), SPF)
        policy = ServiceRecord(f"_dmarc.{name}", "TXT", ("v=DMARC1; p=none",), DMARC)
        exchange = ServiceRecord(name, "MX", ("10 blackhole.tem.scaleway.com",), RECEIVING, required=False)
        return (spf, exchange, policy), (f"1 TXT record below _domainkey.{name}",)

    def close(self) -> None:
        self._api.close()

    def _call(self, method: str, path: str, body: Any = None, params: Mapping[str, str] | None = None) -> Any:
        """Raises ServiceRefused, OutcomeUnknown, ProviderError. A write is sent once."""
        try:
            if method == "GET":
                return self._api.get(path, params)
            return self._api.send(method, path, body, repeat=False)
        except HttpError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: HttpError) -> ProviderError:
        over = self._account.over_quota(error)
        if over is not None:
            return over
        if error.status in (401, 403):
            right = "TransactionalEmailFullAccess"
            return AccountRefused(f"{error} The key needs the permission set {right} in the project.", right)
        if error.status == 404:
            return NotThere(str(error)) if isinstance(error.content, dict) else not_the_api(self._api.where)
        if error.status == 429:
            return Busy(str(error), error.pause)
        if error.status == 501:
            return ServiceRefused(f"Scaleway does not offer Transactional Email in the region {self.region}.")
        if error.status in (400, 409) and "already exists" in error.reason.lower():
            return AlreadyThere(str(error))
        return ServiceRefused(str(error))


def _escaped(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _name(item: Fields) -> str:
    return (item.text("name") or item.text("domain_name")).rstrip(".").lower()


def _registration(name: str, item: Fields, region: str) -> Registration:
    state = item.text("status")
    records = []
    for key, (kind, purpose) in _PURPOSES.items():
        entry = item.part("records").part(key)
        owner, value = entry.text("name"), entry.text("value")
        if owner and value:
            value = value if kind == "TXT" else value.rstrip(".").lower()
            required = purpose in (DKIM, SPF)
            records.append(ServiceRecord(absolute(owner, name, name, name), kind, (value,), purpose, required))
    error = item.text("last_error").rstrip(".")
    return Registration(
        name=name,
        id=item.key("id"),
        parts={"domain": Progress(_STATES.get(state, PENDING), state)},
        records=tuple(records) or None,
        in_use={"region": item.text("region") or region},
        notes=(f"Scaleway says of {name}: {error}.",) if error and state != "checked" else (),
    )
