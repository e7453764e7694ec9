//! What may be typed at the cursor of an editor: variables after `${`, secrets after a bare `$`.

use crate::prelude::*;
use serde_json::{Map, Value};

use crate::bytes::{position, skip_inside, skip_word, starts_word};
use crate::diagnostic::{Span, excerpt};
use crate::escape;
use crate::names::Names;
use crate::variables::{ACCESS_TOKEN, ARTIFACT_METADATA, Carrier, Group, MASK, SECRET, VARIABLES, Variable};

/// Metadata keys offered at most: more than anyone reads through, few enough to build on each keystroke.
const MOST_KEYS: usize = 200;

/// How deep metadata is looked into for keys.
const DEEPEST: usize = 4;

/// What to offer at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What a candidate's text replaces: the placeholder as far as it is written.
    pub replace: Span,
    /// What has been typed of the name.
    pub query: String,
    /// Those that fit first, each group together; then those the event does not carry.
    pub candidates: Vec<Candidate>,
}

/// One name to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The name, with its metadata key.
    pub name: String,
    /// The text to put in place of [`Completion::replace`].
    pub insert: String,
    /// Where its value comes from.
    pub group: Group,
    /// What it holds.
    pub description: &'static str,
    /// Its value in the event looked at, cut short; without an event a sample; `None`: blank.
    pub value: Option<String>,
    /// The event chosen carries it.
    pub fits: bool,
    /// Why it does not fit.
    pub reason: Option<String>,
}

/// What may be typed at the byte `cursor`; `None` where no name is being typed, or none matches.
///
/// `values` are those of the event looked at, `artifact_metadata` among them; its keys are offered too.
pub fn complete(text: &str, cursor: usize, names: &Names, values: Option<&Map<String, Value>>) -> Option<Completion> {
    let before = text.get(..cursor)?;
    let site = braced(text, before).or_else(|| bare(text, before))?;
    let candidates: Vec<(Rank, Candidate)> = offers(names, values)
        .into_iter()
        .filter(|offer| site.braced || offer.group == Group::Secret)
        .filter_map(|offer| {
            let rank = Rank::of(&offer.name, site.query)?;
            let insert =
                if site.braced { format!("${{{}{}", offer.name, site.close) } else { format!("${}", offer.name) };
            Some((rank, Candidate { insert, ..offer }))
        })
        .collect();
    if candidates.is_empty() {
        return None;
    }
    Some(Completion { replace: site.replace, query: site.query.to_owned(), candidates: in_order(candidates) })
}

/// Those that fit first; of these the group with the best one first; in a group the best first.
fn in_order(candidates: Vec<(Rank, Candidate)>) -> Vec<Candidate> {
    let mut ordered = Vec::with_capacity(candidates.len());
    let mut left: Vec<Option<(Rank, Candidate)>> = candidates.into_iter().map(Some).collect();
    for fits in [true, false] {
        let best = |group| {
            let of_group = left.iter().flatten().filter(|(_, one)| one.group == group && one.fits == fits);
            of_group.map(|(rank, _)| *rank).min()
        };
        let groups = Group::ALL.map(|group| (group, best(group)));
        for wanted in Rank::ALL {
            for (group, _) in groups.iter().filter(|(_, best)| *best == Some(wanted)) {
                for rank in Rank::ALL {
                    let of_rank = left.iter_mut().filter_map(|slot| {
                        slot.take_if(|(own, one)| *own == rank && one.group == *group && one.fits == fits)
                    });
                    ordered.extend(of_rank.map(|(_, one)| one));
                }
            }
        }
    }
    ordered
}

/// Where a name is being typed.
struct Site<'t> {
    braced: bool,
    query: &'t str,
    replace: Span,
    /// What an inserted placeholder ends with.
    close: &'static str,
}

fn braced<'t>(text: &'t str, before: &'t str) -> Option<Site<'t>> {
    let start = open_brace(before)?;
    let query = &before[start + 2..];
    if default_sign(query).is_some() {
        return None;
    }
    let bytes = text.as_bytes();
    let cursor = before.len();
    let stop = skip_inside(bytes, cursor);
    let rest = &text[cursor..stop];
    let rest = &rest[..default_sign(rest).unwrap_or(rest.len())];
    let in_key = query.starts_with(ARTIFACT_METADATA) && query.contains('.');
    let end = if in_key && stop < bytes.len() && !rest.contains('$') {
        cursor + rest.len()
    } else {
        skip_word(bytes, cursor)
    };
    let (end, close) = match bytes.get(end) {
        Some(b'}') => (end + 1, "}"),
        Some(b':') if text[end..].starts_with(":-") => (end, ""),
        _ => (end, "}"),
    };
    Some(Site { braced: true, query, replace: (start..end).into(), close })
}

