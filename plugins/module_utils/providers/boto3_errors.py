# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What boto3 itself says about a request that it does not send, in words.

Its classes are told by their names, as each release of botocore adds some and an older one does not have them.
"""

from __future__ import annotations

import sys

# Base classes stand for all below them. Of a class that is in none, the settings of the machine are at fault.
_THROTTLED = {"CapacityNotAvailableError"}
_PLACE = {
    "BaseEndpointResolverError",
    "EndpointProviderError",
    "InvalidEndpointConfigurationError",
    "InvalidEndpointDiscoveryConfigurationError",
    "InvalidHostLabelError",
    "InvalidRegionError",
    "ServiceNotInRegionError",
    "UnknownRegionError",
}
_REQUEST = {
    "AwsChunkedWrapperError",
    "MissingParametersError",
    "OperationNotPageableError",
    "ParamValidationError",
    "UnknownClientMethodError",
    "UnseekableStreamError",
    "ValidationError",
}
_PACKAGE = {
    "ApiVersionNotFoundError",
    "DataNotFoundError",
    "MD5UnavailableError",
    "MissingDependencyException",
    "UndefinedModelAttributeError",
    "UnknownServiceStyle",
    "UnsupportedServiceProtocolsError",
}
_CREDENTIALS = {
    "CredentialRetrievalError",
    "LoginError",
    "MetadataRetrievalError",
    "NoAuthTokenError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "RefreshWithMFAUnsupportedError",
    "SSOError",
    "TokenRetrievalError",
    "UnknownCredentialError",
    "UnknownSignatureVersionError",
    "UnknownTokenProviderError",
    "UnsupportedSignatureVersionError",
}
# The answer was not whole, and was not what the API documents; these two are not about what is sent.
CUT_OFF = {"IncompleteReadError"}
MALFORMED = {"ChecksumError", "FlexibleChecksumError", "PaginationError", "ResponseParserError"}


def is_one_of(error: Exception, names: set[str]) -> bool:
    return not names.isdisjoint(one.__name__ for one in type(error).__mro__)


def is_throttled(error: Exception) -> bool:
    """Whether boto3 itself holds requests back."""
    return is_one_of(error, _THROTTLED)


def not_sent(error: Exception, where: str, said: str) -> str:
    """Why boto3 sends nothing, and what to do. ``said``: its own words, without any secret."""
    if is_throttled(error):
        return f"boto3 sends no more requests to {where} for now ({said}). Wait, and run it again."
    if is_one_of(error, _PLACE):
        return (
            f"boto3 knows no address of {where} ({said}). Check endpoint, and the region that the account or the AWS "
            "settings of this machine say."
        )
    if is_one_of(error, _REQUEST):
        return (
            f"boto3 refuses a request to {where} ({said}), so it was not sent. Check the value that is named, or "
            "update boto3 if it does not know the name."
        )
    if is_one_of(error, _PACKAGE):
        return (
            f"boto3 cannot make a request to {where} ({said}). Update boto3 and botocore of {sys.executable}, or "
            "install what is missing there."
        )
    if is_one_of(error, _CREDENTIALS):
        return (
            f"boto3 cannot sign a request to {where} ({said}). Check access_key and secret_key, or profile, or the AWS "
            "settings of this machine."
        )
    return (
        f"{where} cannot be used with these settings ({said}). Check profile and endpoint, and the AWS settings of "
        "this machine."
    )
