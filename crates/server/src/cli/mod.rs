//! Commands that call a running server: what the page can do, from a shell.

mod automations;
mod deliveries;
mod error;
mod escape;
mod events;
mod files;
mod keys;
mod output;
mod remote;
mod table;
mod webhooks;

use clap::Subcommand;

pub use error::Error;
pub use output::remark;
pub use remote::Remote;

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
    Events(events::Events),
    /// Look at webhooks and test them.
    #[command(subcommand)]
    Webhooks(webhooks::Webhooks),
    /// Access keys of the team.
    #[command(subcommand)]
    Keys(keys::Keys),
}

/// Does what is asked.
pub fn run(call: Call) -> Result<(), Error> {
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
