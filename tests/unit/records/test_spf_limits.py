# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits on the lookups and the size of an SPF record."""

from __future__ import annotations

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.records import spf

DOMAIN = "company-name.com"


class World:
    """TXT values by name; None: the name cannot be resolved."""

    def __init__(self, **texts: str) -> None:
        self.values: dict[str, list[bytes] | None] = {
            f"{name}.example.com": [text.encode()] for name, text in texts.items()
        }
        self.asked: list[str] = []

    def __call__(self, name: str) -> list[bytes] | None:
        self.asked.append(name)
        return self.values.get(name, [])


def count(record: str, world: World) -> spf.LookupCount:
    return spf.lookups(record.encode(), DOMAIN, world)


class TestLookups:
    def test_every_term_that_needs_dns_counts_as_one_lookup(self) -> None:
        world = World(x="v=spf1 ip4:192.0.2.1 -all")
        result = count(
            "v=spf1 a mx ptr exists:e.example.com include:x.example.com ip4:192.0.2.1 exp=e.example.com", world
        )
        assert result.count == 5
        assert result.per_term == [
            ("a", 1),
            ("mx", 1),
            ("ptr", 1),
            ("exists:e.example.com", 1),
            ("include:x.example.com", 1),
        ]

    def test_the_lookups_of_an_included_record_count_for_the_include(self) -> None:
        world = World(
            x="v=spf1 include:y.example.com a mx ~all", y="v=spf1 a redirect=z.example.com", z="v=spf1 mx -all"
        )
        result = count("v=spf1 include:x.example.com -all", world)
        assert (result.count, result.per_term) == (7, [("include:x.example.com", 7)])

    def test_a_redirect_counts_unless_there_is_all(self) -> None:
        world = World(x="v=spf1 a mx -all")
        assert count("v=spf1 redirect=x.example.com", world).count == 3
        assert count("v=spf1 redirect=x.example.com -all", world).count == 0

    def test_terms_after_all_do_not_count(self) -> None:
        assert count("v=spf1 mx -all a include:x.example.com", World()).count == 1

    def test_a_repeated_include_counts_each_time_but_is_queried_once(self) -> None:
        world = World(x="v=spf1 a -all")
        assert count("v=spf1 include:x.example.com ~include:X.example.com. -all", world).count == 4
        assert world.asked == ["x.example.com"]

    def test_an_unresolved_name_is_reported(self) -> None:
        world = World()
        world.values["x.example.com"] = None
        result = count("v=spf1 include:x.example.com a -all", world)
        assert (result.count, result.unresolved, result.faults) == (2, ["x.example.com"], [])

    def test_a_term_with_a_macro_counts_as_one_and_is_reported(self) -> None:
        world = World()
        result = count("v=spf1 include:%{i}.example.com exists:%{i}.example.com -all", world)
        assert (result.count, world.asked) == (2, [])
        assert result.macros == ["include:%{i}.example.com", "exists:%{i}.example.com"]

    def test_an_include_of_a_name_without_spf_is_a_fault(self) -> None:
        world = World(x="some other text")
        (fault,) = count("v=spf1 include:x.example.com -all", world).faults
        assert fault.startswith(
            "company-name.com: include:x.example.com points to x.example.com, which has no SPF record"
        )

    def test_an_included_name_without_any_txt_value_is_a_void_lookup(self) -> None:
        result = count("v=spf1 include:x.example.com -all", World())
        assert result.voids == [("include:x.example.com", "include", DOMAIN, "x.example.com")]
        assert (result.void_count, len(result.faults)) == (1, 1)

    def test_two_records_at_an_included_name_are_a_fault(self) -> None:
        world = World()
        world.values["x.example.com"] = [b"v=spf1 -all", b"text", b"v=spf1 mx -all"]
        assert "which has 2 SPF records" in count("v=spf1 include:x.example.com -all", world).faults[0]

    def test_a_syntax_error_in_an_included_record_is_a_fault(self) -> None:
        world = World(x="v=spf1 ipv4:192.0.2.1 -all")
        assert (
            "x.example.com: the SPF record has a syntax error" in count("v=spf1 include:x.example.com", world).faults[0]
        )

    def test_an_invalid_name_is_a_fault_and_not_queried(self) -> None:
        world = World()
        assert "is not a valid domain name" in count("v=spf1 include:x..example.com -all", world).faults[0]
        assert world.asked == []

    def test_a_loop_of_includes_is_a_fault(self) -> None:
        world = World(x="v=spf1 include:y.example.com -all", y="v=spf1 include:x.example.com -all")
        (fault,) = count("v=spf1 include:x.example.com -all", world).faults
        assert "a loop" in fault
        assert "a loop" in count("v=spf1 include:company-name.com -all", World()).faults[0]

    def test_a_long_chain_or_list_of_includes_takes_few_queries(self) -> None:
        world = World(
            **{f"n{i}": f"v=spf1 include:n{i + 1}.example.com include:n{i + 1}.example.com" for i in range(500)}
        )
        assert count("v=spf1 include:n0.example.com", world).count > spf.MAX_LOOKUPS
        wide = World(**{f"n{i}": "v=spf1 -all" for i in range(500)})
        assert count("v=spf1 " + " ".join(f"include:n{i}.example.com" for i in range(500)), wide).count == 500
        assert max(len(world.asked), len(wide.asked)) <= 100

    def test_a_record_with_a_syntax_error_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match='"moo" is not a mechanism'):
            count("v=spf1 moo", World())

    def test_too_many_lookups_are_reported_with_the_cost_of_each_term(self) -> None:
        world = World(
            x="v=spf1 a mx a:b.example.com -all",
            y="v=spf1 a mx exists:e.example.com ptr mx:c.example.com a:d.example.com",
        )
        result = count("v=spf1 include:x.example.com include:y.example.com ~all", world)
        assert spf.too_many_lookups(DOMAIN, result) == (
            "company-name.com: the SPF record would need 11 DNS lookups and receivers stop at 10 "
            "(include:y.example.com 7, include:x.example.com 4). "
            "Remove an include that is no longer used, or move the sender of include:y.example.com to its own "
            "subdomain."
        )


