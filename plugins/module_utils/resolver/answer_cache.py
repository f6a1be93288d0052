# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answers of name servers; each server is asked each question only once."""

from __future__ import annotations

import concurrent.futures
import time

from ..libraries import dns
from .nameservers import Nameserver
from .single_flight import OncePerKey
from .transport import DnsAnswer, DnsTransport, NoAnswer

_Key = tuple[Nameserver, "dns.name.Name", "dns.rdatatype.RdataType", bool]


class AnswerCache:
    """Caches the answers of servers. Used from many threads at once."""

    def __init__(self, transport: DnsTransport) -> None:
        self.transport = transport
        self._answers: OncePerKey[_Key, DnsAnswer | NoAnswer] = OncePerKey()

    def ask(
        self,
        server: Nameserver,
        name: dns.name.Name,
        rdtype: dns.rdatatype.RdataType,
        recurse: bool = False,
        deadline: float | None = None,
    ) -> DnsAnswer:
        """As ``DnsTransport.ask``. A failed question is repeated only if it failed because the asker's time ran out."""
        key = (server, name, rdtype, recurse)

        def find() -> DnsAnswer | NoAnswer:
            try:
                answer = self.transport.ask(server, name, rdtype, recurse, deadline)
            except NoAnswer as error:
                if deadline is not None and time.monotonic() >= deadline:
                    self._answers.forget(key)  # our time ran out: others with time left may ask again
                return error
            for owner, its_type, given in answer.added:
                self._answers.put((server, owner, its_type, recurse), given)
            return answer

        try:
            said = self._answers.get(key, find, None if deadline is None else max(0.0, deadline - time.monotonic()))
        except concurrent.futures.TimeoutError:
            raise NoAnswer("does not answer in time") from None
        if isinstance(said, NoAnswer):
            # an exception that is raised repeatedly would collect the frames of all callers
            raise said.with_traceback(None)
        return said
