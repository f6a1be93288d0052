# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common end of the Odoo modules: connect, run, and answer Ansible."""

from __future__ import annotations

import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..errors import PostmasterError
from ..libraries import require_dnspython
from . import mail
from .client import Odoo
from .kind import Choices
from .many_secrets import end


def run_one(module: AnsibleModule, kind: str) -> None:
    """End a single-record module; ``kind`` is the option of odoo_mail that takes its wish."""
    params = module.params
    wish = {key: value for key, value in params.items() if key not in ("odoo", "allow_neutralized", "install_modules")}
    done, dummy = _run(module, {kind: [wish]})
    step = done.steps[0]
    for warning in step.warnings:
        module.warn(warning)
    result: dict[str, Any] = {"changed": step.changed, **step.facts()}
    if done.kinds[kind].has_ids:
        result["id"] = step.record_id
    if step.changed:
        result["diff"] = step.diff()
    if step.failure is not None:
        module.fail_json(msg=step.failure, **result)
    module.exit_json(**result)


def run_batch(module: AnsibleModule) -> None:
    """End the batch module: it fails only for what concerns the whole call."""
    done, odoo = _run(module, {kind.option: module.params.get(kind.option) or [] for kind in mail.KINDS})
    for step in done.steps:
        for warning in step.warnings:
            module.warn(warning)
    result = dict(
        changed=done.changed,
        diff=[step.diff() for step in done.steps if step.changed],
        owners=done.owners(),
        failed_items=[step.name for step in done.steps if step.failure is not None],
        api_calls=odoo.calls,
        api_writes=odoo.writes,
        odoo_version=odoo.version,
        **{option: {step.name: step.result() for step in kind.steps} for option, kind in done.kinds.items()},
    )
    end(module, result)


def _run(module: AnsibleModule, wishes: dict[str, Any]) -> tuple[mail.MailRun, Odoo]:
    require_dnspython(module)
    choices = Choices(
        allow_neutralized=bool(module.params.get("allow_neutralized")),
        install_modules=bool(module.params.get("install_modules")),
        purge=bool(module.params.get("purge")),
        check_mode=module.check_mode,
    )
    try:
        odoo = Odoo.connect(module.params["odoo"])
        done = mail.run(odoo, wishes, choices)
    except ImportError:
        module.fail_json(msg=missing_required_lib("requests"), exception=traceback.format_exc())
        raise
    except PostmasterError as error:
        module.fail_json(msg=str(error))
        raise
    return done, odoo
