//! JSON as people type it.

/// The first key that stands twice in its object, as it is written; readers would keep the last one.
/// `text` is JSON.
///
/// ```
/// use hookboard_api::json::repeated_key;
/// assert_eq!(repeated_key(r#"{"alias": "a", "alias": "b"}"#), Some("alias"));
/// assert_eq!(repeated_key(r#"[{"alias": "a"}, {"alias": "b"}]"#), None);
/// ```
pub fn repeated_key(text: &str) -> Option<&str> {
    let mut objects: Vec<Vec<&str>> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}', '"']) {
        let (found, behind) = rest.get(at..)?.split_at_checked(1)?;
        rest = behind;
        match found {
            "{" => objects.push(Vec::new()),
            "}" => {
                objects.pop();
            }
            _ => {
                let (string, behind) = rest.split_at_checked(end_of_string(rest)?)?;
                rest = behind.get(1..)?;
                if rest.trim_start().starts_with(':') {
                    let keys = objects.last_mut()?;
                    if keys.contains(&string) {
                        return Some(string);
                    }
                    keys.push(string);
                }
            }
        }
    }
    None
}

/// Where the quote that ends a string stands.
fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    let ends = |byte: u8| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    };
    text.bytes().position(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_once_in_its_object() {
        for (text, key) in [
            (r#"{"a": 1, "b": {"a": 2}, "c": [{"a": 3}]}"#, None),
            (r#"{"a": "a", "b": "a:"}"#, None),
            (r#"{"a": "\"a\": {", "b": "\\"}"#, None),
            (r#"{"$and": [{"alias": {"$gte": 1, "$gte" : 2}}]}"#, Some("$gte")),
            (r#"{"a": {"b": 1}, "a": 2}"#, Some("a")),
            ("3", None),
        ] {
            assert_eq!(repeated_key(text), key, "{text}");
        }
    }
}
