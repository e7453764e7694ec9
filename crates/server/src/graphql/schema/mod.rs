//! The part of W&B's schema that the SDK asks of automations. Names and nullability are its contract: it checks what
//! it gets.

#![allow(
    clippy::duplicated_attributes,
    clippy::struct_field_names,
    clippy::too_many_arguments,
    clippy::used_underscore_binding,
    reason = "fields and arguments are those of W&B's schema, also where some are read over"
)]

mod entity;
mod execute;
mod input;
mod integration;
mod json_string;
mod mutation;
mod narrow;
mod page;
mod project;
mod query;
mod request;
mod server;
mod trigger;

pub(super) use self::execute::execute;
pub(super) use self::request::RequestContext;
