//! The two parameters that ask for a page of a list.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hookboard_api::limits::{DEFAULT_PAGE, MAX_PAGE};
use serde::Deserialize;
use utoipa::IntoParams;

use super::extract::Params;
use crate::app::App;
use crate::db::Page;
use crate::failure::Failure;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Paging {
    /// Where the page starts: `next_cursor` of the page before.
    cursor: Option<String>,
    /// Rows of a page: 50 where none is given, 200 at most.
    #[param(value_type = Option<u32>)]
    limit: Option<String>,
}

impl<C: FromStr + Send> FromRequestParts<App> for Page<C> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Params(Paging { cursor, limit }) = Params::from_request_parts(parts, app).await?;
        let limit = match limit {
            None => DEFAULT_PAGE,
            Some(text) => text.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit)).ok_or_else(|| {
                Failure::parameter(
                    "limit",
                    format!("A page's length is a whole number from 1 to {MAX_PAGE}. Ask for one of these."),
                )
            })?,
        };
        let after = cursor.map(|cursor| cursor.parse()).transpose().map_err(|_| {
            Failure::parameter(
                "cursor",
                "This is no cursor of this list. Pass on the \"next_cursor\" of the page before, or none for the first page.",
            )
        })?;
        Ok(Self { after, limit })
    }
}
