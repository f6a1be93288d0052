# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Namecheap's API, limited to DNS: commands by POST, answers in XML, one rate limit per account."""

from __future__ import annotations

import ipaddress
import random
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Callable
from xml.etree import ElementTree

from ...errors import InvalidInput, ProviderError, not_the_api
from ..failures import one_line
from ..http import HttpApi, HttpError
from ..rate_limit import limiter_of, stated_rate

Host = Mapping[str, str]  # the attributes of a record in the API's XML
Hosts = tuple[Mapping[str, str], Sequence[Host]]  # the attributes of a zone, and its records

ADDRESS = "https://api.namecheap.com"
TITLE = "Namecheap"

# 20 requests a minute and 700 an hour: this stays within both at any time, and at 80 % in the long run
_RATE, _BURST = 0.8 * 700 / 3600, 10
_LOOK_AND_WRITE = 2  # requests in a row
_PAUSES = (2.0, 5.0, 15.0, 30.0)  # seconds to wait after too many requests
_TOO_MANY = 405  # the status for too many requests; the request was not carried out
_DOMAINS_PER_PAGE = 100

# Error numbers
_UNKNOWN_DOMAIN = ("2019166", "2016166", "3016166", "2030280")  # the last: unknown top-level domain
_NOT_LET_IN = ("1010101", "1010102", "1010104", "1010105", "1011101", "1011102", "1011105", "1011147", "1011150")
_OTHER_DNS = "2030288"
_NO_EDIT = "2030166"


class NamecheapError(ProviderError):
    """The API answered with an error. ``number``: its own error number."""

    def __init__(self, message: str, number: str) -> None:
        super().__init__(message)
        self.number = number


