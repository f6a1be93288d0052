# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fetchmail.server: the incoming mail servers."""

from __future__ import annotations

import imaplib
import poplib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..exceptions import UserError
from .base import Model, public
from .consent import CONSENT_PAGES

if TYPE_CHECKING:
    from ..environment import Environment
    from ..search import Record

_TIMEOUT = 10


class FetchmailServer(Model):
    order = "priority, id"
    computed = CONSENT_PAGES

    def defaults(self, env: Environment) -> dict[str, Any]:
        return {
            "active": True,
            "state": "draft",
            "server_type": "imap" if env.version in (16, 18, 19) else "pop",
            "attach": True,
            "priority": 5,
            "script": "/mail/static/scripts/odoo-mailgate.py",
        }

    def validate(self, env: Environment, ids: Sequence[int], changed: set[str]) -> None:
        for key in ids:
            server = env.tables[self.name][key]
            if server["server_type"] in ("gmail", "outlook") and not server.get("is_ssl"):
                raise UserError(f"SSL is required for server \u201c{server['name']}\u201d.")

    @public
    def set_draft(self, env: Environment, ids: Any) -> bool:
        env.write(self.name, ids, {"state": "draft"})
        return True

    @public
    def button_confirm_login(self, env: Environment, ids: Any) -> bool:
        for key in ids:
            _sign_in(env.tables[self.name][key])
            env.write(self.name, [key], {"state": "done"})
        return True


def _sign_in(server: Record) -> None:
    """Log in at a server. Raises UserError."""
    host, port = str(server.get("server") or ""), server.get("port") or 0
    user, password = str(server.get("user") or ""), str(server.get("password") or "")
    try:
        if server["server_type"] == "pop":
            pop = (poplib.POP3_SSL if server.get("is_ssl") else poplib.POP3)(host, port, timeout=_TIMEOUT)
            pop.user(user)
            pop.pass_(password)
            pop.quit()
        elif server["server_type"] == "local":
            # a bug of the real Odoo
            raise UserError(
                "Connection test failed: cannot access local variable 'connection' where it is not associated with a "
                "value"
            )
        else:
            kind = imaplib.IMAP4_SSL if server.get("is_ssl") else imaplib.IMAP4
            imap = kind(host, port, timeout=_TIMEOUT)
            imap.login(user, password)
            imap.logout()
    except (OSError, imaplib.IMAP4.error, poplib.error_proto) as error:
        detail = "\n".join(str(part) for part in error.args) or str(error)
        raise UserError(f"Connection test failed: {detail}") from None
