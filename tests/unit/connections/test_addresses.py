from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msign.connections.addresses import AddressPolicy, Severity, Surroundings, list_findings, read_addresses

POLICY = AddressPolicy()
ALONE = Surroundings()


def one(text: str, around: Surroundings = ALONE, policy: AddressPolicy = POLICY) -> tuple[str | None, list[str]]:
    (line,) = read_addresses(text, policy, around)
    network = str(line.network) if line.network is not None and not line.refused else None
    return network, [str(finding.sentence) for finding in line.findings]


@pytest.mark.parametrize(
    ("typed", "network"),
    [
        ("185.108.180.10", "185.108.180.10/32"),
        ("  185.108.180.8/29 ", "185.108.180.8/29"),
        ("185.108.180.8/255.255.255.248", "185.108.180.8/29"),
        ("2a00:1858:0:1::5", "2a00:1858:0:1::5/128"),
        ("[2a00:1858::5]", "2a00:1858::5/128"),
        ("::ffff:185.108.180.10", "185.108.180.10/32"),
        ("2A00:1858:0:1::/64", "2a00:1858:0:1::/64"),
        ("::ffff:185.108.180.0/124", "185.108.180.0/28"),
        ("\ufeff185.108.180.10\u200b", "185.108.180.10/32"),
    ],
)
def test_usual_spellings_are_taken(typed: str, network: str) -> None:
    assert one(typed) == (network, [])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("0.0.0.0/0", "whole Internet"),
        ("::/0", "whole Internet"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("224.0.0.5", "multicast"),
        ("192.0.2.1", "examples"),
        ("100.64.3.3", "NAT"),
        ("0.0.0.0", "reserved"),
        ("255.255.255.255", "reserved"),
        ("10.1.2.3", "private"),
        ("::ffff:0:0/96", "whole Internet"),
        ("::ffff:10.0.0.0/104", "too wide"),
        ("198.18.0.1", "reserved"),
        ("192.0.0.8", "reserved"),
        ("fec0::1", "reserved"),
        ("fd00::1", "private"),
        ("185.108.180.0/24", "too wide"),
        ("2a00:1858::/32", "too wide"),
        ("185.108.180.9/29", "185.108.180.8/29"),
        ("185.108.180.8-185.108.180.15", "185.108.180.8/29"),
        ("185.108.180.1 - 185.108.185.9", "one a line"),
        ("portal.exemplu.md", "is a name"),
        ("https://portal.exemplu.md", "is a name"),
        ("185.108.180.10:8443", "port"),
        ("185.108.180.010", "leading zeros"),
        ("fe80::1%eth0", "interface"),
        ("185.108.180", "not an IPv4"),
        ("185.108.180.300", "not an IPv4"),
        ("1-", "not an IPv4"),
    ],
)
def test_what_cannot_be_taken_is_explained(typed: str, words: str) -> None:
    network, sentences = one(typed)
    assert network is None
    assert words in " ".join(sentences)


def test_a_private_address_is_fine_when_the_vpn_assigned_it() -> None:
    assert one("10.1.2.3", Surroundings(vpn=True)) == ("10.1.2.3/32", [])


def test_the_sandbox_takes_loopback_but_never_the_whole_internet() -> None:
    sandbox = AddressPolicy(allow_special=True)
    assert one("127.0.0.1", policy=sandbox)[0] == "127.0.0.1/32"
    assert one("0.0.0.0/0", policy=sandbox)[0] is None


def test_an_address_of_somebody_else_is_a_warning() -> None:
    around = Surroundings(elsewhere=frozenset({"185.108.180.8/29", "2a00::/64"}))
    (line,) = read_addresses("185.108.180.10", POLICY, around)
    assert [finding.severity for finding in line.findings] == [Severity.WARN]
    assert "another organisation" in str(line.findings[0].sentence)


def test_sharing_an_address_between_environments_is_a_warning() -> None:
    around = Surroundings(other_environment=frozenset({"185.108.180.10/32"}))
    assert "other environment" in one("185.108.180.10", around)[1][0]


def test_an_entry_twice_is_refused_whatever_its_spelling() -> None:
    lines = read_addresses("185.108.180.10\r\n::ffff:185.108.180.10", POLICY, ALONE)
    assert [line.refused for line in lines] == [False, True]


def test_commas_and_semicolons_part_entries() -> None:
    assert len(read_addresses("185.108.180.10, 185.108.180.11; 185.108.180.12\n\n", POLICY, ALONE)) == 3


def test_the_list_needs_one_entry_and_has_a_bound() -> None:
    assert list_findings((), POLICY)
    many = "\n".join(f"185.108.180.{n}" for n in range(17))
    assert list_findings(read_addresses(many, POLICY, ALONE), POLICY)
    assert not list_findings(read_addresses("185.108.180.1", POLICY, ALONE), POLICY)


@given(st.text(max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    for line in read_addresses(text, POLICY, ALONE):
        assert line.network is not None or line.findings
