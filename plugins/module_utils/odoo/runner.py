# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common end of the modules that write: run ``mail``, which is independent of Ansible, and return its result."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from .. import interrupts
from ..no_log import end, warn
from ..printable import printable, printed
from . import mail
from .connection import connected

_OF_THE_RUN = ("odoo", "allow_neutralized", "install_modules")


def run_one(module: AnsibleModule, resource: str) -> None:
    """End a single-record module. ``resource``: the option of odoo_mail for its entry."""
    params = module.params
    desired = {key: value for key, value in params.items() if key not in _OF_THE_RUN}
    options = mail.MailOptions.of({**params, resource: [desired]}, module.check_mode)
    done = connected(module, lambda odoo: mail.run(odoo, options))
    change = done.changes[0]
    warn(module, done.warnings)
    result: dict[str, Any] = {"changed": change.changed, **change.facts()}
    if done.resources[resource].has_ids:
        result["id"] = change.record_id
    if change.changed and module._diff:
        result["diff"] = change.diff()
    if change.failure is not None:
        module.fail_json(msg=printable(change.failure), **printed(result))
    module.exit_json(**printed(result))


def run_batch(module: AnsibleModule) -> None:
    """End the batch module, which fails only if the whole call fails."""
    options = mail.MailOptions.of(module.params, module.check_mode)
    done = connected(module, lambda odoo: mail.run(odoo, options))
    if interrupts.happened():
        module.log(interrupts.log_line(f"{one.resource} {one.name}" for one in done.changes if one.changed))
    warn(module, done.warnings)
    answer = done.as_dict()
    if not module._diff:
        del answer["diff"]
    end(module, answer)
