//! The guard over targets, against readings of its own: none of the URL parser, the ranges or the embeddings that the
//! server uses is asked. The first byte chooses what the rest is.
#![no_main]

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use futures_util::future::BoxFuture;
use guard::{Dial, Guard, Refusal, Resolve, Vetted};
use libfuzzer_sys::fuzz_target;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

#[allow(dead_code)]
#[path = "../../crates/server/src/guard/mod.rs"]
mod guard;

const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

/// The corpus's ranges: the first address as 128 bits, how many of them count, and the family.
static RANGES: LazyLock<Vec<(u128, u32, bool)>> = LazyLock::new(|| {
    let lines = include_str!("../../crates/server/tests/ssrf/ranges.txt").lines().filter(|line| !line.starts_with('#'));
    let range = |line: &str| {
        let (base, length) = line.split_whitespace().next()?.split_once('/')?;
        let base: IpAddr = base.parse().ok()?;
        Some((bits(base), length.parse().ok()?, base.is_ipv4()))
    };
    lines.map(|line| range(line).expect(line)).collect()
});

#[derive(Debug)]
struct Never;

impl Dial for Never {
    fn dial<'d>(&'d self, _: &'d [SocketAddr]) -> BoxFuture<'d, io::Result<TcpStream>> {
        Box::pin(async { Err(io::ErrorKind::ConnectionRefused.into()) })
    }
}

#[derive(Debug)]
struct Answer(Vec<IpAddr>);

impl Resolve for Answer {
    fn resolve<'r>(&'r self, _: &'r str) -> BoxFuture<'r, io::Result<Vec<IpAddr>>> {
        Box::pin(async { Ok(self.0.clone()) })
    }
}

fn vet(url: &str, answer: Vec<IpAddr>) -> Result<Vetted, Refusal> {
    RUNTIME.block_on(Guard::with(Vec::new(), Arc::new(Answer(answer)), Arc::new(Never)).vet(url))
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else {
        return;
    };
    match first % 4 {
        0 | 1 => any_text(rest),
        2 => spelled(rest, usize::from(first / 4)),
        _ => resolved(rest),
    }
});

/// Whatever the text: what is allowed is public, and no reader of it comes to another address that is not.
fn any_text(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let Ok(vetted) = vet(text, vec![PUBLIC]) else {
        return;
    };
    assert!(!vetted.addresses().is_empty());
    for address in vetted.addresses() {
        assert!(!is_special(address.ip()) && address.port() != 0, "{text:?} leads to {address}");
    }
    for reading in readings(text) {
        assert!(!is_special(reading), "{text:?} may be read as {reading}");
    }
    let again = vet(vetted.url().as_str(), vec![PUBLIC]).expect("what is allowed stays so as it is written anew");
    assert_eq!((again.host(), again.addresses()), (vetted.host(), vetted.addresses()));
}

/// An address in some spelling: refused when it is special, and only then.
fn spelled(rest: &[u8], spelling: usize) {
    let Some(address) = address(rest) else {
        return;
    };
    let host = match address {
        IpAddr::V4(four) => spell_four(four, spelling),
        IpAddr::V6(six) => spell_six(six, spelling),
    };
    let verdict = vet(&format!("http://{host}/"), vec![PUBLIC]);
    assert_eq!(verdict.is_err(), is_special(address), "{host} {address} {verdict:?}");
    match verdict {
        Ok(vetted) => assert!(vetted.addresses().iter().all(|told| told.ip() == address)),
        Err(refusal) => assert!(matches!(refusal, Refusal::Blocked { address: told, .. } if told == address)),
    }
}

/// A name with these addresses: refused when one of them is special, and only then.
fn resolved(rest: &[u8]) {
    let addresses: Vec<IpAddr> = rest.chunks(17).filter_map(address).take(4).collect();
    let special = addresses.iter().any(|address| is_special(*address));
    let verdict = vet("https://hooks.example/", addresses.clone());
    assert_eq!(verdict.is_err(), special || addresses.is_empty(), "{addresses:?}");
}

/// Four bytes are an IPv4 address, sixteen or more, with one before them that puts an IPv4 address inside, an IPv6 one.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return Some(IpAddr::V4(four.into()));
    }
    let (&form, rest) = bytes.split_first()?;
    let mut six: [u8; 16] = rest.get(..16)?.try_into().ok()?;
    let inner = [six[12], six[13], six[14], six[15]];
    let prefix: &[u8] = match form {
        1 => &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff],
        2 => &[0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0],
        3 => &[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0],
        4 => &[0; 12],
        5 => &[0x20, 0x02, inner[0], inner[1], inner[2], inner[3]],
        6 => &[0x26, 0x06, 0x47, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0xfe],
        7 => &[0x26, 0x06, 0x47, 0, 0, 0, 0, 0, 2, 0, 0x5e, 0xfe],
        _ => &[],
    };
    six[..prefix.len()].copy_from_slice(prefix);
    Some(IpAddr::V6(six.into()))
}

