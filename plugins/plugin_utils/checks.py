# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be known before anything is done: what stops a host, and what is worth a warning."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec

from ansible_collections.postmaster.mail.plugins.module_utils.preflight.model import ascii_domain

from .host_plan import HostPlan

# The variables of the role; the prefix and these names are its public interface.
VARIABLES = (
    "custom_domain_name",
    "custom_domain_companies",
    "custom_domain_senders",
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
    "custom_domain_accepted",
)
# The playbooks and what the role leaves behind
_OTHER_VARIABLES = (
    "custom_domain_hosts",
    "custom_domain_result",
    "custom_domain_backup_file",
    "custom_domain_restore_force",
    "custom_domain_audit",
)


def unknown_variables(names: Iterable[str]) -> list[str]:
    """Those that look like a variable of the role and are none: probably misspelt."""
    known = {*VARIABLES, *_OTHER_VARIABLES}
    return sorted(name for name in names if name.startswith("custom_domain_") and name not in known)


def stated_twice(plans: Sequence[HostPlan]) -> dict[str, str]:
    """By host, that another one has its domain, too."""
    hosts: dict[str, list[HostPlan]] = {}
    for plan in plans:
        hosts.setdefault(ascii_domain(plan.domain), []).append(plan)
    return {
        plan.host: (
            f"The domain {plan.domain} is that of the hosts {', '.join(one.host for one in same)}. Nothing was done "
            "for any of them: leave one, with all that the domain needs."
        )
        for same in hosts.values()
        if len(same) > 1
        for plan in same
    }


def missing_library(needs_odoo: bool) -> str:
    """What the Python that runs Ansible, and so the role, lacks; else empty."""
    wanted: Mapping[str, str] = {"dns": "dnspython", **({"requests": "requests"} if needs_odoo else {})}
    missing = [package for module, package in wanted.items() if find_spec(module) is None]
    if not missing:
        return ""
    return (
        f"The role works in the Python that runs Ansible, {sys.executable}, and it does not have "
        f"{' and '.join(missing)}: install it there ({sys.executable} -m pip install {' '.join(missing)}). "
        "Nothing was done. An ansible_python_interpreter of localhost does not help here."
    )
