# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

# What the batch needs is imported where it is used: two of three tasks run once for each host, each in a process of
# its own, and need nothing of it.

display = Display()

# What the role's tasks register, one after the other: the variables of a host, and then where its report lies. So
# nothing of what was collected is left on a host.
PRIVATE = "__custom_domain"
PREFIX = "custom_domain_"
RENAMED = {"verify_severity": "custom_domain_severity", "verify_report": "custom_domain_reports"}
# Callbacks whose output is read by programs
_FOR_PROGRAMS = ("json", "jsonl", "null")
_ABSENT = object()


class ActionModule(ActionBase):
    """The steps of the role custom_domain. They run in the process of Ansible itself and connect to no host."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("step", "goal"))
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        variables: Mapping[str, Any] = task_vars or {}
        steps = {"collect": self._collect, "batch": self._batch, "report": self._report, "restore": self._restore}
        step = steps.get(self._task.args.get("step"))
        if step is None:
            raise AnsibleActionFail(f"step must be one of {', '.join(steps)}.")
        result.update(step(variables))
        return result

    # -- one host: what it wants

    def _collect(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The variables of the host as one text, which Ansible neither looks into nor templates."""
        host, refused = str(variables["inventory_hostname"]), self._refused(variables)
        values: dict[str, Any] = {}
        if not refused:
            values, refused = self._values(variables)
        collected = {
            "host": host,
            "values": values,
            "refused": refused,
            "folder": str(variables.get("inventory_dir") or os.getcwd()),
            "environment": self._environment(),
            "names": [name for name in variables if name.startswith(PREFIX)],
        }
        # registered and no fact: a fact cache would put the passwords on the disk
        return {"changed": False, "collected": json.dumps(collected, default=str)}

    def _refused(self, variables: Mapping[str, Any]) -> str:
        """Why the role cannot work in this play; else empty."""
        strategy = str(self._task.get_play().strategy)
        if strategy.rpartition(".")[2] in ("free", "host_pinned"):
            return (
                f"This play has strategy: {strategy}, with which each host would do the work of all. The role "
                "custom_domain needs strategy: linear, which is what Ansible does if nothing is said."
            )
        renamed = [f"{old} is called {new} now" for old, new in RENAMED.items() if old in variables]
        return f"{'; '.join(renamed)}: rename it." if renamed else ""

    def _values(self, variables: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The variables of the role, each evaluated once, and what is wrong with one of them."""
        omit = variables.get("omit")
        given: dict[str, Any] = {}
        for name in variables:
            if name.startswith(PREFIX) and name != f"{PREFIX}result":
                try:
                    # what is omitted is left out of a dictionary, and no error there
                    value = self._templar.template({name: variables[name]}).get(name, _ABSENT)
                except AnsibleError as error:
                    return {}, f"{variables['inventory_hostname']}: {name}: {error}"
                if value is not _ABSENT and not _is_omitted(value, omit):
                    given[name] = value
        return given, ""

    def _environment(self) -> dict[str, str]:
        """What the keyword ``environment`` of the play, block or role says."""
        found: dict[str, str] = {}
        for entry in self._task.environment or ():
            templated = self._templar.template(entry)
            if isinstance(templated, Mapping):
                found.update({str(name): str(value) for name, value in templated.items() if value is not None})
        return found

    # -- all hosts

    def _batch(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        from ansible_collections.postmaster.mail.plugins.plugin_utils.run import Run

        place = tempfile.mkdtemp(prefix="custom_domain_", dir=constants.DEFAULT_LOCAL_TMP)
        collected = [json.loads(text) for text in self._all_collected(variables)]
        run = Run(self, variables, collected, say)
        for host, told in run.reports(str(self._task.args.get("goal") or "rollout")).items():
            with open(_report_file(place, host), "w", encoding="utf-8") as file:
                json.dump(told, file, default=str)
        return {"changed": False, "place": place}

    def _all_collected(self, variables: Mapping[str, Any]) -> list[str]:
        """What the hosts of this batch have collected for themselves."""
        found = []
        for host in variables["ansible_play_batch"]:
            told = variables["hostvars"].raw_get(host).get(PRIVATE)
            text = told.get("collected") if isinstance(told, Mapping) else None
            # with run_once, each host has what one of them collected
            if text and json.loads(text)["host"] == host:
                found.append(str(text))
        return found

    # -- one host: what became of it

    def _report(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        host = str(variables["inventory_hostname"])
        refused = self._refused(variables)
        if refused:
            return {"changed": False, "failed": True, "msg": refused}
        path = _report_file(str((variables.get(PRIVATE) or {}).get("place") or ""), host)
        if not os.path.exists(path):
            return {
                "changed": False,
                "failed": True,
                "msg": f"{host} was not reached, because the run was cut short before it. Run again.",
            }
        with open(path, encoding="utf-8") as file:
            told: dict[str, Any] = json.load(file)
        os.unlink(path)
        result: dict[str, Any] = told["result"]
        if told["show"]:
            say(told["show"])
        if self._task.diff and told["diff"]:
            result["diff"] = told["diff"]
            if result["failed"]:  # Ansible shows no diff of a task that failed
                say("".join(one["prepared"] for one in told["diff"]))
        if told["stats"]:
            result["ansible_stats"] = {"data": told["stats"], "per_host": False, "aggregate": True}
        return result

    # -- the playbook restore

    def _restore(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        from ansible_collections.postmaster.mail.plugins.plugin_utils.run import restore

        values, refused = self._values(variables)
        if refused:
            return {"changed": False, "failed": True, "msg": refused}
        return restore(self, variables, values, str(variables.get("inventory_dir") or os.getcwd()))


def say(text: str) -> None:
    """Tell people something; where programs read what Ansible prints, beside it."""
    name = str(constants.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2]
    display.display(text, stderr=name in _FOR_PROGRAMS)


def _is_omitted(value: Any, omit: Any) -> bool:
    """Up to ansible-core 2.18, what is omitted is a text."""
    return isinstance(value, str) and isinstance(omit, str) and value == omit


def _report_file(place: str, host: str) -> str:
    return os.path.join(place, hashlib.sha256(host.encode()).hexdigest()) if place else ""
