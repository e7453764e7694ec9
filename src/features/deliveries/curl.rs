//! A request as a `curl` command. Secrets stay `$NAME`, for the shell to fill in.

use hookboard_api::delivery::Exchange;

use crate::ui::code::DOTS;

/// The command that sends the same request.
pub(super) fn command(exchange: &Exchange) -> String {
    let mut command = format!("curl -X POST {}", quoted(&exchange.url));
    for (name, value) in &exchange.request_headers {
        // curl works these out by itself.
        if name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("host") {
            continue;
        }
        command.push_str(" \\\n  -H ");
        command.push_str(&with_secrets(&format!("{name}: {value}"), &secret_name(name)));
    }
    command.push_str(" \\\n  --data-raw ");
    command.push_str(&with_secrets(&exchange.request_body, "SECRET"));
    command
}

/// The name a header's secret goes by in the command.
fn secret_name(header: &str) -> String {
    if header.eq_ignore_ascii_case("authorization") {
        return "ACCESS_TOKEN".to_owned();
    }
    header.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// Quoted for a shell, with each run of dots as a variable outside the quotes.
fn with_secrets(text: &str, name: &str) -> String {
    text.split(DOTS).map(quoted).collect::<Vec<_>>().join(&format!("\"${name}\""))
}

/// One word for a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use hookboard_api::delivery::{OutcomeCode, Timings};

    use super::*;

    #[test]
    fn secrets_are_left_to_the_shell_and_quotes_hold() {
        let exchange = Exchange {
            outcome: OutcomeCode::Ok,
            message: String::new(),
            url: "https://example.com/it's".to_owned(),
            request_headers: vec![
                ("authorization".to_owned(), format!("Bearer {DOTS}")),
                ("content-length".to_owned(), "12".to_owned()),
            ],
            request_body: format!("{{\"auth\":\"{DOTS}\"}}"),
            status: None,
            response_headers: Vec::new(),
            response_body: String::new(),
            response_cut: false,
            timings: Timings::default(),
        };
        assert_eq!(
            command(&exchange),
            "curl -X POST 'https://example.com/it'\\''s' \\\n  -H 'authorization: Bearer '\"$ACCESS_TOKEN\"'' \\\n  --data-raw '{\"auth\":\"'\"$SECRET\"'\"}'"
        );
    }
}
