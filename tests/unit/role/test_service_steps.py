# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts get a registration at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.postmaster.mail.plugins.plugin_utils.host_plan import HostPlan
from ansible_collections.postmaster.mail.plugins.plugin_utils.report import HostReport
from ansible_collections.postmaster.mail.plugins.plugin_utils.service_steps import ServiceSteps

PLANS = [HostPlan(name, name) for name in ("known.example", "right.example", "locked.example", "misled.example")]


class Services:
    """Of which all but the first host are to be registered, and the zone of the last is not the one that is asked."""

    def registers(self, plan: HostPlan) -> bool:
        return plan.host != "known.example"

    def completed(self, plan: HostPlan) -> HostPlan:
        return plan

    def elsewhere(self, plan: HostPlan, zone: str, name_servers: Sequence[str]) -> str:
        assert (zone, name_servers) == (plan.domain, ["ns1.example"])
        return "Nobody would see it." if plan.host == "misled.example" else ""


def test_only_hosts_whose_records_would_be_seen_are_registered() -> None:
    reports = {plan.host: HostReport(plan.host, plan.domain) for plan in PLANS}
    steps = ServiceSteps(Services(), reports, lambda dummy: None, check_mode=False)  # type: ignore[arg-type]

    def rehearse(plans: Sequence[HostPlan]) -> dict[str, Mapping[str, Any]]:
        assert [plan.host for plan in plans] == ["right.example", "locked.example", "misled.example"]
        return {
            plan.host: {"zones": [plan.domain], "name_servers": ["ns1.example"]}
            for plan in plans
            if plan.host != "locked.example"
        }

    left = steps._publishable(list(PLANS), rehearse)
    assert [plan.host for plan in left] == ["known.example", "right.example"]
    assert reports["misled.example"].failures == ["Nobody would see it. Nothing was registered for misled.example."]
