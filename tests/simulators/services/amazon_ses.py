# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon SES through its API of version 2: signatures, rights, regions, identities that wait for their DNS records.

Each request and each answer is validated against botocore's model of the API, including the enumerations, which
botocore's own validation omits.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import re
import secrets
import string
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.postmaster.mail.tests.simulators.aws_signature import AUTHORIZATION, is_signed_by
from ansible_collections.postmaster.mail.tests.simulators.json_api import Answer, Refusal, Request
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import (
    DOMAIN_NAME,
    NoDns,
    PublicDns,
    ServiceApi,
)

_IDENTITY = "/v2/email/identities/{EmailIdentity}"
_OPERATIONS = (
    ("POST", "/v2/email/identities", "CreateEmailIdentity"),
    ("GET", _IDENTITY, "GetEmailIdentity"),
    ("DELETE", _IDENTITY, "DeleteEmailIdentity"),
    ("PUT", _IDENTITY + "/mail-from", "PutEmailIdentityMailFromAttributes"),
    ("PUT", _IDENTITY + "/dkim/signing", "PutEmailIdentityDkimSigningAttributes"),
    ("PUT", _IDENTITY + "/configuration-set", "PutEmailIdentityConfigurationSetAttributes"),
    ("PUT", _IDENTITY + "/feedback", "PutEmailIdentityFeedbackAttributes"),
    ("POST", "/v2/email/list-identities", "ListEmailIdentities"),
    ("GET", "/v2/email/account", "GetAccount"),
)
_SEARCH = datetime.timedelta(hours=72)
_DAY = datetime.timedelta(days=1)
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_OWN_DKIM_ZONE = ("eu-central-2",)  # of the regions below
REGIONS = ("eu-west-1", "eu-west-3", "eu-central-1", "eu-central-2", "us-east-1", "us-west-2")
MOST_IDENTITIES = 10_000


@dataclasses.dataclass
class Identity:
    name: str
    kind: str
    begun: datetime.datetime
    tokens: list[str]
    key_length: str = "RSA_2048_BIT"
    tags: list[dict[str, str]] = dataclasses.field(default_factory=list)
    verification: str = "PENDING"
    dkim: str = "PENDING"
    signing: bool = True
    feedback: bool = True
    configuration_set: str | None = None
    mail_from: str = ""
    mail_from_status: str = "PENDING"
    mail_from_begun: datetime.datetime | None = None
    on_mx_failure: str = "USE_DEFAULT_VALUE"
    error: str = ""
    checked: datetime.datetime | None = None
    succeeded: datetime.datetime | None = None
    key_changed: datetime.datetime | None = None  # when its key length was changed
    hidden: int = 0  # reads that do not show it yet


@dataclasses.dataclass
class Place:
    """The state of an account in one region, without its identities."""

    sandbox: bool = False
    review: str = ""
    sending: bool = True
    enforcement: str = "HEALTHY"
    configuration_sets: set[str] = dataclasses.field(default_factory=set)


@dataclasses.dataclass
class Account:
    """Credentials, and the account's state and identities in each region."""

    access_key: str = dataclasses.field(default_factory=lambda: f"AKIA{secrets.token_hex(8).upper()}")
    secret_key: str = dataclasses.field(default_factory=lambda: secrets.token_urlsafe(30))
    denied: set[str] = dataclasses.field(default_factory=set)  # operations that the IAM policy does not allow
    places: dict[str, Place] = dataclasses.field(default_factory=lambda: {region: Place() for region in REGIONS})
    identities: dict[str, dict[str, Identity]] = dataclasses.field(
        default_factory=lambda: {region: {} for region in REGIONS}
    )


