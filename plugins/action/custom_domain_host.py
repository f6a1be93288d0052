# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import fcntl
import json
import os
import time
import uuid
from collections.abc import Mapping
from typing import Any, Callable

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.postmaster.mail.plugins.module_utils.printable import printable_lines, printed

# Heavy imports are made where they are needed: nearly all tasks of a run only collect or report, each in its own
# process.

display = Display()

# Both tasks of the role register this name: first a host's variables, then its outcome. So nothing that was collected
# stays on a host.
RESULT = "custom_domain_result"
PREFIX = "custom_domain_"
RENAMED = {"verify_severity": "custom_domain_severity", "verify_report": "custom_domain_reports"}
RENAMED_OF_RESTORE = {"backup": "custom_domain_backup_file", "force": "custom_domain_restore_force"}
# Callbacks whose output is read by programs
_FOR_PROGRAMS = ("json", "jsonl", "null")
_ABSENT = object()
_TICK = 0.1  # seconds between two checks for messages of another process


class ActionModule(ActionBase):
    """The steps of the role custom_domain. They run in Ansible's own process and connect to no host."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("step", "secrets_optional"))
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        variables: Mapping[str, Any] = task_vars or {}
        steps = {
            "collect": self._collect,
            "rollout": self._report,
            "plan": self._report,
            "verify": self._report,
            "lint": self._report,
            "restore": self._restore,
            "audit": self._audit,
        }
        step = steps.get(self._task.args.get("step"))
        if step is None:
            raise AnsibleActionFail(f"step must be one of {', '.join(steps)}.")
        result.update(step(variables))
        return result

    # -- one host: what it wants

    def _collect(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The host's variables as one text, which Ansible neither inspects nor templates."""
        host, refused = str(variables["inventory_hostname"]), self._refused(variables)
        values: dict[str, Any] = {}
        if not refused:
            read = self._values_without_secrets if self._task.args.get("secrets_optional") else self._values
            values, refused = read(variables)
        names = [name for name in variables if name.startswith(PREFIX[0])]  # including misspelt ones
        collected = {
            "host": host,
            "id": uuid.uuid4().hex,
            "values": values,
            "refused": refused,
            "folder": str(variables.get("inventory_dir") or os.getcwd()),
            "environment": self._environment(),
            "names": names,
            "sources": _sources(host, variables) if f"{PREFIX}reports" in variables else {},
        }
        # registered, not a fact: a fact cache would store the passwords on disk
        return {"changed": False, "collected": json.dumps(collected, default=str)}

    def _refused(self, variables: Mapping[str, Any]) -> str:
        """Why the role cannot work in this play; else empty."""
        strategy = str(self._task.get_play().strategy)
        if strategy.rpartition(".")[2] in ("free", "host_pinned"):
            return (
                f"This play has strategy: {strategy}, with which each host would do the work of all hosts. The role "
                "custom_domain needs strategy: linear, Ansible's default."
            )
        renamed = [f"{old} is now called {new}" for old, new in RENAMED.items() if old in variables]
        return f"{'; '.join(renamed)}: rename it." if renamed else ""

    def _values(self, variables: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The role's variables, each evaluated once, and the fault of one of them."""
        omit = variables.get("omit")
        given: dict[str, Any] = {}
        for name in variables:
            if name.startswith(PREFIX) and name != RESULT:
                try:
                    # an omitted value disappears from a dictionary without an error
                    value = self._templar.template({name: variables[name]}).get(name, _ABSENT)
                except AnsibleError as error:
                    return {}, f"{variables['inventory_hostname']}: {name}: {error}"
                if value is not _ABSENT and not _is_omitted(value, omit):
                    given[name] = value
        return given, ""

    def _values_without_secrets(self, variables: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The same if secrets may be unavailable."""
        from ansible_collections.postmaster.mail.plugins.plugin_utils.lenient import Lenient

        omit = variables.get("omit")

        def template(values: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
            found: Mapping[str, Any] = self._templar.copy_with_new_env(available_variables=known).template(dict(values))
            return {name: value for name, value in found.items() if not _is_omitted(value, omit)}

        lenient = Lenient(variables, template)
        values = lenient.values(name for name in variables if name.startswith(PREFIX) and name != RESULT)
        return values, f"{variables['inventory_hostname']}: {' '.join(lenient.faults)}" if lenient.faults else ""

    def _environment(self) -> dict[str, str]:
        """The keyword ``environment`` of the play, block or role."""
        found: dict[str, str] = {}
        for entry in self._task.environment or ():
            templated = self._templar.template(entry)
            if isinstance(templated, Mapping):
                found.update({str(name): str(value) for name, value in templated.items() if value is not None})
        return found

    # -- one host: its outcome, after the first host has done the work of all

    def _report(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        host = str(variables["inventory_hostname"])
        refused = self._refused(variables)
        if refused:
            return {"changed": False, "failed": True, "msg": refused}
        mine = _collected(variables.get(RESULT), host)
        if mine is None:
            return {
                "changed": False,
                "failed": True,
                "msg": f"{host}: the task that collects its variables did not run. Run the role from the beginning.",
            }
        board = Board(os.path.join(constants.DEFAULT_LOCAL_TMP, "custom_domain"))
        everyone = self._everyone(variables)
        if board.claim(mine["id"], everyone):
            self._work(variables, everyone, board)
        return self._as_result(board.wait(mine["id"]), host)

    def _everyone(self, variables: Mapping[str, Any]) -> Callable[[], list[dict[str, Any]]]:
        """What the hosts of this batch have collected and not reported yet."""

        def read() -> list[dict[str, Any]]:
            hosts = variables["ansible_play_batch"]
            found = [_collected(variables["hostvars"].raw_get(host).get(RESULT), host) for host in hosts]
            return [one for one in found if one is not None]

        return read

    def _work(self, variables: Mapping[str, Any], everyone: Callable[[], list[dict[str, Any]]], board: Board) -> None:
        from ansible_collections.postmaster.mail.plugins.plugin_utils.run import Run

        collected = everyone()
        by_host = Run(self, variables, collected, self._say).reports(str(self._task.args["step"]))
        board.post({one["id"]: by_host[one["host"]] for one in collected})

    def _as_result(self, report: dict[str, Any] | None, host: str) -> dict[str, Any]:
        if report is None:
            return {
                "changed": False,
                "failed": True,
                "msg": f"{host} was not reached, because the run was cut short before it. Run again.",
            }
        report = printed(report)
        result: dict[str, Any] = report["result"]
        self._say(report["show"])
        if self._task.diff and report["diff"]:
            result["diff"] = report["diff"]
            if result["failed"]:  # Ansible shows no diff for a failed task
                self._say("".join(one["prepared"] for one in report["diff"]))
        if report["stats"]:
            result["ansible_stats"] = {"data": report["stats"], "per_host": False, "aggregate": True}
        return result

    def _say(self, text: str) -> None:
        """Show people a text; on standard error if programs read Ansible's output."""
        name = str(constants.DEFAULT_STDOUT_CALLBACK).rpartition(".")[2]
        if text and not self._task.no_log:
            display.display(printable_lines(text), stderr=name in _FOR_PROGRAMS)

    # -- the playbook restore

    def _restore(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        from ansible_collections.postmaster.mail.plugins.plugin_utils.run import restore

        values, refused = self._values(variables)
        refused = refused or _unclear(variables, values)
        if refused:
            return {"changed": False, "failed": True, "msg": refused}
        return restore(self, variables, values, str(variables.get("inventory_dir") or os.getcwd()))

    # -- the playbook audit

    def _audit(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        from ansible_collections.postmaster.mail.plugins.plugin_utils.run import audit

        values, refused = self._values(variables)
        if refused:
            return {"changed": False, "failed": True, "msg": refused}
        result: dict[str, Any] = printed(audit(values, self._say))
        return result


def _unclear(variables: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """Why it is unclear which backup or domain is meant; else empty."""
    # on the command line they are meant for the playbook; elsewhere they are the user's own
    typed = getattr(variables["hostvars"]._variable_manager, "extra_vars", {})
    renamed = [f"{old} is now called {new}" for old, new in RENAMED_OF_RESTORE.items() if old in typed]
    if renamed:
        return f"{'; '.join(renamed)}: rename it."
    if not values.get("custom_domain_backup_file"):
        return "Name the backup with -e custom_domain_backup_file=FILE; the rollout lists it in backup_files."
    hosts = variables["ansible_play_hosts_all"]
    if len(hosts) != 1:
        return f"A backup is for one domain, but this run has {len(hosts)}: select one with --limit."
    return ""


def _sources(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    from ansible_collections.postmaster.mail.plugins.plugin_utils.reports.sources import collect

    return collect(host, variables, [name for name in variables if name.startswith(PREFIX)])


def _is_omitted(value: Any, omit: Any) -> bool:
    """Up to ansible-core 2.18, an omitted value is a text."""
    return isinstance(value, str) and isinstance(omit, str) and value == omit


def _collected(registered: Any, host: str) -> dict[str, Any] | None:
    """What a host has collected; with run_once, each host has what one of them collected."""
    text = registered.get("collected") if isinstance(registered, Mapping) else None
    found: dict[str, Any] = json.loads(text) if text else {}
    return found if found.get("host") == host else None


class Board:
    """Where the tasks of a run, each in its own process, exchange results; it ends with the run.

    The first host does the work of all, and the others wait for its results. It contains no secrets.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)

    def claim(self, mine: str, everyone: Callable[[], list[dict[str, Any]]]) -> bool:
        """Whether this process does the work, because no other has started it."""
        with open(os.path.join(self._folder, "lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.path.exists(self._path(mine, "worker")):
                return False
            for one in everyone():
                self._write(one["id"], "worker", os.getpid())
        return True

    def post(self, reports: Mapping[str, Any]) -> None:
        """Publish the report of each host, by id."""
        for one, words in reports.items():
            self._write(one, "new", words)
            os.replace(self._path(one, "new"), self._path(one, "told"))

    def wait(self, mine: str) -> dict[str, Any] | None:
        """Wait for the report of one host; None if the process that should publish it is gone."""
        while not os.path.exists(self._path(mine, "told")):
            worker = self._read(self._path(mine, "worker"))
            if not _is_alive(worker):
                break
            time.sleep(_TICK)
        found: dict[str, Any] | None = self._read(self._path(mine, "told"))
        return found

    def _path(self, one: str, kind: str) -> str:
        return os.path.join(self._folder, f"{one}.{kind}")

    def _write(self, one: str, kind: str, words: Any) -> None:
        with open(self._path(one, kind), "w", encoding="utf-8") as file:
            json.dump(words, file, default=str)

    @staticmethod
    def _read(path: str) -> Any:
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def _is_alive(process: int) -> bool:
    if process == os.getpid():
        return False  # no other process will publish it
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True
