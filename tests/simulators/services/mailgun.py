# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailgun in one region, through its API of versions 3 and 4: domains that wait for their DNS records, SMTP logins.

It accepts forms in both encodings, as the official clients send them, refuses an unknown key with the plain text
``Forbidden``, and still shows a deleted domain for a while.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import email.parser
import email.policy
import email.utils
import re
import secrets
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, Refusal, Request
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import (
    DOMAIN_NAME,
    OTHER_KEY,
    NoDns,
    PublicDns,
    ServiceApi,
)

_DOMAIN = r"/v[34]/domains/(?P<name>[^/]+)"
_LOGIN = _DOMAIN.replace("[34]", "3") + "/credentials/(?P<login>[^/]+)"
_OPERATIONS = (
    ("GET", r"/v[34]/domains", "list"),
    ("POST", r"/v[34]/domains", "create"),
    ("GET", _DOMAIN, "get"),
    ("PUT", _DOMAIN + "/verify", "verify"),
    ("DELETE", r"/v3/domains/(?P<name>[^/]+)", "delete"),
    ("GET", r"/v3/domains/(?P<name>[^/]+)/credentials", "logins"),
    ("POST", r"/v3/domains/(?P<name>[^/]+)/credentials", "add login"),
    ("PUT", _LOGIN, "set password"),
    ("DELETE", _LOGIN, "remove login"),
)
_FIELDS = {
    "name", "use_automatic_sender_security", "smtp_password", "spam_action", "wildcard", "dkim_key_size",
    "dkim_selector", "dkim_host_name", "force_dkim_authority", "force_root_dkim_host", "web_scheme", "web_prefix",
    "mailfrom_host", "require_tls", "skip_verification", "ips", "pool_id", "message_ttl", "encrypt_incoming_message",
}  # fmt: skip


@dataclasses.dataclass
class Domain:
    name: str
    pool: str
    automatic: bool
    selector: str
    created: str
    state: str = "unverified"
    valid: dict[str, str] = dataclasses.field(default_factory=dict)  # by record name
    disabled: dict[str, Any] | None = None
    logins: dict[str, str] = dataclasses.field(default_factory=dict)  # address to password
    hidden: int = 0  # reads that do not show it yet
    lingers: int = 0  # reads that still show it although it is deleted
    deleted: bool = False
    cached_until: datetime.datetime | None = None  # until when "not there" is cached
    unsettled_until: datetime.datetime | None = None  # until when it is unverified after a check


