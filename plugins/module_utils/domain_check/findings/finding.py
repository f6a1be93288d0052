# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the mail records of a domain: the rule that is broken, and where. Pure: no I/O."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

ERROR = "error"  # mail is lost, refused or taken for forged
WARNING = "warning"  # it works for now, or for some
INFO = "info"  # worth knowing
SEVERITIES = (ERROR, WARNING, INFO)  # the worst first

_SHOWN = 200  # characters of a value that are shown: a hostile one may have 60,000
_LONGEST = 1500  # characters of a sentence


@dataclasses.dataclass(frozen=True)
class Finding:
    """One fault. ``found`` is a sentence of what is there, ``cure`` one of what to do, for a person."""

    code: str
    severity: str
    rfc: str
    name: str  # the owner name of the record, or the server or address that it is about
    found: str
    cure: str

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class Rule:
    """A fault that is looked for, as it is documented. ``code`` is stable: pipelines rely on it.

    ``cause``: what it is and what it does, a sentence or two. ``cure``: what to do, one sentence. ``or_else``: another
    severity that it has at times, as "error where …". ``covers``: codes that say nothing new beside this one at the
    same name.
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
    """The worst first, each once."""
    return sorted(dict.fromkeys(findings), key=lambda f: (SEVERITIES.index(f.severity), f.code, f.name))


def quoted(value: bytes) -> str:
    """A value as people read it, whatever is in it: quoted, and cut where it is very long."""
    text = value.decode("utf-8", "backslashreplace")
    text = "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
    return f'"{text}"' if len(text) <= _SHOWN else f'"{text[:_SHOWN]}…" ({len(value)} octets)'


def listed(words: Iterable[str], most: int = 10) -> str:
    """Words with commas between; of very many, the first."""
    texts = list(words)
    return ", ".join(texts) if len(texts) <= most else f"{', '.join(texts[:most])} and {len(texts) - most} more"


def bounded(text: str) -> str:
    """A text as people read it, whatever stands in DNS."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _sentence(text: str) -> str:
    text = bounded(text)
    return text if text.endswith((".", "…")) else f"{text}."
