//! Who calls, and whether the role is enough.

use axum::extract::FromRequestParts;
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
pub(super) struct Caller(pub(super) User);

/// A team the caller may act in.
pub(super) struct Team {
    /// The team's id.
    pub(super) id: String,
    /// The team's name.
    pub(super) name: String,
    /// The caller's user name.
    pub(super) user: String,
    /// The caller's id.
    pub(super) user_id: String,
    /// The id of the key it was called with.
    pub(super) key_id: String,
}

impl Team {
    /// Writes a change of the caller into the audit log, in the transaction of the change.
    pub(super) async fn audit(&self, conn: &mut Conn, change: Change<'_>) -> Result<(), Failure> {
        audit::write(conn, &self.id, &self.user, change).await
    }
}

impl FromRequestParts<App> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let refused = |words: &str| Failure::new(ProblemCode::Unauthorized, words);
        let header = parts
            .headers
            .get(AUTHORIZATION)
            .ok_or_else(|| refused("This call needs a key. Send it as Authorization: Bearer <key>."))?;
        let key = header
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, key)| key.trim())
            .ok_or_else(|| refused("The Authorization header cannot be read. Write it as Bearer <key>."))?;
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
}

impl Caller {
    /// The team of that name, if the caller's role in it is at least `needed`. A team that is not the
    /// caller's reads like one that does not exist.
    pub(super) async fn team(self, app: &App, entity: &str, needed: Role) -> Result<Team, Failure> {
        let (id, role) =
            accounts::membership(app.db(), &self.0.id, entity).await?.ok_or_else(|| Failure::not_found("team"))?;
        if role < needed {
            return Err(Failure::role(needed, role, entity));
        }
        Ok(Team { id, name: entity.to_owned(), user: self.0.name, user_id: self.0.id, key_id: self.0.key_id })
    }
}
