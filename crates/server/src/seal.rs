//! Secrets at rest: sealed with XChaCha20-Poly1305, the row's id as associated data, so that a
//! sealed value moved to another row does not open.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};

use crate::digest;

/// First byte of a sealed value: which key sealed it.
const KEY_ID: u8 = 1;
const NONCE_BYTES: usize = 24;

/// The key that seals and opens secrets.
#[derive(Clone)]
pub struct Seal {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}

/// Why a key or a sealed value cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key is not 32 bytes of base64, or they are all zero.
    #[error(
        "The key that seals secrets is not 32 random bytes in base64. Make one with: head -c 32 /dev/urandom | base64"
    )]
    MalformedKey,
    /// The key file cannot be read or made.
    #[error(
        "The key file {path} cannot be used: {source}. Check its path and rights, or name another with --key-file."
    )]
    KeyFile {
        /// Its path.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The value was sealed with another key, or was changed.
    #[error("A secret does not open with this key. Start with the key file that sealed it.")]
    DoesNotOpen,
}

impl Seal {
    /// From 32 bytes in base64.
    pub fn from_base64(text: &str) -> Result<Self, SealError> {
        let bytes = BASE64_STANDARD.decode(text.trim()).map_err(|_| SealError::MalformedKey)?;
        if bytes.iter().all(|byte| *byte == 0) {
            return Err(SealError::MalformedKey);
        }
        let cipher = XChaCha20Poly1305::new_from_slice(&bytes).map_err(|_| SealError::MalformedKey)?;
        Ok(Self { cipher })
    }

    /// From a file, which is made with mode 0600 where there is none and `make` allows it.
    pub fn from_file(path: &Path, make: bool) -> Result<Self, SealError> {
        let failed = |source| SealError::KeyFile { path: path.display().to_string(), source };
        match fs::read_to_string(path) {
            Ok(text) => {
                warn_of_readers(path);
                Self::from_base64(&text)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && make => {
                let text = BASE64_STANDARD.encode(rand::random::<[u8; 32]>());
                let mut options = fs::OpenOptions::new();
                options.write(true).create_new(true);
                #[cfg(unix)]
                std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
                let mut file = options.open(path).map_err(failed)?;
                file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
                Self::from_base64(&text)
            }
            Err(error) => Err(failed(error)),
        }
    }

    /// Seals `value` for the row `id`.
    pub fn seal(&self, id: &str, value: &str) -> Result<Vec<u8>, SealError> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: value.as_bytes(), aad: id.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::DoesNotOpen)?;
        Ok([&[KEY_ID], nonce.as_slice(), sealed.as_slice()].concat())
    }

    /// Opens what was sealed for the row `id`.
    pub fn open(&self, id: &str, sealed: &[u8]) -> Result<SecretString, SealError> {
        let Some((&KEY_ID, rest)) = sealed.split_first() else {
            return Err(SealError::DoesNotOpen);
        };
        let Some((nonce, sealed)) = rest.split_first_chunk::<NONCE_BYTES>() else {
            return Err(SealError::DoesNotOpen);
        };
        let payload = Payload { msg: sealed, aad: id.as_bytes() };
        let bytes = self.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SealError::DoesNotOpen)?;
        String::from_utf8(bytes).map(SecretString::from).map_err(|_| SealError::DoesNotOpen)
    }
}

