# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Responses with a limit on their total time and size.

A socket timeout applies to each read, so a server that sends an octet now and then could hold a run forever. Here a
whole response, header and body, gets the time of a single read.
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
MOST_MEGABYTES = 32  # of a response by default; a zone of 100,000 records is smaller


class TooLarge(OSError):
    """A response exceeds its size limit."""


class Limit(NamedTuple):
    """The size limit of a response, and the option that raises it."""

    octets: int = MOST_MEGABYTES * _MEGABYTE
    option: str = "dns.max_answer_size"

    @classmethod
    def of(cls, settings: Mapping[str, Any], option: str, megabytes: int = MOST_MEGABYTES) -> Limit:
        """The limit in the settings, else ``megabytes``. Raises InvalidInput."""
        stated = settings.get("max_answer_size")
        limit = cls((megabytes if stated is None else int(stated)) * _MEGABYTE, f"{option}.max_answer_size")
        if limit.octets <= 0:
            raise InvalidInput(f"{limit.option} is {stated}: give 1 or more MB.")
        return limit

    def exceeded(self, check: str) -> str:
        """A clause that follows the name of the server. ``check``: the option to check for a wrong server."""
        return (
            f"more than {self.octets // _MEGABYTE} MB, so it is not used. Check {check}, or allow more with "
            f"{self.option}."
        )


USUAL_LIMIT = Limit()


class TimedReader(io.RawIOBase):
    """Reads a socket for a limited number of seconds in total; ``renew`` starts over. Raises TooLarge."""

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
    """Takes its time limit from the socket, where urllib3 sets it for each request."""

    most: int | None = None  # octets

    def __init__(self, sock: socket.socket, *more: Any, **options: Any) -> None:
        super().__init__(sock, *more, **options)
        seconds = sock.gettimeout()
        if seconds:
            self.fp.close()
            self.fp = io.BufferedReader(TimedReader(sock, seconds, self.most), _BUFFER)


def bounded(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    """Limit the responses of this manager, except over SOCKS, whose connections another package makes."""
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
