//! Where webhooks may point: one verdict when a webhook is saved, tested and sent to, and no connection
//! to an address that it refuses.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

#[path = "ssrf/net.rs"]
mod net;
#[path = "ssrf/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use hookboard_server::guard::{Guard, Refusal};
use ipnet::IpNet;
use net::{Answers, Dns, Recorder};
use proptest::prelude::*;
use serde_json::json;
use world::World;

const RANGES: &str = include_str!("ssrf/ranges.txt");
const URLS: &str = include_str!("ssrf/urls.txt");

fn ranges() -> Vec<IpNet> {
    let lines = RANGES.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_whitespace().next().expect("a range").parse().expect(line)).collect()
}

fn urls() -> Vec<(&'static str, &'static str)> {
    let lines = URLS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').expect(line)).map(|(verdict, url)| (verdict, url.trim_start())).collect()
}

/// What the corpus says of an address, by nothing but the list: the IPv4 address in one that holds one,
/// else the ranges.
fn is_special(address: IpAddr) -> bool {
    let listed = |address: IpAddr| ranges().iter().any(|range| range.contains(&address));
    let IpAddr::V6(six) = address else { return listed(address) };
    let octets = six.octets();
    let at =
        |from: usize| IpAddr::V4(Ipv4Addr::new(octets[from], octets[from + 1], octets[from + 2], octets[from + 3]));
    let inner = [("::/96", 12), ("::ffff:0:0/96", 12), ("::ffff:0:0:0/96", 12), ("64:ff9b::/96", 12), ("2002::/16", 2)];
    let inner = inner.iter().find(|(net, _)| net.parse::<IpNet>().expect("net").contains(&address));
    let isatap = [[0, 0, 0x5e, 0xfe], [2, 0, 0x5e, 0xfe]].iter().any(|id| octets[8..12] == *id);
    match inner {
        Some((_, from)) => listed(at(*from)),
        None => listed(address) || (isatap && listed(at(12))),
    }
}

/// Every way to write an IPv4 address that a URL parser takes.
fn spellings(address: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = address.octets();
    let whole = u32::from(address);
    let (b_on, c_on) = (whole & 0x00ff_ffff, whole & 0xffff);
    let dotted = address.to_string();
    let mapped = |from: &str| -> String {
        dotted.chars().map(|c| c.to_digit(10).map_or(c, |d| from.chars().nth(d as usize).expect("a digit"))).collect()
    };
    let percent = dotted.bytes().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "%{byte:02x}");
        text
    });
    vec![
        format!("{dotted}."),
        format!("{dotted}:8443"),
        whole.to_string(),
        format!("{whole:#x}"),
        format!("0X{whole:X}"),
        format!("0{whole:o}"),
        format!("{a:#x}.{b:#x}.{c:#x}.{d:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        format!("{a}.{b:#x}.0{c:o}.{d}"),
        format!("{a}.{b_on}"),
        format!("{a:#x}.{b_on:#x}."),
        format!("{a}.{b}.{c_on}"),
        percent,
        dotted.replace('.', "。"),
        dotted.replace('.', "．"),
        mapped("０１２３４５６７８９"),
        mapped("⓪①②③④⑤⑥⑦⑧⑨"),
        mapped("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
        dotted,
    ]
}

/// Every IPv6 address that stands for an IPv4 one.
fn embeddings(address: Ipv4Addr) -> Vec<Ipv6Addr> {
    let [a, b, c, d] = address.octets();
    let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    let mut all = vec![
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
        Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, high, low),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 0),
        Ipv6Addr::new(0x2002, high, low, 0xffff, 1, 2, 3, 4),
        Ipv6Addr::new(0x2606, 0x4700, 0, 0, 0, 0x5efe, high, low),
        Ipv6Addr::new(0x2606, 0x4700, 0, 0, 0x200, 0x5efe, high, low),
    ];
    if high != 0 {
        all.push(Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low));
    }
    all
}

/// Ways to write an IPv6 address in a URL.
fn bracketed(address: Ipv6Addr) -> Vec<String> {
    let groups = |upper: bool, count: usize| -> String {
        let group = |bits: &u16| if upper { format!("{bits:04X}") } else { format!("{bits:x}") };
        address.segments()[..count].iter().map(group).collect::<Vec<_>>().join(":")
    };
    let [.., a, b, c, d] = address.octets();
    vec![
        format!("[{address}]"),
        format!("[{}]:8443", groups(true, 8)),
        format!("[{}:{a}.{b}.{c}.{d}]", groups(false, 6)),
    ]
}

