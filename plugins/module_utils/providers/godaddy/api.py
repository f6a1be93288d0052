# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two GoDaddy APIs, limited to DNS.

Version 1 adds records, or replaces a record set, in one request. Version 3 creates and deletes single records. One
request must never be sent to it: PUT to a record reports success and empties the whole zone.
"""

from __future__ import annotations

import abc
import dataclasses
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable

from ...errors import ProviderError, not_the_api
from ...zone.provider import Facts, TxtForm
from ..http import HttpApi, HttpError
from ..rate_limit import limiter_of, stated_rate

Item = Mapping[str, Any]  # a record in the API's JSON

ADDRESS = "https://api.godaddy.com"
TITLE = "GoDaddy"

FACTS = Facts(
    title=TITLE,
    verified="2026-11-21",
    min_ttl=600,
    max_ttl=604800,
    types=frozenset({"A", "AAAA", "CNAME", "MX", "NS", "TXT"}),
    txt_form=TxtForm(rb'(?!".*"$)[!-~]([ -~]*[!-~])?', "ASCII, without quotes or spaces around it"),
    null_mx=False,
    guarded=False,
    fresh_for=0.0,
)

# 60 requests a minute to each endpoint; this stays within that in any minute, and at 80 % of it in the long run
_RATE, _BURST_SECONDS = 0.8, 15.0
_UNKNOWN = ("UNKNOWN_DOMAIN", "NOT_FOUND", "INVALID_DOMAIN")
_DOMAINS_PER_PAGE, _RECORDS_PER_PAGE = 1000, 500
_READINGS = 4  # of a zone whose pages do not match, because another program wrote in between


class GoDaddyApi(abc.ABC):
    """One account. Each endpoint has its own rate limit. ``count`` is called for every request before it is sent."""

    facts: Facts
    # whether a 409 means that an earlier change is still being processed
    settles: bool

    def __init__(
        self, settings: Mapping[str, Any], count: Callable[[], None], authorization: str, credentials: str
    ) -> None:
        self.rate = rate = stated_rate(settings) or _RATE  # requests per second
        self._credentials = credentials
        address = settings.get("endpoint") or ADDRESS
        self._endpoints = {
            endpoint: HttpApi.of(
                settings,
                address,
                title=TITLE,
                headers={"Authorization": authorization},
                credentials=credentials,
                limiter=limiter_of(rate, max(1, round(rate * _BURST_SECONDS)), address, authorization, endpoint),
                count=count,
            )
            for endpoint in ("domains", "records", "append", "write", "delete")
        }

    @abc.abstractmethod
    def domains(self) -> Iterator[str]:
        """The names of all domains of the account."""

    @abc.abstractmethod
    def records(self, zone: str) -> list[Item] | None:
        """All records of a zone; None if the account has no such zone."""

    @abc.abstractmethod
    def replace(self, zone: str, rdtype: str, owner: str, there: Sequence[Item], wanted: Sequence[Item]) -> None:
        """Replace the set ``there`` of a type at a relative owner name by ``wanted``; empty: delete it."""

    @abc.abstractmethod
    def target(self, host: str) -> str:
        """A host name, given without its final dot, as the API expects it."""

    def close(self) -> None:
        for endpoint in self._endpoints.values():
            endpoint.close()

    def _get(self, endpoint: str, path: str, params: Mapping[str, str]) -> Any:
        try:
            return self._endpoints[endpoint].get(path, params)
        except HttpError as error:
            raise self._explained(error) from None

    def _send(self, endpoint: str, method: str, path: str, body: Any = None) -> None:
        try:
            self._endpoints[endpoint].send(method, path, body)
        except HttpError as error:
            if method != "DELETE" or error.status != 404:  # already deleted
                raise self._explained(error) from None

    def _explained(self, error: HttpError) -> HttpError:
        """The error, explained in this vendor's terms."""
        if error.status != 403:
            return error
        return HttpError(
            f"{self._endpoints['records'].where} denies this account access (403 {code_of(error)}: {error.reason}). "
            f"{self.eligibility} Check {self._credentials} and that the domain is in this account.",
            error.status,
            error.reason,
            error.content,
        )

    eligibility: str  # who may use the API, as a sentence

    def _expect(self, items: Sequence[Any], *fields: str) -> None:
        """Refuse an answer whose entries lack one of these text fields."""
        if not all(isinstance(item, dict) and all(isinstance(item.get(f), str) for f in fields) for item in items):
            raise self.nonsense()

    def _expect_records(self, items: Sequence[Any], *fields: str) -> None:
        self._expect(items, "type", "name", "data")
        written = [item for item in items if item["type"] in (self.facts.types or ())]
        self._expect(written, *fields)
        if not all(isinstance(item.get("ttl"), int) for item in written):
            raise self.nonsense()

    def nonsense(self) -> ProviderError:
        return not_the_api(self._endpoints["records"].where)


