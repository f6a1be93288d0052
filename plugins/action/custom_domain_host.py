# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.postmaster.mail.plugins.plugin_utils import gate, outcome, validation, verification, wish

display = Display()

# The names that the role gives to the results of its steps
WISH = "__custom_domain_wish"
PUBLISHED = "__custom_domain_published"
SEEN = "__custom_domain_seen"
CONFIGURED = "__custom_domain_configured"
ROUTES = "__custom_domain_routes"
SEEN_BELOW = "__custom_domain_seen_below"
PROOFS = "__custom_domain_proofs"
PREFLIGHT = "__custom_domain_preflight"
# What all hosts of the batch want (vars/main.yml)
WISHES = "__custom_domain_wishes"


class ActionModule(ActionBase):
    """One host's part of the role custom_domain; it runs here, a few milliseconds, and connects to nothing."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset(("step", "severity", "report"))
    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Mapping[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        variables: Mapping[str, Any] = task_vars or {}
        steps = {
            "collect": self._collect,
            "records": self._records,
            "below": self._below,
            "preflight": self._preflight,
            "odoo": self._odoo,
            "judge": self._judge,
            "tell": self._tell,
        }
        step = steps.get(self._task.args.get("step"))
        if step is None:
            raise AnsibleActionFail(f"step must be one of {', '.join(steps)}.")
        result.update(step(variables))
        return result

    def _collect(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        given, refused = self._given(variables)
        folder = str(variables.get("inventory_dir") or os.getcwd())
        collected = wish.collect(str(variables["inventory_hostname"]), given, folder)
        collected["started_in"] = os.getcwd()
        if refused:
            collected["refused"] = refused
        strategy = str(self._task.get_play().strategy)
        if strategy.endswith(("free", "host_pinned")):
            collected["refused"] = (
                f"This play has strategy: {strategy}, with which each host would do the work of all. The role "
                "custom_domain needs strategy: linear, which is what Ansible does if nothing is said."
            )
        # registered and no fact: a fact cache would put the passwords on the disk
        return {"changed": False, **collected}

    def _given(self, variables: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """The variables of the role as they are valid, and what is wrong with them if they are not."""
        given = {}
        for name in wish.VARIABLES:
            try:
                if name in variables:
                    given[name] = self._templar.template(variables[name])
            except AnsibleError as error:
                return {}, f"{name}: {error}"
        refused = validation.fault(given)
        return ({}, f"{variables['inventory_hostname']}: {refused}.") if refused else (given, "")

    def _records(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        done = outcome.records(self._wish(variables), variables.get(PUBLISHED))
        unknown = wish.unknown_variables(variables)
        if unknown:
            done.setdefault("warnings", []).append(
                f"{', '.join(unknown)}: the role custom_domain has no such variable, so it does nothing."
            )
        if "manual" in done:
            _show(self._wish(variables)["domain"], done["manual"]["zone_file"])
        return done

    def _odoo(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        # where nobody waits, what cannot be seen yet is no failure
        waits = not self._task.check_mode and "verify" not in variables.get("ansible_skip_tags", ())
        seen = variables.get(SEEN) if waits else None
        done = outcome.final(
            self._wish(variables), seen, variables.get(CONFIGURED), variables.get(PREFLIGHT, {}).get("hosts")
        )
        for step in done.get("next_steps", ()):
            display.display(f"\nFor {self._wish(variables)['domain']}: {step}\n")
        if done.get("redirections"):
            _show_redirections(self._wish(variables)["domain"], done["redirections"])
        return done

    def _below(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {"changed": False, "places": gate.places_below(self._wishes(variables), variables.get(ROUTES))}

    def _preflight(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        hosts = gate.decide(self._wishes(variables), _all_seen(variables), variables.get(ROUTES))
        return {"changed": False, "hosts": hosts, "held": [host for host, share in hosts.items() if share["held"]]}

    def _judge(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        severity = verification.threshold(self._task.args.get("severity"))
        hosts = verification.judge(
            self._wishes(variables), _all_seen(variables), variables.get(ROUTES), variables.get(PROOFS)
        )
        path = str(self._task.args.get("report") or "")
        if path:
            verification.write(path, hosts, severity)
        return {"changed": False, "hosts": hosts}

    def _tell(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        wanted = self._wish(variables)
        if wanted["refused"]:
            return {"changed": False, "failed": True, "msg": wanted["refused"]}
        share = variables.get(PREFLIGHT, {}).get("hosts", {}).get(wanted["host"])
        if share is None:
            raise AnsibleActionFail("The step judge of the role custom_domain has not run.")
        display.display("\n".join(verification.lines(share)) + "\n")
        return verification.result(share, verification.threshold(self._task.args.get("severity")))

    def _wishes(self, variables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        wishes: list[Mapping[str, Any]] = self._templar.template(variables[WISHES])
        return wishes

    @staticmethod
    def _wish(variables: Mapping[str, Any]) -> Mapping[str, Any]:
        if WISH not in variables:
            raise AnsibleActionFail("The step collect of the role custom_domain has not run on this host.")
        collected: Mapping[str, Any] = variables[WISH]
        return collected


def _all_seen(variables: Mapping[str, Any]) -> dict[str, Any]:
    """What was seen of the domains, and of those below them as which mail leaves."""
    return {"results": [one for name in (SEEN, SEEN_BELOW) for one in variables.get(name, {}).get("results", ())]}


def _show_redirections(domain: str, redirections: Sequence[Mapping[str, str]]) -> None:
    """What an administrator of the mail server enters there."""
    display.display(f"\nLet the mail server of {domain} redirect, with a mailbox or alias for each:\n")
    display.display("".join(f"    {one['from']} -> {one['to']}\n" for one in redirections))


def _show(domain: str, lines: str) -> None:
    """Records as a person copies them: plain text, not the escaped text of a result."""
    display.display(f"\nEnter these records where the DNS of {domain} is held:\n")
    display.display("".join(f"    {line}\n" for line in lines.splitlines()))
