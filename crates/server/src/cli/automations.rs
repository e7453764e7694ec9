//! `hookboard automations`.

use clap::{Args, Subcommand};
use hookboard_api::automation::{Automation, AutomationPatch};
use hookboard_api::file::FileScope;
use hookboard_api::sentence::{Part, when};
use hookboard_api::webhook::TestResult;
use serde_json::json;
use uuid::Uuid;

use super::error::Error;
use super::escape::shown;
use super::output::{print, print_json};
use super::remote::{Body, Remote, query, segment};
use super::table;
use super::webhooks::tell_test;

/// What to do with automations.
#[derive(Debug, Subcommand)]
pub enum Automations {
    /// List them.
    List(Listing),
    /// Show one.
    Show(One),
    /// Switch one on.
    Enable(One),
    /// Switch one off.
    Disable(One),
    /// Send its payload by the path of a real delivery; nothing is kept. Ends with 1 where it does not arrive.
    Test(One),
}

/// `hookboard automations list`.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only of this registry.
    #[arg(long, conflicts_with = "project")]
    registry: Option<String>,

    /// Only of this project.
    #[arg(long)]
    project: Option<String>,

    /// Only those whose name, condition or webhook contains this.
    #[arg(long)]
    text: Option<String>,

    /// Order: created, name or fired; - in front turns it round.
    #[arg(long, default_value = "name", allow_hyphen_values = true)]
    sort: String,

    /// Rows at most.
    #[arg(long, default_value_t = 1000)]
    limit: usize,

    #[command(flatten)]
    remote: Remote,
}

/// One automation.
#[derive(Debug, Args)]
pub struct One {
    /// Its id, or its name where no other has it.
    automation: String,

    #[command(flatten)]
    remote: Remote,
}

impl Automations {
    pub(super) fn run(self) -> Result<(), Error> {
        match self {
            Self::List(listing) => listing.run(),
            Self::Show(one) => {
                let automation = one.find()?;
                if one.remote.json {
                    return print_json(&automation);
                }
                show(&automation)
            }
            Self::Enable(one) => one.switch(true),
            Self::Disable(one) => one.switch(false),
            Self::Test(one) => {
                let path = one.remote.path(&format!("/automations/{}/test", segment(&one.find()?.id)))?;
                let result: TestResult = one.remote.call("POST", &path, Body::None)?;
                tell_test(&one.remote, &result)
            }
        }
    }
}

impl Listing {
    fn run(self) -> Result<(), Error> {
        let query = query([
            ("registry", self.registry.as_deref()),
            ("project", self.project.as_deref()),
            ("text", self.text.as_deref()),
            ("sort", Some(&self.sort)),
        ]);
        let path = self.remote.path(&format!("/automations{query}"))?;
        let automations: Vec<Automation> = self.remote.all(&path, self.limit)?;
        if self.remote.json {
            return print_json(&automations);
        }
        let row = |one: &Automation| {
            vec![
                one.name.clone(),
                FileScope::from(&one.scope).to_string(),
                one.trigger.event.as_str().to_owned(),
                one.webhook.as_ref().map_or_else(|| "record only".to_owned(), |webhook| webhook.name.clone()),
                if one.enabled { "on" } else { "off" }.to_owned(),
                one.activity.last.as_ref().map_or_else(|| "never".to_owned(), |last| last.state.as_str().to_owned()),
                one.id.clone(),
            ]
        };
        table::show(
            &["name", "scope", "event", "webhook", "on", "last", "id"],
            automations.iter().map(row).collect(),
            "There are no automations here.",
        )
    }
}

impl One {
    fn find(&self) -> Result<Automation, Error> {
        let remote = &self.remote;
        // Names may be those of calls, such as `export`; ids are not.
        if Uuid::parse_str(&self.automation).is_ok() {
            match remote.get(&remote.path(&format!("/automations/{}", segment(&self.automation)))?) {
                Err(Error::Refused(problem)) if problem.status == 404 => {}
                other => return other,
            }
        }
        let query = query([("text", Some(self.automation.as_str()))]);
        let mut found: Vec<Automation> = remote.all(&remote.path(&format!("/automations{query}"))?, usize::MAX)?;
        found.retain(|one| one.name == self.automation);
        if found.len() > 1 {
            let ids: Vec<String> =
                found.iter().map(|one| format!("{} ({})", one.id, FileScope::from(&one.scope))).collect();
            return Err(Error::Usage(format!("Several have this name. Give an id: {}.", ids.join(", "))));
        }
        found.pop().ok_or_else(|| {
            Error::Usage(format!(
                "There is no automation \"{}\". List them: hookboard automations list",
                self.automation
            ))
        })
    }

    fn switch(&self, enabled: bool) -> Result<(), Error> {
        let path = self.remote.path(&format!("/automations/{}", segment(&self.find()?.id)))?;
        let patch = AutomationPatch { enabled: Some(enabled), ..AutomationPatch::default() };
        let changed: Automation = self.remote.call("PATCH", &path, Body::json(&patch)?)?;
        if self.remote.json {
            return print_json(&json!({"id": changed.id, "enabled": changed.enabled}));
        }
        print(&shown(&format!("{} is {}", changed.name, if changed.enabled { "on" } else { "off" })))
    }
}

fn show(one: &Automation) -> Result<(), Error> {
    let sentence: String = when(&one.trigger, &one.scope).iter().map(Part::text).collect();
    let then =
        one.webhook.as_ref().map_or_else(|| "record only".to_owned(), |webhook| format!("POST {}", webhook.name));
    let mut lines = vec![
        format!("{}{}", one.name, if one.enabled { "" } else { " (off)" }),
        format!("  {sentence} → {then}"),
        format!("  in {}, revision {}, by {}", FileScope::from(&one.scope), one.revision, one.author),
    ];
    lines.extend((!one.description.is_empty()).then(|| format!("  {}", one.description)));
    lines.extend(one.cooldown_s.map(|seconds| format!("  at most every {seconds} s")));
    lines.extend(one.snoozed_until.as_ref().map(|until| format!("  snoozed until {until}")));
    lines.extend(one.activity.last.as_ref().map(|last| format!("  last: {} at {}", last.state.as_str(), last.at)));
    if let Some(template) = one.action.template() {
        lines.push(String::new());
        lines.extend(template.lines().map(|line| format!("    {line}")));
    }
    print(&shown(&lines.join("\n")))
}
