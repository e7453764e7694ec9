//! The catalogue of variables as data. The reference page, the completion list, the diagnostics and
//! the docs are all made from it; nothing else in the product may list variables.

use crate::event::EventType;

/// Where a value comes from: one hue each in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// What happened, who did it, which automation answers.
    Event,
    /// The entity and project that own the subject.
    Place,
    /// The artifact version.
    Artifact,
    /// The run and the metric watched.
    Run,
    /// The webhook's access token and secrets.
    Secret,
}

impl Group {
    /// Every group, in the order lists show them.
    pub const ALL: [Self; 5] = [Self::Event, Self::Place, Self::Artifact, Self::Run, Self::Secret];

    /// The word in the page's tokens and attributes: `event`, `place`, `artifact`, `run`, `secret`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Place => "place",
            Self::Artifact => "artifact",
            Self::Run => "run",
            Self::Secret => "secret",
        }
    }

    /// The heading above its variables.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Event => "Event",
            Self::Place => "Owner",
            Self::Artifact => "Artifact version",
            Self::Run => "Run",
            Self::Secret => "Webhook",
        }
    }
}

/// Which events, or which webhooks, bring a value for a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// Every event.
    All,
    /// `ADD_ARTIFACT_ALIAS`.
    Alias,
    /// The four whose name ends in `_TAG`.
    Tag,
    /// All but the `RUN_` ones.
    Artifact,
    /// The `RUN_` ones.
    Run,
    /// `RUN_STATE`.
    RunState,
    /// The three `RUN_METRIC_` ones.
    RunMetric,
    /// No event: the webhook, where it has one.
    Webhook,
}

impl Carrier {
    /// Whether the event is one of these.
    pub const fn includes(self, event: EventType) -> bool {
        match self {
            Self::All => true,
            Self::Alias => matches!(event, EventType::AddArtifactAlias),
            Self::Tag => event.is_tag(),
            Self::Artifact => event.is_artifact(),
            Self::Run => event.is_run(),
            Self::RunState => matches!(event, EventType::RunState),
            Self::RunMetric => event.is_run_metric(),
            Self::Webhook => false,
        }
    }

    /// As the subject of a sentence: `only tag events`.
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::All => "all events",
            Self::Alias => "only alias events",
            Self::Tag => "only tag events",
            Self::Artifact => "only artifact events",
            Self::Run => "only run events",
            Self::RunState => "only run state events",
            Self::RunMetric => "only run metric events",
            Self::Webhook => "only webhooks that have one",
        }
    }

    /// As the cell of a table: `Tag events`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::All => "Every event",
            Self::Alias => "Alias added",
            Self::Tag => "Tag events",
            Self::Artifact => "Artifact events",
            Self::Run => "Run events",
            Self::RunState => "Run state",
            Self::RunMetric => "Run metric events",
            Self::Webhook => "Where configured",
        }
    }
}

/// One row of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// What stands between `${` and `}`.
    pub name: &'static str,
    /// The name as a reader is shown it, with `<KEY>` or `<SECRET_NAME>` where they choose a part of it.
    pub form: &'static str,
    /// Where its value comes from.
    pub group: Group,
    /// What it holds, as a table says it.
    pub description: &'static str,
    /// A value it might have, as text.
    pub sample: &'static str,
    /// Who brings a value.
    pub carried_by: Carrier,
    /// What is carried, with its article: `a tag`.
    pub noun: &'static str,
    /// Its values are JSON numbers.
    pub number: bool,
}

const fn text(
    name: &'static str,
    group: Group,
    carried_by: Carrier,
    noun: &'static str,
    description: &'static str,
    sample: &'static str,
) -> Variable {
    Variable { name, form: name, group, description, sample, carried_by, noun, number: false }
}

const fn number(variable: Variable) -> Variable {
    Variable { number: true, ..variable }
}

/// The variables of the language, in the order lists show them. Secrets have no row: they are the
/// webhook's own names, shown by [`SECRET`].
pub static VARIABLES: &[Variable] = &ROWS;

