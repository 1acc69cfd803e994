"""Which addresses a job may connect to: those of the public internet and no other. Pure."""

import ipaddress

_NOT_PUBLIC_V4 = [
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # "this host"
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT, and the metadata service of a cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the host agent of a cloud, at an address that looks public
        "169.254.0.0/16",  # link-local, and the metadata service of most clouds
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
]
_UNICAST_V6 = ipaddress.IPv6Network("2000::/3")
"""All that is assigned for the public. Outside lie ::, ::1, IPv4-mapped and -compatible addresses, NAT64
(64:ff9b::/96, 64:ff9b:1::/48), unique local, link-local and multicast ones."""

_NOT_PUBLIC_V6 = [
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, and Teredo, which carries an IPv4 address
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address
        "3fff::/20",  # documentation
    )
]


def is_public(address: str) -> bool:
    """Whether `address` (as a resolver writes it) belongs to the public internet."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_V4)
    return parsed in _UNICAST_V6 and not any(parsed in network for network in _NOT_PUBLIC_V6)
