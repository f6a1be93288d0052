# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures of communication, worded once for all providers and transports."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable

from .. import interrupts
from ..bounded import Limit
from ..errors import ProviderError
from ..printable import spellings
from ..proxies import refused_by_proxy

EXCERPT = 300  # characters quoted from a server, an SDK or OpenSSL

_CAUSES = (
    ("refused", "connection refused"),
    ("resolve", "its name is not known to DNS"),
    ("not known", "its name is not known to DNS"),
    ("resolution", "its name is not known to DNS"),
    ("unreachable", "there is no route to it"),
    ("connect timeout", "it does not answer"),
)


class ConnectionFailed(Exception):
    """An attempt that got no answer, and its message.

    ``sent``: the server may have received the request. ``slow``: a retry rarely helps.
    """

    def __init__(self, error: ProviderError, sent: bool, slow: bool = False) -> None:
        super().__init__(str(error))
        self.error, self.sent, self.slow = error, sent, slow


def unreachable(where: str, cause: str, check: str = "Check the address, and") -> ConnectionFailed:
    """The connection failed; ``cause``: the library's text, which is searched for common reasons."""
    reason = next((words for known, words in _CAUSES if known in cause), "no connection")
    error = f"{where} cannot be reached: {reason}. {check} that this machine may connect to it."
    return ConnectionFailed(ProviderError(error), sent=False, slow=True)


def unanswered(where: str, seconds: float | None = None) -> ConnectionFailed:
    """A request was sent but not answered: within ``seconds``, or before the connection was closed."""
    what = "closed the connection without an answer" if seconds is None else f"did not answer within {seconds:g} s"
    return ConnectionFailed(ProviderError(f"{where} {what}."), sent=True, slow=seconds is not None)


def too_large(where: str, limit: Limit) -> ConnectionFailed:
    error = ProviderError(f"{where} answers with {limit.exceeded('endpoint')}")
    return ConnectionFailed(error, sent=True, slow=True)


def proxy_refused(where: str, url: str) -> ProviderError:
    return ProviderError(refused_by_proxy(where, url))


def tls_failed(where: str, said: str) -> ProviderError:
    """``said``: OpenSSL's text, possibly within a library's."""
    if "certificate" not in said.lower():
        return ProviderError(f"{where} and this machine cannot agree on TLS. Check that endpoint is an https address.")
    reason = said.rpartition("certificate verify failed: ")[2].partition(" (_ssl")[0].strip("()'\" ")
    return ProviderError(
        f"{where} presents a certificate that is not trusted ({reason[:EXCERPT]}). Set ca_path to the authority that "
        "signed it, or give an address that the certificate covers."
    )


def no_soa(where: str, zone: object) -> ProviderError:
    """The error for a record list without an SOA, which must be incomplete."""
    return ProviderError(
        f"{where} answers for {zone} without the SOA record that every zone has, so its answer cannot be right and is "
        "not used. Run it again."
    )


def same_page(where: str) -> ProviderError:
    return ProviderError(f"{where} keeps returning the same page of a list.")


def package_missing(package: str, purpose: str = "") -> ProviderError:
    return ProviderError(
        f"The Python package {package} is needed{f' {purpose}' if purpose else ''}, and {sys.executable} does not have "
        "it: install it there."
    )


def one_line(said: object, secrets: Iterable[str] = ()) -> str:
    """A foreign text on one line, limited in length, without the secrets in any spelling."""
    text = " ".join(str(said).split())
    forms = {form for secret in secrets if secret for form in spellings(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, "…")
    return text.rstrip(". ") if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"


def back_off(seconds: float) -> None:
    """Wait for about that long; the randomness keeps clients that failed together from returning together.

    Raises Interrupted.
    """
    interrupts.pause(seconds * random.uniform(0.5, 1.5))
