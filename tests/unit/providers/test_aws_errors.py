# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error class of botocore, and the message for it."""

from __future__ import annotations

import inspect
import string
from collections.abc import Iterator
from typing import Any

import botocore.exceptions
import botocore.parsers
import pytest
from botocore.retries.standard import ThrottledRetryableChecker

from ansible_collections.postmaster.mail.plugins.module_utils.errors import ProviderError
from ansible_collections.postmaster.mail.plugins.module_utils.providers import aws, rate_limit
from ansible_collections.postmaster.mail.plugins.module_utils.providers.aws import (
    AwsApi,
    AwsMalformed,
    AwsRefused,
    AwsUnanswered,
)

PLACE, CREDENTIALS, REQUEST, PACKAGE, SETTINGS, THROTTLED, CONNECTION, PROXY, TLS, CUT_OFF, MALFORMED = (
    "boto3 knows no address",
    "boto3 cannot sign a request",
    "boto3 refuses a request",
    "boto3 cannot make a request",
    "cannot be used with these settings",
    "boto3 sends no more requests",
    "cannot be reached",
    "because the proxy",
    "cannot agree on TLS",
    "without an answer",
    "other than its API describes",
)
SAID = {
    CONNECTION: ["ConnectionError", "EndpointConnectionError", "ConnectTimeoutError"],
    PROXY: ["ProxyConnectionError"],
    TLS: ["SSLError"],
    CUT_OFF: ["HTTPClientError", "ConnectionClosedError", "ResponseStreamingError", "IncompleteReadError"],
    "did not answer within": ["ReadTimeoutError"],
    MALFORMED: ["ChecksumError", "FlexibleChecksumError", "PaginationError"],
    THROTTLED: ["CapacityNotAvailableError"],
    PLACE: [
        "BaseEndpointResolverError", "EndpointVariantError", "NoRegionError", "UnknownEndpointError",
        "UnknownFIPSEndpointError", "EndpointProviderError", "EndpointResolutionError",
        "UnknownEndpointResolutionBuiltInName", "InvalidEndpointConfigurationError", "InvalidHostLabelError",
        "InvalidEndpointDiscoveryConfigurationError", "InvalidRegionError", "ServiceNotInRegionError",
        "UnknownRegionError",
    ],
    REQUEST: [
        "AliasConflictParameterError", "AwsChunkedWrapperError", "MissingParametersError", "OperationNotPageableError",
        "ParamValidationError", "RangeError", "UnknownClientMethodError", "UnknownKeyError", "UnknownParameterError",
        "UnseekableStreamError", "ValidationError",
    ],
    PACKAGE: [
        "ApiVersionNotFoundError", "DataNotFoundError", "MD5UnavailableError", "MissingDependencyException",
        "UnknownServiceError", "UnknownServiceStyle", "UnsupportedServiceProtocolsError",
    ],
    CREDENTIALS: [
        "CredentialRetrievalError", "LoginAuthorizationCodeError", "LoginError", "LoginInsufficientPermissions",
        "LoginRefreshRequired", "LoginTokenLoadError", "MetadataRetrievalError", "NoAuthTokenError",
        "NoCredentialsError", "PartialCredentialsError", "RefreshWithMFAUnsupportedError", "SSOError",
        "SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError", "UnknownCredentialError",
        "UnknownSignatureVersionError", "UnknownTokenProviderError", "UnsupportedSignatureVersionError",
    ],
    SETTINGS: [
        "BotoCoreError", "ConfigNotFound", "ConfigParseError", "InfiniteLoopConfigError", "InvalidConfigError",
        "InvalidDefaultsMode", "InvalidIMDSEndpointError", "InvalidIMDSEndpointModeError",
        "InvalidMaxRetryAttemptsError", "InvalidProxiesConfigError", "InvalidRetryConfigurationError",
        "InvalidRetryModeError", "ProfileNotFound",
    ],
}  # fmt: skip
OF = {name: words for words, names in SAID.items() for name in names}
# None of our calls lead to these: they belong to S3, waiters and stubs. They must not be taken for a malformed answer.
FOREIGN = {
    "InvalidChecksumConfigError", "InvalidDNSNameError", "InvalidExpressionError", "InvalidS3AddressingStyleError",
    "InvalidS3UsEast1RegionalEndpointConfigError", "InvalidSTSRegionalEndpointsConfigError", "StubAssertionError",
    "StubResponseError", "UnStubbedResponseError", "UnsupportedOutpostResourceError",
    "UnsupportedS3AccesspointConfigurationError", "UnsupportedS3ArnError", "UnsupportedS3ConfigurationError",
    "UnsupportedS3ControlArnError", "UnsupportedS3ControlConfigurationError", "WaiterConfigError", "WaiterError",
}  # fmt: skip
CLASSES = sorted(
    (one for one in vars(botocore.exceptions).values() if inspect.isclass(one)), key=lambda one: one.__name__
)
ERRORS = [one for one in CLASSES if issubclass(one, botocore.exceptions.BotoCoreError)]


