# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real message that Odoo sends for a host, and its arrival."""

from __future__ import annotations

from typing import Any

from ansible_collections.postmaster.mail.plugins.module_utils.domain_check.findings.finding import ERROR
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.message_trial import MessageTrial, try_message

from .host_plan import HostPlan
from .odoo import Database
from .report import finding

_KEPT = ("passed", "problems", "from_header", "return_path", "delay", "spf", "dkim", "dmarc")
_TIMEOUT = 120


def trial(plan: HostPlan) -> MessageTrial:
    """The test message for a host's test mailbox."""
    mailbox = plan.test_mailbox
    default = str((plan.odoo.alias_domain if plan.odoo else {}).get("default_from") or "notifications")
    return MessageTrial(
        from_address=mailbox.get("from_address") or (default if "@" in default else f"{default}@{plan.domain}"),
        to=mailbox["to"],
        company=plan.companies[0] if plan.companies else None,
        mailbox={"encryption": "tls", "folder": "INBOX", "validate_certs": True, "port": None, "ca_path": None}
        | {name: value for name, value in mailbox.items() if name not in ("to", "from_address", "timeout")},
        timeout=mailbox.get("timeout", _TIMEOUT),
        nameservers=plan.place.nameservers,
        allow_neutralized=plan.odoo is not None and plan.odoo.allow_neutralized,
    )


def prove(plan: HostPlan, database: Database) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The result, and its problems as findings."""
    message = trial(plan)
    try:
        arrived = try_message(database.connected, message)
    except PostmasterError as error:
        return {"msg": str(error)}, [finding("no_message", ERROR, plan.domain, message.from_address, str(error))]
    problems = arrived["problems"]
    found = [finding("message_failed", ERROR, plan.domain, message.from_address, problem) for problem in problems]
    return {name: arrived[name] for name in _KEPT if name in arrived}, found
