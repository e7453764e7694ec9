//! The one error type of the server's own calls, and how it is told.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hookboard_api::account::Role;
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use sqlx::postgres::PgDatabaseError;

/// Beginnings of Postgres's error codes: no connection, not enough of something, stopping or starting, the
/// system's own, a transaction that was in another's way, a standby that takes no writers, a database or a user that is closed for a while, and locks and transactions that took too
/// long.
const POSTGRES_OUTAGES: [&str; 11] = ["08", "28", "3D000", "53", "57P", "58", "40", "25006", "25P03", "55000", "55P03"];
/// SQLite's codes: busy, locked, read-only, input or output, full, cannot open.
const SQLITE_OUTAGES: [u32; 6] = [5, 6, 8, 10, 13, 14];

/// Why a call fails.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The caller can do something about it.
    #[error("{}", .0.detail)]
    Problem(Box<Problem>),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// A secret does not open.
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    /// What is stored cannot be read.
    #[error("stored value: {0}")]
    Stored(#[from] serde_json::Error),
    /// A part of the server has stopped.
    #[error("{0}")]
    Stopped(&'static str),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<Box<Problem>> for Failure {
    fn from(problem: Box<Problem>) -> Self {
        Self::Problem(problem)
    }
}

impl Failure {
    /// A problem with its words.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Problem::new(code, detail).into()
    }

    /// There is no such thing, or it is not the caller's to see: the two read alike.
    pub fn not_found(what: &str) -> Self {
        Self::new(ProblemCode::NotFound, format!("There is no such {what}, or you may not see it. Check the address."))
    }

    /// Whether there is no such thing, for all that the caller may see.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.code == ProblemCode::NotFound)
    }

    /// One faulty field.
    pub fn field(pointer: &str, code: &str, message: impl Into<String>) -> Self {
        Problem::invalid(vec![FieldError::new(pointer, code, message)]).into()
    }

    /// One query parameter that cannot be read.
    pub fn parameter(name: &str, message: impl Into<String>) -> Self {
        Self::malformed(FieldError::new(format!("/{name}"), "malformed", message))
    }

    /// A request that cannot be read, for one fault.
    pub fn malformed(fault: FieldError) -> Self {
        let mut problem = Problem::new(ProblemCode::BadRequest, fault.message.clone());
        problem.errors = vec![fault];
        problem.into()
    }

    /// The same failure, its fields seen from an object that holds the one at fault under `prefix`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        if let Self::Problem(problem) = &mut self {
            problem.errors.iter_mut().for_each(|error| error.pointer.insert_str(0, prefix));
        }
        self
    }

    /// A refusal that names the role that is missing.
    pub fn role(needed: Role, own: Role, entity: &str) -> Self {
        Self::new(
            ProblemCode::Forbidden,
            format!(
                "This needs the role {} in {entity}; you are {}. Ask an admin of the team.",
                needed.as_str(),
                own.as_str()
            ),
        )
    }

    /// Whether a name was taken already.
    pub fn is_duplicate(error: &sqlx::Error) -> bool {
        error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation)
    }

    /// Whether the database is away, full, busy or about to stop: the same may go well in a moment.
    pub fn is_outage(error: &sqlx::Error) -> bool {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default();
                if error.try_downcast_ref::<PgDatabaseError>().is_some() {
                    POSTGRES_OUTAGES.iter().any(|class| code.starts_with(class))
                } else {
                    // The lower byte of an extended code is the code that it refines.
                    code.parse::<u32>().is_ok_and(|code| SQLITE_OUTAGES.contains(&(code & 0xff)))
                }
            }
            _ => false,
        }
    }

    /// What the caller is told. Faults of the server are logged here and told without their cause.
    pub fn into_problem(self) -> Problem {
        self.log();
        match self {
            Self::Problem(problem) => *problem,
            failure => failure.problem(),
        }
    }

    /// Logs a fault of the server, whose cause the caller is not told.
    pub fn log(&self) {
        if matches!(self, Self::Database(_) | Self::Seal(_) | Self::Stored(_)) {
            tracing::error!(error = %self, "call failed");
        }
    }

    /// What the caller is told, for a failure that is logged elsewhere.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Problem(problem) => Problem::clone(problem),
            Self::Stopped(_) => Problem::new(
                ProblemCode::Unavailable,
                "The server is stopping. Nothing was changed; try again in a moment.",
            ),
            Self::Database(error) if Self::is_outage(error) => Problem::new(
                ProblemCode::Unavailable,
                "The database cannot be reached or written to, and the server's log says why. Try again in a moment.",
            ),
            Self::Database(_) | Self::Seal(_) | Self::Stored(_) => Problem::new(
                ProblemCode::Internal,
                "The server could not do this, and its log says why. Nothing was changed; try again.",
            ),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        respond(&self.into_problem())
    }
}

/// A problem as an answer.
pub fn respond(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(problem)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response
}
