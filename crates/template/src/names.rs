//! The names a template may refer to, and what each of them stands for.

use crate::prelude::*;
use crate::tables::Table;

use crate::event::EventType;
use crate::variables::{ACCESS_TOKEN, Carrier, ROWS, Variable, row};

/// What is known about the webhook and event a template is written for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The event chosen: what it does not carry is blank and warned about. `None`: every variable counts as carried.
    pub event: Option<EventType>,
    /// The secrets the webhook may use.
    pub secrets: Vec<String>,
    /// The webhook has an access token.
    pub access_token: bool,
}

impl Names {
    /// Whether the event chosen, if any, brings a value for it.
    pub fn carries(&self, variable: &Variable) -> bool {
        variable.carried_by == Carrier::Webhook || self.event.is_none_or(|event| variable.carried_by.includes(event))
    }
}

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning<'n> {
    /// A row of the catalogue.
    Variable(usize),
    Secret(&'n str),
}

/// [`Names`] made ready to be asked once per placeholder.
pub(crate) struct Lookup<'n> {
    pub(crate) names: &'n Names,
    /// The places of secrets. A table, since both they and the placeholders are as many as someone likes.
    secrets: Table<'n>,
}

impl<'n> Lookup<'n> {
    pub(crate) fn new(names: &'n Names) -> Self {
        let secrets = (0..).zip(&names.secrets).map(|(place, name)| (name.into(), place)).collect();
        Self { names, secrets }
    }

    /// What `$NAME` stands for; `None` where it is plain text.
    pub(crate) fn bare(&self, name: &str) -> Option<Meaning<'n>> {
        if self.names.access_token && name == ACCESS_TOKEN {
            return Some(Meaning::Secret(ACCESS_TOKEN));
        }
        let place = *self.secrets.get(name)?;
        self.names.secrets.get(place as usize).map(|secret| Meaning::Secret(secret))
    }

    /// What `name` stands for in `${name}`: the table comes before the webhook's secrets.
    pub(crate) fn braced(&self, name: &str) -> Option<Meaning<'n>> {
        event_row(name).map(Meaning::Variable).or_else(|| self.bare(name))
    }

    /// Every name that may stand in `${…}`, the table's first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'n str> {
        let table = ROWS
            .iter()
            .filter(|variable| variable.carried_by != Carrier::Webhook || self.names.access_token)
            .map(|variable| variable.name);
        table.chain(self.names.secrets.iter().map(String::as_str))
    }
}

/// The row of the catalogue with this name, if events bring its value and not the webhook.
pub(crate) fn event_row(name: &str) -> Option<usize> {
    row(name).filter(|&row| ROWS[row].carried_by != Carrier::Webhook)
}
