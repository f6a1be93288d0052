# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of the role in Ansible's own process: from what the hosts collected to what each of them reports."""

from __future__ import annotations

import contextlib
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ansible.plugins.action import ActionBase

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.printable import printable_lines

from . import checks, parts
from .environment import environ
from .values import is_true, stated
from .worker import watch_parent

if TYPE_CHECKING:
    from .batch import Batch
    from .report import HostReport

Collected = Mapping[str, Any]
ROLLOUT, PLAN, VERIFY, LINT = "rollout", "plan", "verify", "lint"


class Run:
    """``collected``: by each host for itself. ``say``: shows progress to people."""

    def __init__(
        self,
        action: ActionBase,
        variables: Mapping[str, Any],
        collected: Sequence[Collected],
        say: Callable[[str], None],
    ) -> None:
        self._action = action
        self._variables = variables
        self._collected = collected
        self._say = say
        self._results: dict[str, dict[str, Any]] = {}
        self._refused: list[HostReport] = []

    def reports(self, goal: str) -> dict[str, dict[str, Any]]:
        """The report of each host: ``result``, ``diff``, text to ``show``, and ``stats``."""
        for one in self._collected:
            if one["refused"]:
                self._refuse(one["host"], one["refused"])
        left = [one for one in self._collected if not one["refused"]]
        lacking = (
            checks.missing_library(goal != LINT and any(one["values"].get("custom_domain_odoo") for one in left))
            if left
            else ""
        )
        if lacking:
            for one in left:
                self._refuse(one["host"], lacking)
        elif left:
            with environ(left[0]["environment"]):
                self._carry_out(left, goal)
        return self._results

    def _carry_out(self, collected: Sequence[Collected], goal: str) -> None:
        # all of these need the libraries that were just checked
        from . import overview
        from .batch import Batch
        from .elsewhere import Elsewhere
        from .lint import lint
        from .plan_files import PlanFiles
        from .reading import Reading
        from .sender import Refused

        reading = Reading(collected)
        try:
            reading.asked.prepare(filter(None, (str(reading.value(host, "plan") or "") for host in reading.plans)))
        except Refused as refused:
            for host in [one["host"] for one in collected]:
                self._refuse(host, str(refused))
            return
        for note in reading.asked.notes:
            self._say(note)
        plans = bool(self._action._task.check_mode) or goal == PLAN
        kind = goal if goal in (VERIFY, LINT) else PLAN if plans else ROLLOUT
        files = PlanFiles(reading, writes=goal == PLAN, carries_out=goal == ROLLOUT)
        files.open(self._variables["ansible_play_hosts_all"])
        for note in files.notes:
            self._say(note)
        for host, reason in reading.refused.items():
            self._refuse(host, reason)
        for one in self._refused:
            reading.asked.take(one, kind)
        play = self._action._task.get_play()
        tags = self._action._task.tags
        chosen = parts.chosen(tags, play.only_tags, play.skip_tags, everywhere=goal == VERIFY)
        batch = Batch(
            list(reading.plans.values()),
            Elsewhere(self._action, self._variables),
            self._say,
            chosen,
            plans,
            files.approved,
        )
        with _stderr_of_parent() as say_aside, watch_parent() as signals:
            ended = ""
            try:
                if goal == VERIFY and reading.plans:
                    batch.verify(reading.severities)
                elif goal == LINT:
                    lint(batch, reading.severities, [host for host in reading.plans if reading.value(host, "lint_dns")])
                elif reading.plans:
                    batch.roll_out()
            except BaseException as error:  # a task's timeout is not an Exception
                if isinstance(error, (KeyboardInterrupt, SystemExit)) and not interrupts.happened():
                    raise
                ended = _why(error)
            reading.write_results(batch, kind, ended, self._results, files.write)
            self._sum_up(batch, goal)
            if interrupts.happened():
                say_aside(overview.written_until_then([] if plans else list(batch.reports.values()), ended))
        for number in signals:
            signal.raise_signal(number)  # ends the process as it would have ended without us

    def _sum_up(self, batch: Batch, goal: str) -> None:
        """Show messages of many hosts only once, and let the last host show a table of all."""
        from . import overview

        rows = []
        domains = {plan.host: plan.domain for plan in batch.plans}
        has_odoo = {plan.host for plan in batch.plans if plan.odoo is not None}
        for one in self._collected:
            host = one["host"]
            host_report = batch.reports.get(host)
            if host_report is None:
                rows.append(overview.refused(host, self._results[host]["result"]["msg"]))
            elif goal in (VERIFY, LINT):
                rows.append(overview.verified(host_report))
            else:
                rows.append(overview.rolled_out(host_report, host in has_odoo, batch.check_mode))
        results = {one["host"]: self._results[one["host"]]["result"] for one in self._collected}
        overview.say_once(results, {host: domains.get(host, host) for host in results})
        self._results[self._collected[-1]["host"]]["show"] += overview.table(rows)

    def _refuse(self, host: str, reason: str) -> None:
        from .report import HostReport

        host_report = HostReport(host, host)
        host_report.fail(reason)
        self._results[host] = {"result": host_report.result(), "diff": [], "show": "", "stats": {}}
        self._refused.append(host_report)


