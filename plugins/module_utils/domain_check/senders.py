# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What receivers would say of a domain's senders, by its current records."""

from __future__ import annotations

from collections.abc import Iterator

from ..names import record_name
from ..receiver.delivery import receives
from ..receiver.spf_senders import SenderResult, check_anyone, check_terms
from .findings.observation import DeclaredSender, EnvelopeDomain, TxtAnswer
from .reader import Reader


class SenderScan:
    """Checks the senders of a domain. ``texts``: the TXT values of the domain. ``senders``: None if not stated."""

    def __init__(self, texts: TxtAnswer, reader: Reader, senders: tuple[DeclaredSender, ...] | None) -> None:
        self._domain = texts.name
        self._texts = texts
        self._reader = reader
        self._senders = senders

    def spf(self) -> dict[DeclaredSender, SenderResult]:
        """The SPF results of senders whose envelope sender is at the domain itself, or not stated."""
        senders = self._senders or ()
        return {sender: self._sender_spf(sender, self._domain, self._texts) for sender in senders}

    def _sender_spf(self, sender: DeclaredSender, name: str, texts: TxtAnswer) -> SenderResult:
        """What the record at a name says of a sender."""
        if not texts.known:
            return SenderResult(None, unknown=(name,))
        terms = sender.spf.terms(self._domain)
        if terms:
            return check_terms(name, terms, self._domain, self._reader)
        return SenderResult(None) if name == self._domain else check_anyone(name, self._reader)

    def envelope_domains(self, top: str) -> Iterator[EnvelopeDomain]:
        """The other names that services use for their envelope senders and that can be aligned with the domain."""
        paths: dict[str, list[DeclaredSender]] = {}
        for sender in self._senders or ():
            path = sender.return_path
            if path != self._domain and f".{path}".endswith((f".{self._domain}", f".{top}")):
                paths.setdefault(path, []).append(sender)
        for path, senders in paths.items():
            name = record_name(path)
            texts = self._reader.texts(name)
            results = {sender: self._sender_spf(sender, path, texts) for sender in senders}
            yield EnvelopeDomain(texts, receives(name, self._reader), results)
