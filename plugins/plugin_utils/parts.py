# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of the role the tags of a run select. Pure: no I/O, no Ansible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

DNS, VERIFY, ODOO = "dns", "verify", "odoo"
NAMES = frozenset((DNS, VERIFY, ODOO))


@dataclass(frozen=True)
class Parts:
    """``dns``: DNS itself. ``look``: checking DNS for Odoo's sake. ``waits``: until DNS shows what is expected."""

    dns: bool = True
    look: bool = True
    odoo: bool = True
    waits: bool = True


def chosen(tags: Iterable[str], only: Iterable[str], skipped: Iterable[str], everywhere: bool = False) -> Parts:
    """``tags``: those that the user gave to the role. ``only`` and ``skipped``: --tags and --skip-tags.

    ``everywhere``: the tag verify selects every part, because all parts of verify have it. A user's tag with the name
    of a part adds nothing: with it on the whole role, ``--tags dns`` still means DNS only.
    """
    given, wanted, unwanted = set(tags) - NAMES, set(only) or {"all"}, set(skipped)
    if everywhere:
        given |= {VERIFY} if VERIFY not in unwanted else set()
    return Parts(
        dns=_runs({DNS, *given}, wanted, unwanted),
        look=_runs({ODOO, ODOO if VERIFY in unwanted else VERIFY, *given}, wanted, unwanted),
        odoo=_runs({ODOO, *given}, wanted, unwanted),
        waits=VERIFY not in unwanted,
    )


def _runs(tags: set[str], only: set[str], skipped: set[str]) -> bool:
    """Whether Ansible runs a task with these tags."""
    always, never = "always" in tags, "never" in tags
    runs = always or not tags.isdisjoint(only) or (not never and not only.isdisjoint({"all", "tagged"}))
    if "all" in skipped:
        return runs and always and "always" not in skipped
    return runs and tags.isdisjoint(skipped) and "tagged" not in skipped
