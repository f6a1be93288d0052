# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scaleway: terms that a person accepts, an MX that swallows; judged by Scaleway's own Python client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import registrar
from ansible_collections.postmaster.mail.tests.integration.services.zones import publish
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.scaleway import ScalewaySimulator

DOMAIN = "company.test"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(scaleway_options: dict[str, Any], nameserver: Nameserver, monkeypatch: pytest.MonkeyPatch) -> Run:
    nameserver.set_zone(DOMAIN)
    monkeypatch.setattr(registrar, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(registrar, "SETTLING", 0.2)

    def one(check: bool = False, **options: Any) -> dict[str, Any]:
        shared = {
            "service": "scaleway",
            "account": scaleway_options,
            "nameservers": [nameserver.address],
            "accept_terms": True,
        }
        return run_module("sending_domain", {**shared, "domain": DOMAIN, **options}, check)

    return one


def test_from_nothing_to_a_verified_domain(run: Run, scaleway: ScalewaySimulator, nameserver: Nameserver) -> None:
    assert run(check=True)["known_after_apply"] == ["1 TXT record below _domainkey.company.test"]
    registered = run()
    (item,) = registered["records"]
    assert item["spf"] == {"include": ["_spf.tem.scaleway.com"]} and item["dkim"][0]["selector"] == scaleway.project
    assert item["dmarc"] == {"policy": "none"} and "records" not in item
    assert any("accepts mail and drops it" in one for one in registered["left_out"])
    publish(nameserver, registered["records"])
    assert run(state="verified")["verification"] == "verified"
    again = run(state="verified")
    assert not again["changed"] and again["api_calls"] == 1 and scaleway.calls["check"] == 1


@pytest.mark.parametrize("check", [True, False])
def test_the_terms_are_never_accepted_silently(run: Run, scaleway: ScalewaySimulator, check: bool) -> None:
    told = run(check, accept_terms=False)["msg"]
    assert "a legal act" in told and "accept_terms: true" in told and scaleway.calls["create"] == 0
    scaleway.add_domain(DOMAIN)
    assert not run(accept_terms=False).get("failed"), "what is registered needs no consent"


@pytest.mark.parametrize("fault", ["lost", "reset", 429, 500, "done 500"])
def test_a_registration_that_failed_leads_to_one_domain(run: Run, scaleway: ScalewaySimulator, fault: Any) -> None:
    scaleway.fail("create", fault)
    run()
    assert not run().get("failed") and len(scaleway.domains) == 1 and not run()["changed"]


def test_a_revoked_domain_is_registered_anew(run: Run, scaleway: ScalewaySimulator) -> None:
    run()
    assert "cannot store a mark" in run(state="absent")["msg"]
    assert run(state="absent", delete_unmarked=True)["changed"]
    assert not run(state="absent", delete_unmarked=True)["changed"]
    assert run()["changed"] and len(scaleway.domains) == 2


def test_rights_regions_and_keys(run: Run, scaleway: ScalewaySimulator, scaleway_options: dict[str, Any]) -> None:
    scaleway.keys[scaleway_options["secret_key"]] = False
    assert "needs the permission set TransactionalEmailFullAccess" in run()["msg"]
    scaleway.offered.clear()
    assert "does not offer Transactional Email in the region fr-par" in run()["msg"]
    scaleway.keys.clear()
    told = run()["msg"]
    assert "refuses the credentials" in told and scaleway_options["secret_key"] not in told


@pytest.fixture
def official(scaleway: ScalewaySimulator, scaleway_options: dict[str, Any]) -> Any:
    from scaleway import Client
    from scaleway.tem.v1alpha1 import TemV1Alpha1API

    return TemV1Alpha1API(
        Client(
            access_key="SCWXXXXXXXXXXXXXXXXX", secret_key=scaleway_options["secret_key"], api_url=scaleway.endpoint,
            default_project_id=scaleway.project, default_region="fr-par",
        )
    )  # fmt: skip


def test_the_official_client_sees_what_ours_has_made(official: Any, run: Run, nameserver: Nameserver) -> None:
    publish(nameserver, run()["records"])
    (told,) = official.list_domains_all()
    assert told.name == DOMAIN and official.check_domain(domain_id=told.id).status == "checked"
    assert run()["verification"] == "verified"


def test_ours_finds_what_the_official_client_has_made(official: Any, run: Run, scaleway: ScalewaySimulator) -> None:
    official.create_domain(domain_name=DOMAIN, accept_tos=True, autoconfig=False)
    assert not run()["changed"] and scaleway.calls["create"] == 1


def test_the_official_client_does_all_that_ours_does_and_reads_each_state(
    official: Any, scaleway: ScalewaySimulator, nameserver: Nameserver
) -> None:
    from scaleway.tem.v1alpha1 import DomainStatus
    from scaleway_core.api import ScalewayException

    nameserver.set_zone(DOMAIN)

    def refused(call: Callable[..., Any], **given: Any) -> int:
        with pytest.raises(ScalewayException) as caught:
            call(**given)
        return int(caught.value.status_code or 0)

    assert refused(official.create_domain, domain_name=DOMAIN, accept_tos=False, autoconfig=False) == 400
    made = official.create_domain(domain_name=DOMAIN, accept_tos=True, autoconfig=False)
    assert made.status == DomainStatus.UNCHECKED and official.get_domain(domain_id=made.id) == made
    assert made.records.dkim.name == f"{scaleway.project}._domainkey.{DOMAIN}."
    assert refused(official.create_domain, domain_name=DOMAIN, accept_tos=True, autoconfig=False) == 409
    assert official.check_domain(domain_id=made.id).status == DomainStatus.INVALID
    lines = [f'{one.name} IN TXT "{one.value}"' for one in (made.records.dkim, made.records.spf)]
    nameserver.set_zone(DOMAIN, "\n".join(lines))
    assert official.check_domain(domain_id=made.id).status == DomainStatus.CHECKED
    for status in set(DomainStatus) - {DomainStatus.UNKNOWN, DomainStatus.REVOKED}:
        scaleway.domains[made.id].status = status.value
        (listed,) = official.list_domains_all(name=DOMAIN)
        assert listed.status == status
    assert official.revoke_domain(domain_id=made.id).status == DomainStatus.REVOKED
    assert refused(official.get_domain, domain_id=made.id) == 404
    scaleway.keys.clear()
    assert refused(official.list_domains) == 401
