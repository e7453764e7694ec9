//! Who calls, and whether the role is enough.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hookboard_api::account::Role;
use hookboard_api::problem::ProblemCode;

use crate::app::App;
use crate::db::Conn;
use crate::db::accounts::{self, User};
use crate::db::audit::{self, Change};
use crate::failure::Failure;

/// The user behind the call's key.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) User);

/// A team the caller may act in.
pub(crate) struct Team {
    /// The team's id.
    pub(crate) id: String,
    /// The team's name.
    pub(crate) name: String,
    /// The caller's user name.
    pub(crate) user: String,
    /// The caller's id.
    pub(crate) user_id: String,
    /// The id of the key it was called with.
    pub(crate) key_id: String,
}

impl Team {
    /// Writes a change of the caller into the audit log, in the transaction of the change.
    pub(crate) async fn audit(&self, conn: &mut Conn, change: Change<'_>) -> Result<(), Failure> {
        audit::write(conn, &self.id, &self.user, change).await
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let (scheme, key) = credentials(&parts.headers)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(unreadable());
        }
        Self::of_key(app, key).await
    }
}

fn refused(words: &str) -> Failure {
    Failure::new(ProblemCode::Unauthorized, words)
}

/// The refusal of a header of another form.
pub(crate) fn unreadable() -> Failure {
    refused("The Authorization header cannot be read. Write it as Bearer <key>.")
}

/// Scheme and credentials of the header that names the caller.
pub(crate) fn credentials(headers: &HeaderMap) -> Result<(&str, &str), Failure> {
    let header = headers
        .get(AUTHORIZATION)
        .ok_or_else(|| refused("This call needs a key. Send it as Authorization: Bearer <key>."))?;
    let (scheme, rest) = header.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(unreadable)?;
    Ok((scheme, rest.trim()))
}

impl Caller {
    /// The user whose key this is.
    pub(crate) async fn of_key(app: &App, key: &str) -> Result<Self, Failure> {
        if let Some(user) = accounts::user_of_key(app.db(), key).await? {
            return Ok(Self(user));
        }
        if accounts::is_former_key(app.db(), key).await? {
            return Err(Failure::new(
                ProblemCode::NoLongerMember,
                "You were taken out of the team, and your keys went with it. Ask an admin of the team to add you again.",
            ));
        }
        Err(refused("This key is not valid: it was revoked, or is misspelt. Sign in again, or make a new key."))
    }

    /// The team of that name, if the caller's role in it is at least `needed`. A team that is not the
    /// caller's reads like one that does not exist.
    pub(crate) async fn team(self, app: &App, entity: &str, needed: Role) -> Result<Team, Failure> {
        let (id, role) =
            accounts::membership(app.db(), &self.0.id, entity).await?.ok_or_else(|| Failure::not_found("team"))?;
        if role < needed {
            return Err(Failure::role(needed, role, entity));
        }
        Ok(Team { id, name: entity.to_owned(), user: self.0.name, user_id: self.0.id, key_id: self.0.key_id })
    }
}
