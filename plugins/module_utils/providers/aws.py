# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls of one AWS service through boto3: one rate limit per account, safe retries, errors as sentences.

boto3 signs, finds credentials and keeps connections open. Its own retries are switched off: they could repeat a write
that was carried out, and would not be counted.
"""

from __future__ import annotations

import itertools
import os
import threading
import urllib.parse
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Callable, NamedTuple

from ..bounded import Limit, TimedResponse, TooLarge
from ..errors import InvalidInput, ProviderError, not_the_api
from ..proxies import has_unusual_proxy, unusable_proxy
from .boto3_errors import CUT_OFF, MALFORMED, is_one_of, is_throttled, not_sent
from .failures import (
    back_off,
    one_line,
    package_missing,
    proxy_refused,
    tls_failed,
    too_large,
    unanswered,
    unreachable,
)
from .rate_limit import limiter_of, stated_rate

ATTEMPTS = 6
BACKOFF = 0.5  # seconds before the first retry; doubled before each further one
_CONNECT = 10.0  # seconds to connect, at most
_CONNECTIONS = 32  # kept open

THROTTLED = (
    "BandwidthLimitExceeded",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
_RIGHTS = {"sesv2": "ses"}  # where IAM has another name than boto3
_NOT_ALLOWED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired")
_NO_SUBSCRIPTION = ("OptInRequired", "SubscriptionRequiredException", "AccountProblem")
_CREDENTIALS = (
    *_EXPIRED,
    "AuthFailure",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)


class AwsRefused(ProviderError):
    """AWS answered with an error. ``code``: AWS's name for it, ``reason``: its text."""

    def __init__(self, message: str, code: str, reason: str) -> None:
        super().__init__(message)
        self.code, self.reason = code, reason


class AwsUnanswered(ProviderError):
    """A write was sent but not answered: it may have been carried out."""


class AwsMalformed(AwsUnanswered):
    """An answer has an undocumented form; whether a write was carried out is unknown."""


class _Failure(NamedTuple):
    """A failed call: the message, the number of attempts in all, and whether a write was surely not carried out."""

    error: ProviderError
    attempts: int = 1
    unmade: bool = False


