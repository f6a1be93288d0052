# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon SES through version 2 of its API. Identities, sandbox and quota belong to one region.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import NotTheApi, OutcomeUnknown, ProviderError
from ...providers.aws import THROTTLED, AwsApi, AwsMalformed, AwsRefused, AwsUnanswered
from .contract import (
    DKIM,
    RETURN_PATH,
    AccountRefused,
    AlreadyThere,
    Busy,
    Desired,
    FoundDomains,
    NotThere,
    OverQuota,
    Registration,
    ServiceClient,
    ServiceFacts,
    ServiceRecord,
    ServiceRefused,
)
from .fields import Fields
from .limits import Limits
from .ses_identity import COMPARED, faults, key_length, last_look, progress, searched_until, was_verified

_PAGE = 1000
_MOST_ADDRESSES = 10  # below one domain, whose settings are compared
_TAG = "postmaster.mail:"
_USUAL = {"feedback": True, "return_path": False}  # the defaults of a new identity
_SPF = "v=spf1 include:amazonses.com ~all"
# The regions with a DKIM zone of their own, for an old boto3 that does not return the zone:
# https://docs.aws.amazon.com/general/latest/gr/ses.html#ses_dkim_domains
_OWN_DKIM_ZONE = frozenset((
    "af-south-1", "ap-northeast-3", "ap-south-2", "ap-southeast-3", "ap-southeast-5", "ca-west-1", "eu-central-2",
    "eu-south-1", "il-central-1", "me-central-1", "us-gov-east-1",
))  # fmt: skip


