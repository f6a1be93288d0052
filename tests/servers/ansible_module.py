# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module's main() in this process as Ansible would, and return its answer."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings


def run_module(name: str, options: Mapping[str, Any], check: bool = False) -> dict[str, Any]:
    """The result of ``postmaster.mail.NAME`` with these options in diff mode; a failure has ``failed`` and ``msg``."""
    module = importlib.import_module(f"ansible_collections.postmaster.mail.plugins.modules.{name}")
    result = run_main(module.main, options, check)
    result.pop("invocation", None)
    # newer versions return more than the text
    result["warnings"] = list(warnings.get_warning_messages())
    return result


def run_main(main: Callable[[], None], options: Mapping[str, Any], check: bool = False) -> dict[str, Any]:
    """The answer of a module's main(), as the controller receives it."""
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": True, "_ansible_remote_tmp": "/tmp"}
    output = io.StringIO()
    with contextlib.ExitStack() as stack:
        text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
        stack.enter_context(mock.patch.object(basic, "_ANSIBLE_ARGS", text))
        if hasattr(basic, "_ANSIBLE_PROFILE"):
            stack.enter_context(mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy"))
        # if a test has loaded Ansible's plugins in this process, warnings would be displayed instead of returned
        with contextlib.suppress(ImportError):
            from ansible.module_utils import _internal

            if hasattr(_internal, "is_controller"):
                stack.enter_context(mock.patch.object(_internal, "is_controller", False))
        warnings._global_warnings.clear()
        stack.enter_context(contextlib.redirect_stdout(output))
        stack.enter_context(contextlib.suppress(SystemExit))
        main()
    result: dict[str, Any] = json.loads(output.getvalue().strip().splitlines()[-1])
    return result
