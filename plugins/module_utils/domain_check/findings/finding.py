# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fault in the mail records of a domain: the broken rule, and where it is broken. Pure: no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

ERROR = "error"  # mail is lost, rejected or taken for forged
WARNING = "warning"  # works for now, or for some receivers
INFO = "info"  # worth knowing
SEVERITIES = (ERROR, WARNING, INFO)  # the worst first

_SHOWN = 200  # characters shown of a value: a hostile one may have 60,000
_LONGEST = 1500  # characters in a sentence


@dataclasses.dataclass(frozen=True)
class Finding:
    """One fault. ``found``: a sentence about what is there; ``cure``: a sentence about what to do."""

    code: str
    severity: str
    rfc: str
    name: str  # the owner name of the record, or the server or address concerned
    found: str
    cure: str

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Rule:
    """A fault to look for, as documented. ``code`` is stable, because pipelines rely on it.

    ``cause``: what it is and its effect, one or two sentences. ``cure``: what to do, one sentence. ``or_else``: another
    severity in some cases, such as "error where …". ``covers``: codes that add nothing to this one at the same name.
    """

    code: str
    severity: str
    rfc: str
    cause: str
    cure: str
    or_else: str = ""
    covers: tuple[str, ...] = ()

    def at(self, name: str, found: str, severity: str = "", cure: str = "") -> Finding:
        return Finding(
            self.code, severity or self.severity, self.rfc, name, _sentence(found), _sentence(cure or self.cure)
        )


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first, without duplicates."""
    return sorted(dict.fromkeys(findings), key=lambda f: (SEVERITIES.index(f.severity), f.code, f.name))


def quoted(value: bytes) -> str:
    """A value in printable form: quoted, and cut if it is very long."""
    text = value.decode("utf-8", "backslashreplace")
    text = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[:_SHOWN]}…" ({len(value)} octets)'


def listed(words: Iterable[str], most: int = 10) -> str:
    """Words separated by commas; of very many, only the first."""
    texts = list(words)
    return ", ".join(texts) if len(texts) <= most else f"{', '.join(texts[:most])} and {len(texts) - most} more"


def bounded(text: str) -> str:
    """A text in printable form and of bounded length, whatever DNS contains."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _sentence(text: str) -> str:
    text = bounded(text)
    return text if text.endswith((".", "…")) else f"{text}."
