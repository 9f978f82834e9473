"""Network addresses as people type them, one a line, with checks that explain (connection process, section 7)."""

from __future__ import annotations

import enum
import ipaddress
import re
from dataclasses import dataclass

from msign.connections.words import Sentence, say

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")  # what comes along with a paste
_SEPARATORS = re.compile(r"[,;\n\r]+")
_RANGE = re.compile(r"\s*([0-9a-fA-F.:]+)\s*[-\u2013\u2014]\s*([0-9a-fA-F.:]+)\s*")
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # RFC 6598, carrier-grade NAT
_UNIQUE_LOCAL = ipaddress.ip_network("fc00::/7")  # RFC 4193
_PRIVATE_V4 = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))  # RFC 1918
_DOCUMENTATION = tuple(
    map(ipaddress.ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"))
)
_NOBODYS = tuple(  # IETF protocols, benchmarks (RFC 6890), the former relays (RFC 7526), former site-local (RFC 3879)
    map(ipaddress.ip_network, ("192.0.0.0/24", "198.18.0.0/15", "192.88.99.0/24", "fec0::/10"))
)
_MAPPED_BITS = 96  # ::ffff:0:0/96 is IPv4 written as IPv6


class Severity(enum.StrEnum):
    """Whether a finding stops the form or only asks for a second look."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is odd about one line."""

    severity: Severity
    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as typed, what it means, and what is odd about it."""

    typed: str
    network: Network | None
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether this entry cannot be taken."""
        return any(finding.severity is Severity.REFUSE for finding in self.findings)


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """Bounds and exceptions. Settings ``ip.max_entries``, ``ip.min_prefix_v4``, ``ip.min_prefix_v6``."""

    max_entries: int = 16
    min_prefix_v4: int = 28
    min_prefix_v6: int = 64
    allow_special: bool = False  # sandbox only: loopback and documentation networks are real there


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known besides the form: whether a VPN assigns the addresses, and who else uses which network."""

    vpn: bool = False
    elsewhere: frozenset[str] = frozenset()
    other_environment: frozenset[str] = frozenset()

    def shared(self, network: Network) -> bool:
        """Tell whether another organisation registered an overlapping network."""
        others = map(ipaddress.ip_network, self.elsewhere)
        return any(other.version == network.version and other.overlaps(network) for other in others)


def read_addresses(text: str, policy: AddressPolicy, around: Surroundings) -> tuple[Line, ...]:
    """Return every entry of ``text`` judged; commas and semicolons part entries as line ends do."""
    lines: list[Line] = []
    seen: set[Network] = set()
    for typed in filter(None, (part.strip() for part in _SEPARATORS.split(_INVISIBLE.sub("", text)))):
        line = _read(typed, policy, around)
        if line.network in seen:
            line = Line(typed, None, (_refuse(say("%(entry)s stands twice in the list; remove one.", entry=typed)),))
        if line.network is not None:
            seen.add(line.network)
        lines.append(line)
    return tuple(lines)


def list_findings(lines: tuple[Line, ...], policy: AddressPolicy) -> tuple[Finding, ...]:
    """Return what is odd about the list as a whole."""
    if not lines:
        return (_refuse(say("Enter at least one address from which your system calls MSign.")),)
    if len(lines) > policy.max_entries:
        return (
            _refuse(
                say(
                    "The list holds %(count)s entries; at most %(most)s are possible. Give a network instead.",
                    count=len(lines),
                    most=policy.max_entries,
                )
            ),
        )
    return ()


def _read(typed: str, policy: AddressPolicy, around: Surroundings) -> Line:
    parsed = _parse(typed)
    if isinstance(parsed, Sentence):
        return Line(typed, None, (_refuse(parsed),))
    return Line(typed, parsed, tuple(_findings(parsed, policy, around)))


def _parse(typed: str) -> Network | Sentence:
    if both := _RANGE.fullmatch(typed):
        return _range_advice(typed, both[1], both[2])
    if "%" in typed:
        return say("%(entry)s carries an interface name after “%%”; leave it out.", entry=typed)
    bare = typed.strip("[]")
    try:
        return _unmapped(ipaddress.ip_network(bare))
    except ValueError:
        return _advice(typed, bare)


def _unmapped(network: Network) -> Network:
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= _MAPPED_BITS:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((mapped, network.prefixlen - _MAPPED_BITS))
    return network


def _advice(typed: str, bare: str) -> Sentence:
    try:
        wider = ipaddress.ip_network(bare, strict=False)
    except ValueError:
        pass
    else:
        return say(
            "%(entry)s names an address inside a network. For the network write %(network)s, "
            "for the address alone leave “/%(prefix)s” out.",
            entry=typed,
            network=wider,
            prefix=bare.partition("/")[2],
        )
    if re.search(r"[a-z]", bare, re.IGNORECASE) and ":" not in bare.removeprefix("http:").removeprefix("https:"):
        return say("%(entry)s is a name, not an address. Enter the address, like 185.108.180.10.", entry=typed)
    if re.fullmatch(r"[0-9.]+:[0-9]+", bare):
        return say("%(entry)s carries a port. Leave the port out; your system calls from many.", entry=typed)
    if re.fullmatch(r"(0[0-9]+|[0-9]+)(\.[0-9]+){3}", bare) and re.search(r"(^|\.)0[0-9]", bare):
        return say("%(entry)s has leading zeros, which some systems read as octal. Leave them out.", entry=typed)
    return say("%(entry)s is not an IPv4 or IPv6 address or network.", entry=typed)


def _range_advice(typed: str, first: str, last: str) -> Sentence:
    try:
        low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
        if isinstance(low, ipaddress.IPv4Address) and isinstance(high, ipaddress.IPv4Address):
            parts = list(ipaddress.summarize_address_range(low, high))
        elif isinstance(low, ipaddress.IPv6Address) and isinstance(high, ipaddress.IPv6Address):
            parts = list(ipaddress.summarize_address_range(low, high))  # type: ignore[arg-type]
        else:
            parts = []
    except (ValueError, TypeError):
        parts = []
    if not parts or len(parts) > 8:
        return say("%(entry)s is a range. Write networks instead, one a line, like 185.108.180.8/29.", entry=typed)
    return say(
        "%(entry)s is a range. Write it as networks, one a line: %(networks)s.",
        entry=typed,
        networks=" ".join(map(str, parts)),
    )


def _findings(network: Network, policy: AddressPolicy, around: Surroundings) -> list[Finding]:
    if special := _special(network, policy):
        return [_refuse(special)]
    found = [_refuse(sentence) for sentence in _width(network, policy)]
    if _private(network) and not around.vpn and not policy.allow_special:
        found.append(
            _refuse(
                say(
                    "%(entry)s is a private address. Enter the public address that your network shows, or tick the "
                    "VPN box if the operator's VPN assigned it.",
                    entry=network,
                )
            )
        )
    if around.shared(network):
        found.append(
            _warn(
                say(
                    "%(entry)s is also registered for a system of another organisation. The operator will ask why.",
                    entry=network,
                )
            )
        )
    if str(network) in around.other_environment:
        found.append(
            _warn(
                say(
                    "%(entry)s is also listed for your other environment. Do not share addresses between the two.",
                    entry=network,
                )
            )
        )
    return found


def _width(network: Network, policy: AddressPolicy) -> list[Sentence]:
    least = policy.min_prefix_v4 if network.version == 4 else policy.min_prefix_v6
    if network.prefixlen >= least:
        return []
    return [
        say(
            "%(entry)s is too wide: it holds %(count)s addresses. The widest network possible is /%(least)s.",
            entry=network,
            count=network.num_addresses,
            least=least,
        )
    ]


def _special(network: Network, policy: AddressPolicy) -> Sentence | None:
    address = network.network_address
    if policy.allow_special and network.prefixlen and (address.is_loopback or _within(network, _DOCUMENTATION)):
        return None
    kinds = (
        (network.prefixlen == 0, say("%(entry)s would let in the whole Internet. Enter your servers.", entry=network)),
        (address.is_loopback, say("%(entry)s is the machine itself (loopback); no call ever shows it.", entry=network)),
        (address.is_link_local, say("%(entry)s works only inside one network segment (link-local).", entry=network)),
        (address.is_multicast, say("%(entry)s is a multicast address; nobody calls from one.", entry=network)),
        (_within(network, _DOCUMENTATION), say("%(entry)s is reserved for examples in documents.", entry=network)),
        (
            _within(network, (_SHARED,)),
            say("%(entry)s belongs to your provider's own NAT. Ask the provider for a public one.", entry=network),
        ),
        (
            address.is_unspecified or _within(network, _NOBODYS) or (address.is_reserved and not _private(network)),
            say("%(entry)s is reserved and cannot be anybody's address.", entry=network),
        ),
    )
    return next((sentence for applies, sentence in kinds if applies), None)


def _private(network: Network) -> bool:
    return _within(network, (*_PRIVATE_V4, _UNIQUE_LOCAL))


def _within(network: Network, others: tuple[Network, ...]) -> bool:
    return any(other.version == network.version and network.subnet_of(other) for other in others)  # type: ignore[arg-type]


def _refuse(sentence: Sentence) -> Finding:
    return Finding(Severity.REFUSE, sentence)


def _warn(sentence: Sentence) -> Finding:
    return Finding(Severity.WARN, sentence)