class TestVoids:
    def voids(self, record: str, world: World, there: tuple[str, ...] = ()) -> tuple[spf.LookupCount, list[str]]:
        """The count if only these hosts exist, and the names that were queried."""
        asked: list[str] = []

        def lacks(mechanism: str, name: str) -> bool:
            asked.append(f"{mechanism}:{name}")
            return name not in there

        return spf.lookups(record.encode(), DOMAIN, world, lacks), asked

    def test_void_lookups_of_included_records_count_and_are_named_with_their_record(self) -> None:
        world = World(x="v=spf1 a:h.example.com mx include:y.example.com ~all", y="v=spf1 redirect=z.example.com")
        world.values["z.example.com"] = [b"v=spf1 exists:e.example.com a:THERE.example.com -all"]
        found, asked = self.voids("v=spf1 a include:x.example.com -all", world, (DOMAIN, "there.example.com"))
        assert found.void_count == 3
        assert [(void.term, void.owner, void.target) for void in found.voids] == [
            ("a:h.example.com", "x.example.com", "h.example.com"),
            ("mx", "x.example.com", "x.example.com"),
            ("exists:e.example.com", "z.example.com", "e.example.com"),
        ]
        assert asked[0] == f"a:{DOMAIN}"

    def test_void_lookups_of_a_record_included_twice_count_twice_but_are_named_once(self) -> None:
        found, dummy = self.voids(
            "v=spf1 include:x.example.com ?include:x.example.com -all", World(x="v=spf1 mx:gone.example.com -all")
        )
        assert (found.void_count, len(found.voids)) == (2, 1)

    def test_names_that_depend_on_the_message_are_not_queried(self) -> None:
        found, asked = self.voids("v=spf1 exists:%{i}.x.example ptr ptr:x.example ip4:192.0.2.1 -all", World())
        assert (found.void_count, asked) == (0, [])

    def test_names_that_receivers_do_not_reach_are_not_queried(self) -> None:
        many = " ".join(f"a:h{number}.example.com" for number in range(40))
        found, asked = self.voids(f"v=spf1 include:x.example.com {many} -all a:late.example.com", World(x="v=spf1"))
        assert (len(asked), found.void_count) == (spf.MAX_LOOKUPS - 1, 9)


class TestCover:
    def covered(self, record: str, world: World) -> list[str] | None:
        return spf.covered_by(record.encode(), "_spf.Odoo.com.", DOMAIN, world)

    def test_a_nested_include_is_found(self) -> None:
        world = World(
            x="v=spf1 mx include:y.example.com -all",
            y="v=spf1 redirect=z.example.com",
            z="v=spf1 include:_SPF.odoo.com",
        )
        expected = ["x.example.com", "y.example.com", "z.example.com", "_spf.odoo.com"]
        assert self.covered("v=spf1 include:w.example.com include:x.example.com -all", world) == expected

    def test_a_redirect_to_the_name_covers_it(self) -> None:
        assert self.covered("v=spf1 redirect=_spf.odoo.com", World()) == ["_spf.odoo.com"]

    @pytest.mark.parametrize(
        "record",
        [
            "v=spf1 include:_spf.odoo.com -all",
            "v=spf1 ~include:x.example.com -all",
            "v=spf1 -all include:x.example.com",
            "v=spf1 redirect=x.example.com -all",
            "v=spf1 include:loop.example.com -all",
            "v=spf1 include:deny.example.com -all",
        ],
    )
    def test_terms_that_give_no_pass_do_not_cover_the_name(self, record: str) -> None:
        world = World(
            x="v=spf1 include:_spf.odoo.com -all",
            loop="v=spf1 include:loop.example.com include:company-name.com -all",
            deny="v=spf1 -include:_spf.odoo.com -all",
        )
        assert self.covered(record, world) is None


class TestSize:
    def test_a_short_answer_leads_to_no_warning(self) -> None:
        record = b"v=spf1 include:_spf.odoo.com ~all"
        assert spf.size_warnings(record, [record, b"x" * 200], DOMAIN) == []

    def test_all_txt_values_of_the_name_count(self) -> None:
        record = b"v=spf1 include:_spf.odoo.com ~all"
        (warning,) = spf.size_warnings(record, [record, b"x" * 402], DOMAIN)
        assert warning.startswith("company-name.com: the name and all its TXT values together have 451 octets")

    def test_a_record_that_is_not_published_yet_counts_too(self) -> None:
        record = b"v=spf1 include:_spf.odoo.com ~all"
        assert spf.size_warnings(record, [b"x" * 402], DOMAIN) == spf.size_warnings(
            record, [record, b"x" * 402], DOMAIN
        )

    def test_an_answer_that_does_not_fit_into_plain_udp_is_reported(self) -> None:
        record = b"v=spf1 include:_spf.odoo.com ~all"
        (warning,) = spf.size_warnings(record, [record, b"x" * 480], DOMAIN)
        assert "more than the 512 of a plain UDP answer" in warning
