//! The OpenAPI document: what the routes say of themselves, and what holds for all of them.

use std::collections::BTreeMap;

use hookboard_api::problem::Problem;
use serde::Deserialize;
use serde_json::Value;
use utoipa::OpenApi;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Content, ContentBuilder, ObjectBuilder, Paths, Ref, RefOr, Required, ResponseBuilder, Server, Type,
};
use utoipa_axum::router::OpenApiRouter;

use super::{api, catalogue, files};

/// The whole document, but for the paths, which the routes bring along.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hookboard",
        description = "Webhook automations for machine-learning registries and projects. Every call takes `Authorization: Bearer <key>`; errors are RFC 9457 problems with a stable `code`. Every answer has an `X-Request-Id`, which the server's log has too: the call's own, where that is one word of at most 128 letters, digits, `-`, `_` and `.`, else a new one. A `traceparent` (W3C Trace Context) is taken over where the server sends traces.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem, hookboard_api::automation::Sort, catalogue::Places, files::Format)),
    security(("key" = []))
)]
pub(super) struct Document;

/// What a problem is sent as (RFC 9457).
const PROBLEM_JSON: &str = "application/problem+json";
/// A call of each operation that takes a body, and what these need. Sent in the file's order to a new team "kestrel",
/// each is answered with the status that stands by it; those without one need what only a running server has. `ids` are
/// those that the examples show for what a call makes.
const EXAMPLES: &str = include_str!("examples.json");

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut document) = OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("key", scheme);
    let mut examples = examples();
    for item in document.paths.paths.values_mut() {
        let calls = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for call in calls.into_iter().flatten() {
            name_by_tag(call);
            describe_problems(call);
            let example = call.operation_id.as_ref().and_then(|id| examples.remove(id));
            if let (Some(RefOr::T(body)), Some(example)) = (&mut call.request_body, example)
                && let Some(RefOr::T(content)) = body.content.get_mut("application/json")
            {
                content.example = Some(example);
            }
        }
    }
    document.webhooks = Some(webhooks());
    // Seen from the document's own address, wherever a proxy puts it.
    document.servers = Some(vec![Server::new("../..")]);
    document
}

/// The bodies of [`EXAMPLES`] by operation.
fn examples() -> BTreeMap<String, Value> {
    #[derive(Deserialize)]
    struct Call {
        operation: String,
        body: Option<Value>,
    }
    #[derive(Deserialize)]
    struct Examples {
        calls: Vec<Call>,
    }
    // A file that cannot be read gives no example, which the test of the document sees.
    let calls = serde_json::from_str(EXAMPLES).map_or_else(|_| Vec::new(), |Examples { calls }| calls);
    calls.into_iter().filter_map(|call| Some((call.operation, call.body?))).collect()
}

/// Functions of two modules may have one name; operations may not.
fn name_by_tag(call: &mut Operation) {
    let tag = call.tags.iter().flatten().next();
    if let (Some(tag), Some(id)) = (tag, &mut call.operation_id) {
        *id = format!("{tag}_{id}");
    }
}

/// Problems have a type of their own, and any call can end in one.
fn describe_problems(call: &mut Operation) {
    let problem = Ref::from_schema_name("Problem");
    for response in call.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && let Some(RefOr::T(content)) = response.content.get("application/json")
            && matches!(&content.schema, Some(RefOr::Ref(own)) if own.ref_location == problem.ref_location)
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM_JSON.to_owned(), content);
        }
    }
    let any = ResponseBuilder::new()
        .description("What went wrong, and what to do")
        .content(PROBLEM_JSON, Content::new(Some(problem)))
        .build();
    call.responses.responses.insert("default".to_owned(), any.into());
}

/// What the server itself calls: a delivery, at the address of a webhook.
fn webhooks() -> Paths {
    let header = |name: &str, words: &str| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(words))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
            .build()
    };
    let body = ContentBuilder::new()
        .schema(Some(
            ObjectBuilder::new()
                .description(Some("What the automation's payload template renders to; `{}` where it has none."))
                .build(),
        ))
        .example(Some(
            serde_json::json!({"event_type": "deploy", "client_payload": {"model": "fraud", "version": "v12"}}),
        ))
        .build();
    let delivery = OperationBuilder::new()
        .tag("deliveries")
        .operation_id(Some("delivery"))
        .summary(Some("A delivery: a matched event on its way to a webhook"))
        .description(Some(
            "Sent at least once: a repeat carries the same bytes and, where the webhook signs, the same `webhook-id`. An answer of 2xx within the webhook's timeout ends it; anything else is tried again by the schedule of docs/delivery.md. Redirects are not followed. The webhook's own headers come along.",
        ))
        .security(utoipa::openapi::security::SecurityRequirement::default())
        .parameter(header("Authorization", "`Bearer <access token>`, where the webhook has one."))
        .parameter(header("webhook-id", "The delivery's id (Standard Webhooks), where the webhook has a signing secret."))
        .parameter(header("webhook-timestamp", "When it was sent, in Unix seconds; part of what is signed."))
        .parameter(header(
            "webhook-signature",
            "`v1,` and the base64 of HMAC-SHA256 over `<id>.<timestamp>.<body>`; several with blanks between while a secret is being replaced.",
        ))
        .parameter(header("X-Wandb-Signature", "HMAC-SHA256 of the body in base64 or hexadecimal, as the webhook says."))
        .request_body(Some(RequestBodyBuilder::new().content("application/json", body).required(Some(Required::True)).build()))
        .response("2XX", ResponseBuilder::new().description("Delivered. Up to 64 KiB of the answer are kept to be looked at.").build())
        .response("410", ResponseBuilder::new().description("Wanted no more: the webhook is paused until somebody resumes it.").build())
        .response("default", ResponseBuilder::new().description("Tried again; a `Retry-After` is a floor, 24 hours at most.").build())
        .build();
    PathsBuilder::new().path("delivery", PathItem::new(HttpMethod::Post, delivery)).build()
}
