# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of the MTA-STS policy on a web server (RFC 8461). The audit fetches it; there is no I/O here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .finding import ERROR, INFO, WARNING, Finding, Rule, listed, quoted

MODES = ENFORCE, TESTING, NONE = ("enforce", "testing", "none")
_LONGEST_AGE = 31557600  # seconds (3.2)

NOT_FOUND = Rule(
    "mta_sts_policy_not_found",
    WARNING,
    "RFC 8461 3.3",
    "DNS says that the domain has an MTA-STS policy, but its policy host does not serve it. Senders then deliver "
    "as if there were none, so anybody along the way can read or redirect mail to the domain.",
    "Serve the policy at https://mta-sts.DOMAIN/.well-known/mta-sts.txt, with a valid certificate for that name and "
    "without a redirect, or delete the record at _mta-sts.",
)
INVALID = Rule(
    "mta_sts_policy_invalid",
    WARNING,
    "RFC 8461 3.2",
    "The MTA-STS policy breaks the rules for such files, so senders deliver as if there were none.",
    "Correct the file: version: STSv1, mode: enforce, testing or none, max_age in seconds, and an mx line for each "
    "mail exchanger. Then publish a new id at _mta-sts.",
)
NOT_COVERED = Rule(
    "mta_sts_mx_not_covered",
    ERROR,
    "RFC 8461 4.1",
    "A mail exchanger of the domain matches no mx line of its MTA-STS policy. In mode enforce, senders do not deliver "
    "to it.",
    "Add an mx line for the exchanger to the policy, and then publish a new id at _mta-sts; or correct the MX record.",
    or_else="warning in mode testing",
)
NOT_ENFORCED = Rule(
    "mta_sts_not_enforced",
    INFO,
    "RFC 8461 5",
    "The mode of the MTA-STS policy is testing or none, so senders deliver even where the connection is not secure.",
    "When the TLS reports show no failures, set mode: enforce in the policy, and publish a new id at _mta-sts.",
)

RULES = (NOT_FOUND, INVALID, NOT_COVERED, NOT_ENFORCED)


@dataclass(frozen=True)
class StsPolicy:
    mode: str
    max_age: int
    mx: tuple[str, ...]

    def covers(self, host: str) -> bool:
        """Whether a host matches an mx line; a wildcard stands for one label (4.1)."""
        name = host.rstrip(".").lower()
        return any(
            name == pattern or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:])
            for pattern in self.mx
        )


def parse(body: bytes) -> StsPolicy:
    """Parse a policy. Raises ValueError with what is wrong."""
    fields: dict[str, str] = {}
    exchangers = []
    for line in re.split(rb"\r?\n", body.strip()):
        name, colon, value = line.decode("utf-8", "backslashreplace").partition(":")
        if not colon:
            raise ValueError(f"The line {quoted(line)} is not of the form NAME: VALUE")
        name, value = name.strip(), value.strip()
        if name == "mx":
            exchangers.append(value.rstrip(".").lower())
        else:
            fields.setdefault(name, value)  # if repeated, the first counts (3.2)
    if fields.get("version") != "STSv1":
        raise ValueError(f"Its version is {_stated(fields, 'version')}, but must be STSv1")
    mode, age = fields.get("mode", ""), fields.get("max_age", "")
    if mode not in MODES:
        raise ValueError(f"Its mode is {_stated(fields, 'mode')}, but must be one of {', '.join(MODES)}")
    if not re.fullmatch("[0-9]{1,10}", age) or int(age) > _LONGEST_AGE:
        raise ValueError(f"Its max_age is {_stated(fields, 'max_age')}, but must be 0 to {_LONGEST_AGE} seconds")
    if not exchangers and mode != NONE:
        raise ValueError("It has no mx line")
    return StsPolicy(mode, int(age), tuple(exchangers))


def _stated(fields: dict[str, str], name: str) -> str:
    return quoted(fields[name].encode()) if name in fields else "missing"


def judge(domain: str, policy: StsPolicy, exchangers: Iterable[str]) -> Iterator[Finding]:
    """Faults of a policy that could be parsed."""
    if policy.mode != ENFORCE:
        yield NOT_ENFORCED.at(f"mta-sts.{domain}", f"The policy has mode: {policy.mode}")
    if policy.mode == NONE:
        return
    for host in exchangers:
        if not policy.covers(host):
            found = f"The policy has mode: {policy.mode} and mx: {listed(policy.mx)}"
            yield NOT_COVERED.at(host, found, ERROR if policy.mode == ENFORCE else WARNING)
