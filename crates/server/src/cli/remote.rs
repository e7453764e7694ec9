//! The server that a command calls.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use hookboard_api::account::Me;
use hookboard_api::limits::MAX_FILE_BYTES;
use hookboard_api::list::List;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::error::Error;
use super::output::remark;

/// How long an answer is waited for: longer than any webhook that is tested may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// The most that is read of an answer: more than ten thousand automations with their payloads.
const MOST_BYTES: u64 = 256 << 20;

/// Where the server is, and who calls.
#[derive(Debug, Clone, Args)]
pub struct Remote {
    /// URL of the server.
    #[arg(long, env = "HOOKBOARD_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    url: Url,

    /// Access key. Better from the environment: a flag shows in the process list.
    #[arg(long, env = "HOOKBOARD_KEY", hide_env_values = true, value_name = "KEY")]
    key: Option<SecretString>,

    /// Name of the team, where the key's owner is in several.
    #[arg(long, env = "HOOKBOARD_ENTITY", value_name = "TEAM")]
    entity: Option<String>,

    /// Write the server's answer as JSON.
    #[arg(long)]
    pub json: bool,
}

/// A list that comes whole.
#[derive(Debug, Args)]
pub struct Whole {
    #[command(flatten)]
    pub(super) remote: Remote,
}

/// What is sent with a call.
pub(super) enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json(Vec<u8>),
    /// YAML.
    Yaml(Vec<u8>),
}

impl Body {
    pub(super) fn json(value: &impl Serialize) -> Result<Self, Error> {
        serde_json::to_vec(value).map(Self::Json).map_err(|error| Error::Usage(error.to_string()))
    }
}

impl Remote {
    /// The URL without a password that it may hold.
    fn shown_url(&self) -> Url {
        let mut url = self.url.clone();
        // Fails only for URLs that cannot have any.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url
    }

    /// Path of something of the team, after its name.
    pub(super) fn path(&self, rest: &str) -> Result<String, Error> {
        let entity = match self.entity.clone() {
            Some(entity) => entity,
            None => self.only_entity()?,
        };
        Ok(format!("/entities/{}{rest}", segment(&entity)))
    }

    fn only_entity(&self) -> Result<String, Error> {
        let me: Me = self.get("/me")?;
        match me.entities.as_slice() {
            [only] => Ok(only.entity.clone()),
            [] => Err(Error::Usage("The key's owner is in no team.".to_owned())),
            several => {
                let names: Vec<&str> = several.iter().map(|one| one.entity.as_str()).collect();
                Err(Error::Usage(format!("Name the team with --entity: {}.", names.join(", "))))
            }
        }
    }

    /// What `path` answers.
    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.call("GET", path, Body::None)
    }

    /// All rows of a list, or the first `most`.
    pub(super) fn all<T: DeserializeOwned>(&self, path: &str, most: usize) -> Result<Vec<T>, Error> {
        let mut rows: Vec<T> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let limit = most.saturating_sub(rows.len()).min(hookboard_api::limits::MAX_PAGE as usize);
            let sign = if path.contains('?') { '&' } else { '?' };
            let after = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page: List<T> = self.get(&format!("{path}{sign}limit={limit}{after}"))?;
            rows.extend(page.items);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(rows);
            }
            if rows.len() >= most {
                remark(&format!("hookboard: these are the first {most}; there are more. Raise --limit."));
                return Ok(rows);
            }
        }
    }

    /// Calls, and reads the answer.
    pub(super) fn call<T: DeserializeOwned>(&self, method: &str, path: &str, body: Body) -> Result<T, Error> {
        let text = self.text(method, path, body)?;
        let text = if text.is_empty() { "null" } else { &text };
        serde_json::from_str(text).map_err(|error| {
            Error::Unreachable(format!(
                "{} answered in another form than agreed: {error}. Is it a Hookboard, and of this version?",
                self.shown_url()
            ))
        })
    }

    /// Calls, and gives the answer as it came.
    pub(super) fn text(&self, method: &str, path: &str, body: Body) -> Result<String, Error> {
        let key =
            self.key.as_ref().map(|key| key.expose_secret().trim()).filter(|key| !key.is_empty()).ok_or_else(|| {
                Error::Usage(
                    "There is no access key. Make one in the page under Access keys, and set HOOKBOARD_KEY to it."
                        .to_owned(),
                )
            })?;
        let url = format!("{}/api/v1{path}", self.url.as_str().trim_end_matches('/'));
        let (kind, bytes) = match body {
            Body::None => (None, Vec::new()),
            Body::Json(bytes) => (Some("application/json"), bytes),
            Body::Yaml(bytes) => (Some("application/yaml"), bytes),
        };
        let mut request =
            ureq::http::Request::builder().method(method).uri(&url).header("authorization", format!("Bearer {key}"));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let request = request.body(bytes).map_err(|error| Error::Usage(format!("{url} cannot be called: {error}")))?;
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .tls_config(ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build())
            .build();
        let unreached = |error: ureq::Error| {
            Error::Unreachable(format!(
                "{} was not reached: {error}. Check --url, and that the server runs.",
                self.shown_url()
            ))
        };
        let mut answer = ureq::Agent::new_with_config(config).run(request).map_err(unreached)?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().with_config().limit(MOST_BYTES).read_to_string().map_err(unreached)?;
        if (200..300).contains(&status) {
            return Ok(text);
        }
        Err(serde_json::from_str(&text).map_or_else(
            |_| {
                Error::Unreachable(format!(
                    "{} answered {status} and no problem of Hookboard's. Check --url.",
                    self.shown_url()
                ))
            },
            |problem| Error::Refused(Box::new(problem)),
        ))
    }
}

/// A name as a segment of a path.
pub(super) fn segment(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    text
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or_default().to_ascii_uppercase()
}

/// A query of those parameters that are given.
pub(super) fn query<'p>(parameters: impl IntoIterator<Item = (&'p str, Option<&'p str>)>) -> String {
    let given = parameters.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", segment(value?))));
    let all: Vec<String> = given.collect();
    if all.is_empty() { String::new() } else { format!("?{}", all.join("&")) }
}

/// What a file holds, or for `-` the standard input.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let most = MAX_FILE_BYTES as u64;
    let read = if path.as_os_str() == "-" {
        std::io::stdin().take(most + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
    };
    read.map_err(|error| {
        Error::Usage(format!("{} cannot be read: {error}. Check the path and its rights.", path.display()))
    })?;
    if bytes.len() as u64 > most {
        let words =
            format!("{} has more than {} MiB, the most that is taken. Send less at once.", path.display(), most >> 20);
        return Err(Error::Usage(words));
    }
    // Editors of Windows begin a file with a mark of its encoding.
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_addresses() {
        assert_eq!(segment("fraud scorer/v2"), "fraud%20scorer%2Fv2");
        assert_eq!(query([("registry", Some("Größe")), ("project", None)]), "?registry=Gr%C3%B6%C3%9Fe");
        assert_eq!(query([("a", None)]), "");
    }
}
