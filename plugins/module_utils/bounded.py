# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that have an end.

The timeout of a socket is one for each read, so who sends an octet now and then could hold a run for ever, in the
header of an answer as well as in its body. Here an answer as a whole has the time that a read may take.
"""

from __future__ import annotations

import functools
import http.client
import io
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import InvalidInput

if TYPE_CHECKING:
    import urllib3

_BUFFER = 2**16  # octets
_MEGABYTE = 2**20
MOST_MEGABYTES = 32  # of an answer, unless the options say another; a zone of 100,000 records has fewer


class TooLarge(OSError):
    """An answer has more octets than it may have."""


class Limit(NamedTuple):
    """How many octets an answer may have, and the option that allows more."""

    octets: int = MOST_MEGABYTES * _MEGABYTE
    option: str = "dns.max_answer_size"

    @classmethod
    def of(cls, settings: Mapping[str, Any], option: str, megabytes: int = MOST_MEGABYTES) -> Limit:
        """What the settings say, else so many megabytes. Raises InvalidInput."""
        stated = settings.get("max_answer_size")
        limit = cls((megabytes if stated is None else int(stated)) * _MEGABYTE, f"{option}.max_answer_size")
        if limit.octets <= 0:
            raise InvalidInput(f"{limit.option} is {stated}: give 1 or more MB.")
        return limit

    def exceeded(self, check: str) -> str:
        """What follows who it was. ``check``: the option that may name the wrong server."""
        return (
            f"more than {self.octets // _MEGABYTE} MB, so it is not used. Check {check}, or allow more with "
            f"{self.option}."
        )


USUAL_LIMIT = Limit()


class TimedReader(io.RawIOBase):
    """What a socket gets within so many seconds; ``renew`` gives it as many again. Raises TooLarge."""

    def __init__(self, connection: socket.socket, seconds: float, most: int | None = None) -> None:
        super().__init__()
        self._connection, self._seconds, self._left = connection, seconds, most
        self._raw = connection.makefile("rb", buffering=0)
        self.renew()

    def renew(self) -> None:
        self._moment = time.monotonic() + self._seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._moment - time.monotonic()
        if left <= 0:
            raise socket.timeout("timed out")
        self._connection.settimeout(left)
        try:
            octets = self._raw.readinto(buffer)
        finally:
            self._connection.settimeout(self._seconds)
        if self._left is not None:
            self._left -= octets or 0
            if self._left < 0:
                raise TooLarge("too large")
        return octets

    def close(self) -> None:
        self._raw.close()
        super().close()


class TimedResponse(http.client.HTTPResponse):
    """Takes its time from the socket, where urllib3 sets it for each request."""

    most: int | None = None  # octets

    def __init__(self, sock: socket.socket, *more: Any, **options: Any) -> None:
        super().__init__(sock, *more, **options)
        seconds = sock.gettimeout()
        if seconds:
            self.fp.close()
            self.fp = io.BufferedReader(TimedReader(sock, seconds, self.most), _BUFFER)


def bounded(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    """The same connections, with answers that have an end; those by SOCKS are made by another package."""
    from urllib3.poolmanager import pool_classes_by_scheme

    if manager.pool_classes_by_scheme is pool_classes_by_scheme:
        manager.pool_classes_by_scheme = _pools()
    return manager


@functools.cache
def _pools() -> dict[str, Any]:
    from urllib3 import connection, connectionpool

    class TimedHttp(connection.HTTPConnection):
        response_class = TimedResponse

    class TimedHttps(connection.HTTPSConnection):
        response_class = TimedResponse

    class HttpPool(connectionpool.HTTPConnectionPool):
        ConnectionCls = TimedHttp

    class HttpsPool(connectionpool.HTTPSConnectionPool):
        ConnectionCls = TimedHttps

    return {"http": HttpPool, "https": HttpsPool}
