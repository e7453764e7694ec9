//! What the server says of itself.

use async_graphql::{Enum, Json, Object, SimpleObject};
use serde_json::{Value, json};

/// What it offers beyond what the SDK takes for granted. With a feature off, the SDK takes the types that belong to it
/// out of its documents, and none of these types is ever answered.
const FEATURES: [&str; 12] = [
    "ARTIFACT_REGISTRY_SEARCH",
    "QUERY_AUTOMATIONS_ON_ENTITY",
    "AUTOMATION_EVENT_RUN_METRIC",
    "AUTOMATION_EVENT_RUN_METRIC_CHANGE",
    "AUTOMATION_EVENT_RUN_METRIC_ZSCORE",
    "AUTOMATION_EVENT_RUN_STATE",
    "AUTOMATION_ACTION_NO_OP",
    "AUTOMATION_EVENT_ADD_ARTIFACT_TAG",
    "AUTOMATION_EVENT_REMOVE_ARTIFACT_TAG",
    "AUTOMATION_EVENT_ADD_COLLECTION_TAG",
    "AUTOMATION_EVENT_REMOVE_COLLECTION_TAG",
    "AUTOMATION_EVENT_UNLINK_ARTIFACT",
];

/// The newest SDK that this was run with.
const NEWEST_SDK: &str = "0.31.0";

/// A feature.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ServerFeature")]
pub(super) struct Feature {
    name: &'static str,
    is_enabled: bool,
}

/// A version of a server.
#[derive(Debug, SimpleObject)]
#[graphql(name = "LocalVersionInfo")]
pub(super) struct VersionInfo {
    out_of_date: bool,
    latest_version_string: String,
    version_on_this_instance_string: String,
}

/// The server.
pub(super) struct ServerInfo;

#[Object]
impl ServerInfo {
    async fn features(&self) -> Vec<Feature> {
        FEATURES.into_iter().map(|name| Feature { name, is_enabled: true }).collect()
    }

    async fn cli_version_info(&self) -> Json<Value> {
        Json(json!({ "max_cli_version": NEWEST_SDK, "min_cli_version": "0.22.3" }))
    }

    async fn latest_local_version_info(&self) -> Option<VersionInfo> {
        None
    }
}

/// A key of a user. None is ever told here.
#[derive(Debug, SimpleObject)]
pub(super) struct ApiKey {
    id: String,
    name: Option<String>,
    description: Option<String>,
}

/// A flag of an organization. There are none.
#[derive(Debug, SimpleObject)]
#[graphql(name = "FeatureFlag")]
pub(super) struct Flag {
    ramp_key: String,
    is_enabled: bool,
}

/// By what a flag is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "RampIDType")]
pub(super) enum RampIdType {
    /// By the organization's name.
    #[graphql(name = "OrgName")]
    OrgName,
}
