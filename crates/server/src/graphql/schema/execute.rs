//! The schema, and its execution within limits.

use std::sync::OnceLock;

use async_graphql::{EmptySubscription, Request, Response, Schema};

use super::mutation::Mutation;
use super::project::ArtifactCollection;
use super::query::Query;

/// What the SDK's deepest document needs is 12.
const MAX_DEPTH: usize = 16;
/// Fields of one document; the SDK's largest has less than 100.
const MAX_FIELDS: usize = 400;

type Served = Schema<Query, Mutation, EmptySubscription>;

/// Executes a document.
pub(in crate::graphql) async fn execute(request: Request) -> Response {
    schema().execute(request).await
}

fn schema() -> &'static Served {
    static SCHEMA: OnceLock<Served> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        Schema::build(Query, Mutation, EmptySubscription)
            .register_output_type::<ArtifactCollection>()
            .limit_depth(MAX_DEPTH)
            .limit_complexity(MAX_FIELDS)
            .finish()
    })
}
