# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Odoo databases of many hosts: mail routes before and after the run, and the run's changes."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, NamedTuple

from ansible_collections.postmaster.mail.plugins.module_utils import interrupts
from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.odoo import mail
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.approval import (
    Approved,
    fail_unapproved,
    planned_by_owner,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.client import Odoo
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.planned_change import Difference
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.database.resource import Choices
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.planned_routes import (
    RouteForecast,
    forecast_routes,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.route_info import (
    RouteOptions,
    database_routes,
)
from ansible_collections.postmaster.mail.plugins.module_utils.odoo.routing.routes import CommandLine, SenderRoute
from ansible_collections.postmaster.mail.plugins.module_utils.preflight.judge import ANY_PARTNER

from .desired_odoo import DesiredOdoo
from .host_plan import HostPlan
from .values import once

Share = Mapping[str, Any]
_FRESH = 30.0  # seconds for which a plan counts as current
_MOMENT = 1.0  # seconds in which another run that is configuring Odoo makes progress


class _Planned(NamedTuple):
    """A plan, its hosts, and when it was made."""

    hosts: frozenset[str]
    run: mail.MailRun
    at: float


@dataclass
class Database:
    """A database and the hosts with a part of it. Keeps results, or why there are none."""

    plans: list[HostPlan]
    routes: list[SenderRoute] | None = None
    routes_now: list[SenderRoute] | None = None  # before the run, if they were read
    fault: str = ""
    owners: dict[str, Share] = field(default_factory=dict)
    approved: Approved = field(default_factory=dict)  # by host, the only changes allowed
    _odoo: Odoo | None = None
    _planned: _Planned | None = None

    @property
    def name(self) -> str:
        return self._first.database

    @property
    def connection(self) -> Mapping[str, Any]:
        return self._first.connection

    @property
    def _first(self) -> DesiredOdoo:
        return next(plan.odoo for plan in self.plans if plan.odoo is not None)

    @property
    def command_line(self) -> Mapping[str, str]:
        """The settings in odoo.conf; the gate reports hosts that disagree."""
        return next((plan.command_line for plan in self.plans if plan.command_line), {})

    def disagrees(self, plan: HostPlan) -> str:
        """A sentence if a host states other settings of odoo.conf than those used; else empty."""
        if not plan.command_line or plan.command_line == self.command_line:
            return ""
        taken = next(one.host for one in self.plans if one.command_line)
        return (
            f"custom_domain_odoo_command_line of {plan.host} differs from that of {taken}, which has the same database "
            "and was used. Give it once, for all hosts of the database."
        )

    def read_routes(self) -> None:
        self._ask(lambda odoo: self._keep_routes(database_routes(odoo, self._route_options(self.plans)).routes))

    def compare(self) -> dict[str, list[Difference]]:
        """By host, the differences between Odoo and what it wants; planned like a rollout, without writing."""
        found: dict[str, list[Difference]] = {}
        self._planned = None  # the current state counts
        self._ask(lambda odoo: found.update(self._plan(odoo, self.plans).differences()))
        return found

    def problems(self) -> dict[str, str]:
        """By host, why its part cannot be written, if that can be known in advance."""
        found: dict[str, str] = {}
        self._ask(lambda odoo: found.update(_problems(self._plan(odoo, self.plans))))
        return {plan.host: self.fault for plan in self.plans} if self.fault else found

    def look_ahead(self, ready: Sequence[HostPlan]) -> None:
        """Compute the mail routes after Odoo is configured for these hosts."""
        self.routes = None
        self._ask(
            lambda odoo: self._keep_forecast(forecast_routes(odoo, self._plan(odoo, ready), self._route_options(ready)))
        )

    def is_changing(self, ready: Sequence[HostPlan]) -> bool:
        """Look ahead again a moment later; whether routes differ because somebody else is changing Odoo."""
        seen = self.routes_now, self.routes
        interrupts.pause(_MOMENT)
        self._planned = None
        self.look_ahead(ready)
        return not self.fault and (self.routes_now, self.routes) != seen

    def configure(self, admitted: Sequence[HostPlan], check_mode: bool) -> None:
        """Configure the hosts' parts, or in check mode find out what would change."""
        self._ask(lambda odoo: self.owners.update(self._carried_out(odoo, admitted, check_mode).owners()))

    def _carried_out(self, odoo: Odoo, plans: Sequence[HostPlan], check_mode: bool) -> mail.MailRun:
        if check_mode:
            return self._plan(odoo, plans)
        return mail.run(odoo, self._mail_options(plans, check_mode=False))

    def _plan(self, odoo: Odoo, plans: Sequence[HostPlan]) -> mail.MailRun:
        """The plan for these hosts. All steps of a run share one reading until it is too old."""
        hosts, kept = frozenset(plan.host for plan in plans), self._planned
        if kept is None or kept.hosts != hosts or time.monotonic() - kept.at > _FRESH:
            planned = mail.run(odoo, self._mail_options(plans, check_mode=True))
            kept = self._planned = _Planned(hosts, planned, time.monotonic())
        return kept.run

    def planned(self) -> Approved:
        """By host, the changes of the last plan, in the form of plan files."""
        return planned_by_owner(self._planned.run.changes) if self._planned is not None else {}

    def connected(self) -> Odoo:
        """Raises PostmasterError."""
        if self._odoo is None:
            self._odoo = Odoo.connect(self._first.connection)
        return self._odoo

    def _ask(self, work: Callable[[Odoo], object]) -> None:
        self.fault = ""
        try:
            work(self.connected())
        except PostmasterError as error:
            self.fault = str(error)

    def _keep_routes(self, routes: list[SenderRoute]) -> None:
        self.routes = routes

    def _keep_forecast(self, forecast: RouteForecast) -> None:
        self.routes, self.routes_now = forecast.after.routes, forecast.now.routes

    def _mail_options(self, plans: Sequence[HostPlan], check_mode: bool) -> mail.MailOptions:
        first = self._first
        choices = Choices(
            allow_neutralized=first.allow_neutralized, install_modules=first.install_modules, check_mode=check_mode
        )
        judge = functools.partial(fail_unapproved, approved=self.approved)
        return mail.MailOptions(_desired(plans), choices, judge)

    def _route_options(self, plans: Sequence[HostPlan]) -> RouteOptions:
        partners = once([ANY_PARTNER, *(partner for plan in plans for partner in plan.partners)])
        return RouteOptions(partner_addresses=partners, command_line=CommandLine(**self.command_line))


def databases(plans: Iterable[HostPlan]) -> list[Database]:
    found: dict[object, Database] = {}
    for plan in plans:
        if plan.odoo is not None:
            found.setdefault(plan.odoo.login, Database([])).plans.append(plan)
    return list(found.values())


def _problems(planned: mail.MailRun) -> dict[str, str]:
    return {host: share["msg"] for host, share in planned.owners().items() if share["failed"]}


def _desired(plans: Sequence[HostPlan]) -> dict[str, list[Mapping[str, Any]]]:
    parts = [plan.odoo for plan in plans if plan.odoo is not None]
    return {
        "settings": [one for part in parts for one in part.settings],
        "alias_domains": [part.alias_domain for part in parts],
        "outgoing_mail_servers": [one for part in parts for one in part.servers],
        "incoming_mail_servers": [one for part in parts for one in part.incoming_servers],
    }