#[rustfmt::skip]
pub(crate) static ROWS: [Variable; 19] = [
    text("event_type", Group::Event, Carrier::All, "a type", "What happened, as a type name", "ADD_ARTIFACT_ALIAS"),
    text("event_author", Group::Event, Carrier::All, "an author", "The user whose action triggered it", "mira.okafor"),
    text("automation_name", Group::Event, Carrier::All, "an automation", "The automation that fired", "Deploy to production"),
    text("alias", Group::Event, Carrier::Alias, "an alias", "The alias that was added", "production"),
    text("tag", Group::Event, Carrier::Tag, "a tag", "The tag that was added or removed", "europe"),
    text("entity_name", Group::Place, Carrier::All, "an owner", "The team that owns the registry or project", "kestrel"),
    text("project_name", Group::Place, Carrier::All, "a project", "The project; for a registry, the registry’s own name", "models"),
    text("artifact_collection_name", Group::Artifact, Carrier::Artifact, "a collection", "The collection the version belongs or is linked to", "fraud-scorer"),
    text("artifact_version", Group::Artifact, Carrier::Artifact, "a version", "The version’s reference", "wandb-artifact://_id/8841"),
    text("artifact_version_string", Group::Artifact, Carrier::Artifact, "a version", "Its path, ending in the alias or the version", "kestrel/models/fraud-scorer:production"),
    number(text("artifact_version_index", Group::Artifact, Carrier::Artifact, "a version", "Its number in the collection", "42")),
    Variable {
        form: "artifact_metadata.<KEY>",
        ..text("artifact_metadata", Group::Artifact, Carrier::Artifact, "metadata", "A metadata value; dots walk into nested objects", "0.9412")
    },
    text("run_id", Group::Run, Carrier::Run, "a run", "The run’s id", "k3v9x1qa"),
    text("run_name", Group::Run, Carrier::Run, "a run", "Its display name", "conformer-l-19"),
    text("run_status", Group::Run, Carrier::RunState, "a run state", "Its new state", "failed"),
    text("metric_name", Group::Run, Carrier::RunMetric, "a metric", "The metric that is watched", "val/wer"),
    number(text("metric_value", Group::Run, Carrier::RunMetric, "a metric value", "The value that met the condition, a number", "0.0847")),
    number(text("metric_threshold", Group::Run, Carrier::RunMetric, "a threshold", "The condition’s limit, a number", "0.085")),
    text(ACCESS_TOKEN, Group::Secret, Carrier::Webhook, "an access token", "The webhook’s access token", MASK),
];

/// The row that stands for every secret a webhook may use; its `name` is not one a template can hold.
#[rustfmt::skip]
pub static SECRET: Variable = text(
    "<SECRET_NAME>", Group::Secret, Carrier::Webhook, "a secret", "A secret the webhook may use; $NAME works too", MASK,
);

/// The name under which a template speaks of the webhook's access token.
pub const ACCESS_TOKEN: &str = "ACCESS_TOKEN";

/// The one variable that takes a `.key`.
pub const ARTIFACT_METADATA: &str = "artifact_metadata";

/// What stands for a secret wherever a body is kept or shown.
pub const MASK: &str = "••••••••";

/// The row of the catalogue with this name.
pub fn variable(name: &str) -> Option<&'static Variable> {
    row(name).map(|row| &ROWS[row])
}

/// Its place in the catalogue.
pub(crate) fn row(name: &str) -> Option<usize> {
    let first = *FIRST_OF_LENGTH.get(name.len())?;
    let rest = ROWS.get(first..)?;
    rest.iter().position(|variable| variable.name == name).map(|row| first + row)
}

/// By the length of a name, the first row whose name is as long; past the last row where there is none.
/// Every placeholder is looked up, and hardly two names are of one length.
static FIRST_OF_LENGTH: [usize; 32] = first_of_length();

const fn first_of_length() -> [usize; 32] {
    let mut first = [ROWS.len(); 32];
    let mut row = ROWS.len();
    while row > 0 {
        row -= 1;
        first[ROWS[row].name.len()] = row;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_well_formed() {
        for (at, one) in VARIABLES.iter().enumerate() {
            let (_, rest) = crate::placeholder::split_name(one.name).unwrap();
            assert!(rest.is_empty(), "{}", one.name);
            assert!(VARIABLES[at + 1..].iter().all(|other| other.name != one.name));
        }
        assert!(variable(SECRET.name).is_none());
    }

    #[test]
    fn who_brings_a_value_is_told_as_a_subject_and_as_a_cell() {
        for Variable { carried_by, .. } in VARIABLES {
            let (phrase, title) = (carried_by.phrase(), carried_by.title());
            assert!(phrase.starts_with("all ") || phrase.starts_with("only "), "{phrase}");
            assert!(title.starts_with(char::is_uppercase), "{title}");
        }
    }

    #[test]
    fn a_form_is_the_name_with_what_the_reader_chooses() {
        let forms: Vec<_> = VARIABLES.iter().filter(|one| one.form != one.name).map(|one| one.form).collect();
        assert_eq!(forms, ["artifact_metadata.<KEY>"]);
    }

    #[test]
    fn groups_stand_together_in_their_order() {
        let groups: Vec<Group> = VARIABLES.iter().map(|variable| variable.group).collect();
        let mut sorted = groups.clone();
        sorted.sort();
        assert_eq!(groups, sorted);
        assert_eq!(sorted.iter().max(), Group::ALL.last());
    }

    #[test]
    fn samples_of_numbers_are_numbers() {
        for variable in VARIABLES.iter().filter(|variable| variable.number) {
            assert!(variable.sample.parse::<f64>().is_ok(), "{}", variable.name);
        }
    }
}
