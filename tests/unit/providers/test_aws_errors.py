# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every error that botocore has, and what is said about it."""

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
# No call of ours leads to these: of S3, of its waiters and stubs. What counts is that they are not taken for an answer.
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
    """An error of a class, with something for each of the words that its text takes."""
    fields = {name: "x" for dummy, name, dummy, dummy in string.Formatter().parse(kind.fmt) if name}
    if issubclass(kind, botocore.exceptions.WaiterError):
        fields["last_response"] = "x"
    if issubclass(kind, botocore.exceptions.SSLError):
        fields["error"] = "wrong version number"
    error: Exception = kind(**fields)
    return error


class Client:
    """Says what boto3 says."""

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
def test_what_is_said_about_an_error_of_botocore(api: AwsApi, kind: type[Exception]) -> None:
    said, dummy = failure(api, made(kind))
    if kind.__name__ in FOREIGN or kind.__name__ not in OF:  # the latter came with a later botocore
        assert MALFORMED not in str(said)
    else:
        assert OF[kind.__name__] in str(said)
        assert isinstance(said, AwsMalformed) == (OF[kind.__name__] == MALFORMED)


def test_of_this_botocore_all_are_known() -> None:
    names = {one.__name__ for one in ERRORS}
    assert len(names & (OF.keys() | FOREIGN)) > 70
    assert not OF.keys() & FOREIGN


@pytest.mark.parametrize("kind", ERRORS, ids=lambda one: str(one.__name__))
def test_a_write_that_was_not_sent_is_not_in_doubt(api: AwsApi, kind: type[Exception]) -> None:
    """What may have been made is looked for; what boto3 did not send was surely not made."""
    said, calls = failure(api, made(kind), "create_email_identity")
    in_doubt = (CUT_OFF, MALFORMED, "did not answer within")
    assert isinstance(said, AwsUnanswered) == (OF.get(kind.__name__) in in_doubt)
    if isinstance(said, AwsUnanswered):
        assert calls == 1, "it may be there already"


@pytest.mark.parametrize(
    "error", [botocore.parsers.ResponseParserError("x"), KeyError("x"), ValueError("x"), TypeError("x")]
)
def test_what_cannot_be_read_is_not_the_api(api: AwsApi, error: Exception) -> None:
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
        # of DynamoDB and EC2; the last two mean something else at the services that we call
        - {"ProvisionedThroughputExceededException", "TransactionInProgressException", "EC2ThrottledException"}
        - {"LimitExceededException", "PriorRequestNotComplete"}
    ),
)
def test_what_botocore_takes_for_too_many_requests(api: AwsApi, code: str) -> None:
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
def test_what_aws_refuses(api: AwsApi, code: str, status: int, words: str) -> None:
    said, dummy = failure(api, refused(code, status))
    assert words in str(said)


def test_no_secret_is_in_what_boto3_says(api: AwsApi) -> None:
    api._secrets = ["hush-hush"]
    said, dummy = failure(api, botocore.exceptions.InvalidRegionError(region_name="hush-hush"))
    assert "hush" not in str(said) and "knows no address" in str(said)
