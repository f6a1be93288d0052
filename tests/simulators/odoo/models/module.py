# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ir.module.module: installing a module adds its fields and choices at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Model, public

if TYPE_CHECKING:
    from ..environment import Environment


_RELOAD = {"type": "ir.actions.act_url", "target": "self", "url": "/odoo"}


class Module(Model):
    order = "name"

    @public
    def button_immediate_install(self, env: Environment, ids: Any) -> Any:
        for key in ids:
            env.write(self.name, [key], {"state": "installed"})
            env.database.install(env.tables[self.name][key]["name"])
        return dict(_RELOAD)

    @public
    def button_immediate_uninstall(self, env: Environment, ids: Any) -> Any:
        """Servers that signed in with its tokens now sign in with a password, and stay active."""
        for key in ids:
            name = env.tables[self.name][key]["name"]
            env.write(self.name, [key], {"state": "uninstalled"})
            lost = {"google_gmail": "gmail", "microsoft_outlook": "outlook"}.get(name)
            for server in list(env.tables["ir.mail_server"].values()):
                if lost and server.get("smtp_authentication") == lost:
                    env.database.put("ir.mail_server", server["id"], {**server, "smtp_authentication": "login"})
            env.database.uninstall(name)
        return dict(_RELOAD)
