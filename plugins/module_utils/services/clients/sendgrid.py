# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SendGrid through version 3 of its API.

Its listing contains each domain's records. Registering a domain again silently creates a second object, of which only
one can be valid.

https://www.twilio.com/docs/sendgrid/api-reference/domain-authentication
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import OutcomeUnknown, ProviderError, not_the_api
from ...providers.failures import same_page
from ...providers.http import HttpError
from .contract import (
    DKIM,
    PENDING,
    RETURN_PATH,
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

ADDRESSES = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
_DOMAINS = "/v3/whitelabel/domains"
_PAGE = 50


class SendGrid(ServiceClient):
    """One account, or a subuser of it."""

    service = "sendgrid"
    facts = ServiceFacts(
        title="SendGrid",
        verified="2026-11-29",
        calls_per_second=1.0,  # observed; SendGrid publishes no number, and X-RateLimit-Reset is respected, too
        return_path_is_final=True,
        return_path_labels=("em", "bounce", "sg-bounce"),
        return_path_is_cname=True,
        account_target="sendgrid.net",
        # documented: "three letters or numbers"; the first is the service's own, s1 and s2
        dkim_selectors=("", "sga", "sgb", "sgc"),
        selector_length=3,
        options=("dkim_selector",),
        registers_with=2,
        finds_with=0,
    )

    def __init__(self, account: Mapping[str, Any]) -> None:
        super().__init__(account)
        headers = {"Authorization": f"Bearer {self.settings['api_key']}"}
        if self.settings.get("subuser"):
            headers["On-Behalf-Of"] = str(self.settings["subuser"])
        self._account = RegionalApi(self, ADDRESSES, headers, "api_key and region")
        self._api = self._account.api

    # -- find --------------------------------------------------------------------------------------------------------

    def find(self, names: Sequence[str]) -> FoundDomains:
        search = {"domain": names[0]} if len(names) == 1 else {}
        of_name: dict[str, list[Fields]] = {}
        for item in self._list(search):
            of_name.setdefault(item.key("domain").lower(), []).append(item)
        there = [name for name in names if name in of_name]
        return FoundDomains.each(there, lambda name: self._registration(name, of_name[name]))

    def names(self) -> list[str]:
        return list(dict.fromkeys(item.key("domain").lower() for item in self._list({})))

    def _list(self, search: Mapping[str, str]) -> list[Fields]:
        items: list[Fields] = []
        while True:
            params = {**search, "limit": str(_PAGE), "offset": str(len(items))}
            page = self._call("GET", _DOMAINS, params=params)
            if not isinstance(page, list):
                raise not_the_api(self._api.where)
            if items and page and page[-1] == items[-1].content:
                raise same_page(self._api.where)
            items += [Fields(item, self._api.where) for item in page]
            if len(page) < _PAGE:
                return items

    def _registration(self, name: str, objects: list[Fields]) -> Registration:
        """The object in use; others with the same name are reported but never validated."""
        valid = [one for one in objects if one.flag("valid")]
        usual = [one for one in valid if one.flag("default")]
        chosen = valid if len(valid) == 1 else usual if len(usual) == 1 else objects if len(objects) == 1 else []
        said = ", ".join(f"{one.key('id')} ({one.text('subdomain')}.{name})" for one in objects)
        one = chosen[0] if chosen else objects[0]
        conflict = (
            ""
            if chosen
            else f"{name} is registered at SendGrid more than once, and it is unclear which one is in use: {said}. "
            "Only one can be valid. Delete the others in the console, and run it again."
        )
        notes = (
            (
                f"{name} is registered at SendGrid more than once ({said}). "
                f"{one.key('id')} is used, because it is valid.",
            )
            if chosen and len(objects) > 1
            else ()
        )
        is_valid, label = one.flag("valid"), one.text("subdomain")
        records = tuple(_record(key, item, name) for key, item in one.part("dns").objects() if item.text("host"))
        in_use = {"return_path": f"{label}.{name}".lower()} if label else {}
        selectors = sorted(record.name.partition("._domainkey.")[0] for record in records if record.purpose == DKIM)
        in_use.update({"dkim_selector": selectors[0]} if selectors else {})
        return Registration(
            name=name,
            id=one.key("id"),
            parts={"domain": Progress(VERIFIED, "valid") if is_valid else Progress(PENDING, "not valid")},
            records=records or None,
            in_use=in_use,
            notes=notes,
            conflict=conflict,
        )

    # -- register, verify, remove ------------------------------------------------------------------------------------

    def register(self, desired: Desired, there: Registration | None) -> None:
        if there is not None:
            if desired.return_path is not None and desired.return_path != there.in_use.get("return_path"):
                raise ServiceRefused(
                    f"SendGrid cannot change the return path of {desired.name}, and a second registration would make "
                    "the first one invalid. Delete it in the console if nothing sends through it, and run it again."
                )
            return
        body: dict[str, Any] = {
            "domain": desired.name,
            "automatic_security": True,
            "custom_spf": False,
            "default": False,
        }
        if isinstance(desired.return_path, str):
            body["subdomain"] = desired.return_path[: -len(desired.name) - 1]
        if desired.dkim_selector:
            body["custom_dkim_selector"] = desired.dkim_selector
        if self.region != "global":
            body["region"] = self.region
        self._call("POST", _DOMAINS, body)

    def verify(self, registration: Registration) -> None:
        try:
            self._call("POST", f"{_DOMAINS}/{_escaped(registration.id)}/validate")
        except OutcomeUnknown as error:
            raise Busy(f"{error} SendGrid could not query DNS, or did not answer: a later run asks again.") from None

    def remove(self, registration: Registration) -> None:
        self._call("DELETE", f"{_DOMAINS}/{_escaped(registration.id)}")

    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        first = desired.dkim_selector  # what is published is what SendGrid answers, whatever it calls the second key
        selectors = (first, f"{first}2") if first else ("s1", "s2")
        keys = tuple(ServiceRecord(f"{one}._domainkey.{desired.name}", "CNAME", (), DKIM) for one in selectors)
        path = (
            desired.return_path if isinstance(desired.return_path, str) else f"a label of SendGrid's at {desired.name}"
        )
        return keys, (f"2 CNAME records below _domainkey.{desired.name}", f"1 CNAME record at {path}")

    def close(self) -> None:
        self._api.close()

    # -- calls -------------------------------------------------------------------------------------------------------

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
            region = self._account.answering_region(_DOMAINS, {"limit": "1"}) if error.status == 401 else ""
            if region:
                return AccountRefused(
                    f"The api_key is refused by SendGrid in the region {self.region} and accepted in the region "
                    f"{region}: set region: {region}, or give a key of {self.region}."
                )
            more = (
                "It needs the scopes whitelabel.read and whitelabel.create"
                if error.status == 403
                else "It may be revoked"
            )
            right = "whitelabel.create" if error.status == 403 else ""
            return AccountRefused(f"{error} {more}: check the API keys in SendGrid's console.", right)
        if error.status == 404:
            return NotThere(str(error)) if isinstance(error.content, dict) else not_the_api(self._api.where)
        if error.status == 429:
            return Busy(str(error), error.pause)
        if error.status >= 500:
            return OutcomeUnknown(str(error))
        if error.status == 400 and "already exists" in error.reason.lower():
            return AlreadyThere(str(error))
        return ServiceRefused(str(error))


def _escaped(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _record(key: str, item: Fields, name: str) -> ServiceRecord:
    kind, data = (item.text("type") or "cname").upper(), item.key("data")
    owner = absolute(item.text("host"), name, name, name)
    if "._domainkey." in owner:
        purpose = DKIM
    else:
        purpose = SPF if key == "domain_spf" else RETURN_PATH
    if kind == "MX" and not data[:1].isdigit():
        data = f"10 {data}"
    value = data if kind == "TXT" else data.rstrip(".").lower()
    return ServiceRecord(owner, kind, (value,), purpose, key != "domain_spf", "valid" if item.flag("valid") else "")
