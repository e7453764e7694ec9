//! `hookboard keys`.

use clap::{Args, Subcommand};
use hookboard_api::account::{Key, KeyDraft, NewKey};

use super::error::Error;
use super::output::{print, print_json, remark};
use super::remote::{Body, Remote, Whole, segment};
use super::table;

/// What to do with access keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// List them.
    List(Whole),
    /// Make one. It is shown this once.
    Create(NewOne),
    /// Make one useless for ever.
    Revoke(OneKey),
}

/// A new access key.
#[derive(Debug, Args)]
pub struct NewOne {
    /// What it is for.
    name: String,

    #[command(flatten)]
    remote: Remote,
}

/// One access key.
#[derive(Debug, Args)]
pub struct OneKey {
    /// Its id, or its name where no other has it.
    #[arg(value_name = "KEY")]
    key_of: String,

    #[command(flatten)]
    remote: Remote,
}

impl Keys {
    pub(super) fn run(self) -> Result<(), Error> {
        match self {
            Self::List(Whole { remote }) => {
                let keys: Vec<Key> = remote.all(&remote.path("/keys")?, usize::MAX)?;
                if remote.json {
                    return print_json(&keys);
                }
                let row = |one: &Key| {
                    let used = one.last_used_at.clone().unwrap_or_else(|| "never".to_owned());
                    vec![one.name.clone(), format!("{}…", one.prefix), one.user.clone(), used, one.id.clone()]
                };
                table::show(
                    &["name", "key", "user", "last used", "id"],
                    keys.iter().map(row).collect(),
                    "There are no access keys.",
                )
            }
            Self::Create(NewOne { name, remote }) => {
                let made: NewKey = remote.call("POST", &remote.path("/keys")?, Body::json(&KeyDraft { name })?)?;
                if remote.json {
                    return print_json(&made);
                }
                if let Err(error) = print(&made.key) {
                    // Nobody has it.
                    remote.text("DELETE", &remote.path(&format!("/keys/{}", segment(&made.info.id)))?, Body::None)?;
                    return Err(error);
                }
                remark("This is the only time that it is shown.");
                Ok(())
            }
            Self::Revoke(OneKey { key_of, remote }) => {
                let keys: Vec<Key> = remote.all(&remote.path("/keys")?, usize::MAX)?;
                let found: Vec<&Key> = keys.iter().filter(|one| one.id == key_of || one.name == key_of).collect();
                let key = match found.as_slice() {
                    [only] => *only,
                    [] => {
                        let words = format!("There is no access key \"{key_of}\". List them: hookboard keys list");
                        return Err(Error::Usage(words));
                    }
                    _ => {
                        return Err(Error::Usage("Several have this name. Give an id: hookboard keys list".to_owned()));
                    }
                };
                remote.text("DELETE", &remote.path(&format!("/keys/{}", segment(&key.id)))?, Body::None)?;
                if !remote.json {
                    print(&format!("Revoked {} ({}…)", key.name, key.prefix))?;
                }
                Ok(())
            }
        }
    }
}
