# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common end of the Odoo modules: connect, run, and answer Ansible."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import require_dnspython
from ansible_collections.postmaster.mail.plugins.module_utils.no_log import end
from ansible_collections.postmaster.mail.plugins.module_utils.odoo import mail
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.resource import Choices
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.planned_routes import planned_reading
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.read import read_routes
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.route_info import report, report_of

_Answer = TypeVar("_Answer")
# the kinds that decide how mail leaves
_SENDING = ("alias_domains", "outgoing_mail_servers", "settings", "purged")


def run_one(module: AnsibleModule, kind: str) -> None:
    """End a single-record module; ``kind`` is the option of odoo_mail that takes its wish."""
    params = module.params
    wish = {key: value for key, value in params.items() if key not in ("odoo", "allow_neutralized", "install_modules")}
    done, dummy = _run(module, {kind: [wish]})
    step = done.steps[0]
    for warning in step.told_warnings:
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
    done, odoo = _run(module, _wishes(module))
    for step in done.steps:
        for warning in step.told_warnings:
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


def tell_routes(module: AnsibleModule) -> None:
    """End the module that tells the routes of a database."""
    module.exit_json(changed=False, **_connected(module, lambda odoo: report(odoo, module.params)))


def tell_plan(module: AnsibleModule) -> None:
    """End the module that tells the routes as they would be after the batch module. Its warnings are not repeated."""

    def tell(odoo: Odoo) -> dict[str, Any]:
        done = mail.run(odoo, _wishes(module), _choices(module, check_mode=True))
        now = read_routes(odoo, module.params.get("command_line"))
        steps = [step for option in _SENDING for step in done.kinds[option].steps]
        return report_of(odoo, planned_reading(now, steps), module.params)

    module.exit_json(changed=False, **_connected(module, tell))


def _wishes(module: AnsibleModule) -> dict[str, Any]:
    return {kind.option: module.params.get(kind.option) or [] for kind in mail.KINDS}


def _choices(module: AnsibleModule, check_mode: bool) -> Choices:
    return Choices(
        allow_neutralized=bool(module.params.get("allow_neutralized")),
        install_modules=bool(module.params.get("install_modules")),
        purge=bool(module.params.get("purge")),
        check_mode=check_mode,
    )


def _run(module: AnsibleModule, wishes: dict[str, Any]) -> tuple[mail.MailRun, Odoo]:
    return _connected(
        module, lambda odoo: (mail.run(odoo, wishes, _choices(module, check_mode=module.check_mode)), odoo)
    )


def _connected(module: AnsibleModule, work: Callable[[Odoo], _Answer]) -> _Answer:
    require_dnspython(module)
    try:
        return work(Odoo.connect(module.params["odoo"]))
    except ImportError:
        module.fail_json(msg=missing_required_lib("requests"), exception=traceback.format_exc())
        raise
    except PostmasterError as error:
        module.fail_json(msg=str(error))
        raise
