//! Signing in, who am I, members and keys.

use axum::Json;
use axum::extract::State;
use axum::http::header::IF_NONE_MATCH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hookboard_api::account::{
    Key, KeyDraft, Me, Member, MemberDraft, Membership, NewKey, Role, SignIn, SignInLink, SignedIn,
};
use hookboard_api::audit::{AuditAction, AuditKind};
use hookboard_api::limits::MAX_NAME;
use hookboard_api::list::List;
use hookboard_api::name::{check_name, check_user_name};
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use hookboard_api::stream::Topic;
use serde_json::json;

use super::auth::{Caller, Team};
use super::extract::{Body, Segments};
use super::once::{Creation, IdempotencyKey, Made};
use crate::app::App;
use crate::db::audit::Change;
use crate::db::{Conn, Transaction, accounts};
use crate::failure::Failure;

/// Trade the code of a sign-in link for a key. A code works once.
#[utoipa::path(post, path = "/sign-in", tag = "account", request_body = SignIn, security(()),
    responses((status = 200, body = SignedIn), (status = 401, body = Problem)))]
pub(super) async fn sign_in(
    State(app): State<App>,
    Body(SignIn { code }): Body<SignIn>,
) -> Result<Json<SignedIn>, Failure> {
    let key = accounts::trade_code(app.db(), &code).await?.ok_or_else(|| {
        Failure::new(
            ProblemCode::Unauthorized,
            "This sign-in link was used already or has ended. Take a fresh one from the server: it prints one at each start.",
        )
    })?;
    Ok(Json(SignedIn { key }))
}

/// The caller, with roles.
#[utoipa::path(get, path = "/me", tag = "account", responses((status = 200, body = Me)))]
pub(super) async fn me(State(app): State<App>, Caller(user): Caller) -> Result<Json<Me>, Failure> {
    let entities = accounts::memberships(app.db(), &user.id).await?;
    Ok(Json(Me {
        user: user.name,
        entities,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        retain_days: app.settings().engine.retain,
    }))
}

/// The teams that the caller is in, with the role in each.
#[utoipa::path(get, path = "/entities", tag = "account", responses((status = 200, body = List<Membership>)))]
pub(super) async fn entities(State(app): State<App>, Caller(user): Caller) -> Result<Json<List<Membership>>, Failure> {
    Ok(Json(List::whole(accounts::memberships(app.db(), &user.id).await?)))
}

/// Members of a team.
#[utoipa::path(get, path = "/entities/{entity}/members", tag = "account", params(("entity" = String, Path)),
    responses((status = 200, body = List<Member>)))]
pub(super) async fn members(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<Member>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(List::whole(accounts::members(app.db(), &team.id).await?)))
}

/// Add a person to a team, or change the role of one. A user name that is not known yet becomes a
/// user: 1 to 64 letters, digits and . _ - @, and not one that differs from another in case only. One who
/// is in a team that you are not an admin of cannot be added (409): names are shared by all teams, and this may
/// be another person.
#[utoipa::path(put, path = "/entities/{entity}/members/{user}", tag = "account",
    params(("entity" = String, Path), ("user" = String, Path),
        ("If-None-Match" = Option<String>, Header, description = "`*`: only add; a member is left as is (412)")),
    request_body = MemberDraft,
    responses((status = 201, description = "Added", body = Member), (status = 200, description = "Changed", body = Member),
        (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn put_member(
    State(app): State<App>,
    caller: Caller,
    headers: HeaderMap,
    Segments((entity, user)): Segments<(String, String)>,
    Body(MemberDraft { role }): Body<MemberDraft>,
) -> Result<(StatusCode, Json<Member>), Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let known = accounts::member(&mut tx, &team.id, &user).await?;
    match &known {
        None => {
            check_new_user(&mut tx, &user).await?;
            check_own_teams(&mut tx, &team, &user).await?;
        }
        Some((_, held)) if only_new(&headers) => {
            let words = format!(
                "{user} is in {} already, as {}. Change the role there, or choose another name.",
                team.name,
                held.as_str()
            );
            return Err(Failure::new(ProblemCode::VersionConflict, words));
        }
        Some((user_id, Role::Admin)) if role < Role::Admin => keep_an_admin(&mut tx, &team, user_id, &user).await?,
        Some(_) => {}
    }
    accounts::set_member(&mut tx, &team.id, &user, role).await?;
    let change = match &known {
        None => Change::created(AuditKind::Member, &user, &user),
        Some((_, before)) => Change::changed(AuditKind::Member, &user, &user).before(&json!({ "role": before }))?,
    };
    team.audit(&mut tx, change.after(&json!({ "role": role }))?).await?;
    tx.commit().await?;
    app.changed(Topic::Member, &team.name, Some(&user));
    let members = accounts::members(app.db(), &team.id).await?;
    let member = members.into_iter().find(|member| member.user == user).ok_or_else(|| Failure::not_found("member"))?;
    Ok((if known.is_none() { StatusCode::CREATED } else { StatusCode::OK }, Json(member)))
}

/// Take a person out of a team. Keys of a person who is in no other team are revoked.
#[utoipa::path(delete, path = "/entities/{entity}/members/{user}", tag = "account", params(("entity" = String, Path), ("user" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn remove_member(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, user)): Segments<(String, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let (user_id, role) =
        accounts::member(&mut tx, &team.id, &user).await?.ok_or_else(|| Failure::not_found("member"))?;
    if role == Role::Admin {
        keep_an_admin(&mut tx, &team, &user_id, &user).await?;
    }
    accounts::remove_member(&mut tx, &team.id, &user_id).await?;
    let change = Change::deleted(AuditKind::Member, &user, &user);
    team.audit(&mut tx, change.before(&json!({ "role": role }))?).await?;
    tx.commit().await?;
    app.changed(Topic::Member, &team.name, Some(&user));
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses a name that no user has and none should get.
async fn check_new_user(conn: &mut Conn, name: &str) -> Result<(), Failure> {
    match accounts::user_like(conn, name).await? {
        Some(known) if known == name => Ok(()),
        Some(known) => {
            let words = format!(
                "There is a user \"{known}\", whose name differs in case only. Write it so, or choose another."
            );
            let mut problem = Problem::new(ProblemCode::DuplicateName, words.clone());
            problem.errors = vec![FieldError::new("/user", "duplicate", words)];
            Err(problem.into())
        }
        None => check_user_name(name, "/user").map_or(Ok(()), |fault| Err(Problem::invalid(vec![fault]).into())),
    }
}

/// Refuses somebody who is in a team that the caller is not an admin of: with the name alone, another team
/// could have made a back door.
async fn check_own_teams(conn: &mut Conn, team: &Team, name: &str) -> Result<(), Failure> {
    if accounts::teams_beyond_of(conn, name, &team.user_id).await? == 0 {
        return Ok(());
    }
    let words = format!(
        "There is a user \"{name}\" in a team that you are not an admin of, who may be another person. Choose another name, or ask somebody who is an admin of both teams."
    );
    Err(Failure::new(ProblemCode::Conflict, words))
}

/// Whether the caller wants to make something and change nothing (RFC 9110, section 13.1.2).
fn only_new(headers: &HeaderMap) -> bool {
    headers.get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes().trim_ascii() == b"*")
}