def made(kind: type[Any]) -> Exception:
    """An error of this class, with a value for every placeholder of its text."""
    fields = {name: "x" for dummy, name, dummy, dummy in string.Formatter().parse(kind.fmt) if name}
    if issubclass(kind, botocore.exceptions.WaiterError):
        fields["last_response"] = "x"
    if issubclass(kind, botocore.exceptions.SSLError):
        fields["error"] = "wrong version number"
    error: Exception = kind(**fields)
    return error


class Client:
    """A boto3 client that raises these errors."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def get_account(self) -> dict[str, Any]:
        self.calls += 1
        raise self.errors.pop(0) if len(self.errors) > 1 else self.errors[0]

    create_email_identity = get_account


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsApi]:
    monkeypatch.setattr(aws, "BACKOFF", 0.0)
    monkeypatch.setattr(AwsApi, "_make_client", lambda *dummy: None)
    monkeypatch.setattr(rate_limit.RateLimiter, "pause", lambda *dummy: None)
    yield AwsApi("sesv2", "Amazon SES", {}, lambda: None, address="https://aws.test", rate=10000.0, burst=1.0)


def failure(api: AwsApi, error: Exception, operation: str = "get_account") -> tuple[ProviderError, int]:
    client = Client(error)
    api._client = client
    with pytest.raises(ProviderError) as caught:
        api.call(operation)
    return caught.value, client.calls


@pytest.mark.parametrize("kind", ERRORS, ids=lambda one: str(one.__name__))
def test_each_error_of_botocore_has_a_fitting_message(api: AwsApi, kind: type[Exception]) -> None:
    said, dummy = failure(api, made(kind))
    if kind.__name__ in FOREIGN or kind.__name__ not in OF:  # new in a later botocore
        assert MALFORMED not in str(said)
    else:
        assert OF[kind.__name__] in str(said)
        assert isinstance(said, AwsMalformed) == (OF[kind.__name__] == MALFORMED)


def test_the_tables_cover_this_botocore() -> None:
    names = {one.__name__ for one in ERRORS}
    assert len(names & (OF.keys() | FOREIGN)) > 70
    assert not OF.keys() & FOREIGN


@pytest.mark.parametrize("kind", ERRORS, ids=lambda one: str(one.__name__))
def test_only_a_write_that_may_have_been_sent_is_in_doubt(api: AwsApi, kind: type[Exception]) -> None:
    """If a write may have been carried out, we look for its result; if boto3 did not send it, it was not."""
    said, calls = failure(api, made(kind), "create_email_identity")
    in_doubt = (CUT_OFF, MALFORMED, "did not answer within")
    assert isinstance(said, AwsUnanswered) == (OF.get(kind.__name__) in in_doubt)
    if isinstance(said, AwsUnanswered):
        assert calls == 1, "it may have been carried out already"


@pytest.mark.parametrize(
    "error", [botocore.parsers.ResponseParserError("x"), KeyError("x"), ValueError("x"), TypeError("x")]
)
def test_an_answer_that_boto3_cannot_read_is_reported_as_malformed(api: AwsApi, error: Exception) -> None:
    said, dummy = failure(api, error)
    assert isinstance(said, AwsMalformed) and MALFORMED in str(said)


def refused(code: str, status: int = 400) -> Exception:
    answer: Any = {"Error": {"Code": code, "Message": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    error: Exception = botocore.exceptions.ClientError(answer, "GetAccount")
    return error


@pytest.mark.parametrize(
    "code",
    sorted(
        set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
        # for DynamoDB and EC2; the last two mean something else at the services that we call
        - {"ProvisionedThroughputExceededException", "TransactionInProgressException", "EC2ThrottledException"}
        - {"LimitExceededException", "PriorRequestNotComplete"}
    ),
)
def test_every_throttling_code_of_botocore_is_retried(api: AwsApi, code: str) -> None:
    said, calls = failure(api, refused(code))
    assert isinstance(said, AwsRefused) and "accepts no more requests for now" in str(said)
    assert calls == aws.ATTEMPTS


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("AccessDenied", 403, "it must allow ses:GetAccount"),
        ("ExpiredToken", 403, "they have expired"),
        ("SignatureDoesNotMatch", 403, "refuses the credentials"),
        ("BadRequestException", 400, "refuses the request (BadRequestException: x)"),
        ("InternalFailure", 500, "has an internal error (500: x)"),
    ],
)
def test_a_refusal_of_aws_is_explained(api: AwsApi, code: str, status: int, words: str) -> None:
    said, dummy = failure(api, refused(code, status))
    assert words in str(said)


def test_no_message_of_boto3_shows_a_secret(api: AwsApi) -> None:
    api._secrets = ["hush-hush"]
    said, dummy = failure(api, botocore.exceptions.InvalidRegionError(region_name="hush-hush"))
    assert "hush" not in str(said) and "knows no address" in str(said)