class MailgunSimulator(ServiceApi):
    """One account. ``region``: ``us`` or ``eu``; ``keys``: the valid API keys."""

    def __init__(
        self, dns: PublicDns | None = None, region: str = "eu", certificate: tuple[Path, Path] | None = None
    ) -> None:
        super().__init__(dns, certificate)
        self.region = region
        self.keys: set[str] = set()
        self.domains: dict[str, Domain] = {}
        self.taken: set[str] = set()  # names that other accounts have
        self.lingers = 0  # reads that still show a deleted domain
        self.negative_ttl = 0.0  # seconds for which it caches that a record was not there
        self.unsettled = 0.0  # seconds for which a domain is unverified after a requested check
        self.read_only: set[str] = set()  # keys that may only read

    def add_key(self) -> str:
        key = f"key-{secrets.token_hex(16)}"
        self.keys.add(key)
        return key

    def add_domain(self, name: str, automatic: bool = True, **state: Any) -> Domain:
        """A domain that another program has created."""
        selector = "" if automatic else secrets.choice(("mta", "smtp", "k1", "pic"))
        created = email.utils.format_datetime(self.now)
        made = Domain(name, secrets.token_hex(4), automatic, selector, created)
        made.logins[f"postmaster@{name}"] = secrets.token_hex(8)
        for field, value in state.items():
            setattr(made, field, value)
        self.domains[name] = made
        return made

    # -- one call ----------------------------------------------------------------------------------------------------

    def operation_of(self, request: Request) -> str:
        return _route(request)[0]

    def error(self, status: int) -> Refusal:
        if status in (401, 403):
            return Refusal(status, "Forbidden", {"Content-Type": "text/plain"})
        headers = {}
        if status == 429:
            headers["X-RateLimit-Reset"] = "0.5"
        return Refusal(status, {"message": "Too many requests" if status == 429 else "Internal Server Error"}, headers)

    def answer(self, operation: str, request: Request) -> Answer:
        user, dummy, key = _basic(request).partition(":")
        if user != "api" or key not in self.keys:
            raise self.error(401)
        if key in self.read_only and request.method != "GET":
            raise self.error(403)
        parts = _route(request)[1]
        result = getattr(self, f"_{operation.replace(' ', '_')}")(request, **parts)
        return Answer(200, result)

    # -- domains -----------------------------------------------------------------------------------------------------

    def _list(self, request: Request) -> dict[str, Any]:
        limit, skip = int(request.query.get("limit", "100")), int(request.query.get("skip", "0"))
        if not 0 < limit <= 1000:
            raise Refusal(400, {"message": "limit must be between 1 and 1000"})
        seen = [one for one in self.domains.values() if not one.hidden and not one.deleted]
        without = {"sending_dns_records": None, "receiving_dns_records": None}  # not in listings
        return {"total_count": len(seen), "items": [{**_told(one), **without} for one in seen[skip : skip + limit]]}

    def _create(self, request: Request) -> dict[str, Any]:
        fields = _form(request)
        unknown = set(fields) - _FIELDS
        if unknown:
            raise Refusal(400, {"message": f"unknown parameters {', '.join(sorted(unknown))}"})
        name = fields.get("name", "").lower()
        if not DOMAIN_NAME.fullmatch(name):
            raise Refusal(400, {"message": "Domain name is not valid"})
        if fields.get("dkim_key_size", "1024") not in ("1024", "2048"):
            raise Refusal(400, {"message": "dkim_key_size must be 1024 or 2048"})
        if name in self.taken:
            raise Refusal(400, {"message": f"Domain {name} is already taken by another account"})
        if name in self.domains:
            raise Refusal(400, {"message": f"{name} already exists"})
        made = self.add_domain(
            name, fields.get("use_automatic_sender_security", "false").lower() in ("true", "1", "yes")
        )
        made.hidden = self.late_reads
        return {"message": "Domain DNS records have been created", **self._whole(made)}

    def _get(self, request: Request, name: str) -> dict[str, Any]:
        return self._whole(self._there(name))

    def _verify(self, request: Request, name: str) -> dict[str, Any]:
        one = self._there(name)
        self.look(one)
        if self.unsettled:
            one.unsettled_until = self.now + datetime.timedelta(seconds=self.unsettled)
        return {"message": "Domain DNS records have been updated", **self._whole(one)}

    def _delete(self, request: Request, name: str) -> dict[str, Any]:
        one = self._there(name)
        one.deleted, one.lingers = True, self.lingers
        if not one.lingers:
            del self.domains[one.name]
        return {"message": "Domain will be deleted on the background"}

    def _there(self, name: str) -> Domain:
        one = self.domains.get(name.lower())
        if one is not None and one.deleted:
            one.lingers -= 1
            if one.lingers < 0:
                del self.domains[one.name]
                one = None
        if one is not None and one.hidden:
            one.hidden -= 1
            one = None
        if one is None:
            raise Refusal(404, {"message": "Domain not found"})
        return one

    def _whole(self, one: Domain) -> dict[str, Any]:
        def record(kind: str, name: str, value: str) -> dict[str, Any]:
            state = one.valid.get(name, "unknown")
            return {
                "record_type": kind, "name": name, "value": value, "valid": state, "is_active": state == "valid",
                "cached": [],
            }  # fmt: skip

        sending = [record(kind, name, value) for kind, name, value in self.wanted(one)]
        web = "eu.mailgun.org" if self.region == "eu" else "mailgun.org"
        sending.append(record("CNAME", f"email.{one.name}", web))
        middle = "eu." if self.region == "eu" else ""
        receiving = [
            {"record_type": "MX", "priority": "10", "value": f"mx{letter}.{middle}mailgun.org", "valid": "unknown",
             "is_active": False, "cached": []}
            for letter in "ab"
        ]  # fmt: skip
        told = _told(one)
        if one.unsettled_until and self.now < one.unsettled_until:
            told["state"] = "unverified"
        return {"domain": told, "sending_dns_records": sending, "receiving_dns_records": receiving}

    def wanted(self, one: Domain) -> list[tuple[str, str, str]]:
        """The records that a domain needs to become active."""
        host = "eu.mgsend.org" if self.region == "eu" else "us.mgsend.org"
        records = [("TXT", one.name, "v=spf1 include:mailgun.org ~all")]
        if one.automatic:
            records += [
                (
                    "CNAME",
                    f"pdk{number}._domainkey.{one.name}",
                    f"pdk{number}._domainkey.{one.pool}.dkim{number}.{host}",
                )
                for number in (1, 2)
            ]
        else:
            records.append(("TXT", f"{one.selector}._domainkey.{one.name}", f"k=rsa; p={OTHER_KEY}"))
        return records

    def look(self, one: Domain) -> None:
        if one.cached_until and self.now < one.cached_until:
            return
        for kind, name, value in self.wanted(one):
            try:
                found = (self.dns.ask(name, kind) or set()) if self.dns else set()
            except NoDns:
                found = set()
            wanted = value.lower()
            if value.startswith("v=spf1"):
                there = any("include:mailgun.org" in text.split() for text in found)
            elif kind == "TXT":
                there = any(OTHER_KEY in text.replace(" ", "") for text in found)
            else:
                there = wanted in found
            one.valid[name] = "valid" if there else "invalid"
        whole = all(one.valid[name] == "valid" for dummy, name, value in self.wanted(one))
        if one.disabled is None:
            one.state = "active" if whole else "unverified"
        if not whole and self.negative_ttl:
            one.cached_until = self.now + datetime.timedelta(seconds=self.negative_ttl)

    # -- logins ------------------------------------------------------------------------------------------------------

    def _logins(self, request: Request, name: str) -> dict[str, Any]:
        one = self._there(name)
        limit, skip = int(request.query.get("limit", "100")), int(request.query.get("skip", "0"))
        items = [
            {"login": login, "mailbox": login, "created_at": one.created, "size_bytes": None} for login in one.logins
        ]
        return {"total_count": len(items), "items": items[skip : skip + limit]}

    def _add_login(self, request: Request, name: str) -> dict[str, Any]:
        one, fields = self._there(name), _form(request)
        login = _address(fields.get("login") or fields.get("mailbox") or "", one.name)
        _refuse_password(fields.get("password", ""))
        if login in one.logins:
            raise Refusal(400, {"message": "This login already exists"})
        one.logins[login] = fields["password"]
        return {"message": secrets.choice(("Created 1 credentials pair(s)", "Credentials created"))}

    def _set_password(self, request: Request, name: str, login: str) -> dict[str, Any]:
        one, fields = self._there(name), _form(request)
        address = _address(login, one.name)
        if address not in one.logins:
            raise Refusal(404, {"message": "No credentials found for this login"})
        _refuse_password(fields.get("password", ""))
        if one.logins[address] == fields["password"]:
            raise Refusal(400, {"message": "The new password is the current one"})
        one.logins[address] = fields["password"]
        return {"message": "Password changed"}

    def _remove_login(self, request: Request, name: str, login: str) -> dict[str, Any]:
        one = self._there(name)
        address = _address(login, one.name)
        if one.logins.pop(address, None) is None:
            raise Refusal(404, {"message": "No credentials found for this login"})
        return {"message": "Credentials have been deleted", "spec": address}


