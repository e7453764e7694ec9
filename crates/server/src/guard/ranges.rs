//! Which addresses are not public, by IANA's special-purpose registries and by what is known to answer
//! with credentials. Pure: it knows neither names nor exceptions.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};

/// What kind of non-public address this is; none for a public one.
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

/// IANA's special-purpose registry for IPv4, but for the few blocks that are globally reachable.
fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    const BLOCKS: [([u8; 4], u8, &str); 19] = [
        ([0, 0, 0, 0], 8, "an address of this network"),
        ([10, 0, 0, 0], 8, "a private address"),
        ([100, 64, 0, 0], 10, "a shared carrier address"),
        ([127, 0, 0, 0], 8, "a loopback address"),
        // Azure's WireServer, which answers every machine there with its settings.
        ([168, 63, 129, 16], 32, "a cloud's metadata address"),
        ([169, 254, 0, 0], 16, "a link-local address"),
        ([172, 16, 0, 0], 12, "a private address"),
        ([192, 0, 0, 0], 24, "a protocol assignment"),
        ([192, 0, 2, 0], 24, "a documentation address"),
        ([192, 31, 196, 0], 24, "a special-purpose address"),
        ([192, 52, 193, 0], 24, "a special-purpose address"),
        ([192, 88, 99, 0], 24, "a relay address"),
        ([192, 168, 0, 0], 16, "a private address"),
        ([192, 175, 48, 0], 24, "a special-purpose address"),
        ([198, 18, 0, 0], 15, "a benchmarking address"),
        ([198, 51, 100, 0], 24, "a documentation address"),
        ([203, 0, 113, 0], 24, "a documentation address"),
        ([224, 0, 0, 0], 4, "a multicast address"),
        ([240, 0, 0, 0], 4, "a reserved address"),
    ];
    BLOCKS.iter().find_map(|(base, length, kind)| {
        Ipv4Net::new(Ipv4Addr::from(*base), *length).is_ok_and(|net| net.contains(&address)).then_some(*kind)
    })
}

/// Only global unicast (`2000::/3`), less its special blocks. Forms that hold an IPv4 address are
/// judged by it.
fn forbidden_v6(address: Ipv6Addr) -> Option<&'static str> {
    if let Some(kind) = inner_v4(IpAddr::V6(address)).map(forbidden_v4) {
        return kind;
    }
    // An interface of ISATAP lies in any network; what it tunnels to is the address inside.
    if let Some(kind) = isatap_v4(address).and_then(forbidden_v4) {
        return Some(kind);
    }
    const BLOCKS: [([u16; 8], u8, &str); 6] = [
        // Teredo, benchmarking, ORCHID and other protocol assignments.
        ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "a protocol assignment"),
        ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "a documentation address"),
        ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, "a special-purpose address"),
        ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "a documentation address"),
        // 6bone, returned.
        ([0x3ffe, 0, 0, 0, 0, 0, 0, 0], 16, "a reserved address"),
        ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "a relay address"),
    ];
    if address.is_loopback() {
        return Some("a loopback address");
    }
    if address.is_unspecified() {
        return Some("an address of this network");
    }
    if address.is_multicast() {
        return Some("a multicast address");
    }
    if address.is_unicast_link_local() {
        return Some("a link-local address");
    }
    if address.is_unique_local() {
        return Some("a private address");
    }
    if address.segments()[0] & 0xe000 != 0x2000 {
        return Some("a reserved address");
    }
    BLOCKS.iter().find_map(|(base, length, kind)| {
        Ipv6Net::new(Ipv6Addr::from(*base), *length).is_ok_and(|net| net.contains(&address)).then_some(*kind)
    })
}

/// The IPv4 address inside a mapped, compatible, NAT64 or 6to4 address.
pub(super) fn inner_v4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    match address.segments() {
        // Mapped (::ffff:0:0/96), translated (::ffff:0:0:0/96, RFC 2765) and NAT64 (64:ff9b::/96, RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(from(high, low)),
        // Compatible (deprecated), less :: and ::1.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(from(high, low)),
        // 6to4 (2002::/16, RFC 3056).
        [0x2002, high, low, ..] => Some(from(high, low)),
        _ => None,
    }
}

/// The IPv4 address in the interface id of ISATAP (RFC 5214, section 6.1).
fn isatap_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    match address.segments() {
        [.., 0 | 0x200, 0x5efe, high, low] => Some(from(high, low)),
        _ => None,
    }
}

fn from(high: u16, low: u16) -> Ipv4Addr {
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Ipv4Addr::new(a, b, c, d)
}