class Version1(GoDaddyApi):
    """Uses an API key and its secret."""

    facts = FACTS
    settles = True
    eligibility = (
        "GoDaddy opens this API only to accounts with enough active domains or the plan Discount Domain Club Premier; "
        "others need an access_token for the newer one, or provider: manual."
    )

    def __init__(self, settings: Mapping[str, Any], count: Callable[[], None]) -> None:
        authorization = f"sso-key {settings['api_key']}:{settings['api_secret']}"
        super().__init__(settings, count, authorization, "api_key and api_secret")

    def domains(self) -> Iterator[str]:
        marker = ""
        while True:
            params = {"statuses": "ACTIVE", "limit": str(_DOMAINS_PER_PAGE)}
            page = self._get("domains", "/v1/domains", {**params, "marker": marker} if marker else params)
            if not isinstance(page, list):
                raise self.nonsense()
            self._expect(page, "domain")
            names = [item["domain"] for item in page]
            yield from names
            if len(page) < _DOMAINS_PER_PAGE or names[-1] == marker:
                return
            marker = names[-1]

    def records(self, zone: str) -> list[Item] | None:
        for dummy in range(_READINGS):
            try:
                return self._records(zone)
            except HttpError as error:
                if is_unknown(error):
                    return None
                raise
            except _Shifted:
                pass
        raise ProviderError(
            f"{zone}: other programs keep writing to the zone at {TITLE}, so it cannot be read as a whole. "
            "Run it again later."
        )

    def _records(self, zone: str) -> list[Item]:
        """All pages. Each begins with the last record of the previous one; raises _Shifted if not."""
        items: list[Item] = []
        while True:
            params = {"offset": str(max(len(items) - 1, 0)), "limit": str(_RECORDS_PER_PAGE)}
            page = self._get("records", f"/v1/domains/{_quoted(zone)}/records", params)
            # every zone has NS records: an empty list is not from the API
            if not isinstance(page, list) or not (page or items):
                raise self.nonsense()
            self._expect_records(page)
            if items and page[:1] != items[-1:]:
                raise _Shifted
            items += page[1:] if items else page
            if len(page) < _RECORDS_PER_PAGE:
                return items

    def replace(self, zone: str, rdtype: str, owner: str, there: Sequence[Item], wanted: Sequence[Item]) -> None:
        path = f"/v1/domains/{_quoted(zone)}/records/{rdtype}/{_quoted(owner)}"
        if wanted:
            self._send("write", "PUT", path, list(wanted))
        else:
            self._send("delete", "DELETE", path)  # PUT of an empty list is ignored

    def append(self, zone: str, records: Sequence[Item]) -> None:
        """Add records to a zone without touching others."""
        self._send("append", "PATCH", f"/v1/domains/{_quoted(zone)}/records", list(records))

    def target(self, host: str) -> str:
        return host


