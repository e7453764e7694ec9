//! Pages of lists, as Relay has them.

use async_graphql::{OutputType, SimpleObject};
use hookboard_api::limits::{DEFAULT_PAGE, MAX_PAGE};

use super::entity::TeamName;
use super::integration::Integration;
use super::project::{AliasNode, ArtifactCollection, ArtifactType, Project, Tag};
use super::server::ApiKey;
use super::trigger::Trigger;

/// Where a page ends.
#[derive(Debug, Clone, Default, SimpleObject)]
pub(super) struct PageInfo {
    end_cursor: Option<String>,
    has_next_page: bool,
}

/// A row of a page.
#[derive(Debug, SimpleObject)]
#[graphql(
    concrete(name = "TriggerEdge", params(Trigger)),
    concrete(name = "ProjectEdge", params(Project)),
    concrete(name = "IntegrationEdge", params(Integration)),
    concrete(name = "ArtifactCollectionEdge", params(ArtifactCollection)),
    concrete(name = "ArtifactTypeEdge", params(ArtifactType)),
    concrete(name = "ArtifactAliasEdge", params(AliasNode)),
    concrete(name = "TagEdge", params(Tag)),
    concrete(name = "ApiKeyEdge", params(ApiKey)),
    concrete(name = "EntityEdge", params(TeamName))
)]
pub(super) struct Edge<T: OutputType> {
    cursor: String,
    node: Option<T>,
}

/// A page.
#[derive(Debug, SimpleObject)]
#[graphql(
    concrete(name = "TriggerConnection", params(Trigger)),
    concrete(name = "ProjectConnection", params(Project)),
    concrete(name = "IntegrationConnection", params(Integration)),
    concrete(name = "ArtifactCollectionConnection", params(ArtifactCollection)),
    concrete(name = "ArtifactTypeConnection", params(ArtifactType)),
    concrete(name = "ArtifactAliasConnection", params(AliasNode)),
    concrete(name = "TagConnection", params(Tag)),
    concrete(name = "ApiKeyConnection", params(ApiKey)),
    concrete(name = "EntityConnection", params(TeamName))
)]
pub(super) struct Connection<T: OutputType>
where
    Edge<T>: OutputType,
{
    total_count: Option<i32>,
    page_info: PageInfo,
    edges: Vec<Edge<T>>,
}

/// How many rows a page has that `first` are asked of.
pub(super) fn length(first: Option<i32>) -> u32 {
    first.and_then(|first| u32::try_from(first).ok()).filter(|first| *first > 0).unwrap_or(DEFAULT_PAGE).min(MAX_PAGE)
}

impl<T: OutputType> Connection<T>
where
    Edge<T>: OutputType,
{
    /// A page of rows with their cursors.
    pub(super) fn new(rows: Vec<(String, T)>, has_next_page: bool, total: Option<u64>) -> Self {
        let end_cursor = rows.last().map(|(cursor, _)| cursor.clone());
        let edges = rows.into_iter().map(|(cursor, node)| Edge { cursor, node: Some(node) }).collect();
        let total_count = total.and_then(|total| i32::try_from(total).ok());
        Self { total_count, page_info: PageInfo { end_cursor, has_next_page }, edges }
    }

    /// All rows of a list that is never long.
    pub(super) fn whole(rows: Vec<(String, T)>) -> Self {
        let total = Some(rows.len() as u64);
        Self::new(rows, false, total)
    }

    /// The page of `rows`, which are in the order of their cursors, that follows the cursor `after`.
    pub(super) fn cut(rows: Vec<(String, T)>, after: Option<&str>, first: Option<i32>) -> Self {
        let total = rows.len() as u64;
        let mut rows = rows.into_iter().filter(|(cursor, _)| after.is_none_or(|after| cursor.as_str() > after));
        let page: Vec<_> = rows.by_ref().take(length(first) as usize).collect();
        Self::new(page, rows.next().is_some(), Some(total))
    }
}
