//! The backend of Hookboard: the REST interface, the delivery engine, and the page, in one binary.
//!
//! An event comes in (`http`, `mlflow`), is stored with its evaluations and deliveries in one commit
//! (`accept`, `evaluate`, `db`), and the worker sends what is due (`worker`), never to where it may
//! not (`guard`) and never keeping a secret (`seal`).

pub mod accept;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod demo;
pub mod digest;
pub mod doctor;
pub mod evaluate;
pub mod failpoint;
pub mod failure;
pub mod graphql;
pub mod guard;
pub mod http;
pub mod metrics;
pub mod migrate;
pub mod mlflow;
pub mod panics;
pub mod relay;
pub mod rfc3339;
pub mod seal;
pub mod serve;
pub mod telemetry;
pub mod vitals;
pub mod worker;