class AmazonSes(ServiceClient):
    """One account in one region."""

    service = "amazon_ses"
    facts = ServiceFacts(
        title="Amazon SES",
        verified="2026-11-29",
        calls_per_second=1.0,
        can_mark=True,
        needs_trigger=False,
        return_path_labels=("bounce", "bounces", "mail-bounce", "ses-bounce"),
        return_path_target="amazonses.com",
        options=("key_length", "configuration_set", "feedback"),
        has_sandbox=True,
        looks_for="72 hours",
    )

    def __init__(self, account: Mapping[str, Any]) -> None:
        super().__init__(account)
        self._identities: dict[str, str] | None = None  # name to type, from the first listing
        self._api = _SesApi(
            "sesv2",
            f"Amazon SES in {self.region}",
            {**self.settings, "region": self.region},
            self.count_call,
            address=f"https://email.{self.region}.amazonaws.com",
            rate=self.facts.calls_per_second,
            burst=1.0 / self.facts.calls_per_second,
            option="account",
            regional=True,
            busy={"ConcurrentModificationException": "is still busy with an earlier change of this identity"},
            sentences={"NotFoundException": "has no such identity in this account{said}."},
        )

    # -- find --------------------------------------------------------------------------------------------------------

    def find(self, names: Sequence[str]) -> FoundDomains:
        wanted = list(names)
        if self._identities is None:
            self._identities = self._list()
            wanted = [name for name in names if name in self._identities]
        return FoundDomains.each(wanted, self._one)

    def names(self) -> list[str]:
        self._identities = self._list()
        return [name for name, kind in self._identities.items() if kind == "DOMAIN"]

    def _one(self, name: str) -> Registration | None:
        identity = self._get(name)
        return None if identity is None else self._registration(name, identity)

    def _list(self) -> dict[str, str]:
        """All identities of the account, without their records."""
        identities: dict[str, str] = {}
        more: dict[str, Any] = {}
        while True:
            answer = self._call("list_email_identities", PageSize=_PAGE, **more)
            for item in answer.parts("EmailIdentities"):
                identities[item.key("IdentityName").lower()] = item.text("IdentityType")
            token = answer.text("NextToken")
            if not token or more == {"NextToken": token}:
                return identities
            more = {"NextToken": token}

    def _get(self, name: str) -> Fields | None:
        try:
            return self._call("get_email_identity", EmailIdentity=name)
        except NotThere:
            return None

    def _registration(self, name: str, identity: Fields) -> Registration:
        dkim, mail_from = identity.part("DkimAttributes"), identity.part("MailFromAttributes")
        return_path = mail_from.text("MailFromDomain").rstrip(".").lower()
        parts = {"domain": progress(identity.text("VerificationStatus")), "dkim": progress(dkim.text("Status"))}
        if return_path:
            parts["return_path"] = progress(mail_from.text("MailFromDomainStatus"))
        mark = {
            tag.key("Key")[len(_TAG) :]: tag.text("Value")
            for tag in identity.parts("Tags")
            if tag.key("Key").startswith(_TAG)
        }
        records = self._dkim_records(name, dkim)
        if records is not None and return_path:
            records += self._return_path_records(return_path)
        in_use = {
            "region": self.region,
            "return_path": return_path or False,
            "key_length": key_length(dkim.text("NextSigningKeyLength") or dkim.text("CurrentSigningKeyLength")),
            "configuration_set": identity.text("ConfigurationSetName"),
            "feedback": identity.flag("FeedbackForwardingStatus") if "FeedbackForwardingStatus" in identity else None,
        }
        return Registration(
            name=name,
            id=name,
            parts=parts,
            records=records,
            in_use={option: value for option, value in in_use.items() if value is not None},
            mark=mark,
            was_verified=was_verified(identity),
            pending_until=searched_until(mark.get("registered", "")),
            notes=last_look(identity),
            findings=(*faults(name, identity), *self._addresses_below(name, identity)),
        )

    def _dkim_records(self, name: str, dkim: Fields) -> tuple[ServiceRecord, ...] | None:
        tokens = dkim.texts("Tokens")
        if dkim.text("SigningAttributesOrigin") == "EXTERNAL":
            return ()  # the customer's own keys, which only the customer can publish
        if not tokens:
            # right after a registration; if DKIM was never started, there is nothing to publish
            return () if dkim.text("Status") == "NOT_STARTED" else None
        zone = (dkim.text("SigningHostedZone") or self._dkim_zone()).rstrip(".").lower()
        state = dkim.text("Status")
        return tuple(
            ServiceRecord(f"{token}._domainkey.{name}", "CNAME", (f"{token}.{zone}",), DKIM, state=state)
            for token in tokens
        )

    def _dkim_zone(self) -> str:
        if self.region in _OWN_DKIM_ZONE:
            return f"dkim.{self.region}.amazonses.com"
        return "dkim.amazonses.com"

    def _return_path_records(self, name: str) -> tuple[ServiceRecord, ...]:
        exchange = f"10 feedback-smtp.{self.region}.amazonses.com"
        return (
            ServiceRecord(name, "MX", (exchange,), RETURN_PATH),
            ServiceRecord(name, "TXT", (_SPF,), RETURN_PATH),
        )

    def _addresses_below(self, name: str, domain: Fields) -> tuple[str, ...]:
        """Identities of single addresses, whose settings override the domain's."""
        below = [
            one
            for one, kind in (self._identities or {}).items()
            if kind == "EMAIL_ADDRESS" and one.endswith((f"@{name}", f".{name}"))
        ]
        findings = []
        for address in sorted(below)[:_MOST_ADDRESSES]:
            identity = self._get(address)
            other = [words for words, read in COMPARED if identity and read(identity) not in (None, read(domain))]
            if other:
                findings.append(
                    f"{address} is an identity of its own, whose {' and '.join(other)} differs from that of {name}, "
                    "and its settings take precedence. Delete that identity, or give it the domain's settings."
                )
        if len(below) > _MOST_ADDRESSES:
            findings.append(
                f"{name} has {len(below)} single addresses that are identities of their own; "
                f"the settings of the first {_MOST_ADDRESSES} were compared."
            )
        return tuple(findings)

    # -- register, verify, remove ------------------------------------------------------------------------------------

    def register(self, desired: Desired, there: Registration | None) -> None:
        name = desired.name
        length = {} if desired.key_length is None else {"NextSigningKeyLength": f"RSA_{desired.key_length}_BIT"}
        if there is None:
            request: dict[str, Any] = {"EmailIdentity": name}
            if length:
                request["DkimSigningAttributes"] = length
            if desired.configuration_set:
                request["ConfigurationSetName"] = desired.configuration_set
            if desired.mark:
                request["Tags"] = [{"Key": f"{_TAG}{key}", "Value": value} for key, value in desired.mark.items()]
            self._call("create_email_identity", repeat=False, **request)
        else:
            if length and there.in_use.get("key_length") != desired.key_length:
                request = {"SigningAttributesOrigin": "AWS_SES", "SigningAttributes": length}
                self._call("put_email_identity_dkim_signing_attributes", EmailIdentity=name, **request)
            if desired.configuration_set not in (None, there.in_use.get("configuration_set")):
                request = {"ConfigurationSetName": desired.configuration_set} if desired.configuration_set else {}
                self._call("put_email_identity_configuration_set_attributes", EmailIdentity=name, **request)
        in_use = there.in_use if there else _USUAL
        if desired.feedback not in (None, in_use.get("feedback")):
            forwards = {"EmailForwardingEnabled": desired.feedback}
            self._call("put_email_identity_feedback_attributes", EmailIdentity=name, **forwards)
        if desired.return_path not in (None, in_use.get("return_path")):
            wanted = {"MailFromDomain": desired.return_path} if desired.return_path else {}
            request = {"EmailIdentity": name, "BehaviorOnMxFailure": "USE_DEFAULT_VALUE", **wanted}
            self._call("put_email_identity_mail_from_attributes", **request)

    def verify(self, registration: Registration) -> None:
        """Does nothing: SES checks by itself."""

    def remove(self, registration: Registration) -> None:
        self._call("delete_email_identity", EmailIdentity=registration.id)

    def predict(self, desired: Desired) -> tuple[tuple[ServiceRecord, ...], tuple[str, ...]]:
        records = self._return_path_records(desired.return_path) if isinstance(desired.return_path, str) else ()
        return records, (f"3 CNAME records below _domainkey.{desired.name}",)

    # -- the account -------------------------------------------------------------------------------------------------

    def limits(self) -> Limits:
        account = self._call("get_account")
        quota = account.part("SendQuota")
        notes = []
        if not account.flag("SendingEnabled", absent=True):
            notes.append(f"{self._api.where} has stopped this account from sending: see the SES console.")
        if account.text("EnforcementStatus") not in ("", "HEALTHY"):
            notes.append(f"{self._api.where} says about the account: {account.text('EnforcementStatus')}.")
        review = account.part("Details").part("ReviewDetails").text("Status")
        sandbox = not account.flag("ProductionAccessEnabled", absent=True)
        if sandbox and review in ("PENDING", "DENIED", "FAILED"):
            notes.append(f"The request to leave the sandbox is {review.lower()}.")
        return Limits(
            per_day=quota.number("Max24HourSend"),
            per_second=quota.number("MaxSendRate"),
            sent=quota.number("SentLast24Hours"),
            sandbox=sandbox,
            notes=tuple(notes),
        )

    def close(self) -> None:
        self._api.close()

    def _call(self, operation: str, repeat: bool = True, **parameters: Any) -> Fields:
        try:
            return Fields(self._api.call(operation, repeat, **parameters), self._api.where)
        except AwsUnanswered as error:
            if operation.startswith(("get_", "list_")):
                raise (NotTheApi if isinstance(error, AwsMalformed) else ProviderError)(str(error)) from None
            raise OutcomeUnknown(str(error)) from None
        except AwsRefused as error:
            raise _refusal(error, operation) from None


