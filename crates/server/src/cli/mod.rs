//! Commands that call a running server: what the page can do, from a shell.

mod automations;
mod deliveries;
mod files;
mod others;
mod remote;
mod table;

use clap::Subcommand;

pub use remote::{Ended, Remote};

/// Commands that call a running server.
#[derive(Debug, Subcommand)]
pub enum Call {
    /// Write automations out as a file to keep beside code: webhooks and secrets by name only.
    Export(files::Export),
    /// Take a file of automations in: make those that are not there, change those that differ, leave others.
    Import(files::Import),
    /// Compare a file of automations with those there are. Ends with 1 where they differ.
    Diff(files::Compare),
    /// Look at automations, switch and test them.
    #[command(subcommand)]
    Automations(automations::Automations),
    /// Look at deliveries and send them again.
    #[command(subcommand)]
    Deliveries(deliveries::Deliveries),
    /// Send events in.
    #[command(subcommand)]
    Events(others::Events),
    /// Look at webhooks and test them.
    #[command(subcommand)]
    Webhooks(others::Webhooks),
    /// Access keys of the team.
    #[command(subcommand)]
    Keys(others::Keys),
}

/// Does what is asked.
pub fn run(call: Call) -> Result<(), Ended> {
    match call {
        Call::Export(export) => export.run(),
        Call::Import(import) => import.run(),
        Call::Diff(compare) => compare.run(),
        Call::Automations(automations) => automations.run(),
        Call::Deliveries(deliveries) => deliveries.run(),
        Call::Events(events) => events.run(),
        Call::Webhooks(webhooks) => webhooks.run(),
        Call::Keys(keys) => keys.run(),
    }
}