/// Refuses to take the last admin away.
async fn keep_an_admin(conn: &mut Conn, team: &Team, user_id: &str, user: &str) -> Result<(), Failure> {
    if accounts::has_other_admin(conn, &team.id, user_id).await? {
        return Ok(());
    }
    let words = format!(
        "{user} is the last admin of {}, and without one nobody could change the team. Make somebody else an admin first.",
        team.name
    );
    Err(Failure::new(ProblemCode::Conflict, words))
}

/// Make a sign-in code for a member: it works once, within 10 minutes. Refused for a person who is also in
/// a team that you are not an admin of, since the code would open that one to you.
#[utoipa::path(post, path = "/entities/{entity}/members/{user}/link", tag = "account", params(("entity" = String, Path), ("user" = String, Path)),
    responses((status = 201, body = SignInLink), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn link_member(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, user)): Segments<(String, String)>,
) -> Result<(StatusCode, Json<SignInLink>), Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let (user_id, _) = accounts::member(&mut tx, &team.id, &user).await?.ok_or_else(|| Failure::not_found("member"))?;
    if user_id != team.user_id && accounts::teams_beyond(&mut tx, &user_id, &team.user_id).await? > 0 {
        let words = format!(
            "{user} is also in a team that you are not an admin of, which this link would open to you. Ask an admin of that team to make one."
        );
        return Err(Failure::new(ProblemCode::Forbidden, words));
    }
    let link = accounts::new_code(&mut tx, &user_id).await?;
    team.audit(&mut tx, Change::new(AuditAction::Linked, AuditKind::Member, Some(&user), &user)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(link)))
}

/// Keys of a team's members: your own, and those of members who are in no team that you are not an admin of.
#[utoipa::path(get, path = "/entities/{entity}/keys", tag = "account", params(("entity" = String, Path)),
    responses((status = 200, body = List<Key>)))]
pub(super) async fn list_keys(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<Key>>, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    Ok(Json(List::whole(accounts::keys(app.db(), &team.id, &team.user_id).await?)))
}

/// Make a key for yourself. The answer is the only place that ever shows it.
#[utoipa::path(post, path = "/entities/{entity}/keys", tag = "account", params(("entity" = String, Path), IdempotencyKey), request_body = KeyDraft,
    responses((status = 201, body = NewKey), (status = 422, body = Problem)))]
pub(super) async fn create_key(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Creation { draft, once }: Creation<KeyDraft>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let check = async {
        check_name(&draft.name, MAX_NAME, "/name").map_or(Ok(()), |fault| Err(Problem::invalid(vec![fault]).into()))
    };
    let make = async |tx: &mut Transaction, ()| {
        let key = accounts::new_key(tx, &team.user_id, &draft.name).await?;
        let change = Change::created(AuditKind::Key, &key.info.id, &draft.name);
        team.audit(tx, change.after(&json!({ "user": team.user, "prefix": key.info.prefix }))?).await?;
        Ok(Made { body: key, revision: None, id: team.user.clone() })
    };
    once.run(&app, &team, Topic::Member, check, make).await
}

/// Revoke a key of the list. It stops working at once, and streams that were opened with it end.
#[utoipa::path(delete, path = "/entities/{entity}/keys/{id}", tag = "account", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn revoke_key(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let (name, user) =
        accounts::revoke_key(&mut tx, &team.id, &team.user_id, &id).await?.ok_or_else(|| Failure::not_found("key"))?;
    let change = Change::deleted(AuditKind::Key, &id, &name);
    team.audit(&mut tx, change.before(&json!({ "user": user }))?).await?;
    tx.commit().await?;
    app.changed(Topic::Member, &team.name, Some(&user));
    Ok(StatusCode::NO_CONTENT)
}