class AmazonSesSimulator(ServiceApi):
    """All regions at one ``endpoint``; the signature names the region."""

    def __init__(self, dns: PublicDns | None = None, certificate: tuple[Path, Path] | None = None) -> None:
        super().__init__(dns, certificate)
        self.accounts: dict[str, Account] = {}
        self.page_size = 1000  # maximum identities on a page of a listing
        self.dkim_zone: str | None = None  # the SigningHostedZone; None: the region's own
        self.tells_dkim_zone = True  # whether answers have SigningHostedZone
        self.rate: float | None = None  # calls per second, by the simulator's own clock
        self._spent: list[datetime.datetime] = []
        self._tokens: dict[str, int] = {}

    def add_account(self) -> Account:
        account = Account()
        self.accounts[account.access_key] = account
        return account

    def add_identity(self, account: Account, region: str, name: str, **state: Any) -> Identity:
        """An identity that another program has created."""
        made = self._make(name)
        for field, value in state.items():
            setattr(made, field, value)
        account.identities[region][name] = made
        return made

    # -- one call ----------------------------------------------------------------------------------------------------

    def operation_of(self, request: Request) -> str:
        return _route(request)[0]

    def error(self, status: int) -> Refusal:
        code = {
            400: "BadRequestException",
            403: "AccessDeniedException",
            404: "NotFoundException",
            429: "TooManyRequestsException",
            500: "ConcurrentModificationException",
            503: "ServiceUnavailable",
        }[status]
        return _refusal(status, code, "Rate exceeded" if status == 429 else code)

    def answer(self, operation: str, request: Request) -> Answer:
        account, region = self._signed(request, operation)
        self._spend()
        given: dict[str, Any] = {**(request.json() if request.body else {}), **_route(request)[1]}
        shape = _model().operation_model(operation)
        faults = _faults(given, shape.input_shape)
        if faults:
            raise _refusal(400, "BadRequestException", faults)
        held = account.identities[region]
        try:
            answer: dict[str, Any] = getattr(self, f"_{operation}")(account, region, held, given)
        except Refusal as refusal:
            _assert_declared(refusal, shape)
            raise
        faults = _faults(answer, shape.output_shape)
        assert not faults, f"the simulator's answer to {operation} does not match its model: {faults}"
        return Answer(200, _as_json(answer))

    def _signed(self, request: Request, operation: str) -> tuple[Account, str]:
        match = AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            raise _refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        account = self.accounts.get(match["key"])
        if account is None:
            said = "The security token included in the request is invalid."
            raise _refusal(403, "UnrecognizedClientException", said)
        if match["service"] != "ses" or match["region"] not in REGIONS:
            raise _refusal(403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region.")
        query = urllib.parse.urlencode(request.query)
        if not is_signed_by(account.secret_key, request.method, request.path, query, request.headers, request.body):
            raise _refusal(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")
        if operation in account.denied:
            user, action = "arn:aws:iam::123456789012:user/mail", f"ses:{operation}"
            said = f"User: {user} is not authorized to perform: {action} because no identity-based policy allows it"
            raise _refusal(403, "AccessDeniedException", said)
        return account, match["region"]

    def _spend(self) -> None:
        if self.rate is None:
            return
        second = datetime.timedelta(seconds=1)
        # a tenth of a second allows for clocks that differ
        self._spent = [moment for moment in self._spent if self.now - moment < second * 0.9]
        if len(self._spent) >= self.rate:
            raise self.error(429)
        self._spent.append(self.now)

    # -- the operations ----------------------------------------------------------------------------------------------

    def _make(self, name: str) -> Identity:
        kind = "EMAIL_ADDRESS" if "@" in name else "DOMAIN"
        return Identity(name, kind, self.now, _new_tokens())

    def _CreateEmailIdentity(  # noqa: N802 - the vendor's name for it
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        name = given["EmailIdentity"].rstrip(".").lower()
        if not (_ADDRESS if "@" in name else DOMAIN_NAME).fullmatch(name):
            raise _refusal(400, "BadRequestException", f"Invalid email identity {name}.")
        if name in held:
            raise _refusal(400, "AlreadyExistsException", f"Email identity {name} already exist.")
        if len(held) >= MOST_IDENTITIES:
            raise _refusal(
                400, "LimitExceededException", "There are too many instances of the specified resource type."
            )
        self._refuse_configuration_set(account, region, given)
        for tag in given.get("Tags", ()):
            if not re.fullmatch(r"[\w .:/=+@-]{1,128}", tag["Key"]) or not re.fullmatch(
                r"[\w .:/=+@-]{0,256}", tag["Value"]
            ):
                raise _refusal(400, "BadRequestException", f"Invalid tag {tag['Key']}.")
        made = self._make(name)
        made.configuration_set = given.get("ConfigurationSetName")
        made.tags = [dict(tag) for tag in given.get("Tags", ())]
        made.key_length = given.get("DkimSigningAttributes", {}).get("NextSigningKeyLength", made.key_length)
        made.hidden = self.late_reads
        held[name] = made
        return {
            "IdentityType": made.kind,
            "VerifiedForSendingStatus": False,
            "DkimAttributes": self._dkim(made, region),
        }

    def _GetEmailIdentity(  # noqa: N802
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        one = self._there(held, given)
        self._look(one, region)
        answer: dict[str, Any] = {
            "IdentityType": one.kind,
            "FeedbackForwardingStatus": one.feedback,
            "VerifiedForSendingStatus": one.verification == "SUCCESS",
            "DkimAttributes": self._dkim(one, region),
            "Policies": {},
            "Tags": one.tags,
            "VerificationStatus": one.verification,
        }
        if one.configuration_set:
            answer["ConfigurationSetName"] = one.configuration_set
        if one.mail_from:
            answer["MailFromAttributes"] = {
                "MailFromDomain": one.mail_from,
                "MailFromDomainStatus": one.mail_from_status,
                "BehaviorOnMxFailure": one.on_mx_failure,
            }
        info: dict[str, Any] = {}
        if one.checked:
            info["LastCheckedTimestamp"] = one.checked
        if one.succeeded:
            info["LastSuccessTimestamp"] = one.succeeded
        if one.error:
            info["ErrorType"] = one.error
        soa = self._soa(one.name)
        if one.checked and soa:
            info["SOARecord"] = {"PrimaryNameServer": soa[0], "AdminEmail": soa[1], "SerialNumber": int(soa[2])}
        if info:
            answer["VerificationInfo"] = info
        return answer

    def _DeleteEmailIdentity(  # noqa: N802
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        del held[self._there(held, given).name]
        return {}

    def _PutEmailIdentityMailFromAttributes(  # noqa: N802
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        one = self._there(held, given)
        wanted = str(given.get("MailFromDomain") or "").rstrip(".").lower()
        if wanted and not wanted.endswith(f".{one.name}"):
            raise _refusal(400, "BadRequestException", f"Provided MAIL-FROM domain {wanted} is not subdomain.")
        if wanted != one.mail_from:
            one.mail_from_status, one.mail_from_begun = "PENDING", self.now
        one.mail_from = wanted
        one.on_mx_failure = given.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE")
        return {}

    def _PutEmailIdentityDkimSigningAttributes(  # noqa: N802
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        one = self._there(held, given)
        if given["SigningAttributesOrigin"] != "AWS_SES":
            raise _refusal(400, "BadRequestException", "not simulated")
        length = given.get("SigningAttributes", {}).get("NextSigningKeyLength", one.key_length)
        if length != one.key_length:
            if one.key_changed and self.now - one.key_changed < _DAY:
                raise _refusal(400, "BadRequestException", "The key length can be changed at most once per day.")
            one.tokens, one.key_length, one.key_changed = _new_tokens(), length, self.now
        one.dkim, one.begun = "PENDING", self.now
        if one.verification == "FAILED":
            one.verification = "PENDING"
        return {"DkimStatus": one.dkim, "DkimTokens": one.tokens, **self._hosted_zone(region)}

    def _PutEmailIdentityConfigurationSetAttributes(  # noqa: N802
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        one = self._there(held, given)
        self._refuse_configuration_set(account, region, given)
        one.configuration_set = given.get("ConfigurationSetName")
        return {}

    def _PutEmailIdentityFeedbackAttributes(  # noqa: N802
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        self._there(held, given).feedback = given.get("EmailForwardingEnabled", False)
        return {}

    def _ListEmailIdentities(  # noqa: N802
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        size = given.get("PageSize", 100)
        if not 1 <= size <= 1000:
            raise _refusal(400, "BadRequestException", "PageSize must be between 1 and 1000.")
        start = 0
        if given.get("NextToken"):
            if given["NextToken"] not in self._tokens:
                raise _refusal(400, "BadRequestException", "Invalid NextToken.")
            start = self._tokens.pop(given["NextToken"])
        end = start + min(size, self.page_size)
        seen = [one for one in held.values() if not one.hidden]
        answer: dict[str, Any] = {
            "EmailIdentities": [
                {
                    "IdentityType": one.kind,
                    "IdentityName": one.name,
                    "SendingEnabled": one.verification == "SUCCESS",
                    "VerificationStatus": one.verification,
                }
                for one in seen[start:end]
            ]
        }
        if end < len(seen):
            token = secrets.token_hex(16)
            self._tokens[token] = end
            answer["NextToken"] = token
        return answer

    def _GetAccount(  # noqa: N802
        self, account: Account, region: str, held: dict[str, Identity], given: Mapping[str, Any]
    ) -> dict[str, Any]:
        place = account.places[region]
        quota = (200.0, 1.0) if place.sandbox else (50000.0, 14.0)
        answer: dict[str, Any] = {
            "DedicatedIpAutoWarmupEnabled": False,
            "EnforcementStatus": place.enforcement,
            "ProductionAccessEnabled": not place.sandbox,
            "SendQuota": {"Max24HourSend": quota[0], "MaxSendRate": quota[1], "SentLast24Hours": 0.0},
            "SendingEnabled": place.sending,
        }
        if place.review:
            answer["Details"] = {"ReviewDetails": {"Status": place.review, "CaseId": "1"}}
        return answer

    # -- an identity -------------------------------------------------------------------------------------------------

    @staticmethod
    def _refuse_configuration_set(account: Account, region: str, given: Mapping[str, Any]) -> None:
        name = given.get("ConfigurationSetName")
        if name is not None and name not in account.places[region].configuration_sets:
            raise _refusal(404, "NotFoundException", f"Configuration set <{name}> does not exist.")

    def _there(self, held: dict[str, Identity], given: Mapping[str, Any]) -> Identity:
        name = given["EmailIdentity"].rstrip(".").lower()
        one = held.get(name)
        if one is not None and one.hidden:
            one.hidden -= 1
            one = None
        if one is None:
            raise _refusal(404, "NotFoundException", f"Email identity {name} does not exist.")
        return one

    def _hosted_zone(self, region: str) -> dict[str, str]:
        if not self.tells_dkim_zone:
            return {}
        own = f"dkim.{region}.amazonses.com" if region in _OWN_DKIM_ZONE else "dkim.amazonses.com"
        return {"SigningHostedZone": self.dkim_zone or own}

    def zone_of(self, region: str) -> str:
        """The zone with the DKIM keys of a region."""
        return self._hosted_zone(region).get("SigningHostedZone", "dkim.amazonses.com")

    def _dkim(self, one: Identity, region: str) -> dict[str, Any]:
        return {
            "SigningEnabled": one.signing,
            "Status": one.dkim,
            "Tokens": one.tokens,
            **self._hosted_zone(region),
            "SigningAttributesOrigin": "AWS_SES",
            "NextSigningKeyLength": one.key_length,
            "CurrentSigningKeyLength": one.key_length,
        }

    def _look(self, one: Identity, region: str) -> None:
        """Check the records, as SES does by itself for 72 hours and while the identity is verified."""
        if self.dns is None or one.kind != "DOMAIN":
            return
        if one.dkim != "FAILED":
            error = self._missing(one, region)
            one.checked, one.error = self.now, error
            if not error:
                one.dkim = one.verification = "SUCCESS"
                one.succeeded = self.now
            elif one.dkim in ("SUCCESS", "TEMPORARY_FAILURE"):
                one.dkim = "TEMPORARY_FAILURE"
            elif self.now - one.begun > _SEARCH:
                one.dkim = "FAILED"
                one.verification = "FAILED" if one.verification != "SUCCESS" else one.verification
        if one.mail_from and one.mail_from_status != "FAILED" and one.mail_from_begun is not None:
            try:
                spf = any(
                    text.startswith("v=spf1") and "include:amazonses.com" in text
                    for text in self.dns.ask(one.mail_from, "TXT") or ()
                )
                exchanges = self.dns.ask(one.mail_from, "MX") or set()
            except NoDns:
                return
            if spf and exchanges == {f"10 feedback-smtp.{region}.amazonses.com"}:
                one.mail_from_status = "SUCCESS"
            elif one.mail_from_status == "SUCCESS":
                one.mail_from_status = "TEMPORARY_FAILURE"
            elif self.now - one.mail_from_begun > _SEARCH:
                one.mail_from_status = "FAILED"

    def _missing(self, one: Identity, region: str) -> str:
        """What is wrong with the DKIM records, as an ErrorType of SES; empty if all of them are there."""
        assert self.dns is not None
        for token in one.tokens:
            try:
                found = self.dns.ask(f"{token}._domainkey.{one.name}", "CNAME")
            except NoDns:
                return "DNS_SERVER_ERROR"
            if found is None:
                return "HOST_NOT_FOUND"
            if not found:
                return "TYPE_NOT_FOUND"
            if found != {f"{token}.{self.zone_of(region)}"}:
                return "INVALID_VALUE"
        return ""

    def _soa(self, name: str) -> list[str]:
        try:
            found = self.dns.ask(name, "SOA") if self.dns else None
        except NoDns:
            found = None
        return next(iter(found)).split() if found else []


def _new_tokens() -> list[str]:
    letters = string.ascii_lowercase + string.digits
    return ["".join(secrets.choice(letters) for dummy in range(32)) for dummy in range(3)]


def _route(request: Request) -> tuple[str, dict[str, str]]:
    path = request.path
    for method, pattern, operation in _OPERATIONS:
        match = re.fullmatch(pattern.replace("{EmailIdentity}", "(?P<EmailIdentity>[^/]+)"), path)
        if match and method == request.method:
            return operation, {key: urllib.parse.unquote(value) for key, value in match.groupdict().items()}
    raise _refusal(404, "UnknownOperationException", "")


def _refusal(status: int, code: str, said: str) -> Refusal:
    return Refusal(status, {"message": said}, {"x-amzn-ErrorType": code})


@functools.cache
def _model() -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model("sesv2")


def _faults(given: Any, shape: Any) -> str:
    """How a structure violates its model; empty if it does not."""
    from botocore.validate import ParamValidator

    report = ParamValidator().validate(given, shape)
    return str(report.generate_report()) if report.has_errors() else "; ".join(foreign_words(given, shape))


def _assert_declared(refusal: Refusal, operation: Any) -> None:
    """Assert that the model lists this error for the operation, with this status."""
    code = refusal.headers["x-amzn-ErrorType"]
    declared = {one.name: one.metadata["error"]["httpStatusCode"] for one in operation.error_shapes}
    assert declared.get(code) == refusal.status, f"{operation.name} has no error {refusal.status} {code}: {declared}"


def foreign_words(given: Any, shape: Any) -> list[str]:
    """A sentence for each text that is not in its enumeration in the model."""
    if shape.type_name == "structure":
        return [word for name, value in given.items() for word in foreign_words(value, shape.members[name])]
    if shape.type_name == "list":
        return [word for value in given for word in foreign_words(value, shape.member)]
    listed = shape.metadata.get("enum")
    return [f"{given} is not one of {listed}"] if listed and given not in listed else []


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: _as_json(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    return value
