//! Where deliveries may go. One verdict, used when a webhook is saved, tested and sent to.
//!
//! An address literal is judged as it stands. A name is looked up, every address is judged, and one
//! that is forbidden refuses all. The verdict, [`Vetted`], is the only way to a connection, and leads to
//! the judged addresses: a second look-up cannot answer differently, since there is none.

mod dial;
mod names;
mod ranges;
mod resolve;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use tokio::net::TcpStream;
use url::{Host, Url};

pub use self::dial::Dial;
use self::names::Special;
pub use self::ranges::forbidden;
pub use self::resolve::Resolve;

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
            Ok(Self::Host(text.trim_end_matches('.').to_ascii_lowercase()))
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
    /// The name itself is not a public host's.
    #[error("\"{host}\" is {kind}. Allow it with --allow-target {host}.")]
    BlockedName {
        /// The name.
        host: String,
        /// What it stands for.
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

/// A URL that was vetted. There is no other way to one than [`Guard::vet`], and no connection without one.
#[derive(Debug, Clone)]
pub struct Vetted {
    url: Url,
    host: String,
    addresses: Vec<SocketAddr>,
    dial: Arc<dyn Dial>,
}

impl Vetted {
    /// The URL.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Its host, without brackets and without a dot at its end: the name for TLS.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The judged addresses, in the resolver's order.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// A connection to the first of the judged addresses that takes one.
    pub async fn connect(&self) -> io::Result<TcpStream> {
        self.dial.dial(&self.addresses).await
    }
}

/// The verdict over targets.
#[derive(Debug, Clone)]
pub struct Guard {
    allowed: Vec<Target>,
    resolve: Arc<dyn Resolve>,
    dial: Arc<dyn Dial>,
}

impl Guard {
    /// A guard with exceptions, which looks names up as the system does.
    pub fn new(allowed: Vec<Target>) -> Self {
        Self::with(allowed, Arc::new(resolve::System), Arc::new(dial::Tcp))
    }

    /// A guard that looks names up and connects by other means. The verdict is the same.
    pub fn with(allowed: Vec<Target>, resolve: Arc<dyn Resolve>, dial: Arc<dyn Dial>) -> Self {
        Self { allowed, resolve, dial }
    }

    /// Judges `url`, looking its name up.
    pub async fn vet(&self, url: &str) -> Result<Vetted, Refusal> {
        let url = parse(url)?;
        let no_host = || Refusal::Malformed("The URL has no host, such as example.com.".into());
        let (host, addresses) = match url.host().ok_or_else(no_host)? {
            Host::Ipv4(address) => (address.to_string(), vec![IpAddr::V4(address)]),
            Host::Ipv6(address) => (address.to_string(), vec![IpAddr::V6(address)]),
            Host::Domain(name) => {
                // The parser has lower-cased it.
                let name = name.strip_suffix('.').unwrap_or(name);
                if name.is_empty() || name.split('.').any(str::is_empty) {
                    return Err(no_host());
                }
                (name.to_owned(), self.look_up(name).await?)
            }
        };
        for address in &addresses {
            self.judge(&host, *address)?;
        }
        let port = url.port_or_known_default().unwrap_or(443);
        let addresses = addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect();
        Ok(Vetted { url, host, addresses, dial: Arc::clone(&self.dial) })
    }

    /// Judges one address of `host`.
    pub fn judge(&self, host: &str, address: IpAddr) -> Result<(), Refusal> {
        match forbidden(address) {
            Some(kind) if !self.allows_host(host) && !self.allows_address(address) => {
                Err(Refusal::Blocked { host: host.to_owned(), address, kind })
            }
            _ => Ok(()),
        }
    }

    fn allows_host(&self, host: &str) -> bool {
        self.allowed.iter().any(|target| matches!(target, Target::Host(name) if name.eq_ignore_ascii_case(host)))
    }

    fn allows_address(&self, address: IpAddr) -> bool {
        let inner = ranges::inner_v4(address).map(IpAddr::V4);
        self.allowed.iter().any(|target| match target {
            Target::Net(net) => net.contains(&address) || inner.is_some_and(|inner| net.contains(&inner)),
            Target::Host(_) => false,
        })
    }

    /// The addresses of `name`, at least one.
    async fn look_up(&self, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        match names::special(name) {
            Some(Special::Loopback) => {
                let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
                addresses.retain(|address| self.judge(name, *address).is_ok());
                let refused = || Refusal::BlockedName { host: name.to_owned(), kind: "this machine" };
                return if addresses.is_empty() { Err(refused()) } else { Ok(addresses) };
            }
            Some(Special::Metadata) if !self.allows_host(name) => {
                return Err(Refusal::BlockedName { host: name.to_owned(), kind: "a cloud's metadata service" });
            }
            _ => {}
        }
        let failed = |cause: String| Refusal::Lookup { host: name.to_owned(), cause };
        let answer = tokio::time::timeout(DNS_TIMEOUT, self.resolve.resolve(name))
            .await
            .map_err(|_| failed(String::from("no answer in 5 s")))?;
        let mut addresses: Vec<IpAddr> = Vec::new();
        for address in answer.map_err(|error| failed(cause_of(&error)))? {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() { Err(failed(String::from("it has no address"))) } else { Ok(addresses) }
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self::new(Vec::new())
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
    if url.port() == Some(0) {
        return Err(malformed("The URL has the port 0, which takes no connections. Name another."));
    }
    Ok(url)
}

/// The resolver's words without the function's name it prefixes.
fn cause_of(error: &io::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(": ").map_or(text.clone(), |(_, cause)| cause.to_owned()).to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_refusal_names_the_flag_that_allows_it() {
        for (url, words) in [
            ("http://10.0.0.7/", "10.0.0.7 is a private address. Allow it with --allow-target 10.0.0.7."),
            ("http://[fd00::1]/", "fd00::1 is a private address. Allow it with --allow-target fd00::1."),
            ("http://[::1]/", "::1 is a loopback address. Allow it with --allow-target ::1."),
            (
                "http://api.localhost:1/",
                "\"api.localhost\" is this machine. Allow it with --allow-target api.localhost.",
            ),
            (
                "http://metadata.google.internal./",
                "\"metadata.google.internal\" is a cloud's metadata service. Allow it with --allow-target metadata.google.internal.",
            ),
        ] {
            let refusal = Guard::default().vet(url).await.expect_err("refused");
            assert_eq!(refusal.to_string(), words);
            let (_, flag) = words.split_once("--allow-target ").expect("a flag");
            let target = flag.trim_end_matches('.').parse().expect("a target");
            // What the flag opens resolves or does not; it is no longer refused for what it is.
            let verdict = Guard::new(vec![target]).vet(url).await;
            assert!(matches!(verdict, Ok(_) | Err(Refusal::Lookup { .. })), "{url} {verdict:?}");
        }
    }

    #[tokio::test]
    async fn exceptions_are_networks_or_hosts() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().expect("network")]);
        assert!(guard.vet("http://127.0.0.1:9/").await.is_ok());
        assert!(guard.vet("http://[::ffff:127.0.0.1]/").await.is_ok());
        assert!(guard.vet("http://10.0.0.1/").await.is_err());
        let local = guard.vet("http://localhost:9/").await.expect("allowed");
        assert_eq!(local.addresses(), ["127.0.0.1:9".parse().expect("address")], "and not ::1, which is not");
        assert_eq!("Hooks.internal.".parse(), Ok(Target::Host("hooks.internal".into())));
    }

    #[tokio::test]
    async fn the_host_is_told_as_tls_names_it() {
        let guard = Guard::new(["::1", "127.0.0.1", "localhost"].map(|one| one.parse().expect("a target")).into());
        for (url, host) in
            [("https://[::1]:9/", "::1"), ("https://127.1/", "127.0.0.1"), ("https://LocalHost.:9/", "localhost")]
        {
            assert_eq!(guard.vet(url).await.expect("allowed").host(), host);
        }
    }

    #[test]
    fn a_target_is_a_network_an_address_or_a_host() {
        for text in ["", "a b", "a..b", "*.internal", "10.0.0.0/99", "http://a/", "ü.test"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
        for host in ["a", "a-b.c_d", "hooks9.internal"] {
            assert_eq!(host.parse(), Ok(Target::Host(host.into())));
        }
        for (text, net) in [("10.0.0.7", "10.0.0.7/32"), ("fd00::1", "fd00::1/128"), ("10.0.0.0/8", "10.0.0.0/8")] {
            assert_eq!(text.parse().ok(), net.parse().ok().map(Target::Net), "{text}");
        }
    }

    #[test]
    fn a_failed_look_up_is_told_without_the_functions_name() {
        let told = |text: &str| cause_of(&io::Error::other(text.to_owned()));
        assert_eq!(
            told("failed to lookup address information: Name or service not known"),
            "name or service not known"
        );
        assert_eq!(told("Timed out"), "timed out");
    }
}
