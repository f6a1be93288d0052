# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetch the MTA-STS policies that domains announce from their web servers (RFC 8461 3.3)."""

from __future__ import annotations

import concurrent.futures
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.postmaster.mail.plugins.module_utils.bounded import Limit
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import Finding, listed
from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.mta_sts import (
    INVALID,
    NOT_FOUND,
    judge,
    parse,
)
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.providers.failures import ConnectionFailed
from ansible_collections.postmaster.mail.plugins.module_utils.providers.transport import HttpTransport

_SECONDS = 5.0
_MOST = Limit(2**20)  # a policy has a few hundred octets
_AT_ONCE = 32
_DEFAULT_TYPE = "text/plain"
Share = Mapping[str, Any]


class PolicyFile(NamedTuple):
    """``shown``: the policy on one line; empty if there is none to show."""

    shown: str
    findings: list[Finding]


def policies(domains: Mapping[str, Share]) -> dict[str, PolicyFile]:
    """The policies by domain, if its record announces one. ``domains``: results of domain_info."""
    stating = {domain: one for domain, one in domains.items() if len(one["policies"].get("mta_sts", ())) == 1}
    with concurrent.futures.ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        found = pool.map(_policy, stating, [_hosts(one) for one in stating.values()])
        return dict(zip(stating, found))


def _hosts(info: Share) -> list[str]:
    return [one["host"] for one in info["mx"] if one["host"] != "."]


def _policy(domain: str, exchangers: list[str]) -> PolicyFile:
    host = f"mta-sts.{domain}"
    try:
        body = _fetched(host)
    except _NotFound as error:
        return PolicyFile("", [NOT_FOUND.at(host, str(error))])
    try:
        policy = parse(body)
    except ValueError as error:
        return PolicyFile("", [INVALID.at(host, str(error))])
    shown = f"policy: mode {policy.mode}, max_age {policy.max_age}, mx {listed(policy.mx) or 'none'}"
    return PolicyFile(shown, list(judge(domain, policy, exchangers)))


class _NotFound(Exception):
    pass


def _fetched(host: str) -> bytes:
    """Raises _NotFound with the reason."""
    url = f"https://{host}/.well-known/mta-sts.txt"
    try:
        transport = HttpTransport(url, host, _SECONDS, True, limit=_MOST)
        try:
            answer = transport.send("GET", url, None, {"Accept": _DEFAULT_TYPE})
        finally:
            transport.close()
    except (ConnectionFailed, PostmasterError) as error:
        # the rest of the message is a cure that only applies to addresses set by the user
        raise _NotFound(str(error).partition(". ")[0]) from None
    if answer.status != 200:
        to = f" to {answer.headers['Location']}" if answer.headers.get("Location") else ""
        raise _NotFound(f"{url} answers with the status {answer.status}{to}, but only 200 counts")
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind != _DEFAULT_TYPE:
        raise _NotFound(f"{url} has the media type {kind or 'none'}, but only {_DEFAULT_TYPE} counts")
    return answer.body