/// Where the sign is that a default follows.
fn default_sign(text: &str) -> Option<usize> {
    position(text.as_bytes(), b":-")
}

/// Where the placeholder starts that the end of the text is inside of.
fn open_brace(before: &str) -> Option<usize> {
    let ends = |character: char| matches!(character, '}' | '"') || character < ' ';
    let mut at = before.rfind(ends).map_or(0, |end| end + 1);
    while let Some(dollar) = before[at..].find('$') {
        at += dollar;
        let rest = &before[at..];
        if rest.starts_with("${") {
            return Some(at);
        }
        at += if rest.starts_with("$${") { 3 } else { 1 };
    }
    None
}

fn bare<'t>(text: &'t str, before: &'t str) -> Option<Site<'t>> {
    let start = before.rfind('$')?;
    let query = &before[start + 1..];
    let bytes = query.as_bytes();
    if !starts_word(*bytes.first()?) || skip_word(bytes, 0) < bytes.len() {
        return None;
    }
    Some(Site { braced: false, query, replace: (start..skip_word(text.as_bytes(), before.len())).into(), close: "" })
}

/// How well a name answers what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Start,
    StartOfWord,
    Inside,
}

impl Rank {
    const ALL: [Self; 3] = [Self::Start, Self::StartOfWord, Self::Inside];

    fn of(name: &str, query: &str) -> Option<Self> {
        let (name, query) = (name.to_ascii_lowercase(), query.trim().to_ascii_lowercase());
        let (name, query) = (name.as_bytes(), query.as_bytes());
        let starts_word = |at: usize| name[at - 1].is_ascii_punctuation() && name[at..].starts_with(query);
        if name.starts_with(query) {
            Some(Self::Start)
        } else if (1..name.len()).any(starts_word) {
            Some(Self::StartOfWord)
        } else if query.len() > 1 && position(name, query).is_some() {
            Some(Self::Inside)
        } else {
            None
        }
    }
}

/// Everything there is, in the catalogue's order; without the text to insert.
fn offers(names: &Names, values: Option<&Map<String, Value>>) -> Vec<Candidate> {
    let mut offers = Vec::new();
    for variable in VARIABLES {
        if variable.name == ACCESS_TOKEN && !names.access_token {
            continue;
        }
        let value = match values {
            _ if variable.carried_by == Carrier::Webhook => Some(MASK.to_owned()),
            _ if variable.name == ARTIFACT_METADATA && values.is_none() => None,
            Some(values) => values.get(variable.name).and_then(shown),
            None => Some(variable.sample.to_owned()),
        };
        if variable.name == ARTIFACT_METADATA
            && let Some(Value::Object(metadata)) = values.and_then(|values| values.get(ARTIFACT_METADATA))
        {
            offers.extend(
                metadata_keys(metadata)
                    .into_iter()
                    .map(|(key, value)| offer(variable, format!("{ARTIFACT_METADATA}.{key}"), shown(value), names)),
            );
        }
        offers.push(offer(variable, variable.name.to_owned(), value, names));
    }
    for secret in &names.secrets {
        offers.push(offer(&SECRET, secret.clone(), Some(MASK.to_owned()), names));
    }
    offers
}

fn offer(variable: &Variable, name: String, value: Option<String>, names: &Names) -> Candidate {
    let fits = names.carries(variable);
    Candidate {
        name,
        insert: String::new(),
        group: variable.group,
        description: variable.description,
        value: value.filter(|_| fits),
        fits,
        reason: (!fits).then(|| format!("{} carry {}", variable.carried_by.phrase(), variable.noun)),
    }
}

/// The keys of metadata that a template can spell, nested ones behind dots.
fn metadata_keys(metadata: &Map<String, Value>) -> Vec<(String, &Value)> {
    let mut keys = Vec::new();
    for (key, value) in metadata.iter().filter(|(key, _)| is_spellable(key)) {
        keys.push((key.clone(), value));
        // A dot in the key would be read as a step into another one.
        if !key.contains('.') {
            nested_keys(metadata, value, key, 1, &mut keys);
        }
        if keys.len() >= MOST_KEYS {
            break;
        }
    }
    keys.truncate(MOST_KEYS);
    keys
}

fn nested_keys<'v>(
    root: &Map<String, Value>,
    value: &'v Value,
    path: &str,
    depth: usize,
    keys: &mut Vec<(String, &'v Value)>,
) {
    let Value::Object(members) = value else {
        return;
    };
    for (key, value) in members {
        if depth == DEEPEST || keys.len() >= MOST_KEYS {
            return;
        }
        let path = format!("{path}.{key}");
        // A whole key at the top hides the walk.
        if is_spellable(key) && !key.contains('.') && !root.contains_key(&path) {
            keys.push((path.clone(), value));
            nested_keys(root, value, &path, depth + 1, keys);
        }
    }
}

