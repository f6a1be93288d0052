# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of Amazon Route 53."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from ..aws import AwsApi

# 80 % of an account's limits: 10 calls per second, 50 at once (the rest is for consoles and other tools).
RATE = 8.0
_BURST = 5  # seconds of that rate at once


class Route53Api(AwsApi):
    """One account, used by many threads.

    :param options: the modules' ``dns`` option.
    :param count: called for every request before it is sent.
    """

    def __init__(self, options: Mapping[str, Any], count: Callable[[], None]) -> None:
        super().__init__(
            "route53",
            "Amazon Route 53",
            options,
            count,
            address="https://route53.amazonaws.com",
            rate=RATE,
            burst=_BURST,
            busy={"PriorRequestNotComplete": "is still busy with an earlier change of this zone"},
            sentences={"NoSuchHostedZone": "has no such zone in this account{said}. Check zone_id and the account."},
        )