/// The first and last address of a range and the ones beside it.
fn edges(range: IpNet) -> Vec<IpAddr> {
    match range {
        IpNet::V4(net) => {
            let (first, last) = (u32::from(net.network()), u32::from(net.broadcast()));
            let all = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
            all.into_iter().flatten().map(|bits| IpAddr::V4(bits.into())).collect()
        }
        IpNet::V6(net) => {
            let (first, last) = (u128::from(net.network()), u128::from(net.broadcast()));
            let all = [Some(first), Some(last), first.checked_sub(1), last.checked_add(1)];
            all.into_iter().flatten().map(|bits| IpAddr::V6(bits.into())).collect()
        }
    }
}

/// The URLs of the corpus: each range's edges in every spelling and embedding.
fn literals() -> BTreeMap<String, bool> {
    let mut all = BTreeMap::new();
    for address in ranges().into_iter().flat_map(edges) {
        match address {
            IpAddr::V4(four) => {
                all.extend(spellings(four).into_iter().map(|host| (host, is_special(address))));
                for six in embeddings(four) {
                    all.extend(bracketed(six).into_iter().map(|host| (host, is_special(six.into()))));
                }
            }
            IpAddr::V6(six) => all.extend(bracketed(six).into_iter().map(|host| (host, is_special(address)))),
        }
    }
    all.into_iter().map(|(host, special)| (format!("http://{host}/"), special)).collect()
}

fn answers() -> Answers {
    let public = || vec!["93.184.216.34".parse().expect("address"), "2606:2800:220:1::1".parse().expect("address")];
    Answers::new(move |name| match name {
        "inside.test" => Some(vec!["10.0.0.7".parse().expect("address")]),
        "both.test" => Some(vec!["93.184.216.34".parse().expect("address"), "10.0.0.7".parse().expect("address")]),
        "six.test" => Some(vec!["::ffff:127.0.0.1".parse().expect("address")]),
        "none.test" => Some(Vec::new()),
        name if name == "public.test" || name.ends_with(".public.test") => Some(public()),
        _ => None,
    })
}

fn verdict_of(refusal: Option<&Refusal>) -> &'static str {
    match refusal {
        None => "allowed",
        Some(Refusal::Malformed(_)) => "malformed",
        Some(Refusal::Lookup { .. }) => "unresolved",
        Some(Refusal::Blocked { .. } | Refusal::BlockedName { .. }) => "blocked",
    }
}

#[tokio::test]
async fn special_addresses_are_refused_in_every_spelling_and_their_neighbours_are_not() {
    let recorder = Recorder::refusing();
    let guard = Guard::with(Vec::new(), Arc::new(answers()), Arc::new(recorder.clone()));
    let literals = literals();
    for (url, special) in &literals {
        let verdict = guard.vet(url).await;
        assert_eq!(verdict_of(verdict.as_ref().err()), if *special { "blocked" } else { "allowed" }, "{url}");
        if let Ok(vetted) = verdict {
            assert!(vetted.connect().await.is_err(), "the recorder refuses");
        }
    }
    let blocked = literals.values().filter(|special| **special).count();
    let allowed = literals.len() - blocked;
    assert!(blocked > 2500 && allowed > 500, "{blocked} {allowed}");
    assert_eq!(recorder.connected().len(), allowed, "one connection for each that is allowed");
}

