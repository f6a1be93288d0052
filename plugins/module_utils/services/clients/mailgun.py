# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailgun through its API: version 4 for domains, version 3 for deletions and logins. A key belongs to one region.

https://documentation.mailgun.com/docs/mailgun/api-reference
"""

from __future__ import annotations

import base64
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...errors import InvalidInput, ProviderError, not_the_api
from ...providers.failures import same_page
from ...providers.http import HttpError
from ...providers.transport import HttpAnswer
from .contract import (
    DKIM,
    FAILED,
    PENDING,
    RECEIVING,
    SPF,
    TRACKING,
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

ADDRESSES = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
_STATES = {"active": VERIFIED, "disabled": FAILED}
_FEW = 3  # names looked up one by one, instead of listing the account
_PAGE = 1000
SHORTEST_PASSWORD, LONGEST_PASSWORD = 5, 32


class Mailgun(ServiceClient):
    """One account in one region."""

    service = "mailgun"
    facts = ServiceFacts(
        title="Mailgun",
        verified="2026-11-29",
        calls_per_second=5.0,  # Mailgun publishes no number; X-RateLimit-Reset is respected, too
        own_return_path=True,
        options=("key_length",),
        registers_with=4,
    )

    def __init__(self, account: Mapping[str, Any]) -> None:
        super().__init__(account)
        secret = base64.b64encode(f"api:{self.settings['api_key']}".encode()).decode()
        self._account = RegionalApi(self, ADDRESSES, {"Authorization": f"Basic {secret}"}, "api_key and region")
        self._api = self._account.api

    # -- find --------------------------------------------------------------------------------------------------------

    def find(self, names: Sequence[str]) -> FoundDomains:
        wanted = list(names) if len(names) <= _FEW else [name for name in self.names() if name in set(names)]
        return FoundDomains.each(wanted, self._one)

    def _one(self, name: str) -> Registration:
        return self._registration(name, self._read(_path("/v4/domains", name), "domain"))

    def names(self) -> list[str]:
        return [item.key("name").lower() for item in self._pages("/v4/domains", _PAGE)]

    def _pages(self, path: str, size: int) -> list[Fields]:
        items: list[Fields] = []
        while True:
            page = self._read(path, "items", {"limit": str(size), "skip": str(len(items))}).listed("items")
            if items and page and page[-1].content == items[-1].content:
                raise same_page(self._api.where)
            items += page
            if len(page) < size:
                return items

    def _registration(self, name: str, answer: Fields) -> Registration:
        domain = answer.part("domain")
        state, disabled = domain.text("state"), dict(domain.objects()).get("disabled")
        findings = []
        if state == "disabled" or (disabled and disabled.content):
            reason = ((disabled.text("reason") if disabled else "") or "no reason is given").rstrip(".")
            findings.append(f"Mailgun has disabled {name}: {reason}. Check Mailgun's console.")
        sending = [_sending(item, name) for item in answer.parts("sending_dns_records")]
        return Registration(
            name=name,
            id=name,
            parts={"domain": Progress(_STATES.get(state, PENDING), state)},
            records=(*sending, *_receiving(answer.parts("receiving_dns_records"), name)) or None,
            in_use={"region": self.region},
            findings=tuple(findings),
        )

    # -- register, verify, remove ------------------------------------------------------------------------------------

    def register(self, desired: Desired, there: Registration | None) -> None:
        if there is not None:
            return  # no option can be set afterwards
        self._refuse_other_region(desired.name)
        # the documented default varies, so this is always stated
        fields = {"name": desired.name, "use_automatic_sender_security": "true"}
        if desired.key_length is not None:
            fields["dkim_key_size"] = str(desired.key_length)
        self._send("POST", "/v4/domains", fields, multipart=True)

    def _refuse_other_region(self, name: str) -> None:
        """A domain's region cannot be changed: one that the account has in another region is not created again."""
        region = self._account.answering_region(_path("/v4/domains", name), member="domain")
        if region:
            raise RegisteredElsewhere(
                f"{name} is registered at Mailgun in the region {region}, but {self.region} is requested. A domain "
                f"cannot be moved: set region: {region}, or delete it there first. Nothing was registered."
            )

    def verify(self, registration: Registration) -> None:
        self._call("PUT", _path("/v4/domains", registration.id, "verify"))

    def remove(self, registration: Registration) -> None:
        self._call("DELETE", _path("/v3/domains", registration.id))

    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        name, host = desired.name, "eu.mailgun.org" if self.region == "eu" else "mailgun.org"
        records = (
            ServiceRecord(name, "TXT", ("v=spf1 include:mailgun.org ~all",), SPF),
            ServiceRecord(f"email.{name}", "CNAME", (host,), TRACKING, required=False),
            ServiceRecord(name, "MX", (f"10 mxa.{host}", f"10 mxb.{host}"), RECEIVING, required=False),
        )
        return records, (f"2 CNAME records below _domainkey.{name}",)

    def close(self) -> None:
        self._api.close()

    # -- logins ------------------------------------------------------------------------------------------------------

    def check_password(self, password: str) -> None:
        """Raises InvalidInput for a password that Mailgun does not accept."""
        if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
            raise InvalidInput(
                f"password: Mailgun accepts {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, but this one has "
                f"{len(password)}."
            )

    def logins(self, domain: str) -> set[str]:
        """The SMTP logins of a domain, as full addresses."""
        items = self._pages(_path("/v3/domains", domain, "credentials"), 100)
        return {(item.text("login") or item.key("mailbox")).lower() for item in items}

    def add_login(self, domain: str, login: str, password: str) -> None:
        fields = {"login": login, "password": password}
        self._send("POST", _path("/v3/domains", domain, "credentials"), fields, secrets=(password,))

    def set_password(self, domain: str, login: str, password: str) -> str:
        """Set a login's password. Returns Mailgun's text if the password was already set, else an empty one."""
        path = _path("/v3/domains", domain, "credentials", login)
        try:
            self._send("PUT", path, {"password": password}, secrets=(password,))
        except ServiceRefused as error:
            # setting the same password is refused with 400, and only the text distinguishes it from an invalid one
            unusable = ("short", "long", "length", "weak", "strong", "character")
            if not isinstance(error.__cause__, HttpError) or error.__cause__.status != 400:
                raise
            if any(word in error.__cause__.reason.lower() for word in unusable):
                raise
            return error.__cause__.reason or "it is the one that is set"
        return ""

    def remove_login(self, domain: str, login: str) -> None:
        self._call("DELETE", _path("/v3/domains", domain, "credentials", login))

    # -- calls -------------------------------------------------------------------------------------------------------

    def _read(self, path: str, member: str, params: Mapping[str, str] | None = None) -> Fields:
        answer = self._call("GET", path, params=params)
        try:
            content = Fields(answer.json(), self._api.where)
        except ValueError:
            raise not_the_api(self._api.where) from None
        if not content.content.get(member) and member != "items":
            raise not_the_api(self._api.where)
        return content

    def _send(
        self, method: str, path: str, fields: Mapping[str, str], multipart: bool = False, secrets: Iterable[str] = ()
    ) -> HttpAnswer:
        if multipart:
            from urllib3.filepost import encode_multipart_formdata

            body, kind = encode_multipart_formdata(fields)
        else:
            body, kind = urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
        return self._call(method, path, body, {"Content-Type": kind}, secrets=secrets)

    def _call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
    ) -> HttpAnswer:
        """Raises ServiceRefused, OutcomeUnknown, ProviderError. A write is sent once."""
        try:
            return self._api.request(method, path, body, headers, params, secrets=secrets, repeat=method == "GET")
        except HttpError as error:
            raise self._refusal(error) from error

    def _refusal(self, error: HttpError) -> ProviderError:
        said, over = error.reason.lower(), self._account.over_quota(error)
        if over is not None:
            return over
        if error.status in (401, 403):
            return AccountRefused(self._why_refused(error))
        if error.status == 404:
            # another server's page says nothing about a domain
            return NotThere(str(error)) if isinstance(error.content, dict) else not_the_api(self._api.where)
        if error.status == 429:
            return Busy(str(error), error.pause)
        if "another account" in said:
            return RegisteredElsewhere(f"{error} Nothing was registered. Delete it there, or ask Mailgun's support.")
        if error.status == 400 and "already exists" in said:
            return AlreadyThere(str(error))
        return ServiceRefused(str(error))

    def _why_refused(self, error: HttpError) -> str:
        """Try the other region once, to distinguish a key of that region from a revoked one."""
        region = self._account.answering_region("/v4/domains", {"limit": "1"}, "items")
        if region:
            return (
                f"The api_key is refused by Mailgun in the region {self.region} and accepted in the region {region}: "
                f"set region: {region}, or give a key of {self.region}."
            )
        if error.status == 403:
            return f"{error} The key may lack the permission: use one that may manage domains."
        return f"{error} It may be revoked: check the API keys in Mailgun's console."


def _path(base: str, *parts: str) -> str:
    return "/".join((base, *(urllib.parse.quote(part, safe="") for part in parts)))


def _sending(item: Fields, name: str) -> ServiceRecord:
    kind, value = item.key("record_type").upper(), item.key("value")
    text = item.key("name").strip().rstrip(".").lower()
    above = text.partition("._domainkey.")[2]  # a parent domain may hold the key
    owner = absolute(text, name, name, above if name.endswith(f".{above}") else name)
    if "._domainkey." in owner:
        purpose = DKIM
    elif kind == "TXT":
        purpose = SPF
    else:
        purpose = TRACKING
    value = value if kind == "TXT" else value.rstrip(".").lower()
    return ServiceRecord(owner, kind, (value,), purpose, purpose != TRACKING, item.text("valid"))


def _receiving(items: Sequence[Fields], name: str) -> tuple[ServiceRecord, ...]:
    """All exchanges as one record set."""
    values = tuple(sorted(f"{item.whole('priority')} {item.key('value').rstrip('.').lower()}" for item in items))
    return (ServiceRecord(name, "MX", values, RECEIVING, required=False),) if values else ()
