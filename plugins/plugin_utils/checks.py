# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be known before anything is done: reasons to stop a host, and warnings."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import ascii_domain

from .host_plan import HostPlan

# The role's variables; the prefix and these names are its public interface.
VARIABLES = (
    "custom_domain_name",
    "custom_domain_companies",
    "custom_domain_senders",
    "custom_domain_accounts",
    "custom_domain_dmarc",
    "custom_domain_spf",
    "custom_domain_mx",
    "custom_domain_records",
    "custom_domain_dns",
    "custom_domain_zone",
    "custom_domain_ttl",
    "custom_domain_nameservers",
    "custom_domain_run_on",
    "custom_domain_wait",
    "custom_domain_odoo",
    "custom_domain_odoo_command_line",
    "custom_domain_alias_domain",
    "custom_domain_single_sender",
    "custom_domain_incoming",
    "custom_domain_incoming_host",
    "custom_domain_incoming_servers",
    "custom_domain_mail_settings",
    "custom_domain_allow_neutralized",
    "custom_domain_install_modules",
    "custom_domain_gate",
    "custom_domain_partners",
    "custom_domain_test_mailbox",
    "custom_domain_set_stats",
    "custom_domain_severity",
    "custom_domain_reports",
    "custom_domain_report_only",
    "custom_domain_baseline",
    "custom_domain_accepted",
    "custom_domain_plan",
    "custom_domain_plan_expires",
    "custom_domain_max_changed",
    "custom_domain_allow",
    "custom_domain_lint_dns",
)
# Variables of the playbooks, and those that the role sets
_OTHER_VARIABLES = (
    "custom_domain_hosts",
    "custom_domain_result",
    "custom_domain_backup_file",
    "custom_domain_restore_force",
    "custom_domain_audit",
)
_KNOWN = frozenset((*VARIABLES, *_OTHER_VARIABLES))
_PREFIX = "custom_domain_"
_NEAR = 2  # edits


@functools.lru_cache(maxsize=4096)  # all hosts have the same names
def meant(name: str) -> str:
    """The variable that a misspelt name probably means, within two edits; else empty."""
    if name in _KNOWN:
        return ""
    distances = {one: _distance(_singular(name), _singular(one)) for one in _KNOWN}
    best = min(_KNOWN, key=lambda one: distances[one])
    # in a short name such as mx or ttl, two edits would change nearly all of it
    allowed = _NEAR if len(best) - len(_PREFIX) > _NEAR + 1 else 1
    return best if distances[best] <= allowed else ""


def misspelt(names: Iterable[str]) -> str:
    """A sentence if names are probably misspelt variables of the role, which would have no effect; else empty."""
    wrong = {name: meant(name) for name in names}
    return " ".join(
        f"The role custom_domain has no variable {name}: write {right}." for name, right in wrong.items() if right
    )


def unknown_variables(names: Iterable[str]) -> list[str]:
    """The names with the role's prefix that are not its variables: the user's own, or misspelt."""
    return sorted(name for name in names if name.startswith(_PREFIX) and name not in _KNOWN and not meant(name))


def _singular(name: str) -> str:
    return re.sub(r"(ies|y)$", "y", name)


def _distance(one: str, other: str) -> int:
    """The edit distance: letters missing, added, replaced or swapped with their neighbour."""
    if abs(len(one) - len(other)) > _NEAR:
        return _NEAR + 1
    before, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, start=1):
        last, before, row = before, row, [i]
        for j, theirs in enumerate(other, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != theirs))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == theirs:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


def no_companies(values: Mapping[str, Any]) -> str:
    """A sentence if an Odoo is given without companies, unless on purpose; else empty."""
    if not values.get("custom_domain_odoo") or values.get("custom_domain_companies") is not None:
        return ""
    return (
        "custom_domain_odoo is given, but custom_domain_companies is not, so no company would get the domain. Name the "
        "companies as Odoo has them, or write custom_domain_companies: [] if no company should get it."
    )


def stated_twice(plans: Sequence[HostPlan]) -> dict[str, str]:
    """By host, a sentence if another host has the same domain."""
    hosts: dict[str, list[HostPlan]] = {}
    for plan in plans:
        hosts.setdefault(ascii_domain(plan.domain), []).append(plan)
    return {
        plan.host: (
            f"The domain {plan.domain} belongs to the hosts {', '.join(one.host for one in same)}. Nothing was done "
            "for any of them: keep one, with everything that the domain needs."
        )
        for same in hosts.values()
        if len(same) > 1
        for plan in same
    }


def invalid(plan: HostPlan) -> str:
    """Which variables of a host would be refused after the first write; else empty. Needs dnspython."""
    from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.check import Waiting
    from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.expectations import expectation

    try:
        Waiting(plan.wait_timeout, plan.wait_interval)
        for item in (plan.checked, *plan.partner_domains):
            expectation(item)
    except PostmasterError as error:
        return f"{plan.domain}: {error}"
    return ""


def missing_library(needs_odoo: bool) -> str:
    """What is missing in the Python that runs Ansible, and so the role; else empty."""
    wanted: Mapping[str, str] = {"dns": "dnspython", **({"requests": "requests"} if needs_odoo else {})}
    missing = [package for module, package in wanted.items() if find_spec(module) is None]
    if not missing:
        return ""
    return (
        f"The role runs in Ansible's own Python, {sys.executable}, which does not have "
        f"{' and '.join(missing)}: install it there ({sys.executable} -m pip install {' '.join(missing)}). "
        "Nothing was done. Setting ansible_python_interpreter for localhost does not help here."
    )
