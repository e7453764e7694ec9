//! Payloads to start from. Each is whole, valid, and uses only what the event carries.

use hookboard_api::EventType;

/// A payload to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// All that matters of the event, flat.
    Generic,
    /// Starts a workflow: GitHub's "create a repository dispatch event".
    GitHub,
    /// A message to an incoming webhook of Slack.
    Slack,
    /// A message to a workflow of Microsoft Teams.
    Teams,
    /// A message to a webhook of a Discord channel.
    Discord,
    /// An alert to an on-call service: `PagerDuty`'s events, version 2.
    PagerDuty,
}

impl Example {
    /// All examples, as offered.
    pub const ALL: [Self; 6] = [Self::Generic, Self::GitHub, Self::Slack, Self::Teams, Self::Discord, Self::PagerDuty];

    /// What it is called.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Generic => "Generic event",
            Self::GitHub => "GitHub repository dispatch",
            Self::Slack => "Slack message",
            Self::Teams => "Microsoft Teams message",
            Self::Discord => "Discord message",
            Self::PagerDuty => "PagerDuty alert",
        }
    }

    /// The word in the URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::GitHub => "github",
            Self::Slack => "slack",
            Self::Teams => "teams",
            Self::Discord => "discord",
            Self::PagerDuty => "pagerduty",
        }
    }

    /// Reads the word in the URL.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|example| example.as_str() == word)
    }

    /// Its text for an event.
    pub fn text(self, event: EventType) -> String {
        let what = sentence(event);
        let fields = fields(event);
        match self {
            Self::Generic => members(&fields, "  "),
            Self::GitHub => format!(
                "{{\n  \"event_type\": \"${{event_type}}\",\n  \"client_payload\": {}\n}}",
                members(&fields, "    ").replace("\n}", "\n  }")
            ),
            Self::Slack => format!("{{\n  \"text\": \"{what}\"\n}}"),
            Self::Discord => {
                format!("{{\n  \"content\": \"{what}\",\n  \"allowed_mentions\": {{\n    \"parse\": []\n  }}\n}}")
            }
            Self::PagerDuty => format!(
                "{{\n  \"routing_key\": \"\",\n  \"event_action\": \"trigger\",\n  \"payload\": {{\n    \"summary\": \"{what}\",\n    \"source\": \"${{project_name}}\",\n    \"severity\": \"warning\",\n    \"custom_details\": {}\n  }}\n}}",
                members(&fields, "      ").replace("\n}", "\n    }")
            ),
            Self::Teams => format!(
                "{{\n  \"type\": \"message\",\n  \"attachments\": [\n    {{\n      \"contentType\": \"application/vnd.microsoft.card.adaptive\",\n      \"content\": {{\n        \"type\": \"AdaptiveCard\",\n        \"version\": \"1.4\",\n        \"body\": [\n          {{\n            \"type\": \"TextBlock\",\n            \"text\": \"{what}\",\n            \"wrap\": true\n          }}\n        ]\n      }}\n    }}\n  ]\n}}"
            ),
        }
    }
}

fn sentence(event: EventType) -> &'static str {
    match event {
        EventType::LinkArtifact => "${artifact_version_string} was linked by ${event_author}",
        EventType::UnlinkArtifact => "${artifact_version_string} was unlinked by ${event_author}",
        EventType::CreateArtifact => "${event_author} created ${artifact_version_string}",
        EventType::AddArtifactAlias => {
            "${event_author} gave ${artifact_collection_name} v${artifact_version_index} the alias ${alias}"
        }
        EventType::AddArtifactTag => "${event_author} tagged ${artifact_version_string} ${tag}",
        EventType::RemoveArtifactTag => "${event_author} took the tag ${tag} off ${artifact_version_string}",
        EventType::AddCollectionTag => "${event_author} tagged ${artifact_collection_name} ${tag}",
        EventType::RemoveCollectionTag => "${event_author} took the tag ${tag} off ${artifact_collection_name}",
        EventType::RunState => "Run ${run_name} of ${event_author} is ${run_status}",
        _ => "${metric_name} of run ${run_name} is ${metric_value}, limit ${metric_threshold}",
    }
}

/// Members of the payload: key, variable, and whether it is a number.
fn fields(event: EventType) -> Vec<(&'static str, &'static str, bool)> {
    let mut fields = vec![("event", "event_type", false), ("project", "project_name", false)];
    if event.is_artifact() {
        fields.push(("collection", "artifact_collection_name", false));
        if !matches!(event, EventType::AddCollectionTag | EventType::RemoveCollectionTag) {
            fields.extend([("version", "artifact_version_string", false), ("index", "artifact_version_index", true)]);
        }
        match event {
            EventType::AddArtifactAlias => fields.push(("alias", "alias", false)),
            event if event.is_tag() => fields.push(("tag", "tag", false)),
            _ => {}
        }
    } else {
        fields.extend([("run", "run_name", false), ("run_id", "run_id", false)]);
        if event == EventType::RunState {
            fields.push(("status", "run_status", false));
        } else {
            fields.extend([
                ("metric", "metric_name", false),
                ("value", "metric_value", true),
                ("limit", "metric_threshold", true),
            ]);
        }
    }
    fields.push(("author", "event_author", false));
    fields
}

fn members(fields: &[(&str, &str, bool)], indent: &str) -> String {
    let lines: Vec<String> = fields
        .iter()
        .map(|(key, variable, number)| {
            let quote = if *number { "" } else { "\"" };
            format!("{indent}\"{key}\": {quote}${{{variable}}}{quote}")
        })
        .collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookboard_template::{Names, compile, format};

    #[test]
    fn each_example_is_clean_and_laid_out_for_each_event() {
        for event in EventType::ALL {
            let names = Names { event: Some(event), ..Names::default() };
            for example in Example::ALL {
                let text = example.text(event);
                assert_eq!(compile(&text, &names).diagnostics, [], "{example:?} {event:?} {text}");
                assert_eq!(format(&text, &names).as_deref(), Some(text.as_str()), "{example:?} {event:?}");
            }
        }
    }
}
