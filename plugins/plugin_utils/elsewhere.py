# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run modules on another host than the controller, or as another user."""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from ansible import constants
from ansible.executor.task_executor import TaskExecutor
from ansible.plugins.action import ActionBase

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts

from .worker import end_descendants


class Elsewhere:
    """Runs a module as ``delegate_to`` would, with the connection settings of the task and the host."""

    def __init__(self, action: ActionBase, variables: Mapping[str, Any]) -> None:
        self._action = action
        self._variables = dict(variables)
        self._hostvars = variables["hostvars"]
        self._becomes = bool(action._task.become)
        self._running = 0

    def is_elsewhere(self, run_on: str) -> bool:
        """Whether work there needs a module; other work is done in this process."""
        if self._becomes or run_on not in constants.LOCALHOST:
            return True
        host = self._hostvars.raw_get(run_on)
        said = host.get("ansible_connection") if isinstance(host, Mapping) else None
        return said not in (None, "local", "ansible.builtin.local")

    @contextlib.contextmanager
    def ended_with_us(self) -> Iterator[None]:
        """End modules that still run if the run is interrupted; they report what they have done."""
        try:
            yield
        finally:
            if self._running and (interrupts.happened() or sys.exc_info()[0] is not None):
                end_descendants()

    def run(self, module: str, options: Mapping[str, Any], run_on: str, check_mode: bool) -> dict[str, Any]:
        """The module's result; ``msg`` says what went wrong."""
        task = self._action._task.copy(exclude_parent=True, exclude_tasks=True)
        task._parent = self._action._task._parent
        settings: dict[str, Any] = {
            "action": module,
            "args": dict(options),
            "delegate_to": run_on,
            "check_mode": check_mode,
            "no_log": False,  # secret options are marked in their specs, and errors must stay visible
            "register": None,
            "when": [],
            "module_defaults": [],
            "timeout": 0,
            "run_once": False,
        }
        for name, value in settings.items():
            setattr(task, name, value)
        task._resolved_action = module
        known = {
            "host": self._hostvars._inventory.get_host(self._variables["inventory_hostname"]),
            "task": task,
            "job_vars": self._variables.copy(),
            "play_context": self._action._play_context.copy(),
            "new_stdin": None,
            "loader": self._action._loader,
            "shared_loader_obj": self._action._shared_loader_obj,
            "final_q": _Silent(),
            "variable_manager": self._hostvars._variable_manager,
        }
        wanted = inspect.signature(TaskExecutor.__init__).parameters
        with _context_of(task, known["job_vars"], self._variables["inventory_hostname"]):
            self._running += 1
            try:
                answer = TaskExecutor(**{name: value for name, value in known.items() if name in wanted}).run()
            finally:
                self._running -= 1
        answer = answer if isinstance(answer, Mapping) else answer.as_result_dict()
        return {name: value for name, value in answer.items() if not name.startswith("_ansible")}


def _context_of(task: Any, variables: dict[str, Any], host: str) -> contextlib.AbstractContextManager[Any]:
    """Set the task for a newer executor and its templates, which would otherwise take the role's task."""
    try:
        from ansible._internal._task import TaskContext
    except ImportError:  # ansible-core 2.18
        return contextlib.nullcontext()
    create = getattr(TaskContext, "create", None)  # 2.21 and newer
    context: contextlib.AbstractContextManager[Any] = create(task, variables, host) if create else TaskContext(task)
    return context


class _Silent:
    """Swallows what a running task would send to the callbacks."""

    def __getattr__(self, name: str) -> Any:
        return lambda *dummy, **dummies: None
