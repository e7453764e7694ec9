//! Whether a request was signed with a secret, and what is wrong where it was not. Pure: the secret goes
//! nowhere.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How far the time of a request may be from now, in seconds: what the printed programs allow.
pub(super) const TOLERANCE_S: i64 = 300;

/// What a check comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// Signed with the secret, and in time.
    Valid {
        /// How many signatures there were: two while a secret is replaced.
        of: usize,
    },
    /// Signed with the secret, this many seconds ago.
    Old(i64),
    /// Signed with the secret, this many seconds after now.
    Early(i64),
    /// A header is not among those pasted.
    Missing(&'static str),
    /// A header is not of its form.
    Malformed(&'static str, &'static str),
    /// The body is not the one that was signed.
    Body(Change),
    /// The body fits its own signature: the id or the time is not the one that was signed.
    IdOrTime,
    /// The secret fits without the blanks around it.
    Blanks,
    /// Signed with another secret: the body has the length that it had when it was sent.
    Secret,
    /// Nothing tells a changed body from another secret.
    BodyOrSecret,
}

/// What happened to a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Blanks or a line break at its end.
    End,
    /// Read and written anew: other blanks between its parts.
    Layout,
    /// It is no JSON object any more.
    Broken,
    /// It has another length.
    Length {
        /// What `content-length` says.
        said: usize,
        /// What it is.
        now: usize,
    },
}

/// Names and values of pasted headers: lines as any tool prints them, or a JSON object.
fn read(pasted: &str) -> Vec<(String, String)> {
    if let Ok(serde_json::Value::Object(all)) = serde_json::from_str(pasted) {
        let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return all.iter().map(|(name, value)| (name.to_ascii_lowercase(), text(value))).collect();
    }
    let line = |line: &str| {
        let line = line.trim().trim_start_matches(['>', '<', '-']).trim_start_matches("H ").trim_end_matches('\\');
        let line = line.trim().trim_matches(['\'', '"', ',']);
        let (name, value) = line.split_once([':', '\t'])?;
        let name = name.trim().trim_matches(['\'', '"']).to_ascii_lowercase();
        Some((name, value.trim().trim_matches(['\'', '"']).to_owned()))
    };
    pasted.lines().filter_map(line).collect()
}

/// Judges a request by its headers as pasted, its body and a secret; `now` in seconds since 1970.
pub(super) fn check(pasted: &str, body: &str, secret: &str, now: i64) -> Finding {
    let all = read(pasted);
    let header = |name: &str| all.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    let required = |name: &'static str| header(name).filter(|value| !value.is_empty()).ok_or(Finding::Missing(name));
    let parts = required("webhook-id").and_then(|id| {
        let time = required("webhook-timestamp")?;
        Ok((id, time, required("webhook-signature")?))
    });
    let (id, time, signatures) = match parts {
        Ok(parts) => parts,
        Err(missing) => return missing,
    };
    let Ok(at) = time.parse::<i64>() else {
        return Finding::Malformed("webhook-timestamp", "It is seconds since 1970: digits only.");
    };
    let versions = signatures.split_whitespace().filter_map(|one| one.strip_prefix("v1,"));
    let given: Vec<&str> = versions.collect();
    if given.is_empty() {
        return Finding::Malformed("webhook-signature", "It starts with v1, and the signature in base64 follows.");
    }
    if given.iter().all(|one| BASE64_STANDARD.decode(one).map_or(true, |bytes| bytes.len() != 32)) {
        return Finding::Malformed("webhook-signature", "What follows v1, is not 32 bytes in base64. Paste all of it.");
    }
    let fits = |body: &str, secret: &str| {
        let digest = hmac(&standard_key(secret), &format!("{id}.{time}.{body}"));
        given.contains(&BASE64_STANDARD.encode(digest).as_str())
    };
    if fits(body, secret) {
        return match now.saturating_sub(at) {
            age if age > TOLERANCE_S => Finding::Old(age),
            age if age < -TOLERANCE_S => Finding::Early(-age),
            _ => Finding::Valid { of: given.len() },
        };
    }
    if secret.trim() != secret && fits(body, secret.trim()) {
        return Finding::Blanks;
    }
    let digest = hmac(secret.as_bytes(), body);
    let plain = [BASE64_STANDARD.encode(&digest), hex(&digest)];
    if header("x-wandb-signature")
        .is_some_and(|all| all.split(',').any(|one| plain.iter().any(|own| own == one.trim())))
    {
        return Finding::IdOrTime;
    }
    let (ended, laid) = variants(body);
    if ended.iter().any(|body| fits(body, secret)) {
        return Finding::Body(Change::End);
    }
    if laid.iter().any(|body| fits(body, secret)) {
        return Finding::Body(Change::Layout);
    }
    if !matches!(serde_json::from_str(body), Ok(serde_json::Value::Object(_))) {
        return Finding::Body(Change::Broken);
    }
    match header("content-length").and_then(|length| length.parse().ok()) {
        Some(said) if said != body.len() => Finding::Body(Change::Length { said, now: body.len() }),
        Some(_) => Finding::Secret,
        None => Finding::BodyOrSecret,
    }
}