class Version3(GoDaddyApi):
    """Uses a personal access token."""

    facts = dataclasses.replace(
        FACTS,
        max_ttl=86400,
        max_txt_octets=512,
        types=frozenset({"A", "AAAA", "CNAME", "MX", "TXT"}),
        wildcard_types=frozenset({"A", "AAAA", "CNAME"}),
    )
    settles = False
    eligibility = "The token needs the scopes domains.domain:read and domains.dns:update."

    def __init__(self, settings: Mapping[str, Any], count: Callable[[], None]) -> None:
        super().__init__(settings, count, f"Bearer {settings['access_token']}", "access_token")

    def domains(self) -> Iterator[str]:
        for items in self._pages("domains", "/v3/domains/domain-names", {"pageSize": "100"}):
            self._expect(items, "domain")
            yield from (item["domain"] for item in items)

    def records(self, zone: str) -> list[Item] | None:
        pages = self._pages("records", _records_of(zone), {"pageSize": "100"})
        try:
            items = [item for page in pages for item in page]
        except HttpError as error:
            if is_unknown(error):
                return None
            raise
        if not items:
            raise self.nonsense()
        self._expect_records(items, "recordId")
        return items

    def replace(self, zone: str, rdtype: str, owner: str, there: Sequence[Item], wanted: Sequence[Item]) -> None:
        stays = {(item["recordId"], item["ttl"]) for item in wanted if "recordId" in item}
        going = [item for item in there if (item["recordId"], item["ttl"]) not in stays]
        coming = [item for item in wanted if (item.get("recordId"), item["ttl"]) not in _identities(there)]
        # A record whose only change is its TTL would count as a duplicate, and a name can only have one CNAME: these
        # are deleted first. Other deletions come last.
        renewed = {item["recordId"] for item in coming if "recordId" in item}
        first = [item for item in going if rdtype == "CNAME" or item["recordId"] in renewed]
        for item in first:
            self._delete(zone, item)
        for item in coming:
            self._create(zone, {name: value for name, value in item.items() if name != "recordId"})
        for item in going:
            if item not in first:
                self._delete(zone, item)

    def target(self, host: str) -> str:
        return f"{host}."

    def _create(self, zone: str, item: Item) -> None:
        try:
            self._send("write", "POST", _records_of(zone), item)
        except HttpError as error:
            if code_of(error) != "DUPLICATE_RECORD":  # somebody else has just created the same one
                raise

    def _delete(self, zone: str, item: Item) -> None:
        self._send("delete", "DELETE", f"{_records_of(zone)}/{_quoted(item['recordId'])}")

    def _pages(self, endpoint: str, path: str, params: Mapping[str, str]) -> Iterator[list[Any]]:
        query = dict(params)
        while True:
            page = self._get(endpoint, path, query)
            if not isinstance(page, dict) or not isinstance(page.get("items") or [], list):
                raise self.nonsense()
            yield page.get("items") or []
            try:
                following = [str(link["href"]) for link in page.get("links") or [] if link.get("rel") == "next"]
            except (AttributeError, KeyError, TypeError):
                raise self.nonsense() from None
            if not following:
                return
            # only the link's query is used, so that no answer can redirect us to another host
            next_query = dict(urllib.parse.parse_qsl(following[0].partition("?")[2]))
            if not next_query or next_query == query:
                raise self.nonsense()
            query = next_query


class _Shifted(Exception):
    """Records were added or removed between two pages."""


def code_of(error: HttpError) -> str:
    content = error.content if isinstance(error.content, dict) else {}
    return str(content.get("code") or content.get("name") or "")


def is_unknown(error: HttpError) -> bool:
    """Whether the account does not have the requested zone."""
    return error.status == 404 or (error.status in (400, 422) and code_of(error) in _UNKNOWN)


def _identities(items: Sequence[Item]) -> set[tuple[Any, Any]]:
    return {(item["recordId"], item["ttl"]) for item in items}


def _records_of(zone: str) -> str:
    return f"/v3/domains/zones/{_quoted(zone)}/dns-records"


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="@*")
