//! Signatures of a delivery: Standard Webhooks, and `X-Wandb-Signature`.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use hookboard_api::webhook::SignatureEncoding;
use secrecy::{ExposeSecret, SecretString};

use crate::digest::{hex, hmac};

/// The headers that sign `body` sent as `id` at `timestamp` (Unix seconds), one signature per secret:
/// while a secret is being replaced, the new one and the old one.
pub(super) fn headers(
    id: &str,
    timestamp: i64,
    body: &str,
    secrets: &[SecretString],
    encoding: SignatureEncoding,
) -> Vec<(String, String)> {
    let signed = format!("{id}.{timestamp}.{body}");
    let standard: Vec<String> = secrets
        .iter()
        .map(|secret| format!("v1,{}", BASE64_STANDARD.encode(hmac(&standard_key(secret), signed.as_bytes()))))
        .collect();
    let plain: Vec<String> = secrets
        .iter()
        .map(|secret| {
            let digest = hmac(secret.expose_secret().as_bytes(), body.as_bytes());
            match encoding {
                SignatureEncoding::Base64 => BASE64_STANDARD.encode(digest),
                SignatureEncoding::Hex => hex(&digest),
            }
        })
        .collect();
    vec![
        ("webhook-id".to_owned(), id.to_owned()),
        ("webhook-timestamp".to_owned(), timestamp.to_string()),
        ("webhook-signature".to_owned(), standard.join(" ")),
        ("x-wandb-signature".to_owned(), plain.join(",")),
    ]
}

/// The key of a Standard Webhooks signature: what follows `whsec_`, decoded; any other text as it is.
fn standard_key(secret: &SecretString) -> Vec<u8> {
    let text = secret.expose_secret();
    text.strip_prefix("whsec_")
        .and_then(|encoded| BASE64_STANDARD.decode(encoded).or_else(|_| BASE64_STANDARD_NO_PAD.decode(encoded)).ok())
        .unwrap_or_else(|| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_verifies() {
        // From the Standard Webhooks specification's own libraries.
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let headers = headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            &[secret],
            SignatureEncoding::Base64,
        );
        assert_eq!(headers[2], ("webhook-signature".into(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=".into()));
    }

    #[test]
    fn the_plain_signature_is_that_of_rfc_4231() {
        let secret = SecretString::from("Jefe");
        let headers = headers("id", 1, "what do ya want for nothing?", &[secret], SignatureEncoding::Hex);
        assert_eq!(headers[3].1, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn both_secrets_sign_while_one_replaces_the_other() {
        let headers = headers("id", 1, "{}", &["new".into(), "old".into()], SignatureEncoding::Base64);
        assert_eq!(headers[2].1.split(' ').count(), 2);
        assert_eq!(headers[3].1.split(',').count(), 2);
    }
}