def _told(one: Domain) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": one.pool, "name": one.name, "state": one.state, "type": "custom", "created_at": one.created,
        "smtp_login": f"postmaster@{one.name}", "spam_action": "disabled", "wildcard": False, "web_prefix": "email",
        "web_scheme": "https", "require_tls": False, "skip_verification": False,
        "use_automatic_sender_security": one.automatic, "is_disabled": one.disabled is not None,
    }  # fmt: skip
    if one.disabled is not None:
        told["disabled"] = one.disabled
    return told


def _address(login: str, domain: str) -> str:
    address = (login if "@" in login else f"{login}@{domain}").lower()
    if not address.endswith(f"@{domain}") or address.startswith("@"):
        raise Refusal(400, {"message": "login is not valid"})
    return address


def _refuse_password(password: str) -> None:
    if not 5 <= len(password) <= 32:
        raise Refusal(400, {"message": "Password length must be between 5 and 32"})


def _basic(request: Request) -> str:
    kind, dummy, text = request.headers.get("Authorization", "").partition(" ")
    try:
        return base64.b64decode(text).decode() if kind == "Basic" else ""
    except ValueError:
        return ""


def _form(request: Request) -> dict[str, str]:
    """The fields of a form in either encoding, each once."""
    kind = request.headers.get_content_type()
    if kind == "application/x-www-form-urlencoded":
        return dict(urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True))
    if kind != "multipart/form-data":
        raise Refusal(400, {"message": f"{kind} is not taken"})
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    fields: dict[str, str] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        fields[str(name)] = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
    return fields


def _route(request: Request) -> tuple[str, Mapping[str, str]]:
    for method, pattern, operation in _OPERATIONS:
        match = re.fullmatch(pattern, request.path)
        if match and method == request.method:
            return operation, {key: urllib.parse.unquote(value) for key, value in match.groupdict().items()}
    raise Refusal(404, "<html><body>404 page not found</body></html>")
