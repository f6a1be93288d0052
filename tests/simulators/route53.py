# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon Route 53: moto stores the zones and speaks the protocol; a strict front end refuses what moto lets pass.

The front end checks signatures and permissions, throttles, spells names as AWS does, checks each batch with
``route53_rules``, pages as AWS does, keeps changes PENDING for a while, fails on demand, and counts calls.
"""

from __future__ import annotations

import collections
import functools
import re
import secrets
import ssl
import threading
import time
import urllib.parse
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from email.message import Message
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.servers.http_server import HttpHandler, HttpServer
from ansible_collections.postmaster.mail.tests.simulators import route53_rules as rules
from ansible_collections.postmaster.mail.tests.simulators.aws_signature import AUTHORIZATION, is_signed_by

NAMESPACE = "https://route53.amazonaws.com/doc/2013-04-01/"
_TAG = f"{{{NAMESPACE}}}"
_RATE, _BURST = 10.0, 50.0  # an account's calls per second, and at once
_POLLS = 2  # how often GetChange answers PENDING

_OPERATIONS = (
    ("GET", r"/hostedzone", "ListHostedZones"),
    ("POST", r"/hostedzone", "CreateHostedZone"),
    ("GET", r"/hostedzonesbyname", "ListHostedZonesByName"),
    ("GET", r"/hostedzone/(\w+)", "GetHostedZone"),
    ("GET", r"/hostedzone/(\w+)/rrset", "ListResourceRecordSets"),
    ("POST", r"/hostedzone/(\w+)/rrset/", "ChangeResourceRecordSets"),
    ("GET", r"/change/(\w+)", "GetChange"),
    ("GET", r"/healthcheck", "ListHealthChecks"),
)
# moto's answer lacks members that AWS always sends
_NO_HEALTH_CHECKS = (
    f'<ListHealthChecksResponse xmlns="{NAMESPACE}"><HealthChecks/><Marker/><IsTruncated>false</IsTruncated>'
    "<MaxItems>100</MaxItems></ListHealthChecksResponse>"
).encode()

ET.register_namespace("", NAMESPACE)

# Errors on demand: AWS's code with its status and text. ``fail`` has more faults.
FAULTS = {
    "Throttling": (400, "Rate exceeded"),
    "PriorRequestNotComplete": (400, "The request was rejected because Route 53 was still processing a prior request."),
    "ExpiredToken": (403, "The security token included in the request is expired"),
    "OptInRequired": (403, "The AWS Access Key Id needs a subscription for the service"),
    "InternalFailure": (500, "An internal error occurred"),
    "ServiceUnavailable": (503, "Service is unavailable"),
}


class AwsError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Account:
    """Credentials, and counts of their calls by operation."""

    def __init__(self, limited: bool) -> None:
        self.access_key = f"AKIA{secrets.token_hex(8).upper()}"
        self.secret_key = secrets.token_urlsafe(30)
        self.calls: collections.Counter[str] = collections.Counter()
        self.denied: set[str] = set()  # operations that the IAM policy does not allow
        self.tokens_seen: set[str] = set()  # session tokens
        self.limited = limited
        self.tokens, self.filled_at = _BURST, time.monotonic()


class Route53Simulator:
    """A context manager: one AWS account at ``endpoint``. A process can have only one at a time."""

    def __init__(self, certificate: tuple[Path, Path] | None = None) -> None:
        self.latency = 0.0
        self.protections: dict[tuple[str, str], str] = {}  # (name with final dot, type) to comment
        self.applied: collections.Counter[str] = collections.Counter()  # zone id to number of batches carried out
        self.batches: list[list[rules.Change]] = []
        self._accounts: dict[str, Account] = {}
        self._faults: dict[str, list[str]] = collections.defaultdict(list)
        self._acts: dict[str, list[Callable[[], None]]] = collections.defaultdict(list)
        self._pending: dict[str, int] = {}
        self._lock = threading.RLock()
        self._certificate = certificate

    def __enter__(self) -> Route53Simulator:
        from moto.backends import get_backend

        get_backend("route53").reset()
        self._moto = _moto().test_client()
        simulator = self

        class Bound(_Handler):
            front = simulator

        self._server = HttpServer(("127.0.0.1", 0), Bound)
        if self._certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    def add_account(self, limited: bool = True) -> Account:
        """New credentials. ``limited``: throttled as at AWS, and subject to ``fail`` and ``before``."""
        account = Account(limited)
        self._accounts[account.access_key] = account
        return account

    def fail(self, operation: str, *faults: str) -> None:
        """Make the next calls of an operation fail.

        A fault is a code of ``FAULTS``, ``reset`` (before it is carried out), ``lost`` or ``slow`` (after), ``html``,
        ``empty`` (no record sets), or ``ok`` (it works).
        """
        self._faults[operation] += faults

    def before(self, operation: str, act: Callable[[], None]) -> None:
        """Let another program act right before the next call of an operation is carried out."""
        self._acts[operation].append(act)

    # -- one call ----------------------------------------------------------------------------------------------------

    def answer(self, method: str, target: str, headers: Message, body: bytes) -> tuple[int, str, bytes, str]:
        """Status, media type and content of the answer, and a network fault or an empty text."""
        path, dummy, query = target.partition("?")
        operation, zone_id = _operation(method, path)
        try:
            account = self._authenticate(method, path, query, headers, body, operation)
            time.sleep(self.latency)
            self._spend(account)
            if account.limited:
                for act in [self._acts[operation].pop(0)] if self._acts[operation] else []:
                    act()
                fault = self._faults[operation].pop(0) if self._faults[operation] else "ok"
            else:
                fault = "ok"
            if fault in FAULTS:
                raise AwsError(FAULTS[fault][0], fault, FAULTS[fault][1])
            if fault == "reset":
                return 0, "", b"", fault
            if fault == "html":
                return 200, "text/html", b"<html><body>Please log in to the network</body></html>", ""
            with self._lock:
                content = self._perform(operation, method, path, query, headers, body, zone_id)
            if fault == "empty":
                content = re.sub(rb"<ResourceRecordSet>.*</ResourceRecordSet>", b"", content, flags=re.DOTALL)
            return 200, "text/xml", content, fault
        except AwsError as error:
            return error.status, "text/xml", _error(error), ""

    def _perform(
        self,
        operation: str,
        method: str,
        path: str,
        query: str,
        headers: Message,
        body: bytes,
        zone_id: str,
    ) -> bytes:
        options = dict(urllib.parse.parse_qsl(query))
        if operation == "ListResourceRecordSets":
            return self._list_sets(zone_id, options)
        if operation == "ListHostedZonesByName":
            return self._list_zones_by_name(options)
        if operation == "ChangeResourceRecordSets":
            return self._change(zone_id, body)
        if operation == "GetChange":
            return self._get_change(zone_id)
        if operation == "ListHealthChecks":
            return _NO_HEALTH_CHECKS
        if operation == "ListHostedZones":
            options["maxitems"] = str(min(int(options.get("maxitems", 100)), 100))
        return self._ask_moto(method, f"{path}?{urllib.parse.urlencode(options)}", body)

    def _ask_moto(self, method: str, target: str, body: bytes = b"") -> bytes:
        response = self._moto.open(target, method=method, data=body, headers={"Host": "route53.amazonaws.com"})
        if response.status_code >= 400:
            found = ET.fromstring(response.data)
            code, message = (found.findtext(f".//{{*}}{part}") or "" for part in ("Code", "Message"))
            raise AwsError(response.status_code, code, message)
        return bytes(response.data)

    # -- authentication ----------------------------------------------------------------------------------------------

    def _authenticate(
        self, method: str, path: str, query: str, headers: Message, body: bytes, operation: str
    ) -> Account:
        match = AUTHORIZATION.fullmatch(headers.get("Authorization", ""))
        if match is None:
            raise AwsError(403, "MissingAuthenticationToken", "Missing Authentication Token")
        key, region, service = match["key"], match["region"], match["service"]
        account = self._accounts.get(key)
        if account is None:
            raise AwsError(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
        if (region, service) != ("us-east-1", "route53"):
            raise AwsError(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
        if not is_signed_by(account.secret_key, method, path, query, headers, body):
            text = "The request signature we calculated does not match the signature you provided.\n\nThe Canonical "
            raise AwsError(403, "SignatureDoesNotMatch", text + "String for this request should have been\n'GET\n/\n'")
        account.calls[operation] += 1
        if "X-Amz-Security-Token" in headers:
            account.tokens_seen.add(headers["X-Amz-Security-Token"])
        if operation in account.denied:
            raise AwsError(
                403,
                "AccessDenied",
                f"User: arn:aws:iam::123456789012:user/dns is not authorized to perform: route53:{operation} because "
                f"no identity-based policy allows the route53:{operation} action",
            )
        return account

    def _spend(self, account: Account) -> None:
        with self._lock:
            now = time.monotonic()
            account.tokens = min(_BURST, account.tokens + (now - account.filled_at) * _RATE)
            account.filled_at = now
            if account.tokens < 1 and account.limited:
                raise AwsError(400, "Throttling", "Rate exceeded")
            account.tokens -= 1

    # -- operations in which moto differs from AWS -------------------------------------------------------------------

    def _zones(self) -> list[ET.Element]:
        found = ET.fromstring(self._ask_moto("GET", "/2013-04-01/hostedzone?maxitems=100000")).iter(f"{_TAG}HostedZone")
        return sorted(found, key=lambda zone: (rules.sort_key(_text(zone, "Name")), _text(zone, "Id")))

    def _list_zones_by_name(self, options: Mapping[str, str]) -> bytes:
        count, start = min(int(options.get("maxitems", 100)), 100), options.get("dnsname", "")
        first = rules.sort_key(rules.canonical_name(start)) if start else ""
        zones = [
            zone
            for zone in self._zones()
            if (rules.sort_key(_text(zone, "Name")), _text(zone, "Id").rpartition("/")[2])
            >= (first, options.get("hostedzoneid", ""))
        ]
        answer = ET.Element(f"{_TAG}ListHostedZonesByNameResponse")
        ET.SubElement(answer, f"{_TAG}HostedZones").extend(zones[:count])
        _add(answer, "DNSName", start)
        _add(answer, "IsTruncated", str(len(zones) > count).lower())
        if len(zones) > count:
            _add(answer, "NextDNSName", _text(zones[count], "Name"))
            _add(answer, "NextHostedZoneId", _text(zones[count], "Id").rpartition("/")[2])
        _add(answer, "MaxItems", str(count))
        return ET.tostring(answer)

    def _stored(self, zone_id: str) -> list[ET.Element]:
        """The record sets of a zone in AWS's order, with moto's spelling corrected."""
        content = self._ask_moto("GET", f"/2013-04-01/hostedzone/{zone_id}/rrset?maxitems=100000")
        found = list(ET.fromstring(content).iter(f"{_TAG}ResourceRecordSet"))
        for each in found:
            for value in each.iter(f"{_TAG}Value"):
                text = value.text or ""
                if text.startswith("{'Value': '"):  # a Python dict
                    value.text = text[len("{'Value': '") : -2]
                elif _text(each, "Type") == "NS" and not text.endswith("."):
                    value.text = f"{text}."
        return sorted(found, key=_place)

    def _list_sets(self, zone_id: str, options: Mapping[str, str]) -> bytes:
        if "type" in options and "name" not in options:
            raise AwsError(400, "InvalidInput", "The input is not valid")
        count = min(int(options.get("maxitems", 300)), 300)
        start = (
            rules.sort_key(rules.canonical_name(options["name"])) if "name" in options else "",
            options.get("type", ""),
            options.get("identifier", ""),
        )
        found = [each for each in self._stored(zone_id) if _place(each) >= start]
        answer = ET.Element(f"{_TAG}ListResourceRecordSetsResponse")
        ET.SubElement(answer, f"{_TAG}ResourceRecordSets").extend(found[:count])
        _add(answer, "IsTruncated", str(len(found) > count).lower())
        _add(answer, "MaxItems", str(count))
        if len(found) > count:
            for part, tag in (("Name", "Name"), ("Type", "Type"), ("Identifier", "SetIdentifier")):
                if _text(found[count], tag):
                    _add(answer, f"NextRecord{part}", _text(found[count], tag))
        return ET.tostring(answer)

    def _change(self, zone_id: str, body: bytes) -> bytes:
        zone = ET.fromstring(self._ask_moto("GET", f"/2013-04-01/hostedzone/{zone_id}"))
        request = ET.fromstring(body)
        changes = [_parsed(each) for each in request.iter(f"{_TAG}Change")]
        there = {each.key: each for each in (_parsed_set("", each) for each in self._stored(zone_id))}
        messages = rules.problems(changes, there, zone.findtext(f".//{_TAG}Name") or "", self.protections)
        if messages:
            raise AwsError(400, "InvalidChangeBatch", f"[{', '.join(messages)}]")
        # moto refuses a CREATE of a set that was deleted, and counts an UPSERT twice, so it gets UPSERTs in small parts
        for element in request.iter(f"{_TAG}Change"):
            parts = {part: element.find(f".//{_TAG}{part}") for part in ("Action", "Name")}
            for part, found in parts.items():
                if found is not None:
                    old = found.text or ""
                    found.text = rules.canonical_name(old) if part == "Name" else old.replace("CREATE", "UPSERT")
        elements = list(request.iter(f"{_TAG}Change"))
        elements.sort(key=lambda each: _text(each, "Action") != "DELETE")
        for start in range(0, len(elements), 100):
            self._ask_moto("POST", f"/2013-04-01/hostedzone/{zone_id}/rrset/", _batch(elements[start : start + 100]))
        self.applied[zone_id] += 1
        self.batches.append(changes)
        change_id = f"C{secrets.token_hex(8).upper()}"
        self._pending[change_id] = _POLLS
        return self._change_info("ChangeResourceRecordSetsResponse", change_id, "PENDING")

    def _get_change(self, change_id: str) -> bytes:
        if change_id not in self._pending:
            raise AwsError(404, "NoSuchChange", f"Could not find resource with ID: {change_id}")
        self._pending[change_id] -= 1
        return self._change_info(
            "GetChangeResponse", change_id, "PENDING" if self._pending[change_id] >= 0 else "INSYNC"
        )

    def _change_info(self, tag: str, change_id: str, status: str) -> bytes:
        answer = ET.Element(f"{_TAG}{tag}")
        info = ET.SubElement(answer, f"{_TAG}ChangeInfo")
        _add(info, "Id", f"/change/{change_id}")
        _add(info, "Status", status)
        _add(info, "SubmittedAt", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        return ET.tostring(answer)


class _Handler(HttpHandler):
    front: Route53Simulator

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, media_type, content, fault = self.front.answer(self.command, self.path, self.headers, body)
        if fault == "slow":
            time.sleep(3)
        if fault in ("reset", "lost", "slow"):
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_DELETE = _serve  # noqa: N815


@functools.cache
def _moto() -> Any:
    """Cached, because importing moto and setting it up takes a second."""
    from moto.moto_server.werkzeug_app import create_backend_app

    return create_backend_app("route53")


def _operation(method: str, path: str) -> tuple[str, str]:
    for known, pattern, operation in _OPERATIONS:
        match = re.fullmatch(r"/2013-04-01" + pattern, path)
        if match and method == known:
            return operation, match.group(1) if match.groups() else ""
    return "Other", ""


def _error(error: AwsError) -> bytes:
    answer = ET.Element(f"{_TAG}ErrorResponse")
    inner = ET.SubElement(answer, f"{_TAG}Error")
    _add(inner, "Type", "Sender")
    _add(inner, "Code", error.code)
    _add(inner, "Message", str(error))
    _add(answer, "RequestId", secrets.token_hex(16))
    return ET.tostring(answer)


def _add(element: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(element, f"{_TAG}{tag}").text = text


def _text(element: ET.Element, tag: str) -> str:
    return element.findtext(f"{_TAG}{tag}") or ""


def _place(element: ET.Element) -> tuple[str, str, str]:
    return rules.sort_key(_text(element, "Name")), _text(element, "Type"), _text(element, "SetIdentifier")


def _parsed(element: ET.Element) -> rules.Change:
    return _parsed_set(_text(element, "Action"), element.find(f"{_TAG}ResourceRecordSet"))


def _parsed_set(action: str, element: ET.Element | None) -> rules.Change:
    if element is None:
        raise AwsError(400, "InvalidInput", "Invalid XML ; a ResourceRecordSet is missing")
    known = {"Name", "Type", "TTL", "ResourceRecords", "SetIdentifier"}
    return rules.Change(
        action,
        rules.canonical_name(_text(element, "Name")),
        _text(element, "Type"),
        _text(element, "TTL"),
        tuple(value.text or "" for value in element.iter(f"{_TAG}Value")),
        _text(element, "SetIdentifier"),
        tuple(
            sorted(
                (child.tag.replace(_TAG, ""), "".join(child.itertext()))
                for child in element
                if child.tag.replace(_TAG, "") not in known
            )
        ),
    )


def _batch(changes: list[ET.Element]) -> bytes:
    request = ET.Element(f"{_TAG}ChangeResourceRecordSetsRequest")
    ET.SubElement(ET.SubElement(request, f"{_TAG}ChangeBatch"), f"{_TAG}Changes").extend(changes)
    return ET.tostring(request)
