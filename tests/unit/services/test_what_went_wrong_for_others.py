# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems that others had with domains at sending services, from public reports, and the tests that show that they do
not happen here. Before you remove one of these tests, read what it is for.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parents[2]
MODULE = "integration/services/test_sending_domain.py"
MANY = "integration/services/test_sending_domains.py"
SES, MAILGUN = "integration/services/test_amazon_ses.py", "integration/services/test_mailgun.py"
SENDGRID, BREVO = "integration/services/test_sendgrid.py", "integration/services/test_brevo.py"
MAILJET, POSTMARK = "integration/services/test_mailjet.py", "integration/services/test_postmark.py"
SCALEWAY, DNS = "integration/services/test_scaleway.py", "integration/services/test_dns_view.py"
ROLE, KILLED = "integration/role/test_services.py", "integration/role/test_killed_at_services.py"
PLANNING, PUBLICATION = "unit/services/clients/test_planning.py", "unit/services/clients/test_publication.py"
CONTRACT, CATALOGUE = "unit/services/clients/test_contract.py", "unit/services/test_catalogue.py"
ANSWERS, ACCOUNTS = "unit/services/test_answers.py", "unit/role/test_accounts.py"
SENDERS, INTENTS = "unit/role/test_by_service.py", "unit/intents/test_records.py"


class Case(NamedTuple):
    """``tests``: for each the file and the name without ``test_``."""

    happened: str
    tests: tuple[tuple[str, str], ...]


