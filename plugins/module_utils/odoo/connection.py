# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database that a module's options name, for the function that does its work."""

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
    """What the work gives, once logged in. Ends the module where that cannot be, or where the work fails as a whole."""
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