/// Says where others of the machine can read the key, and so the secrets of every copy of the database.
fn warn_of_readers(path: &Path) {
    #[cfg(unix)]
    if fs::metadata(path).is_ok_and(|about| std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o077 != 0)
    {
        tracing::warn!(path = %path.display(), "others of this machine can read the key: chmod 600 keeps them out");
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// The fewest bytes of a secret's beginning at the end of a text that are taken for one cut off.
const CUT_BYTES: usize = 4;

/// What secrets look like in what a receiver echoes: plain and in the encodings that receivers use. What
/// they echo is not to be stored.
pub struct Masking(Vec<String>);

impl Masking {
    /// Of `secrets`.
    pub fn of(secrets: &[SecretString]) -> Self {
        let plain = secrets.iter().map(ExposeSecret::expose_secret).filter(|plain| !plain.is_empty());
        let mut all: Vec<String> = plain.flat_map(spellings).collect();
        // The longest first: a short one may be a part of it.
        all.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.dedup();
        Self(all)
    }

    /// `text` with dots for every secret in it, and for what its end has left of one that was cut off.
    pub fn over(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for spelling in &self.0 {
            if spelling.len() <= masked.len() && masked.contains(spelling.as_str()) {
                masked = masked.replace(spelling.as_str(), hookboard_template::MASK);
            }
        }
        // A character that was cut in its middle reads as one or more of U+FFFD.
        let end = masked.trim_end_matches('\u{fffd}');
        if let Some(cut) = self.0.iter().filter_map(|spelling| begun(end, spelling)).max() {
            let kept = end.len() - cut;
            masked.truncate(kept);
            masked.push_str(hookboard_template::MASK);
        }
        masked
    }
}

impl Masking {
    /// Whether a header's name holds a secret, in whatever case: names are lower-cased as they are read.
    pub fn is_in_name(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let fits = |spelling: &&String| (CUT_BYTES..=name.len()).contains(&spelling.len());
        self.0.iter().filter(fits).any(|spelling| name.contains(&spelling.to_ascii_lowercase()))
    }
}

/// How many bytes of `spelling`'s beginning `text` ends with; none below what may be by chance.
fn begun(text: &str, spelling: &str) -> Option<usize> {
    (CUT_BYTES..spelling.len().min(text.len() + 1))
        .rev()
        .find(|length| spelling.get(..*length).is_some_and(|begin| text.ends_with(begin)))
}

/// A text plain, escaped for JSON, HTML and URLs, in base64 and in hexadecimal.
fn spellings(plain: &str) -> Vec<String> {
    let json = json_escaped(plain);
    let slashes = json.replace('/', "\\/");
    let ascii = ascii_escaped(&json);
    let mut all = base64s(plain);
    // A whole payload in base64 holds it as it is in JSON.
    all.extend(base64s(&json));
    all.extend([plain.to_owned(), json_escaped(&json), json_escaped(&ascii), json, slashes, ascii]);
    let html = plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for (quote, apostrophe) in
        [("&quot;", "&#39;"), ("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "'"), ("\"", "'")]
    {
        all.push(html.replace('"', quote).replace('\'', apostrophe));
    }
    // RFC 3986, section 2.3; forms write a blank as a plus.
    let url = |unreserved: &str, lower: bool| -> String {
        let encoded = plain.bytes().map(|byte| match char::from(byte) {
            kept if byte.is_ascii_alphanumeric() || unreserved.contains(kept) => kept.to_string(),
            _ if lower => format!("%{byte:02x}"),
            _ => format!("%{byte:02X}"),
        });
        encoded.collect()
    };
    for unreserved in ["-._~", "-_.!~*'()", "*-._"] {
        for encoded in [url(unreserved, false), url(unreserved, true)] {
            all.push(encoded.replace("%20", "+"));
            all.push(encoded);
        }
    }
    let hex = digest::hex(plain.as_bytes());
    all.push(hex.to_ascii_uppercase());
    all.push(hex);
    all
}

/// A text as it stands between the quotes of a JSON string.
fn json_escaped(plain: &str) -> String {
    let json = serde_json::to_string(plain).unwrap_or_default();
    json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

/// The same with all that is beyond ASCII as `\uXXXX`, as Python's `json` writes it.
fn ascii_escaped(json: &str) -> String {
    let mut units = [0; 2];
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

/// A text in base64, by itself and within a longer one: the characters that are the same whatever stands
/// before it and after it, for each of the three places it may begin at.
fn base64s(plain: &str) -> Vec<String> {
    let whole = BASE64_STANDARD.encode(plain);
    let mut all = vec![whole.clone(), BASE64_URL_SAFE_NO_PAD.encode(plain)];
    for before in 0..3 {
        let bits = 8 * (before + plain.len());
        let encoded = BASE64_STANDARD_NO_PAD.encode([&vec![0; before], plain.as_bytes()].concat());
        // A character holds six bits: the first whole one after what stands before, and the last.
        let (from, to) = ((8 * before).div_ceil(6), bits / 6);
        let Some(inner) = encoded.get(from..to).filter(|inner| inner.len() >= 8) else {
            continue;
        };
        all.push(inner.replace('+', "-").replace('/', "_"));
        all.push(inner.to_owned());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str, secrets: &[SecretString]) -> String {
        Masking::of(secrets).over(text)
    }

    fn seal() -> Seal {
        Seal::from_base64(&BASE64_STANDARD.encode([7; 32])).expect("32 bytes")
    }

    #[test]
    fn a_sealed_value_opens_in_its_row_only() {
        let sealed = seal().seal("row-1", "hunter2").expect("sealed");
        assert_eq!(seal().open("row-1", &sealed).expect("opens").expose_secret(), "hunter2");
        assert!(seal().open("row-2", &sealed).is_err());
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let mut sealed = seal().seal("row", "hunter2").expect("sealed");
        assert!(seal().open("row", &sealed[..10]).is_err());
        if let Some(last) = sealed.last_mut() {
            *last ^= 1;
        }
        assert!(seal().open("row", &sealed).is_err());
        assert!(Seal::from_base64("c2hvcnQ=").is_err());
    }

    #[test]
    fn echoes_are_masked_in_each_spelling() {
        let secrets = [SecretString::from("p\"w-1234")];
        let text = format!("a p\"w-1234 b p\\\"w-1234 c {}", BASE64_STANDARD.encode("p\"w-1234"));
        assert_eq!(mask(&text, &secrets), "a •••••••• b •••••••• c ••••••••");
    }

    #[test]
    fn echoes_are_masked_in_the_encodings_of_html_urls_and_hexadecimal() {
        let secrets = [SecretString::from("a<b> &'c\"/é")];
        for echo in [
            "a&lt;b&gt; &amp;&#39;c&quot;/é",
            "a&lt;b&gt; &amp;'c\"/é",
            "a%3Cb%3E%20%26%27c%22%2F%C3%A9",
            "a%3cb%3e%20%26%27c%22%2f%c3%a9",
            "a%3Cb%3E+%26%27c%22%2F%C3%A9",
            "a%3Cb%3E%20%26'c%22%2F%C3%A9",
            "613c623e20262763222fc3a9",
            "613C623E20262763222FC3A9",
        ] {
            assert_eq!(mask(&format!("x {echo} y"), &secrets), "x •••••••• y");
        }
    }

    #[test]
    fn echoes_are_masked_within_longer_texts_in_base64_and_in_escapes_twice_over() {
        let secrets = [SecretString::from("tökén/\"8a41\"-1234")];
        for before in ["", "a", "ab", "abc"] {
            let encoded = BASE64_STANDARD.encode(format!("{before}tökén/\"8a41\"-1234 and more"));
            assert!(mask(&encoded, &secrets).contains(hookboard_template::MASK), "{before}");
        }
        for echo in [
            r#"t\u00f6k\u00e9n/\"8a41\"-1234"#,
            r#"tökén\/\"8a41\"-1234"#,
            r#"tökén/\\\"8a41\\\"-1234"#,
            r#"t\\u00f6k\\u00e9n/\\\"8a41\\\"-1234"#,
        ] {
            assert_eq!(mask(&format!("x {echo} y"), &secrets), "x •••••••• y", "{echo}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_secret_and_wherever_the_cut_no_spelling_is_left(
            secret in "[ -~é\u{2028}]{8,40}",
            before in "[ -~]{0,7}",
            after in "[ -~]{0,7}",
            cut in 0_usize..200,
        ) {
            let json = json_escaped(&secret);
            let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
            let hex = digest::hex(secret.as_bytes());
            let masking = Masking::of(&[SecretString::from(secret.as_str())]);
            for spelling in [secret.clone(), json.clone(), json_escaped(&json), ascii_escaped(&json), url, hex] {
                let text = format!("{before}{spelling}{after}");
                proptest::prop_assert!(!masking.over(&text).contains(&spelling), "{text}");
                // What is cut off within it leaves no more than a few characters that may be by chance.
                let bytes = &text.as_bytes()[..(before.len() + CUT_BYTES + cut).min(before.len() + spelling.len())];
                let masked = masking.over(&String::from_utf8_lossy(bytes));
                let begun = spelling.char_indices().map(|(at, _)| at).find(|at| *at >= CUT_BYTES).unwrap_or(spelling.len());
                // Dots may stand for the end of what came before as well: by chance it begins another spelling.
                let rest = masked.get(before.len()..).unwrap_or_default();
                proptest::prop_assert!(!rest.starts_with(&spelling[..begun]), "{masked}");
            }
            let encoded = BASE64_STANDARD.encode(format!("{before}{secret}{after}"));
            let inner = &base64s(&secret)[2..];
            proptest::prop_assert!(!inner.iter().any(|inner| masking.over(&encoded).contains(inner)), "{encoded}");
        }
    }

    #[test]
    fn what_a_cut_left_of_a_secret_is_masked() {
        let secrets = [SecretString::from("tok-8a41-é-1234")];
        for cut in ["tok-", "tok-8a41", "tok-8a41-\u{fffd}", "tok-8a41-é-123", "746f6b2d38"] {
            assert_eq!(mask(&format!("x {cut}"), &secrets), "x ••••••••");
        }
        assert_eq!(mask("x tok", &secrets), "x tok");
        assert_eq!(mask("", &secrets), "");
    }
}