@contextlib.contextmanager
def _stderr_of_parent() -> Iterator[Callable[[str], None]]:
    """Standard error, for an interrupted run: Ansible prints nothing more from its workers."""
    try:
        descriptor = os.open(f"/proc/{os.getppid()}/fd/2", os.O_WRONLY | os.O_APPEND)
    except OSError:
        descriptor = os.open(os.devnull, os.O_WRONLY)

    def say(text: str) -> None:
        with contextlib.suppress(OSError):
            os.write(descriptor, f"{printable_lines(text)}\n".encode("utf-8", "backslashreplace"))

    try:
        yield say
    finally:
        os.close(descriptor)


def restore(action: ActionBase, variables: Mapping[str, Any], given: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Restore the backup in custom_domain_backup_file, on the machine that manages this host's DNS."""
    from .elsewhere import Elsewhere
    from .host_plan import HERE
    from .reading import Reading

    host = str(variables["inventory_hostname"])
    names = [name for name in variables if name.startswith("c")]
    reading = Reading([{"host": host, "values": given, "folder": folder, "environment": {}, "names": names}])
    if host in reading.refused:
        return {"changed": False, "failed": True, "msg": reading.refused[host]}
    plan = reading.plans[host]
    options = {
        "path": _backup(str(given["custom_domain_backup_file"]), folder if plan.place.run_on == HERE else ""),
        "force": is_true(given.get("custom_domain_restore_force")),
        "dns": stated(plan.dns),
        "nameservers": list(plan.place.nameservers),
    }
    task = action._task
    return Elsewhere(action, variables).run("postmaster.mail.dns_restore", options, plan.place.run_on, task.check_mode)


def audit(given: Mapping[str, Any], say: Callable[[str], None]) -> dict[str, Any]:
    """Report what the public can see of the domains in custom_domain_audit."""
    lacking = checks.missing_library(needs_odoo=False)
    if lacking:
        return {"changed": False, "failed": True, "msg": lacking}
    from .audit import carry_out

    return carry_out(given, say)


def _backup(named: str, folder: str) -> str:
    """The backup file: as typed, or in the current or former folder for backups beside the inventory."""
    typed = os.path.join(os.getcwd(), os.path.expanduser(named))
    places = [os.path.join(folder, *place) for place in ((), (".postmaster", "backups"), ("postmaster-backups",))]
    found = [typed, *(os.path.join(place, named) for place in places if folder)]
    return next((path for path in found if os.path.exists(path)), typed)


def _why(error: BaseException) -> str:
    """Why the work of all hosts ended; of a bug only type and place, because its text could contain a secret."""
    if interrupts.happened():
        return f"the run was interrupted{interrupts.reason()}"
    if "Timeout" in type(error).__name__:
        return f"the run was cut short by the timeout of the task ({error})".replace(".)", ")")
    last = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"a bug in this collection ({type(error).__name__} in {os.path.basename(last.filename)}, line {last.lineno}) "
        "ended the run: report it"
    )
