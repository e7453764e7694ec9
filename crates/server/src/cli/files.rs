//! Automations as files.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use hookboard_api::file::{FileChange, Import as Imported, ImportChange};

use super::error::Error;
use super::escape::shown;
use super::output::{print, print_json, write_out};
use super::remote::{Body, Remote, query, read_file};

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// What a file holds automations of.
#[derive(Debug, Args)]
struct Only {
    /// Only of this registry.
    #[arg(long, conflicts_with = "project")]
    registry: Option<String>,

    /// Only of this project.
    #[arg(long)]
    project: Option<String>,

    /// Only of this collection.
    #[arg(long)]
    collection: Option<String>,
}

impl Only {
    fn query<'p>(&'p self, first: (&'p str, Option<&'p str>)) -> String {
        query([
            first,
            ("registry", self.registry.as_deref()),
            ("project", self.project.as_deref()),
            ("collection", self.collection.as_deref()),
        ])
    }
}

/// `hookboard export`.
#[derive(Debug, Args)]
pub struct Export {
    #[command(flatten)]
    only: Only,

    /// How the file is written.
    #[arg(long, value_enum, default_value = "yaml")]
    format: Format,

    /// Write to this file instead of the standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    remote: Remote,
}

impl Export {
    pub(super) fn run(self) -> Result<(), Error> {
        let format = if self.format == Format::Json || self.remote.json { "json" } else { "yaml" };
        let query = self.only.query(("format", Some(format)));
        let text = self.remote.text("GET", &self.remote.path(&format!("/automations/export{query}"))?, Body::None)?;
        // What is no file of automations is not to stand in the place of one.
        if !(text.starts_with("version: ") || text.starts_with("{\n  \"version\": ")) {
            let words = "what answered sent no file of automations. Check --url, and that no proxy stands between.";
            return Err(Error::Unreachable(words.to_owned()));
        }
        let Some(path) = self.output else { return write_out(&text) };
        let cannot = |error: std::io::Error| {
            Error::Usage(format!("{} cannot be written: {error}. Check the path and its rights.", path.display()))
        };
        // Whole or not at all.
        let mut partial = path.clone().into_os_string();
        partial.push(".partial");
        std::fs::write(&partial, text).and_then(|()| std::fs::rename(&partial, &path)).map_err(cannot)
    }
}

/// `hookboard import`.
#[derive(Debug, Args)]
pub struct Import {
    /// The file, YAML or JSON; - is the standard input.
    file: PathBuf,

    /// Only tell what would change.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    only: Only,

    #[command(flatten)]
    remote: Remote,
}

impl Import {
    pub(super) fn run(self) -> Result<(), Error> {
        let answer = send(&self.remote, &self.file, &self.only, self.dry_run)?;
        show(&self.remote, &answer)
    }
}

/// `hookboard diff`.
#[derive(Debug, Args)]
pub struct Compare {
    /// The file, YAML or JSON; - is the standard input.
    file: PathBuf,

    #[command(flatten)]
    only: Only,

    #[command(flatten)]
    remote: Remote,
}

impl Compare {
    pub(super) fn run(self) -> Result<(), Error> {
        let answer = send(&self.remote, &self.file, &self.only, true)?;
        show(&self.remote, &answer)?;
        match answer.changes.iter().filter(|change| change.change != FileChange::Unchanged).count() {
            0 => Ok(()),
            count => Err(Error::Mismatch(format!("{count} of {} automations differ", answer.changes.len()))),
        }
    }
}

fn send(remote: &Remote, file: &Path, only: &Only, dry_run: bool) -> Result<Imported, Error> {
    let bytes = read_file(file)?;
    // What is not JSON is YAML; a file's ending may say nothing.
    let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes).is_ok();
    let body = if is_json { Body::Json(bytes) } else { Body::Yaml(bytes) };
    let query = only.query(("dry_run", dry_run.then_some("true")));
    remote.call("POST", &remote.path(&format!("/automations/import{query}"))?, body)
}

/// Writes what changed: a line for each automation, and one for each place where it differs.
fn show(remote: &Remote, answer: &Imported) -> Result<(), Error> {
    if remote.json {
        return print_json(answer);
    }
    let count = |which: FileChange| answer.changes.iter().filter(|change| change.change == which).count();
    let mut lines: Vec<String> = answer.changes.iter().flat_map(lines_of).collect();
    let would = if answer.dry_run { "would be " } else { "" };
    lines.push(format!(
        "{} {would}created, {} {would}updated, {} unchanged",
        count(FileChange::Created),
        count(FileChange::Updated),
        count(FileChange::Unchanged)
    ));
    print(&shown(&lines.join("\n")))
}

fn lines_of(change: &ImportChange) -> Vec<String> {
    let sign = match change.change {
        FileChange::Unchanged => return Vec::new(),
        FileChange::Created => '+',
        FileChange::Updated => '~',
    };
    let mut lines = vec![format!("{sign} {} ({})", change.name, change.scope)];
    for difference in &change.differences {
        lines.push(format!("    {}", difference.pointer));
        lines.extend(difference.before.iter().map(|value| format!("    - {}", line(value))));
        lines.extend(difference.after.iter().map(|value| format!("    + {}", line(value))));
    }
    lines
}

/// A value on one line.
fn line(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.replace('\n', "\\n"),
        other => other.to_string(),
    }
}