#[tokio::test]
async fn creating_testing_and_sending_agree_on_every_url() {
    let recorder = Recorder::to_a_receiver();
    let strict = Guard::with(Vec::new(), Arc::new(answers()), Arc::new(recorder.clone()));
    // A team whose server once allowed everything: what was saved then is judged anew.
    let all = ["0.0.0.0/0", "::/0", "localhost", "metadata", "rancher-metadata", "instance-data"];
    let names = urls().into_iter().filter_map(|(_, url)| url::Url::parse(url).ok()?.domain().map(str::to_owned));
    let all: Vec<_> = all.into_iter().map(str::to_owned).chain(names).filter_map(|one| one.parse().ok()).collect();
    let loose = Guard::with(all, Arc::new(answers()), Arc::new(recorder.clone()));
    let world = World::new(loose, strict).await;
    let mut saved = Vec::new();
    for (index, (verdict, url)) in urls().into_iter().enumerate() {
        let draft = json!({"name": format!("w{index}"), "url": url, "timeout_s": 5});
        let (status, problem) = world.strict("POST", "/webhooks", Some(&draft)).await;
        let code = problem["errors"][0]["code"].as_str().unwrap_or_default();
        // The form is stricter than the parser: a URL begins with http:// in this spelling, and has a host.
        let is_plain =
            hookboard_api::webhook::WebhookDraft::check(&serde_json::from_value(draft.clone()).expect("draft"));
        let wanted = match verdict {
            _ if !is_plain.is_empty() => (422, "malformed"),
            "blocked" => (422, "blocked_address"),
            "malformed" => (422, "malformed"),
            // What has no address today may have one tomorrow; sending judges it again.
            _ => (201, ""),
        };
        assert_eq!((status, code), wanted, "create {url}: {problem}");
        if status == 422 && code == "blocked_address" {
            assert!(problem["detail"].as_str().is_some_and(|words| words.contains("--allow-target ")), "{problem}");
        }
        let sent = world.send(url).await;
        assert_eq!(sent, outcome(verdict, url), "send {url}");
        let made = if status == 201 {
            problem
        } else {
            let (status, made) = world.loose("POST", "/webhooks", Some(&draft)).await;
            if status != 201 {
                assert_eq!((status, made["errors"][0]["code"].as_str()), (422, Some("malformed")), "{url}");
                continue;
            }
            made
        };
        let id = made["id"].as_str().expect("id").to_owned();
        let (status, tested) = world.strict("POST", &format!("/webhooks/{id}/test"), Some(&json!({}))).await;
        assert_eq!(
            (status, tested["exchange"]["outcome"].as_str()),
            (200, Some(outcome(verdict, url))),
            "test {url}: {tested}"
        );
        saved.push((id, verdict, url));
    }
    assert!(saved.iter().filter(|(_, verdict, _)| *verdict == "blocked").count() > 60);
    let delivered = world.deliver(saved.iter().map(|(id, ..)| id.as_str())).await;
    for (id, verdict, url) in &saved {
        assert_eq!(delivered.get(id).map(String::as_str), Some(outcome(verdict, url)), "deliver {url}");
    }
    for address in recorder.connected() {
        assert!(!is_special(address.ip()), "{address}");
    }
}

/// The outcome code of sending to a URL. TLS does not come about with the plain receiver.
fn outcome(verdict: &str, url: &str) -> &'static str {
    match verdict {
        "allowed" if url.starts_with("https") => "tls",
        "allowed" => "ok",
        "unresolved" => "dns",
        _ => "blocked_address",
    }
}

#[tokio::test]
async fn an_exception_opens_what_it_names_in_every_spelling_and_nothing_else() {
    let guard = |targets: &[&str]| {
        let targets = targets.iter().map(|target| target.parse().expect("a target")).collect();
        Guard::with(targets, Arc::new(answers()), Arc::new(Recorder::refusing()))
    };
    let net = guard(&["10.1.0.0/16"]);
    for (address, wanted) in [("10.1.2.3", "allowed"), ("10.2.0.0", "blocked"), ("10.0.255.255", "blocked")] {
        let address: Ipv4Addr = address.parse().expect("address");
        let six = embeddings(address).into_iter().filter(|six| six.segments()[0] != 0x2606).flat_map(bracketed);
        for host in spellings(address).into_iter().chain(six) {
            let verdict = net.vet(&format!("http://{host}/")).await;
            assert_eq!(verdict_of(verdict.as_ref().err()), wanted, "{host}");
        }
    }
    for (targets, url, wanted) in [
        // All addresses of a name have to be allowed, each by itself.
        (&["10.0.0.7"][..], "http://inside.test/", "allowed"),
        (&["10.0.0.7"], "http://both.test/", "allowed"),
        (&["10.0.0.8/29"], "http://inside.test/", "blocked"),
        (&["127.0.0.0/8"], "http://six.test/", "allowed"),
        (&["::1"], "http://six.test/", "blocked"),
        // A host is allowed by its name, and its address by no other name.
        (&["inside.test"], "http://inside.test/", "allowed"),
        (&["inside.test"], "http://INSIDE.test.:8080/", "allowed"),
        (&["inside.test"], "http://both.test/", "blocked"),
        (&["inside.test"], "http://10.0.0.7/", "blocked"),
        (&["test"], "http://inside.test/", "blocked"),
        (&["localhost"], "http://localhost/", "allowed"),
        (&["localhost"], "http://a.localhost/", "blocked"),
        (&["localhost"], "http://127.0.0.1/", "blocked"),
        (&["::1"], "http://localhost/", "allowed"),
        (&["10.0.0.0/8"], "http://localhost/", "blocked"),
        (&["169.254.0.0/16"], "http://metadata.google.internal/", "blocked"),
        // What cannot be used stays so.
        (&["10.0.0.7"], "http://a@10.0.0.7/", "malformed"),
        (&["10.0.0.7"], "ftp://10.0.0.7/", "malformed"),
    ] {
        let verdict = guard(targets).vet(url).await;
        assert_eq!(verdict_of(verdict.as_ref().err()), wanted, "{targets:?} {url}");
    }
}