class _SesApi(AwsApi):
    @staticmethod
    def _is_answer(answer: Mapping[str, Any], reads: bool) -> bool:
        """A write is answered with an empty object; boto3 also takes a proxy's page for one."""
        headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        page = "html" in headers.get("content-type", "")
        return not page and not (reads and answer.keys() <= {"ResponseMetadata"})


def _refusal(error: AwsRefused, operation: str) -> ServiceRefused:
    said = str(error)
    if error.code == "NotFoundException":
        if "configuration set" in error.reason.lower():
            return ServiceRefused(f"{error.reason.rstrip('.')}: create it in the SES console, in this region.")
        return NotThere(said)
    if error.code == "AlreadyExistsException":
        return AlreadyThere(said)
    if error.code == "LimitExceededException":
        return OverQuota(
            f"{said} The account has as many identities as it may have in this region: request more from AWS."
        )
    if error.code in THROTTLED or error.code == "ConcurrentModificationException":
        return Busy(said)
    if error.code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
        return AccountRefused(said, "ses:" + "".join(word.capitalize() for word in operation.split("_")))
    if error.code in ("UnrecognizedClientException", "InvalidClientTokenId"):
        return AccountRefused(
            f"{said} A key that works elsewhere is refused in a region that the account has not switched on."
        )
    return ServiceRefused(said)