class NamecheapApi:
    """One account. ``count`` is called for every request before it is sent."""

    def __init__(self, settings: Mapping[str, Any], count: Callable[[], None]) -> None:
        self._key = str(settings["api_key"])
        self._account = {
            "ApiUser": str(settings["api_user"]),
            "ApiKey": self._key,
            "UserName": str(settings.get("username") or settings["api_user"]),
            "ClientIp": _ipv4(settings["client_ip"]),
        }
        rate = stated_rate(settings)
        self.rate = rate or _RATE  # requests per second
        address = (settings.get("endpoint") or ADDRESS).rstrip("/")
        burst = max(_LOOK_AND_WRITE, round(rate * 60)) if rate else _BURST
        self._limiter = limiter_of(self.rate, burst, address, self._account["ApiUser"])
        self._api = HttpApi.of(
            settings,
            address[: -len("/xml.response")] if address.endswith("/xml.response") else address,
            title=TITLE,
            credentials="api_user and api_key",
            limiter=self._limiter,
            count=count,
        )

    @property
    def where(self) -> str:
        return self._api.where

    def close(self) -> None:
        self._api.close()

    def domains(self) -> Iterator[str]:
        """The names of the account's own domains, without shared ones."""
        number, seen = 1, 0
        while True:
            fields = {"ListType": "ALL", "SortBy": "NAME", "Page": str(number), "PageSize": str(_DOMAINS_PER_PAGE)}
            answer = self._call("namecheap.domains.getList", fields, reads=True)
            names = [element.get("Name", "") for element in answer.iter() if _tag(element) == "Domain"]
            total = next((element.text or "" for element in answer.iter() if _tag(element) == "TotalItems"), "")
            if not total.isdigit():
                raise self.nonsense()
            yield from names
            number, seen = number + 1, seen + len(names)
            if seen >= int(total):
                return
            if not names:
                raise ProviderError(f"{self.where} lists only {seen} of {total} domains. Run it again.")

    def hosts(self, zone: str) -> Hosts | None:
        """The content of a zone; None if the account has no such zone."""
        try:
            answer = self._call("namecheap.domains.dns.getHosts", _split(zone), reads=True, room=_LOOK_AND_WRITE)
        except NamecheapError as error:
            if error.number in _UNKNOWN_DOMAIN:
                return None
            if error.number == _OTHER_DNS:
                return {"IsUsingOurDNS": "false", "EmailType": "NONE"}, ()
            raise
        result = next((element for element in answer if _tag(element) == "DomainDNSGetHostsResult"), None)
        if result is None or "EmailType" not in result.attrib or "IsUsingOurDNS" not in result.attrib:
            raise self.nonsense()
        hosts = [dict(element.attrib) for element in result if _tag(element).lower() == "host"]
        if not all({"Name", "Type", "Address", "TTL"} <= set(host) and host["TTL"].isdigit() for host in hosts):
            raise self.nonsense()
        if not hosts and result.get("IsUsingOurDNS", "").lower() == "true":
            raise ProviderError(
                f"{zone}: {self.where} lists no records at all, although even an empty zone has its parking page, and "
                "a write would remove what is there. Run it again; if it still lists none, enter one record there by "
                "hand."
            )
        return dict(result.attrib), hosts

    def set_hosts(self, zone: str, email_type: str, hosts: Sequence[Host]) -> None:
        """Replace all records of a zone."""
        fields = {**_split(zone), "EmailType": email_type}
        for number, host in enumerate(hosts, 1):
            fields[f"HostName{number}"] = host["Name"]
            fields[f"RecordType{number}"] = host["Type"]
            fields[f"Address{number}"] = host["Address"]
            fields[f"TTL{number}"] = host["TTL"]
            if host.get("MXPref"):
                fields[f"MXPref{number}"] = host["MXPref"]
        answer = self._call("namecheap.domains.dns.setHosts", fields)
        result = next((element for element in answer if _tag(element) == "DomainDNSSetHostsResult"), None)
        if result is None or result.get("IsSuccess", "").lower() != "true":
            raise self.nonsense()

    def _call(self, command: str, fields: Mapping[str, str], reads: bool = False, room: int = 1) -> ElementTree.Element:
        """The answer to a command; retried if it was not carried out. Raises NamecheapError, ProviderError."""
        body = urllib.parse.urlencode({**self._account, "Command": command, **fields}).encode("ascii")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/xml"}
        for pause in (*_PAUSES, None):
            try:
                answer = self._api.request(
                    "POST", "/xml.response", body, headers, reads=reads, secrets=[self._key], room=room
                )
                return self._parsed(answer.body)
            except HttpError as error:
                if error.status != _TOO_MANY:
                    raise
                if pause is None:
                    raise ProviderError(
                        f"{self.where} accepts no more requests for now. It allows 20 a minute, 700 an hour and 8,000 "
                        "a day for all programs of the account together. Wait an hour, and run it again."
                    ) from None
            self._limiter.pause(pause * random.uniform(0.8, 1.2))
        raise self.nonsense()

    def _parsed(self, body: bytes) -> ElementTree.Element:
        """The part of an answer that belongs to the command."""
        try:
            if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
                raise self.nonsense()
            root = ElementTree.fromstring(body)
        except (ElementTree.ParseError, LookupError, ValueError):  # the last two for an unknown encoding
            raise self.nonsense() from None
        if _tag(root) != "ApiResponse":
            raise self.nonsense()
        if root.get("Status", "").upper() != "OK":
            error = next((element for element in root.iter() if _tag(element) == "Error"), None)
            raise self._explained(error)
        answer = next((element for element in root if _tag(element) == "CommandResponse"), None)
        if answer is None:
            raise self.nonsense()
        return answer

    def _explained(self, error: ElementTree.Element | None) -> NamecheapError:
        number = error.get("Number", "") if error is not None else ""
        said = one_line(f"{number}: {error.text or ''}" if error is not None else "", [self._key])
        if number in _NOT_LET_IN:
            cure = (
                "Check api_user and api_key, that API access is switched on in the account (Profile, Tools), and that "
                f"client_ip, {self._account['ClientIp']}, is in its allow-list and is the address that requests come "
                "from."
            )
            return NamecheapError(f"{self.where} denies access ({said}). {cure}", number)
        if number == _NO_EDIT:
            cure = "Check that the domain is not locked there, and that whoever shares it lets api_user edit it."
            return NamecheapError(f"{self.where} does not allow this domain to be edited ({said}). {cure}", number)
        return NamecheapError(f"{self.where} refuses the request ({said}).", number)

    def nonsense(self) -> ProviderError:
        return not_the_api(self.where)


def _split(zone: str) -> dict[str, str]:
    """The two parts of a registered domain, which is one label below what its registry calls a top-level domain."""
    label, dummy, registry = zone.partition(".")
    return {"SLD": label, "TLD": registry}


def _ipv4(text: Any) -> str:
    try:
        return str(ipaddress.IPv4Address(str(text).strip()))
    except ValueError:
        raise InvalidInput(f"dns: client_ip must be an IPv4 address, not {text!r}.") from None


def _tag(element: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]