fn spell_four(four: Ipv4Addr, spelling: usize) -> String {
    let [a, b, c, d] = four.octets();
    let whole = u32::from(four);
    let dotted = four.to_string();
    match spelling % 12 {
        0 => dotted,
        1 => format!("{dotted}."),
        2 => whole.to_string(),
        3 => format!("{whole:#x}"),
        4 => format!("0{whole:o}"),
        5 => format!("{a:#X}.{b:#x}.0{c:o}.{d}").replace("0X", "0x"),
        6 => format!("{a}.{}", whole & 0x00ff_ffff),
        7 => format!("{a:#x}.{b}.{}", whole & 0xffff),
        8 => dotted.bytes().map(|byte| format!("%{byte:02X}")).collect(),
        9 => dotted.replace('.', "。"),
        10 => dotted.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(0xff10 + d)).unwrap_or(c)).collect(),
        _ => format!("{dotted}:8443"),
    }
}

fn spell_six(six: Ipv6Addr, spelling: usize) -> String {
    let groups = six.segments().map(|group| format!("{group:04X}"));
    let [.., a, b, c, d] = six.octets();
    match spelling % 3 {
        0 => format!("[{six}]"),
        1 => format!("[{}]:8443", groups.join(":")),
        _ => format!("[{}:{a}.{b}.{c}.{d}]", groups[..6].join(":")),
    }
}

/// Addresses that readers of other makes may take out of a URL: the authority up to the first mark that ends it, with and
/// without a user before the last `@`, percent signs decoded, and `inet_aton`'s numbers.
fn readings(text: &str) -> Vec<IpAddr> {
    let is_web = |scheme: &str| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let Some((_, rest)) = text.split_once("://").filter(|(scheme, _)| is_web(scheme)) else {
        return Vec::new();
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some((six, _)) = host.strip_prefix('[').and_then(|host| host.split_once(']')) {
        return six.parse().map(IpAddr::V6).into_iter().collect();
    }
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    aton(&decoded(host)).map(|four| IpAddr::V4(four.into())).into_iter().collect()
}

fn decoded(host: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = host.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        let code = code.filter(|_| first == b'%').and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = &after[if code.is_some() { 2 } else { 0 }..];
    }
    let wide = |c: char| match c {
        '０'..='９' => char::from_digit(u32::from(c) - 0xff10, 10).unwrap_or(c),
        '。' | '．' | '｡' => '.',
        other => other.to_ascii_lowercase(),
    };
    String::from_utf8_lossy(&bytes).chars().map(wide).collect()
}

fn aton(host: &str) -> Option<u32> {
    let parts: Vec<&str> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let number = |part: &&str| {
        let digits = |text: &str, radix| {
            let sound = !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
            sound.then(|| u64::from_str_radix(text, radix).ok()).flatten()
        };
        match part.strip_prefix("0x") {
            Some("") => Some(0),
            Some(hex) => digits(hex, 16),
            None if part.len() > 1 && part.starts_with('0') => digits(part, 8),
            None => digits(part, 10),
        }
    };
    let numbers: Vec<u64> = parts.iter().map(number).collect::<Option<_>>()?;
    let (last, heads) = numbers.split_last()?;
    if heads.len() > 3 || heads.iter().any(|head| *head > 255) || *last >= 1 << (8 * (4 - heads.len())) {
        return None;
    }
    let head = heads.iter().enumerate().map(|(at, head)| head << (24 - 8 * at)).sum::<u64>();
    u32::try_from(head + last).ok()
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(four) => u128::from(u32::from(four)) << 96,
        IpAddr::V6(six) => u128::from(six),
    }
}

/// What the corpus says of an address, by nothing but its list: an address that holds an IPv4 one is judged by that.
fn is_special(address: IpAddr) -> bool {
    let listed = |address: IpAddr| {
        RANGES.iter().any(|(base, length, four)| {
            *four == address.is_ipv4() && (base ^ bits(address)).checked_shr(128 - length).unwrap_or(0) == 0
        })
    };
    let IpAddr::V6(six) = address else {
        return listed(address);
    };
    let octets = six.octets();
    let inner = |at: usize| listed(IpAddr::V4([octets[at], octets[at + 1], octets[at + 2], octets[at + 3]].into()));
    match (u128::from(six) >> 32, octets) {
        (0 | 0xffff | 0xffff_0000 | 0x0064_ff9b_0000_0000_0000_0000, _) => inner(12),
        (_, [0x20, 0x02, ..]) => inner(2),
        (_, [.., 0 | 2, 0, 0x5e, 0xfe, _, _, _, _]) => listed(address) || inner(12),
        _ => listed(address),
    }
}
