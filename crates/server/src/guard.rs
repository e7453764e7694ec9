//! Where deliveries may go. One verdict, used when a webhook is saved, tested and sent to.
//!
//! An address literal is judged as it stands. A name is looked up, every address is judged, and one
//! that is forbidden refuses all; the connection is then made to the judged address, so that a
//! second look-up cannot answer differently.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// How long a name look-up may take.
pub const DNS_TIMEOUT: Duration = Duration::from_secs(5);

/// An exception to the rule, from `--allow-target`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// All addresses of a network.
    Net(IpNet),
    /// A host by name, whatever it resolves to.
    Host(String),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self::Net(net));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Net(IpNet::from(address)));
        }
        let is_host = !text.is_empty()
            && !text.contains("..")
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        if is_host {
            Ok(Self::Host(text.to_ascii_lowercase()))
        } else {
            Err(format!("\"{text}\" is neither a network such as 10.0.0.0/8 nor a host such as hooks.internal"))
        }
    }
}

/// Why a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The URL cannot be used at all.
    #[error("{0}")]
    Malformed(String),
    /// The name has no address.
    #[error(
        "The name \"{host}\" cannot be looked up: {cause}. Check the spelling, and that this server can resolve it."
    )]
    Lookup {
        /// The name.
        host: String,
        /// The resolver's words.
        cause: String,
    },
    /// An address is not a public one.
    #[error("{} Allow it with --allow-target {address}.", sentence(.host, *.address, .kind))]
    Blocked {
        /// The host of the URL.
        host: String,
        /// The address judged.
        address: IpAddr,
        /// What kind of address it is.
        kind: &'static str,
    },
}

fn sentence(host: &str, address: IpAddr, kind: &str) -> String {
    if host.trim_matches(['[', ']']) == address.to_string() {
        format!("{address} is {kind}.")
    } else {
        format!("\"{host}\" is {address}, {kind}.")
    }
}

/// A URL that was vetted, with the addresses a connection may be made to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vetted {
    /// The URL.
    pub url: Url,
    /// Its host, without brackets: the name for TLS.
    pub host: String,
    /// The judged addresses, in the resolver's order.
    pub addresses: Vec<SocketAddr>,
}

/// The verdict over targets.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Vec<Target>,
}

impl Guard {
    /// A guard with exceptions.
    pub const fn new(allowed: Vec<Target>) -> Self {
        Self { allowed }
    }

    /// Judges `url`, looking its name up.
    pub async fn vet(&self, url: &str) -> Result<Vetted, Refusal> {
        let url = parse(url)?;
        let port = url.port_or_known_default().unwrap_or(443);
        let (host, addresses) = match url.host() {
            Some(Host::Ipv4(address)) => (address.to_string(), vec![IpAddr::V4(address)]),
            Some(Host::Ipv6(address)) => (address.to_string(), vec![IpAddr::V6(address)]),
            Some(Host::Domain(name)) => (name.to_owned(), look_up(name, port).await?),
            None => {
                return Err(Refusal::Malformed("The URL has no host, such as example.com.".into()));
            }
        };
        for address in &addresses {
            self.judge(&host, *address)?;
        }
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        Ok(Vetted { url, host, addresses })
    }

    /// Judges one address of `host`.
    pub fn judge(&self, host: &str, address: IpAddr) -> Result<(), Refusal> {
        let Some(kind) = forbidden(address) else {
            return Ok(());
        };
        let excepted = self.allowed.iter().any(|target| match target {
            Target::Net(net) => {
                net.contains(&address) || inner_v4(address).is_some_and(|inner| net.contains(&IpAddr::V4(inner)))
            }
            Target::Host(name) => name.eq_ignore_ascii_case(host.trim_end_matches('.')),
        });
        if excepted { Ok(()) } else { Err(Refusal::Blocked { host: host.to_owned(), address, kind }) }
    }
}

