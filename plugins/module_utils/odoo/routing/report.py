# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The common end of the modules that show mail routes."""

from __future__ import annotations

from typing import Callable

from ansible.module_utils.basic import AnsibleModule

from ...printable import printed
from ..connection import connected
from ..database.client import Odoo
from .route_info import DatabaseRoutes, RouteOptions


def report_routes(module: AnsibleModule, routes: Callable[[Odoo, RouteOptions], DatabaseRoutes]) -> None:
    """End a module that shows a database's routes, current or planned."""
    options = RouteOptions.of(module.params)

    def report(odoo: Odoo) -> dict[str, object]:
        return {**routes(odoo, options).as_dict(), "odoo_version": odoo.version, "api_calls": odoo.calls}

    module.exit_json(changed=False, **printed(connected(module, report)))