#[tokio::test]
async fn a_name_that_changes_its_address_leads_to_the_judged_one_only() {
    let dns = Dns::start();
    let recorder = Recorder::to_a_receiver();
    let guard = Guard::with(Vec::new(), Arc::new(dns.resolver()), Arc::new(recorder.clone()));
    dns.answer(&["93.184.216.34"]);
    let vetted = guard.vet("http://flip.test/").await.expect("public");
    // Between the verdict and the connection the name turns inside.
    dns.answer(&["169.254.169.254"]);
    vetted.connect().await.expect("connected");
    assert_eq!(recorder.connected(), ["93.184.216.34:80".parse().expect("address")]);
    assert!(matches!(guard.vet("http://flip.test/").await, Err(Refusal::Blocked { .. })));

    // The whole way: each attempt looks up once, and goes where that look-up led.
    let world = World::new(guard.clone(), guard).await;
    for (answer, outcome) in [
        (vec!["1.1.1.1"], "ok"),
        (vec!["127.0.0.1"], "blocked_address"),
        (vec!["1.1.1.1", "::1"], "blocked_address"),
        (vec!["2606:4700::1111", "1.1.1.1"], "ok"),
        (vec![], "dns"),
    ] {
        dns.answer(&answer);
        let asked = dns.asked();
        assert_eq!(world.send("http://flip.test/").await, outcome, "{answer:?}");
        assert_eq!(dns.asked() - asked, 2, "one question for each kind of address");
    }
    // Every second answer is the inside one: whichever an attempt gets, none connects there.
    dns.alternate(&["93.184.216.34"], &["127.0.0.1"]);
    for _ in 0..20 {
        assert!(["ok", "blocked_address"].contains(&world.send("http://flip.test/").await.as_str()));
    }
    assert!(recorder.connected().iter().all(|address| !is_special(address.ip())), "{:?}", recorder.connected());
}

fn any_address() -> impl Strategy<Value = IpAddr> {
    let edges: Vec<IpAddr> = ranges().into_iter().flat_map(edges).collect();
    let inner: Vec<Ipv6Addr> = edges
        .iter()
        .filter_map(|edge| if let IpAddr::V4(four) = edge { Some(*four) } else { None })
        .flat_map(embeddings)
        .collect();
    prop_oneof![
        any::<u32>().prop_map(|bits| IpAddr::V4(bits.into())),
        any::<u128>().prop_map(|bits| IpAddr::V6(bits.into())),
        any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from(bits >> 3 | 0x2000 << 112))),
        prop::sample::select(edges),
        prop::sample::select(inner).prop_map(IpAddr::V6),
    ]
}

fn any_url() -> impl Strategy<Value = String> {
    let known: Vec<String> = urls().into_iter().map(|(_, url)| url.to_owned()).collect();
    let host = prop_oneof![
        any_address().prop_map(|address| match address {
            IpAddr::V4(four) => four.to_string(),
            IpAddr::V6(six) => format!("[{six}]"),
        }),
        any::<u32>().prop_flat_map(|bits| prop::sample::select(spellings(bits.into()))),
        "[a-z0-9.%@:\\[\\]xX①０。-]{1,24}",
        "[a-z]{1,8}(\\.[a-z]{1,8}){0,3}\\.?",
        "\\PC{1,12}",
    ];
    prop_oneof![
        ("https?", "(://|:/|:|:\\\\\\\\)", host, "(:[0-9]{1,5})?", "([/?#\\\\@]\\PC{0,8})?")
            .prop_map(|(scheme, slashes, host, port, rest)| { format!("{scheme}{slashes}{host}{port}{rest}") }),
        prop::sample::select(known),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_url_and_the_resolver_no_special_address_is_connected_to(
        url in any_url(),
        answered in prop::collection::vec(any_address(), 0..4),
        later in prop::collection::vec(any_address(), 0..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("runtime");
        let recorder = Recorder::refusing();
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let names = Answers::new(move |_| {
            let first = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
            Some(if first { answered.clone() } else { later.clone() })
        });
        let guard = Guard::with(Vec::new(), Arc::new(names), Arc::new(recorder.clone()));
        runtime.block_on(async {
            if let Ok(vetted) = guard.vet(&url).await {
                let _ = vetted.connect().await;
            }
        });
        for address in recorder.connected() {
            prop_assert!(!is_special(address.ip()), "{url} led to {address}");
        }
    }
}
