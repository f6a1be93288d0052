# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log in to the database that a module's options name."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TypeVar

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .. import interrupts
from ..errors import PostmasterError
from ..libraries import require_dnspython
from ..printable import printable
from .database.client import Odoo

_Answer = TypeVar("_Answer")


def connected(module: AnsibleModule, work: Callable[[Odoo], _Answer]) -> _Answer:
    """The result of ``work`` on the database. Ends the module if the login or the work as a whole fails."""
    require_dnspython(module)
    interrupts.watch_output()
    try:
        return work(Odoo.connect(module.params["odoo"]))
    except ImportError:
        module.fail_json(msg=missing_required_lib("requests"), exception=traceback.format_exc())
        raise
    except PostmasterError as error:
        module.fail_json(msg=printable(str(error)))
        raise
