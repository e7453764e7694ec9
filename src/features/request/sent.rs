//! Headers and bytes of a request. The order is that of the server's `worker/send.rs`.

use hookboard_api::{
    template::{ACCESS_TOKEN, Group, MarkedSpan},
    webhook::WebhookDraft,
};

use crate::ui::code::DOTS;

/// A piece of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text as it is sent.
    Text(String),
    /// The value of a secret, by the secret's name.
    Secret(String),
}

/// Parts a rendered body, in which secrets are dots, at its secrets.
pub fn pieces(webhook: &WebhookDraft, body: &str, spans: &[MarkedSpan]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut done = 0;
    for span in spans.iter().filter(|span| span.group == Group::Secret) {
        let Some(dots) = body.get(span.body.range()).and_then(|shown| shown.find(DOTS)) else { continue };
        let name = match &webhook.access_token {
            Some(token) if span.name == ACCESS_TOKEN => token.clone(),
            _ => span.name.clone(),
        };
        let start = span.body.start + dots;
        pieces.push(Piece::Text(body[done..start].to_owned()));
        pieces.push(Piece::Secret(name));
        done = start + DOTS.len();
    }
    pieces.push(Piece::Text(body[done..].to_owned()));
    pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
    pieces
}

/// Names and values of the headers, in the order they are sent. Secrets are dots; what is made anew for each
/// delivery stands in angle brackets.
pub fn headers(webhook: &WebhookDraft) -> Vec<(String, String)> {
    let mut all = vec![("content-type".to_owned(), "application/json".to_owned()), ("user-agent".to_owned(), agent())];
    if webhook.access_token.is_some() {
        all.push(("authorization".to_owned(), format!("Bearer {DOTS}")));
    }
    all.extend(
        webhook
            .headers
            .iter()
            .map(|header| (header.name.clone(), header.value.clone().unwrap_or_else(|| DOTS.to_owned()))),
    );
    if webhook.signing_secret.is_some() {
        let made = [
            ("webhook-id", "<id of the delivery>"),
            ("webhook-timestamp", "<seconds since 1970>"),
            ("webhook-signature", "v1,<signature>"),
            ("x-wandb-signature", "<signature of the body>"),
        ];
        all.extend(made.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    all
}

/// The request as HTTP/1.1 has it.
pub fn raw(webhook: &WebhookDraft, body: &str) -> String {
    use std::fmt::Write;
    let rest = webhook.url.split_once("://").map_or(webhook.url.as_str(), |(_, rest)| rest);
    let rest = rest.split('#').next().unwrap_or(rest);
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let slash = if path.starts_with('/') { "" } else { "/" };
    let mut text = format!("POST {slash}{path} HTTP/1.1\nhost: {host}\nconnection: close\n");
    for (name, value) in headers(webhook) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    let length = if body.contains(DOTS) { "<bytes of the body>".to_owned() } else { body.len().to_string() };
    let _ = write!(text, "content-length: {length}\n\n{body}");
    text
}

/// What the sender calls itself; the page and the server are of one version.
pub(super) fn agent() -> String {
    format!("Hookboard/{}", env!("CARGO_PKG_VERSION"))
}

#[cfg(test)]
pub(super) mod tests {
    use hookboard_api::template::{Masked, Names, compile};
    use serde_json::json;

    use super::*;

    pub(crate) fn webhook() -> WebhookDraft {
        serde_json::from_value(json!({
            "name": "deploy-hook",
            "url": "https://deploy.example/hooks/[x]?a=1#top",
            "access_token": "DEPLOY_TOKEN",
            "secrets": ["PAGER_KEY"],
            "signing_secret": "SIGNING_KEY",
            "headers": [{"name": "x-team", "value": "it's"}, {"name": "x-key", "secret": "PAGER_KEY"}],
        }))
        .expect("a webhook")
    }

    #[test]
    fn a_body_is_parted_at_its_secrets_quoted_or_not() {
        let webhook = webhook();
        let text = r#"{"a": "x $PAGER_KEY y", "b": ${ACCESS_TOKEN}, "c": "${alias}"}"#;
        let template = compile(text, &webhook.template_names(None)).template.expect("a template");
        let values = json!({"alias": DOTS});
        let marked = template.render_marked(&Masked { values: values.as_object().expect("values") }).expect("a body");
        assert_eq!(
            pieces(&webhook, &marked.body, &marked.spans),
            [
                Piece::Text(r#"{"a": "x "#.to_owned()),
                Piece::Secret("PAGER_KEY".to_owned()),
                Piece::Text(r#" y", "b": ""#.to_owned()),
                Piece::Secret("DEPLOY_TOKEN".to_owned()),
                Piece::Text(format!(r#"", "c": "{DOTS}"}}"#)),
            ]
        );
        assert_eq!(pieces(&webhook, "{}", &[]), [Piece::Text("{}".to_owned())]);
        assert_eq!(Names::default().secrets.len(), 0);
    }

    #[test]
    fn the_bytes_name_host_path_and_length() {
        let text = raw(&webhook(), "{\"é\":1}");
        assert!(text.starts_with("POST /hooks/[x]?a=1 HTTP/1.1\nhost: deploy.example\n"), "{text}");
        assert!(text.contains(&format!("\nx-team: it's\nx-key: {DOTS}\nwebhook-id: ")), "{text}");
        assert!(text.ends_with("\ncontent-length: 8\n\n{\"é\":1}"), "{text}");
        let bare = WebhookDraft { url: "http://host:8080?x".to_owned(), ..webhook() };
        assert!(raw(&bare, "{}").starts_with("POST /?x HTTP/1.1\nhost: host:8080\n"));
    }
}
