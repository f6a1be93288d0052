# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common end of the Odoo modules: connect, call the function that does the work, and answer Ansible.

``mail.run``, ``planned_routes`` and ``database_routes`` are these functions; they know nothing of Ansible, and take
typed options and a database that somebody logged in to.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any, TypeVar

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ..errors import PostmasterError
from ..libraries import require_dnspython
from ..no_log import end, warn
from ..printable import printable, printed
from . import mail
from .database.client import Odoo
from .routing.planned_routes import planned_routes
from .routing.route_info import DatabaseRoutes, RouteOptions, database_routes

_Answer = TypeVar("_Answer")
_OF_THE_RUN = ("odoo", "allow_neutralized", "install_modules")


def run_one(module: AnsibleModule, resource: str) -> None:
    """End a single-record module; ``resource`` is the option of odoo_mail that takes its entry."""
    params = module.params
    desired = {key: value for key, value in params.items() if key not in _OF_THE_RUN}
    options = mail.MailOptions.of({**params, resource: [desired]}, module.check_mode)
    done = _connected(module, lambda odoo: mail.run(odoo, options))
    change = done.changes[0]
    warn(module, done.warnings)
    result: dict[str, Any] = {"changed": change.changed, **change.facts()}
    if done.resources[resource].has_ids:
        result["id"] = change.record_id
    if change.changed:
        result["diff"] = change.diff()
    if change.failure is not None:
        module.fail_json(msg=printable(change.failure), **printed(result))
    module.exit_json(**printed(result))


def run_batch(module: AnsibleModule) -> None:
    """End the batch module: it fails only for what concerns the whole call."""
    options = mail.MailOptions.of(module.params, module.check_mode)
    done = _connected(module, lambda odoo: mail.run(odoo, options))
    warn(module, done.warnings)
    end(module, done.as_dict())


def report_routes(module: AnsibleModule) -> None:
    """End the module that tells the routes of a database."""
    options = RouteOptions.of(module.params)
    _tell(module, lambda odoo: database_routes(odoo, options))


def report_plan(module: AnsibleModule) -> None:
    """End the module that tells the routes as they would be after the batch module. Its warnings are not repeated."""
    plan, options = mail.MailOptions.of(module.params, check_mode=True), RouteOptions.of(module.params)
    _tell(module, lambda odoo: planned_routes(odoo, plan, options))


def _tell(module: AnsibleModule, ask: Callable[[Odoo], DatabaseRoutes]) -> None:
    def told(odoo: Odoo) -> dict[str, Any]:
        return {**ask(odoo).as_dict(), "odoo_version": odoo.version, "api_calls": odoo.calls}

    module.exit_json(changed=False, **printed(_connected(module, told)))


def _connected(module: AnsibleModule, work: Callable[[Odoo], _Answer]) -> _Answer:
    require_dnspython(module)
    try:
        return work(Odoo.connect(module.params["odoo"]))
    except ImportError:
        module.fail_json(msg=missing_required_lib("requests"), exception=traceback.format_exc())
        raise
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
        raise
