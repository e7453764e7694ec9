//! One payload in the spelling of each engine.

use serde_json::{Map, Value, json};

/// A member of the payload: the shape of what people send, with values in strings and bare.
const MEMBER: &str = r#"    {
      "action": "deploy",
      "model": "${artifact_collection_name}",
      "version": "${artifact_version_string}",
      "requested_by": "${event_author}",
      "index": ${artifact_version_index},
      "note": "Promoted to ${alias} by ${event_author}. See the registry for the evaluation report and its data.",
      "rollout": {
        "strategy": "canary",
        "steps": [5, 25, 100],
        "auto_scale": true
      }
    }"#;

const NAMES: [&str; 5] =
    ["artifact_collection_name", "artifact_version_string", "event_author", "artifact_version_index", "alias"];

pub(crate) struct Payload {
    pub(crate) ours: String,
    pub(crate) values: Map<String, Value>,
    pub(crate) placeholders: usize,
}

impl Payload {
    /// As many members as fit.
    pub(crate) fn new(bytes: usize) -> Self {
        let (head, tail) = ("{\n  \"items\": [\n", "\n  ]\n}");
        let count = ((bytes - head.len() - tail.len()) / (MEMBER.len() + 2)).max(1);
        let ours = format!("{head}{}{tail}", vec![MEMBER; count].join(",\n"));
        // All that such an event carries, though the payload wants five: an engine looks for its values among them.
        let values = json!({
            "event_type": "ADD_ARTIFACT_ALIAS",
            "event_author": "mira.okafor",
            "automation_name": "Deploy to production",
            "entity_name": "kestrel",
            "project_name": "models",
            "alias": "production",
            "artifact_collection_name": "fraud-scorer",
            "artifact_version": "wandb-artifact://_id/8841",
            "artifact_version_string": "kestrel/models/fraud-scorer:production",
            "artifact_version_index": 42,
            "artifact_metadata": {"accuracy": 0.9412, "framework": "xgboost"},
        });
        Self { placeholders: ours.matches("${").count(), ours, values: values.as_object().expect("an object").clone() }
    }

    /// The text with each `${name}` spelled as the engine spells it.
    pub(crate) fn spelled(&self, spell: impl Fn(&str) -> String) -> String {
        let mut text = self.ours.clone();
        for name in NAMES {
            text = text.replace(&format!("${{{name}}}"), &spell(name));
        }
        text
    }

    /// Plain JSON of the same layout, for a parser.
    pub(crate) fn stand_in(&self) -> String {
        self.ours.replace("${artifact_version_index}", "1234567890123456789012345")
    }
}
