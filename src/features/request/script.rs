//! A shell script that sends a request as the server would: POSIX shell, curl, and openssl where it signs.

use std::fmt::Write;

use hookboard_api::webhook::{SignatureEncoding, WebhookDraft};

use super::sent::{Piece, agent};

// Writing to a String cannot fail: the results of `write!` say nothing.

/// Variables that a shell has by itself. A secret of such a name goes by another.
const OWN: [&str; 12] =
    ["CDPATH", "ENV", "HOME", "IFS", "LANG", "LC_ALL", "OPTIND", "PATH", "PPID", "PWD", "SHELL", "TERM"];

/// Makes the signatures, from `$hook_body` and a secret. What follows `whsec_` is the key in base64, whose
/// padding may be left out.
const SIGN: &str = r#"
hook_hex() { od -An -v -tx1 | tr -d ' \n'; }
hook_hmac() { openssl dgst -sha256 -mac HMAC -macopt "hexkey:$1" -binary; }
hook_text=$(printf %s "$@SECRET" | hook_hex)
hook_key=$hook_text
case $@SECRET in
  whsec_*)
    hook_coded=${@SECRET#whsec_}
    while [ $((${#hook_coded} % 4)) -ne 0 ]; do hook_coded=$hook_coded=; done
    hook_key=$(printf %s "$hook_coded" | openssl base64 -d -A | hook_hex)
    ;;
esac
hook_id=test-$(openssl rand -hex 8)
hook_time=$(date +%s)
hook_signature=v1,$(printf '%s.%s.%s' "$hook_id" "$hook_time" "$hook_body" | hook_hmac "$hook_key" | openssl base64 -A)
hook_plain=$(printf %s "$hook_body" | hook_hmac "$hook_text" | @ENCODE)
"#;

/// Puts a value into a JSON string.
const ESCAPE: &str = r#"hook_json() { printf %s "$1" | sed 's/[\\"]/\\&/g'; }
"#;

/// The script that sends `body` as `webhook` does. Secrets are read from environment variables of their
/// names; it says which one is missing.
pub fn script(webhook: &WebhookDraft, body: &[Piece]) -> String {
    let signs = webhook.signing_secret.as_deref();
    let mut text = format!(
        "#!/bin/sh\n# Sends what the webhook {} sends. Needs curl{}.\n",
        one_line(&webhook.name),
        if signs.is_some() { " and openssl" } else { "" }
    );
    let names = secrets(webhook, body);
    if !names.is_empty() {
        text.push_str("# Secrets are read from the environment. Run it as: ");
        text.extend(names.iter().map(|name| format!("{name}=… ")));
        text.push_str("sh send.sh\n");
    }
    text.push_str("set -eu\n");
    for name in &names {
        let _ = writeln!(text, ": \"${{{name}:?Set it to the value of the secret, then run this again.}}\"");
    }
    text.push('\n');
    if body.iter().any(|piece| matches!(piece, Piece::Secret(_))) {
        text.push_str(ESCAPE);
    }
    text.push_str("hook_body=");
    for piece in body {
        match piece {
            Piece::Text(plain) => text.push_str(&quoted(plain)),
            Piece::Secret(name) => {
                let _ = write!(text, "\"$(hook_json \"${}\")\"", variable(name));
            }
        }
    }
    text.push('\n');
    if let Some(secret) = signs {
        let encode = match webhook.signature_encoding {
            SignatureEncoding::Base64 => "openssl base64 -A",
            SignatureEncoding::Hex => "hook_hex",
        };
        text.push_str(&filled(SIGN, &[("@SECRET", &variable(secret)), ("@ENCODE", encode)]));
    }
    let _ = write!(
        text,
        "\nprintf %s \"$hook_body\" | curl -sS -i -g --max-time {} -X POST {}",
        webhook.timeout_s,
        quoted(&webhook.url)
    );
    let mut header = |line: &str| {
        let _ = write!(text, " \\\n  -H {line}");
    };
    header(&quoted("content-type: application/json"));
    header(&quoted(&format!("user-agent: {}", agent())));
    if let Some(token) = &webhook.access_token {
        header(&format!("\"authorization: Bearer ${}\"", variable(token)));
    }
    for one in &webhook.headers {
        match (&one.value, &one.secret) {
            // curl takes a header without a value as one to leave out; a semicolon says otherwise.
            (Some(value), _) if value.trim().is_empty() => header(&quoted(&format!("{};", one.name))),
            (Some(value), _) => header(&quoted(&format!("{}: {value}", one.name))),
            (None, Some(secret)) => header(&format!("\"{}: ${}\"", one.name, variable(secret))),
            (None, None) => {}
        }
    }
    if signs.is_some() {
        for line in [
            "webhook-id: $hook_id",
            "webhook-timestamp: $hook_time",
            "webhook-signature: $hook_signature",
            "x-wandb-signature: $hook_plain",
        ] {
            header(&format!("\"{line}\""));
        }
    }
    text.push_str(" \\\n  --data-binary @-\necho\n");
    text
}

/// Names of the variables that the script reads, each once.
pub fn secrets(webhook: &WebhookDraft, body: &[Piece]) -> Vec<String> {
    let in_body = body.iter().filter_map(|piece| match piece {
        Piece::Secret(name) => Some(name),
        Piece::Text(_) => None,
    });
    let in_headers =
        webhook.headers.iter().filter(|header| header.value.is_none()).filter_map(|one| one.secret.as_ref());
    let mut names: Vec<String> = Vec::new();
    for name in webhook.access_token.iter().chain(in_headers).chain(&webhook.signing_secret).chain(in_body) {
        let name = variable(name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// A template with each name replaced, in one pass: what is put in is not looked at again.
fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('@') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let (name, value) = values.iter().find(|(name, _)| from.starts_with(name)).unwrap_or(&("@", "@"));
        text.push_str(value);
        rest = from.get(name.len()..).unwrap_or_default();
    }
    text.push_str(rest);
    text
}

fn variable(secret: &str) -> String {
    // The script's own begin with hook_.
    if OWN.contains(&secret) || secret.starts_with("hook_") { format!("SECRET_{secret}") } else { secret.to_owned() }
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A name in quotes that ends no comment.
fn one_line(name: &str) -> String {
    format!("\"{}\"", name.replace(['\n', '\r'], " "))
}

#[cfg(test)]
mod tests {
    use super::{super::sent::tests::webhook, *};

    #[test]
    fn each_secret_is_asked_for_once_and_by_name() {
        let body =
            [Piece::Text("{\"a\":\"".to_owned()), Piece::Secret("PAGER_KEY".to_owned()), Piece::Text("\"}".to_owned())];
        let text = script(&webhook(), &body);
        for name in ["DEPLOY_TOKEN", "PAGER_KEY", "SIGNING_KEY"] {
            assert_eq!(text.matches(&format!("${{{name}:?")).count(), 1, "{text}");
        }
        assert!(text.contains("hook_body='{\"a\":\"'\"$(hook_json \"$PAGER_KEY\")\"'\"}'\n"), "{text}");
        assert!(text.contains("-H 'x-team: it'\\''s'"), "{text}");
        assert!(text.contains("\"x-key: $PAGER_KEY\""), "{text}");
    }

    #[test]
    fn a_webhook_without_secrets_needs_curl_alone() {
        let plain = WebhookDraft { access_token: None, signing_secret: None, headers: Vec::new(), ..webhook() };
        let text = script(&plain, &[Piece::Text("{}".to_owned())]);
        assert!(!text.contains("openssl") && !text.contains(":?") && !text.contains("hook_id"), "{text}");
    }

    #[test]
    fn a_secret_named_like_a_part_of_the_template_keeps_its_name() {
        for name in ["ENCODE_KEY", "SECRET", "MY_SECRET_ENCODE"] {
            let text = script(&WebhookDraft { signing_secret: Some(name.to_owned()), ..webhook() }, &[]);
            assert!(
                text.contains(&format!("case ${name} in")) && !text.contains("@SECRET") && !text.contains("@ENCODE"),
                "{text}"
            );
            assert!(text.contains("hook_hmac \"$hook_text\" | openssl") || text.contains("| hook_hex)\n"), "{text}");
        }
    }

    #[test]
    fn a_secret_named_like_a_variable_of_the_shell_goes_by_another() {
        let named = WebhookDraft {
            access_token: Some("PATH".to_owned()),
            signing_secret: None,
            headers: Vec::new(),
            ..webhook()
        };
        let text = script(&named, &[]);
        assert!(text.contains("Bearer $SECRET_PATH") && !text.contains("$PATH"), "{text}");
    }
}