class AwsApi:
    """One account, used by many threads.

    :param service: boto3's name for it, usually also the prefix of its rights in IAM.
    :param title: its name in messages.
    :param options: the modules' ``dns`` or ``account`` option, called ``option`` in messages.
    :param count: called for every request before it is sent.
    :param address: its default endpoint, to find the proxy for it.
    :param regional: whether the account has a region; otherwise there is one global service.
    :param rate: calls per second unless the options say otherwise, ``burst`` seconds' worth at once.
    :param busy: codes that ask for a later retry, with their reason, in addition to the general ones.
    :param sentences: the message for codes of this service, worded to follow its name.
    """

    def __init__(
        self,
        service: str,
        title: str,
        options: Mapping[str, Any],
        count: Callable[[], None],
        *,
        address: str,
        rate: float,
        burst: float,
        option: str = "dns",
        regional: bool = False,
        busy: Mapping[str, str] = MappingProxyType({}),
        sentences: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.where = title + (f" at {options['endpoint']}" if options.get("endpoint") else "")
        self._service, self._regional, self._busy, self._sentences = service, regional, busy, sentences
        self._url = str(options.get("endpoint") or address)
        self._secrets = [options[name] for name in ("secret_key", "session_token") if options.get(name)]
        self._count = count
        self._timeout: float = options.get("timeout") or 30.0
        self._limit = Limit.of(options, option)
        _refuse_nonsense(options, option, address)
        rate = stated_rate(options, option) or rate
        account = (service, options.get("endpoint"), options.get("access_key"), options.get("profile"))
        region = options.get("region") if regional else None
        self._limiter = limiter_of(rate, max(1, int(rate * burst)), *account, region)
        self._client = self._make_client(options)

    def call(self, operation: str, repeat: bool = True, **parameters: Any) -> dict[str, Any]:
        """Call an operation by boto3's name, retrying if that is safe; ``repeat=False``: never.

        Raises AwsRefused, AwsUnanswered or ProviderError.
        """
        import botocore.parsers

        reads = operation.startswith(("list_", "get_"))
        for attempt in itertools.count(1):
            self._limiter.acquire()
            self._count()
            try:
                answer: dict[str, Any] = getattr(self._client, operation)(**parameters)
                if not self._is_answer(answer, reads):
                    raise botocore.parsers.ResponseParserError  # boto3 takes an HTML page for an empty answer
                return answer
            except Exception as error:
                failure = self._failure(error, operation)
                if failure is None:
                    raise
                if not repeat or attempt >= failure.attempts or not (reads or failure.unmade):
                    raise failure.error from None
            pause = BACKOFF * 2 ** (attempt - 1)
            if isinstance(failure.error, AwsRefused) and failure.error.code in THROTTLED:
                self._limiter.pause(pause)  # the limit is the account's, not this call's
            else:
                back_off(pause)
        raise ProviderError(f"{self.where} did not answer.")

    def close(self) -> None:
        self._client.close()

    @staticmethod
    def _is_answer(answer: Mapping[str, Any], reads: bool) -> bool:
        return not answer.keys() <= {"ResponseMetadata"}

    def _make_client(self, options: Mapping[str, Any]) -> Any:
        # None leaves it to boto3, which also reads AWS_CA_BUNDLE
        verify = False if options.get("validate_certs") is False else options.get("ca_path")
        try:
            import boto3
            import botocore.config
            from botocore import exceptions
        except ImportError:
            raise package_missing("boto3", f"for {self.where}") from None
        config = botocore.config.Config(
            connect_timeout=min(self._timeout, _CONNECT),
            read_timeout=self._timeout,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=_CONNECTIONS,
        )
        if verify is False:
            import urllib3

            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        try:
            with _making:  # boto3 can only create sessions and clients in one thread at a time
                session = boto3.session.Session(
                    aws_access_key_id=options.get("access_key"),
                    aws_secret_access_key=options.get("secret_key"),
                    aws_session_token=options.get("session_token"),
                    profile_name=options.get("profile"),
                )
                region = str((options.get("region") if self._regional else session.region_name) or "")
                if not self._regional and not region.startswith(("cn-", "us-gov-")):
                    region = "us-east-1"  # for all regions except China and GovCloud, which have their own
                endpoint = options.get("endpoint")
                client = session.client(
                    self._service, region_name=region, endpoint_url=endpoint, verify=verify, config=config
                )
            _bound(client, self._limit.octets)
            return client
        except (exceptions.BotoCoreError, exceptions.UndefinedModelAttributeError, ValueError) as error:
            raise ProviderError(not_sent(error, self.where, self._one_line(error))) from None

    # -- failures ----------------------------------------------------------------------------------------------------

    def _failure(self, error: Exception, operation: str) -> _Failure | None:
        """How to treat an error of boto3; None for any other exception."""
        import botocore.exceptions as failures

        where = self.where
        if isinstance(error, failures.ClientError):
            return self._refusal(error, operation)
        by_proxy = (failures.ProxyConnectionError, failures.HTTPClientError)
        if isinstance(error, by_proxy) and has_unusual_proxy(self._url):
            return _Failure(ProviderError(unusable_proxy(where, self._url)))
        if isinstance(error, failures.ProxyConnectionError):
            return _Failure(proxy_refused(where, self._url))
        if isinstance(error, failures.SSLError):
            return _Failure(tls_failed(where, self._one_line(error)))
        if isinstance(error, failures.ConnectionError):
            cause = str(error.kwargs.get("error", ""))
            if isinstance(error, failures.ConnectTimeoutError):
                cause = "connect timeout"
            return _Failure(unreachable(where, cause).error, attempts=2, unmade=True)
        if isinstance(error, failures.ReadTimeoutError):
            return _Failure(AwsUnanswered(f"{unanswered(where, self._timeout)} Run it again later."), attempts=2)
        if isinstance(error, failures.HTTPClientError) and TooLarge.__name__ in str(error):
            return _Failure(AwsUnanswered(str(too_large(where, self._limit))))
        if isinstance(error, failures.HTTPClientError) or is_one_of(error, CUT_OFF):
            return _Failure(AwsUnanswered(f"{unanswered(where)} Run it again later."), attempts=ATTEMPTS)
        if is_one_of(error, MALFORMED):
            return _Failure(AwsMalformed(str(not_the_api(where))))
        # before what follows, as some are of its classes, too
        if isinstance(error, failures.BotoCoreError):
            attempts = ATTEMPTS if is_throttled(error) else 1
            return _Failure(ProviderError(not_sent(error, where, self._one_line(error))), attempts, unmade=True)
        # boto3 reads members of an answer without looking what it is
        if isinstance(error, (AttributeError, LookupError, TypeError, ValueError)):
            return _Failure(AwsMalformed(str(not_the_api(where))))
        return None

    def _refusal(self, error: Any, operation: str) -> _Failure:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        reason = self._one_line(error.response.get("Error", {}).get("Message") or "")
        said = f": {reason}" if reason else ""
        where = self.where
        if status >= 500:
            message = f"{where} has an internal error ({status}{said}). Run it again later."
            return _Failure(AwsUnanswered(message), attempts=ATTEMPTS)
        busy = code in self._busy or code in THROTTLED
        if code in THROTTLED:
            message = f"{where} accepts no more requests for now ({code}{said}). Wait, and run it again."
        elif code in self._busy:
            message = f"{where} {self._busy[code]} ({code}). Wait, and run it again."
        elif code in _EXPIRED:
            message = f"{where} refuses the credentials ({code}), because they have expired. Check the session_token."
        elif code in _CREDENTIALS:  # AWS's text has several lines and says no more
            message = f"{where} refuses the credentials ({code}). Check access_key and secret_key, or profile."
        elif code in _NOT_ALLOWED:
            action = "".join(part.capitalize() for part in operation.split("_"))
            message = (
                f"{where} does not allow these credentials to do this{said}. Check their IAM policy: it must allow "
                f"{_RIGHTS.get(self._service, self._service)}:{action}."
            )
        elif code in _NO_SUBSCRIPTION:
            message = (
                f"{where} is not available to this account ({code}{said}). Check in the AWS console that the account "
                "is active and has completed its sign-up."
            )
        elif code in self._sentences:
            message = f"{where} {self._sentences[code].format(said=said)}"
        else:
            message = f"{where} refuses the request ({code or status}{said})."
        return _Failure(AwsRefused(message, code, reason), attempts=ATTEMPTS if busy else 1, unmade=True)

    def _one_line(self, said: object) -> str:
        """The text of AWS or boto3, without secrets."""
        return one_line(said, self._secrets)


def _refuse_nonsense(options: Mapping[str, Any], option: str, address_of_service: str) -> None:
    """Raises InvalidInput for invalid options or combinations."""
    try:
        address = urllib.parse.urlsplit(options.get("endpoint") or "")
        address.port  # noqa: B018 - is looked at only when it is asked for
    except ValueError:
        raise InvalidInput(f"{option}: endpoint must be a URL, such as {address_of_service}.") from None
    if address.username is not None or address.password is not None:
        raise InvalidInput(
            f"{option}: endpoint must not contain a user name or password. Give access_key and secret_key."
        )
    if bool(options.get("access_key")) != bool(options.get("secret_key")):
        raise InvalidInput(f"{option}: access_key and secret_key belong together: give both or neither.")
    if options.get("session_token") and not options.get("secret_key"):
        raise InvalidInput(f"{option}: session_token needs an access_key and a secret_key: give these too.")
    if options.get("access_key") and options.get("profile"):
        raise InvalidInput(f"{option}: access_key and profile are two sets of credentials: give only one.")
    ca_path = options.get("ca_path")
    if ca_path and options.get("validate_certs") is not False and not os.path.exists(ca_path):
        raise InvalidInput(f"{option}: ca_path {ca_path} does not exist on the machine where this runs.")


_making = threading.Lock()


def _bound(client: Any, octets: int) -> None:
    """Limit the size and time of responses, which botocore only allows by replacing its response class."""
    from botocore import awsrequest

    class Answer(TimedResponse):
        """Reads a body as it was sent, without decompressing it."""

        most = octets

        def begin(self) -> None:
            super().begin()
            del self.headers["Content-Encoding"]

    class Http(awsrequest.AWSHTTPConnection):  # type: ignore[misc]
        response_class = Answer

    class Https(awsrequest.AWSHTTPSConnection):  # type: ignore[misc]
        response_class = Answer

    class AwsPool(awsrequest.AWSHTTPConnectionPool):  # type: ignore[misc]
        ConnectionCls = Http

    class AwsTlsPool(awsrequest.AWSHTTPSConnectionPool):  # type: ignore[misc]
        ConnectionCls = Https

    client._endpoint.http_session._pool_classes_by_scheme.update(http=AwsPool, https=AwsTlsPool)
