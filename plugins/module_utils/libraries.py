# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python packages that the collection needs where its modules run."""

from __future__ import annotations

import traceback
from typing import Any

from ansible.module_utils.basic import missing_required_lib

DNSPYTHON_IMPORT_ERROR: str | None
try:
    import dns.name  # noqa: F401

    DNSPYTHON_IMPORT_ERROR = None
except ImportError:
    DNSPYTHON_IMPORT_ERROR = traceback.format_exc()


def require_dnspython(module: Any) -> None:
    """End the module with Ansible's own sentence if dnspython is missing (an AnsibleModule is passed in)."""
    if DNSPYTHON_IMPORT_ERROR is not None:
        module.fail_json(msg=missing_required_lib("dnspython >= 2.3"), exception=DNSPYTHON_IMPORT_ERROR)
