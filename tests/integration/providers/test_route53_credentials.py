# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ``route53`` finds credentials, and reaches AWS: without them, through a proxy, by TLS."""

from __future__ import annotations

import contextlib
import os
import pathlib
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import PostmasterError
from ansible_collections.postmaster.mail.plugins.module_utils.names import record_name
from ansible_collections.postmaster.mail.plugins.module_utils.providers.route53 import api as route53_api
from ansible_collections.postmaster.mail.plugins.module_utils.zone.provider import Provider
from ansible_collections.postmaster.mail.tests.integration.providers.backend import (
    Ensure,
    open_provider,
)
from ansible_collections.postmaster.mail.tests.integration.providers.route53_backend import (
    Route53Backend,
    options,
)
from ansible_collections.postmaster.mail.tests.servers.ansible_module import run_module
from ansible_collections.postmaster.mail.tests.servers.certificates import CertificateAuthority
from ansible_collections.postmaster.mail.tests.servers.tls_proxy import TlsProxy
from ansible_collections.postmaster.mail.tests.simulators.route53 import Route53Simulator


def spf(domain: str) -> Ensure:
    return Ensure(domain, "TXT", "v=spf1 -all")


@contextlib.contextmanager
def opened(options: Mapping[str, Any]) -> Iterator[Provider]:
    provider = open_provider(options)
    yield provider
    provider.close()


@pytest.fixture
def simulator() -> Iterator[Route53Simulator]:
    with Route53Simulator() as running:
        yield running


@pytest.fixture
def backend(simulator: Route53Simulator) -> Route53Backend:
    made = Route53Backend(simulator)
    made.put_zone("company-name.example", [])
    return made


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> pytest.MonkeyPatch:
    """An environment without any settings of AWS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return monkeypatch


def found(options: Mapping[str, Any]) -> str:
    """The id of the zone, or what is said instead."""
    try:
        with opened(options) as provider:
            return provider.get_zone(record_name("company-name.example")).id
    except PostmasterError as error:
        return str(error)


def test_the_environment_holds_credentials_as_for_all_aws_tools(
    backend: Route53Backend, clean: pytest.MonkeyPatch
) -> None:
    clean.setenv("AWS_ACCESS_KEY_ID", backend.account.access_key)
    clean.setenv("AWS_SECRET_ACCESS_KEY", backend.account.secret_key)
    clean.setenv("AWS_DEFAULT_REGION", "eu-west-3")  # Route 53 has one region all the same
    settings = {"provider": "route53", "endpoint": backend.options["endpoint"]}
    assert found(settings) == backend.ids["company-name.example"]
    clean.setenv("AWS_ENDPOINT_URL_ROUTE_53", backend.options["endpoint"])
    assert found({"provider": "route53"}) == backend.ids["company-name.example"]


def test_a_profile_holds_credentials(
    backend: Route53Backend, clean: pytest.MonkeyPatch, tmp_path: pathlib.Path
) -> None:
    account = backend.account
    (tmp_path / "credentials").write_text(
        f"[dns]\naws_access_key_id = {account.access_key}\naws_secret_access_key = {account.secret_key}\n"
    )
    settings = {"provider": "route53", "endpoint": backend.options["endpoint"]}
    assert found({**settings, "profile": "dns"}) == backend.ids["company-name.example"]
    assert "The config profile (other) could not be found" in found({**settings, "profile": "other"})
    clean.setenv("AWS_PROFILE", "dns")
    assert found(settings) == backend.ids["company-name.example"]


def test_no_credentials_are_one_sentence(backend: Route53Backend, clean: pytest.MonkeyPatch) -> None:
    said = found({"provider": "route53", "endpoint": backend.options["endpoint"]})
    assert "Unable to locate credentials" in said
    assert "Check access_key and secret_key, or profile" in said
    assert backend.calls == {}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"secret_key": None}, "access_key and secret_key belong together"),
        ({"access_key": None}, "access_key and secret_key belong together"),
        ({"profile": "dns"}, "are two sets of credentials"),
        ({"access_key": None, "secret_key": None, "session_token": "x"}, "session_token needs an access_key"),
        ({"endpoint": "nonsense"}, "Invalid endpoint: nonsense"),
        ({"ca_path": "/nowhere/ca.pem"}, "ca_path /nowhere/ca.pem does not exist"),
        ({"rate_limit": 0.0}, "rate_limit must be more than 0"),
        ({"endpoint": "https://user:secret@dns.example"}, "endpoint must not contain a user name or password"),
    ],
)
def test_options_that_make_no_sense_are_one_sentence(
    backend: Route53Backend, options: Mapping[str, Any], words: str
) -> None:
    assert words in found({**backend.options, **options})


def test_a_session_token_is_sent(backend: Route53Backend) -> None:
    assert found({**backend.options, "session_token": "temporary"}) == backend.ids["company-name.example"]
    assert backend.account.tokens_seen == {"temporary"}


def test_without_boto3_the_package_is_named(backend: Route53Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert "The Python package boto3 is needed" in found(backend.options)


def test_tls_is_verified(ca: CertificateAuthority, tmp_path: pathlib.Path) -> None:
    with Route53Simulator(ca.issue("127.0.0.1")) as simulator:
        account = simulator.add_account()
        settings = options(simulator, account)
        assert "presents a certificate that is not trusted" in found(settings)
        assert account.calls == {}
        trusted = {**settings, "ca_path": str(ca.ca_path)}
        assert "lies in no zone" in found(trusted)
        assert "lies in no zone" in found({**settings, "validate_certs": False})


def test_the_address_of_aws_is_reached_through_a_proxy_and_verified(
    backend: Route53Backend, ca: CertificateAuthority, clean: pytest.MonkeyPatch
) -> None:
    settings = {**backend.options, "endpoint": None}
    with TlsProxy(ca, {"route53.amazonaws.com": backend.simulator.port}) as proxy:
        for name, value in proxy.environment().items():
            clean.setenv(name, value)
        clean.delenv("REQUESTS_CA_BUNDLE")
        assert "presents a certificate that is not trusted" in found(settings)
        assert found({**settings, "ca_path": str(ca.ca_path)}) == backend.ids["company-name.example"]
        clean.setenv("AWS_CA_BUNDLE", str(ca.ca_path))
        assert found(settings) == backend.ids["company-name.example"]
        assert set(proxy.connected) == {"route53.amazonaws.com"}
    assert f"because the proxy {proxy.url} refuses the connection" in found(settings)


def test_the_options_of_one_account_share_its_rate(backend: Route53Backend) -> None:
    first, second = (
        route53_api.Route53Api({**backend.options, "zone_id": zone_id}, lambda: None) for zone_id in ("Z1", "Z2")
    )
    other = route53_api.Route53Api({**backend.options, "access_key": "AKIAANOTHER"}, lambda: None)
    assert first._limiter is second._limiter
    assert first._limiter is not other._limiter


def test_a_module_writes_and_hides_the_secret(backend: Route53Backend) -> None:
    arguments = {"domain": "company-name.example", "include": ["_spf.odoo.com"], "dns": backend.options}
    result = run_module("spf_record", {**arguments, "nameservers": ["127.0.0.1:1"]})
    assert result["changed"]
    assert backend.account.secret_key not in str(result)
    assert backend.sets("company-name.example")["company-name.example", "TXT"] == (
        3600,
        frozenset({'"v=spf1 include:_spf.odoo.com ~all"'}),
    )