CASES = (
    # -- registrations are found and kept, never created twice, never taken over by accident
    Case(
        "Each run created another object for the same domain at SendGrid, and validating one made the other invalid.",
        (
            (SENDGRID, "the_valid_one_of_two_is_used_and_the_other_never_validated"),
            (SENDGRID, "two_of_which_none_is_valid_are_a_conflict"),
            (SENDGRID, "names_are_compared_exactly"),
        ),
    ),
    Case(
        "A tool adopted an identity and replaced the return path in use with its own.",
        (
            (MODULE, "what_is_not_stated_stays"),
            (MODULE, "another_return_path_is_a_conflict"),
            (MODULE, "another_option_than_that_in_use_is_a_conflict"),
            (MODULE, "a_return_path_that_was_switched_off_stays_off"),
        ),
    ),
    Case(
        "DNS did not answer, so a tool thought the key was missing and created a new one: mail was no longer signed.",
        (
            (MODULE, "silence_of_the_name_servers_changes_nothing"),
            (MODULE, "nothing_is_registered_while_dns_is_silent"),
            (PLANNING, "a_name_that_could_not_be_queried_does_not_count_as_free"),
            (PUBLICATION, "a_record_is_unknown_if_no_server_answers"),
        ),
    ),
    Case(
        "A run was killed right after it had registered a domain, and all later ones failed with 'already exists'.",
        (
            (MANY, "killed_after_any_call_the_next_run_reaches_the_same_state"),
            (KILLED, "killed_after_any_call_the_next_rollout_reaches_the_same_state"),
            (MODULE, "registered_already_and_never_shown_allows_both_readings"),
        ),
    ),
    Case(
        "Mailjet answered a request to check with 200 and no errors, but the sender was still inactive.",
        ((MAILJET, "an_answer_without_errors_is_no_success"), (MAILJET, "a_deleted_sender_comes_back")),
    ),
    # -- reading a state
    Case(
        "A pending domain was shown as failed, although all its records were there.",
        ((MODULE, "all_published_and_the_service_has_not_looked_yet"),),
    ),
    Case(
        "Another key length led to new tokens, and mail of a verified domain was unsigned for a while, unnoticed.",
        ((SES, "another_key_length_gives_new_tokens_and_the_domain_stays_verified"),),
    ),
    Case(
        "The answer to a request to check contradicted the console, and a loop repeated it for ever.",
        ((POSTMARK, "a_contradiction_is_pending_and_told"),),
    ),
    Case(
        "Another request to check made a verified domain pending.",
        (
            (MAILGUN, "from_nothing_to_a_verified_domain"),
            (MAILGUN, "pending_right_after_the_question_is_no_change_for_the_worse"),
        ),
    ),
    Case(
        "A tool crashed, or created a second domain, because the service did not show the new one yet.",
        tuple(
            (file, "it_is_read_again_when_it_is_not_shown_at_once")
            for file in (MODULE, MAILGUN, SENDGRID, BREVO, MAILJET, POSTMARK)
        ),
    ),
    Case(
        "A tool stopped waiting after its timeout and said that the domain was validated.",
        ((MODULE, "verified_is_not_waited_for_longer_than_is_said"),),
    ),
    Case(
        "One failed check disabled a working sender; and a move to another DNS host lost records, unnoticed.",
        (
            (ROLE, "a_server_that_sends_stays_as_it_is_whatever_the_service_says"),
            (ROLE, "verify_names_what_a_service_waits_for"),
            (MODULE, "a_record_that_was_lost_is_told_and_the_tokens_stay"),
        ),
    ),
    # -- time
    Case(
        "After 72 hours SES had stopped checking in one region, and nobody knew.",
        (
            (MODULE, "given_up_after_72_hours"),
            (MODULE, "the_second_run_changes_nothing_while_it_waits"),
            (SES, "other_regions_know_nothing_of_it"),
        ),
    ),
    Case(
        "Records were published in a zone that is not delegated, and a run waited for half an hour.",
        (
            (DNS, "records_at_servers_to_which_nobody_delegates"),
            (PLANNING, "a_wrong_delegation_is_refused_before_anything_is_registered"),
        ),
    ),
    Case(
        "The service checked too early, and DNS had cached for an hour that nothing was there.",
        (
            (DNS, "records_are_asked_of_the_authoritative_servers_alone"),
            (DNS, "for_how_long_it_is_remembered_that_nothing_was_there"),
            (MANY, "waiting_asks_the_service_only_once_the_records_are_there"),
        ),
    ),
    # -- names and values
    Case(
        "Records were published with the domain twice in their names, or one level too high.",
        (
            (CONTRACT, "a_name_in_any_form_becomes_absolute"),
            (CONTRACT, "a_label_is_relative_to_the_registered_subdomain"),
            (MODULE, "a_return_path_is_written_in_several_ways"),
            (MODULE, "a_name_with_the_domain_twice_is_named"),
        ),
    ),
    Case(
        "Equivalent values were reported as wrong: a final dot, a long key in two parts, another order.",
        ((PUBLICATION, "an_equivalent_value_counts_as_present"),),
    ),
    Case(
        "The zone of SES's keys was hard-coded, but it differs by region.",
        (
            (SES, "the_zone_of_the_keys_is_read"),
            (SES, "an_old_boto3_does_not_tell_the_zone_of_the_keys"),
            (CATALOGUE, "an_unknown_region_is_refused_with_the_nearest"),
        ),
    ),
    Case(
        "A selector was guessed, and the key was published at a name that Mailgun does not use.",
        (
            (MAILGUN, "a_domain_without_automatic_keys_keeps_its_selector"),
            (MAILGUN, "from_nothing_to_a_verified_domain"),
        ),
    ),
    # -- records that exist already
    Case(
        "Another service already used the default label of a return path.",
        (
            (MODULE, "a_label_that_somebody_holds"),
            (SENDGRID, "a_label_that_another_account_holds"),
            (SENDGRID, "a_selector_that_another_account_holds"),
            (DNS, "nothing_stands_beside_a_cname"),
        ),
    ),
    Case(
        "Receivers rejected mail of a subdomain that could not receive; elsewhere an MX diverted a company's mail.",
        (
            (MAILGUN, "it_is_never_beside_another_mx"),
            (MAILGUN, "it_stays_away_from_the_organisational_domain"),
            (PUBLICATION, "the_mx_is_published_only_where_nothing_receives_mail"),
            (PUBLICATION, "the_mx_is_not_published_for_the_organisational_domain_or_if_the_service_discards_mail"),
        ),
    ),
    Case(
        "A TXT record was added beside a vendor's CNAME at _dmarc, and the policy was lost.",
        (
            (DNS, "a_policy_behind_a_cname_counts"),
            (INTENTS, "no_policy_is_added_beside_a_cname_to_a_vendor"),
        ),
    ),
    Case(
        "A CNAME was written but invisible, because the DNS host replaced it with addresses.",
        (
            (MODULE, "a_proxied_cname_is_named_as_the_cause"),
            ("integration/providers/test_cloudflare.py", "a_proxied_cname_at_a_name_of_ours_becomes_dns_only"),
        ),
    ),
    Case(
        "Tracking links lost their certificate, because a tool disabled the proxy that provided it.",
        ((MAILGUN, "a_tracking_record_that_stands_is_never_touched"),),
    ),
    Case(
        "Records remained after a registration was removed, and somebody else registered the domain there.",
        (
            (MODULE, "what_still_leads_to_the_service_is_told_though_nothing_is_registered"),
            (MODULE, "ours_is_removed_and_what_led_there_is_listed"),
            (ROLE, "verify_names_what_a_service_waits_for"),
        ),
    ),
    # -- region
    Case(
        "A domain for the EU was created in the US; a valid key was refused by the API of the wrong region.",
        (
            (MAILGUN, "a_domain_of_the_other_region_is_not_made_again"),
            (MAILGUN, "a_key_of_the_other_region_is_told_after_one_probe"),
            (SENDGRID, "a_key_of_the_other_region_is_told_after_one_probe"),
        ),
    ),
    Case(
        "A region can neither be changed nor seen, and a tool deleted and recreated a domain in use.",
        (
            (SENDGRID, "from_nothing_to_a_verified_domain"),
            (SCALEWAY, "rights_regions_and_keys"),
            (CATALOGUE, "an_unknown_region_is_refused_with_the_nearest"),
        ),
    ),
    Case(
        "The region was changed, but not the password that is derived from it.",
        (
            (ACCOUNTS, "changing_the_region_changes_host_and_password_together"),
            (CATALOGUE, "the_region_of_an_account_is_never_guessed"),
        ),
    ),
    # -- logging in
    Case(
        "The secret of an IAM key was used as SMTP password.",
        (
            (CATALOGUE, "an_iam_secret_is_refused_as_smtp_password"),
            (CATALOGUE, "temporary_credentials_are_refused"),
            (SENDERS, "an_iam_secret_is_refused_with_the_name_of_the_filter"),
        ),
    ),
    Case(
        "A policy for the sender's identity refused recipients who are identities, too.",
        ((ANSWERS, "an_answer_is_explained"),),
    ),
    Case(
        "At Mailgun, setting the same password was an error, a weak one left no login, and each run saw a change.",
        (
            (MAILGUN, "a_login_is_made_once"),
            (MAILGUN, "a_password_is_set_when_that_is_said"),
            (MAILGUN, "an_unusable_password_is_refused_before_any_call"),
            (ROLE, "two_senders_at_two_services_are_one_run"),
        ),
    ),
    Case(
        "A login failed because of a quota or a later step, and people changed a correct password.",
        ((ANSWERS, "an_answer_is_explained"),),
    ),
    Case(
        "The errors for a closed port, and for TLS at a STARTTLS port, did not name the cause.",
        (
            (ANSWERS, "a_closed_port_is_reported_with_the_other_ports_of_the_service"),
            (ANSWERS, "tls_at_a_port_for_starttls_is_explained"),
            (SENDERS, "encryption_that_does_not_fit_the_port_is_refused"),
        ),
    ),
    Case(
        "Google closed the connection of a container that greeted it as localhost.",
        ((ANSWERS, "an_answer_is_explained"),),
    ),
    Case(
        "Microsoft had disabled SMTP AUTH for the tenant, and support for passwords ends.",
        ((ANSWERS, "an_answer_is_explained"), (CATALOGUE, "the_end_date_for_passwords_at_microsoft_is_reported")),
    ),
    # -- the address that appears as sender
    Case(
        "With strict alignment and a sending subdomain, all mail was quarantined, but the service showed no error.",
        (
            (MODULE, "a_subdomain_can_not_align_with_a_strict_policy"),
            (PLANNING, "a_sending_subdomain_must_align"),
        ),
    ),
    Case(
        "The From or bounce address was in a domain that is not registered in that account and region.",
        (
            (ACCOUNTS, "the_default_from_must_be_in_a_registered_domain"),
            (ACCOUNTS, "an_invalid_account_is_refused"),
            (ANSWERS, "an_answer_is_explained"),
        ),
    ),
    Case(
        "Brevo sent from its own address, because the domain was verified but not authenticated.",
        ((BREVO, "verified_and_not_authenticated_is_pending"),),
    ),
    Case(
        "The records of a return path were published and checked, but it was never set at SES.",
        ((MODULE, "records_of_a_return_path_that_was_never_set"), (DNS, "records_of_a_return_path_that_is_not_set")),
    ),
    Case(
        "A mailbox accepted login, sender and recipient, but refused the message; or accepted it and never sent it.",
        (
            (SENDERS, "the_default_from_must_be_the_mailbox"),
            (SENDERS, "a_whole_domain_as_from_filter_is_refused"),
            ("integration/odoo/test_test_message.py", "a_message_that_passes_is_told_in_every_part"),
        ),
    ),
    # -- afterwards
    Case(
        "Replies were not added to their thread, because SES replaces the Message-Id.",
        ((CATALOGUE, "the_page_of_the_services_is_up_to_date"),),
    ),
    Case(
        "An address at SES had its own settings, which override those of its domain.",
        ((SES, "an_address_with_settings_of_its_own_is_a_finding"),),
    ),
    Case(
        "A service allowed one call per second, and the same registration was sent again and again.",
        (
            (MANY, "many_new_domains_obey_the_limit_of_the_account"),
            (SES, "a_registration_is_never_sent_twice"),
            (MODULE, "a_call_that_failed_leads_to_the_same_state"),
        ),
    ),
)


@functools.cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.happened[:50])
def test_each_problem_has_its_tests(case: Case) -> None:
    lacking = [f"{file}::test_{name}" for file, name in case.tests if f"test_{name}" not in functions_of(file)]
    assert case.tests and not lacking


def test_no_problem_is_listed_twice() -> None:
    assert len({case.happened for case in CASES}) == len(CASES)