fn is_spellable(key: &str) -> bool {
    let plain = |character: char| !matches!(character, '}' | '"' | '\\') && character >= ' ';
    !key.is_empty() && key.chars().all(plain) && default_sign(key).is_none()
}

fn shown(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(excerpt(text)),
        value => {
            let mut text = String::new();
            escape::json(value, &mut text);
            Some(excerpt(&text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventType;
    use serde_json::json;

    fn names() -> Names {
        Names {
            event: Some(EventType::AddArtifactAlias),
            secrets: vec!["DEPLOY_TOKEN".into(), "OTHER".into()],
            access_token: true,
        }
    }

    /// The text as it is after taking the first candidate; `|` is the cursor.
    fn taken(text: &str) -> Option<String> {
        let cursor = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        let values = json!({"alias": "production", "artifact_metadata": {
            "accuracy": 0.9412, "val loss": 1, "train": {"lr": 0.1, "x.y": 2}, "bad\"key": 1, "a:-b": 1
        }});
        let completion = complete(&text, cursor, &names(), values.as_object())?;
        let mut text = text;
        text.replace_range(completion.replace.range(), &completion.candidates[0].insert);
        Some(text)
    }

    #[test]
    fn taking_a_candidate_completes_the_placeholder_and_doubles_nothing() {
        for (typed, expected) in [
            ("\"${ali|\"", "\"${alias}\""),
            ("\"${ali|}\"", "\"${alias}\""),
            ("\"${al|ias}\"", "\"${alias}\""),
            ("\"${ali|:-x}\"", "\"${alias:-x}\""),
            ("\"${accu| and ${tag}\"", "\"${artifact_metadata.accuracy} and ${tag}\""),
            ("{\"a\":${artifact_metadata.val|ue}}", "{\"a\":${artifact_metadata.val loss}}"),
            ("{\"a\":${artifact_metadata.train.|}}", "{\"a\":${artifact_metadata.train.lr}}"),
            ("\"$DEP|\"", "\"$DEPLOY_TOKEN\""),
            ("\"$DEP|LOY\"", "\"$DEPLOY_TOKEN\""),
            ("\"$${${ali|", "\"$${${alias}"),
        ] {
            assert_eq!(taken(typed).as_deref(), Some(expected), "{typed}");
        }
    }

    #[test]
    fn nothing_is_offered_where_no_name_is_typed() {
        for typed in [
            "\"alias|\"",
            "\"$|\"",
            "\"$${ali|\"",
            "\"$$${ali|\"",
            "\"${alias:-pro|}\"",
            "\"${alias}|\"",
            "\"$alia|\"",
            "\"${zzzz|\"",
            "${alias\n|",
        ] {
            assert_eq!(taken(typed), None, "{typed}");
        }
        assert_eq!(complete("é", 1, &names(), None), None);
        assert_eq!(complete("é", 9, &names(), None), None);
    }

    #[test]
    fn fitting_groups_come_first_and_the_rest_says_why() {
        let completion = complete("${", 2, &names(), None).unwrap();
        let fits: Vec<bool> = completion.candidates.iter().map(|one| one.fits).collect();
        assert!(fits.is_sorted_by(|one, other| one >= other));
        let mut groups: Vec<_> = completion.candidates.iter().map(|one| (one.fits, one.group)).collect();
        groups.dedup();
        let count = groups.len();
        groups.sort();
        groups.dedup();
        assert_eq!(groups.len(), count, "a group is torn apart");
        let tag = completion.candidates.iter().find(|one| one.name == "tag").unwrap();
        assert_eq!(tag.reason.as_deref(), Some("only tag events carry a tag"));
        assert_eq!(tag.value, None);
        let secret = completion.candidates.iter().find(|one| one.name == "OTHER").unwrap();
        assert_eq!(secret.value.as_deref(), Some(MASK));
        let metadata = completion.candidates.iter().find(|one| one.name == ARTIFACT_METADATA).unwrap();
        assert_eq!(metadata.value, None, "there is no sample of a whole object");
    }

    #[test]
    fn only_keys_a_template_can_spell_are_offered() {
        let metadata = json!({"a.b": {"c": 1}, "a": {"b": 1, "c.d": 2}, "}": 1, "": 1, "x:-y": 1});
        let keys: Vec<_> = metadata_keys(metadata.as_object().unwrap()).into_iter().map(|(key, _)| key).collect();
        // `a.b` names the whole key, which hides the walk; it is offered once.
        assert_eq!(keys, ["a.b", "a"]);
    }
}