/// Bodies that this one may have been: with another end, or in another layout.
fn variants(body: &str) -> (Vec<String>, Vec<String>) {
    let trimmed = body.trim();
    let ended = vec![trimmed.to_owned(), format!("{trimmed}\n"), format!("{trimmed}\r\n")];
    let mut laid = vec![body.replace('\n', "\r\n")];
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(body) {
        laid.push(value.to_string());
        laid.extend(serde_json::to_string_pretty(&value));
        // Python writes a blank behind commas and colons.
        laid.push(spaced(&value.to_string()));
    }
    (ended, laid)
}

/// Compact JSON with a blank behind each comma and colon outside of strings.
fn spaced(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + json.len() / 8);
    let (mut quoted, mut escaped) = (false, false);
    for character in json.chars() {
        text.push(character);
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' | ':' if !quoted => text.push(' '),
            _ => {}
        }
    }
    text
}

fn hmac(key: &[u8], message: &str) -> Vec<u8> {
    // HMAC takes a key of any length, so that this cannot fail.
    Hmac::<Sha256>::new_from_slice(key).map_or_else(
        |_| Vec::new(),
        |mut mac| {
            mac.update(message.as_bytes());
            mac.finalize().into_bytes().to_vec()
        },
    )
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| DIGITS.get(usize::from(digit))).collect()
}

/// The key of a Standard Webhooks signature: what follows `whsec_`, decoded; any other text as it is.
fn standard_key(secret: &str) -> Vec<u8> {
    secret
        .strip_prefix("whsec_")
        .and_then(|coded| BASE64_STANDARD.decode(coded).or_else(|_| BASE64_STANDARD_NO_PAD.decode(coded)).ok())
        .unwrap_or_else(|| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    // From the Standard Webhooks specification's own libraries, as the server's tests have it.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const HEADERS: &str = "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\nwebhook-timestamp: 1614265330\nwebhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    const BODY: &str = r#"{"test": 2432232314}"#;
    const AT: i64 = 1_614_265_330;

    fn found(headers: &str, body: &str, secret: &str) -> Finding {
        check(headers, body, secret, AT)
    }

    #[test]
    fn the_example_of_the_specification_is_valid_for_five_minutes() {
        assert_eq!(found(HEADERS, BODY, SECRET), Finding::Valid { of: 1 });
        assert_eq!(check(HEADERS, BODY, SECRET, AT + 300), Finding::Valid { of: 1 });
        assert_eq!(check(HEADERS, BODY, SECRET, AT + 301), Finding::Old(301));
        assert_eq!(check(HEADERS, BODY, SECRET, AT - 400), Finding::Early(400));
        let both = HEADERS.replace("v1,", "v1a,x v1,AAAA v1,");
        assert_eq!(found(&both, BODY, SECRET), Finding::Valid { of: 2 });
    }

    #[test]
    fn headers_are_read_as_tools_print_them() {
        let quoted: Vec<String> = HEADERS.lines().map(|line| format!("  -H '{line}' \\")).collect();
        let arrows: Vec<String> =
            HEADERS.lines().map(|line| format!("> {}", line.replace("webhook", "Webhook"))).collect();
        let pairs: Vec<String> = HEADERS
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| format!("\"{name}\": \"{value}\""))
            .collect();
        let (object, lines) = (format!("{{{}}}", pairs.join(",")), pairs.join(",\n"));
        for pasted in [quoted.join("\n"), arrows.join("\r\n"), object, lines] {
            assert_eq!(found(&pasted, BODY, SECRET), Finding::Valid { of: 1 }, "{pasted}");
        }
    }

    #[test]
    fn a_malformed_header_is_named() {
        assert_eq!(found("", BODY, SECRET), Finding::Missing("webhook-id"));
        let late = HEADERS.replace("1614265330", "yesterday");
        assert!(matches!(found(&late, BODY, SECRET), Finding::Malformed("webhook-timestamp", _)));
        for signature in ["g0hM9SsE", "v1,g0hM9SsE"] {
            let cut = HEADERS.replace("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
            assert!(matches!(found(&cut, BODY, SECRET), Finding::Malformed("webhook-signature", _)));
        }
    }

    #[test]
    fn a_changed_body_is_told_from_another_secret_where_something_tells() {
        assert_eq!(found(HEADERS, &format!("{BODY}\n"), SECRET), Finding::Body(Change::End));
        assert_eq!(found(HEADERS, r#"{"test":2432232314}"#, SECRET), Finding::Body(Change::Layout));
        assert_eq!(found(HEADERS, "{\"test\": 24322", SECRET), Finding::Body(Change::Broken));
        assert_eq!(found(HEADERS, r#"{"test": 1}"#, SECRET), Finding::BodyOrSecret);
        assert_eq!(found(HEADERS, BODY, &format!(" {SECRET}\n")), Finding::Blanks);
        let sized = format!("{HEADERS}\ncontent-length: 20");
        assert_eq!(found(&sized, r#"{"test": 1}"#, SECRET), Finding::Body(Change::Length { said: 20, now: 11 }));
        assert_eq!(found(&sized, BODY, "whsec_AAAA"), Finding::Secret);
    }

    #[test]
    fn a_body_that_fits_its_own_signature_leaves_id_and_time() {
        // RFC 4231, test case 2.
        let plain = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let headers = format!("{HEADERS}\nX-Wandb-Signature: {plain}");
        assert_eq!(found(&headers, "what do ya want for nothing?", "Jefe"), Finding::IdOrTime);
    }
}