fn parse(text: &str) -> Result<Url, Refusal> {
    let malformed = |message: &str| Refusal::Malformed(message.to_owned());
    let url = Url::parse(text).map_err(|error| {
        Refusal::Malformed(format!("The URL cannot be read: {error}. Write it like https://example.com/hook."))
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(malformed("The URL starts with https:// or http://."));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(malformed("The URL holds a user name. Take it out and use an access token."));
    }
    Ok(url)
}

async fn look_up(name: &str, port: u16) -> Result<Vec<IpAddr>, Refusal> {
    let failed = |cause: String| Refusal::Lookup { host: name.to_owned(), cause };
    let answer = tokio::time::timeout(DNS_TIMEOUT, tokio::net::lookup_host((name, port)))
        .await
        .map_err(|_| failed(String::from("no answer in 5 s")))?;
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in answer.map_err(|error| failed(cause_of(&error)))? {
        if !addresses.contains(&address.ip()) {
            addresses.push(address.ip());
        }
    }
    if addresses.is_empty() { Err(failed(String::from("it has no address"))) } else { Ok(addresses) }
}

/// The resolver's words without the function's name it prefixes.
fn cause_of(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(": ").map_or(text.clone(), |(_, cause)| cause.to_owned()).to_lowercase()
}

/// What kind of non-public address this is; none for a public one.
pub fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => forbidden_v4(address),
        IpAddr::V6(address) => forbidden_v6(address),
    }
}

/// IANA's special-purpose registry for IPv4, but for the few blocks that are globally reachable.
fn forbidden_v4(address: Ipv4Addr) -> Option<&'static str> {
    const BLOCKS: [([u8; 4], u8, &str); 18] = [
        ([0, 0, 0, 0], 8, "an address of this network"),
        ([10, 0, 0, 0], 8, "a private address"),
        ([100, 64, 0, 0], 10, "a shared carrier address"),
        ([127, 0, 0, 0], 8, "a loopback address"),
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
    if let Some(inner) = inner_v4(IpAddr::V6(address)) {
        return forbidden_v4(inner);
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
fn inner_v4(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(address) = address else {
        return None;
    };
    let from = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Option<&'static str> {
        forbidden(text.parse().unwrap_or_else(|_| panic!("{text}")))
    }

    #[test]
    fn public_addresses_pass() {
        for address in [
            "1.1.1.1",
            "93.184.216.34",
            "192.0.1.1",
            "100.128.0.1",
            "2606:4700::1111",
            "2a00:1450::1",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert_eq!(judged(address), None, "{address}");
        }
    }

    #[test]
    fn special_addresses_are_refused_in_every_embedding() {
        for address in [
            "0.0.0.0",
            "10.0.0.7",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
        ] {
            assert!(judged(address).is_some(), "{address}");
            let inner: Ipv4Addr = address.parse().expect("IPv4");
            let [a, b, c, d] = inner.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            for embedded in [
                Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            ] {
                assert!(forbidden(IpAddr::V6(embedded)).is_some(), "{embedded}");
            }
        }
        for address in [
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "64:ff9b:1::1",
            "100::1",
            "4000::1",
            "5f00::1",
            "::127.0.0.1",
        ] {
            assert!(judged(address).is_some(), "{address}");
        }
    }

    #[tokio::test]
    async fn literals_are_judged_in_every_spelling() {
        let guard = Guard::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://[::ffff:7f00:1]/",
            "http://127.1/",
        ] {
            assert!(matches!(guard.vet(url).await, Err(Refusal::Blocked { .. })), "{url}");
        }
        assert!(matches!(guard.vet("http://localhost:1/").await, Err(Refusal::Blocked { .. })));
        assert!(matches!(guard.vet("ftp://1.1.1.1/").await, Err(Refusal::Malformed(_))));
        assert!(matches!(guard.vet("http://a@1.1.1.1/").await, Err(Refusal::Malformed(_))));
        assert!(guard.vet("http://1.1.1.1/").await.is_ok());
    }

    #[tokio::test]
    async fn the_refusal_names_the_flag_that_allows_it() {
        let refusal = Guard::default().vet("http://10.0.0.7/").await.expect_err("refused");
        assert_eq!(refusal.to_string(), "10.0.0.7 is a private address. Allow it with --allow-target 10.0.0.7.");
    }

    #[tokio::test]
    async fn exceptions_are_networks_or_hosts() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().expect("network")]);
        assert!(guard.vet("http://127.0.0.1:9/").await.is_ok());
        assert!(guard.vet("http://[::ffff:127.0.0.1]/").await.is_ok());
        assert!(guard.vet("http://10.0.0.1/").await.is_err());
        assert_eq!("hooks.internal".parse(), Ok(Target::Host("hooks.internal".into())));
        assert!("a b".parse::<Target>().is_err());
    }
}
