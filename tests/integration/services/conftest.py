# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending services that look into the DNS of the tests, and accounts at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import botocore.loaders
import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.providers import aws, http
from ansible_collections.postmaster.mail.tests.servers.nameserver import Nameserver
from ansible_collections.postmaster.mail.tests.simulators.services.amazon_ses import Account, AmazonSesSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.brevo import BrevoSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailgun import MailgunSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.mailjet import MailjetSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.postmark import PostmarkSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.scaleway import ScalewaySimulator
from ansible_collections.postmaster.mail.tests.simulators.services.sendgrid import SendGridSimulator
from ansible_collections.postmaster.mail.tests.simulators.services.service_api import PublicDns

_LOADER = botocore.loaders.create_loader()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (http, aws):
        monkeypatch.setattr(module, "BACKOFF", 0.01)


@pytest.fixture(autouse=True)
def models_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3 reads the model of an API anew for each session, which is most of what a run costs."""
    monkeypatch.setattr("botocore.session.create_loader", lambda *dummy: _LOADER)


@pytest.fixture
def ses(nameserver: Nameserver) -> Iterator[AmazonSesSimulator]:
    with AmazonSesSimulator(PublicDns(nameserver.address)) as simulator:
        yield simulator


@pytest.fixture
def ses_account(ses: AmazonSesSimulator) -> Account:
    return ses.add_account()


@pytest.fixture
def ses_options(ses: AmazonSesSimulator, ses_account: Account) -> dict[str, Any]:
    """The ``account`` option that opens it."""
    return {
        "region": "eu-west-1",
        "access_key": ses_account.access_key,
        "secret_key": ses_account.secret_key,
        "endpoint": ses.endpoint,
        "rate_limit": 1000.0,
    }


@pytest.fixture
def mailgun(nameserver: Nameserver) -> Iterator[MailgunSimulator]:
    with MailgunSimulator(PublicDns(nameserver.address), "eu") as simulator:
        yield simulator


@pytest.fixture
def mailgun_us(nameserver: Nameserver) -> Iterator[MailgunSimulator]:
    """The other region, which knows neither its domains nor its keys."""
    with MailgunSimulator(PublicDns(nameserver.address), "us") as simulator:
        yield simulator


@pytest.fixture
def mailgun_options(mailgun: MailgunSimulator) -> dict[str, Any]:
    """The ``account`` option that opens it."""
    return {"region": "eu", "api_key": mailgun.add_key(), "endpoint": mailgun.endpoint, "rate_limit": 1000.0}


@pytest.fixture
def sendgrid(nameserver: Nameserver) -> Iterator[SendGridSimulator]:
    with SendGridSimulator(PublicDns(nameserver.address)) as simulator:
        yield simulator


@pytest.fixture
def sendgrid_options(sendgrid: SendGridSimulator) -> dict[str, Any]:
    """The ``account`` option that opens it."""
    return {"region": "global", "api_key": sendgrid.add_key(), "endpoint": sendgrid.endpoint, "rate_limit": 1000.0}


@pytest.fixture
def brevo(nameserver: Nameserver) -> Iterator[BrevoSimulator]:
    with BrevoSimulator(PublicDns(nameserver.address)) as simulator:
        yield simulator


@pytest.fixture
def brevo_options(brevo: BrevoSimulator) -> dict[str, Any]:
    """The ``account`` option that opens it."""
    return {"api_key": brevo.add_key(), "endpoint": brevo.endpoint, "rate_limit": 1000.0}


@pytest.fixture
def mailjet(nameserver: Nameserver) -> Iterator[MailjetSimulator]:
    with MailjetSimulator(PublicDns(nameserver.address)) as simulator:
        yield simulator


@pytest.fixture
def mailjet_options(mailjet: MailjetSimulator) -> dict[str, Any]:
    """The ``account`` option that opens it."""
    key, secret = mailjet.add_pair()
    return {"api_key": key, "secret_key": secret, "endpoint": mailjet.endpoint, "rate_limit": 1000.0}


@pytest.fixture
def postmark(nameserver: Nameserver) -> Iterator[PostmarkSimulator]:
    with PostmarkSimulator(PublicDns(nameserver.address)) as simulator:
        yield simulator


@pytest.fixture
def postmark_options(postmark: PostmarkSimulator) -> dict[str, Any]:
    """The ``account`` option that opens it."""
    return {"account_token": postmark.add_token(), "endpoint": postmark.endpoint, "rate_limit": 1000.0}


@pytest.fixture
def scaleway(nameserver: Nameserver) -> Iterator[ScalewaySimulator]:
    with ScalewaySimulator(PublicDns(nameserver.address)) as simulator:
        yield simulator


@pytest.fixture
def scaleway_options(scaleway: ScalewaySimulator) -> dict[str, Any]:
    """The ``account`` option that opens it."""
    return {
        "secret_key": scaleway.add_key(), "project_id": scaleway.project, "endpoint": scaleway.endpoint,
        "rate_limit": 1000.0,
    }  # fmt: skip
