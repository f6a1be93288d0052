# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SMTP password of Amazon SES, checked against the examples of AWS's SDK and of Terraform's provider."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.postmaster.mail.plugins.filter.ses_smtp_password import ses_smtp_password


@pytest.mark.parametrize(
    ("secret", "region", "password"),
    [
        # aws-sdk-php, SesClientTest
        ("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-2", "BMPPgbAHoFVbze1Ud0oA5uNdXRwUXUZ+qOwphGJbl/cS"),
        # terraform-provider-aws, access_key_test
        ("some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
        ("some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
    ],
)
def test_the_password_is_that_of_the_published_examples(secret: str, region: str, password: str) -> None:
    assert ses_smtp_password(secret, region) == password


@pytest.mark.parametrize("region", [None, ""])
def test_a_missing_region_is_refused(region: str | None) -> None:
    with pytest.raises(AnsibleFilterError, match="set region"):
        ses_smtp_password("some+secret+key", region)


def test_an_unknown_region_is_refused_and_the_nearest_suggested() -> None:
    with pytest.raises(AnsibleFilterError, match="no region eu-west-9. Did you mean .*eu-west-1"):
        ses_smtp_password("some+secret+key", "eu-west-9")


@pytest.mark.parametrize("secret", [None, "", 5])
def test_an_invalid_secret_is_refused(secret: object) -> None:
    with pytest.raises(AnsibleFilterError, match="the secret of an IAM access key is needed"):
        ses_smtp_password(secret, "eu-west-1")
