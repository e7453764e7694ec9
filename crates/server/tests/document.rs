//! The interface's document: checked in, whole, and true.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{Folder, Receiver, Server, answer, until};

#[test]
fn the_openapi_document_is_the_one_checked_in() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let stored = std::fs::read_to_string(path).expect("docs/openapi.json");
    let current = hookboard_server::http::openapi().to_pretty_json().expect("JSON");
    assert_eq!(stored.trim(), current.trim(), "run `cargo xtask openapi`");
}

#[test]
fn the_openapi_document_names_nothing_that_it_does_not_hold() {
    let document = serde_json::to_value(hookboard_server::http::openapi()).expect("JSON");
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, call) in item.as_object().expect("calls") {
            let default = &call["responses"]["default"]["content"]["application/problem+json"];
            assert!(default.is_object(), "{method} {path}");
        }
    }
}

#[test]
fn operations_have_a_name_each_and_those_with_a_body_an_example() {
    let document = serde_json::to_value(hookboard_server::http::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths").values();
    let operations: Vec<&Value> = paths.flat_map(|path| path.as_object().expect("operations").values()).collect();
    let names: BTreeSet<&str> = operations.iter().filter_map(|operation| operation["operationId"].as_str()).collect();
    assert_eq!(names.len(), operations.len());
    for operation in operations {
        let body = &operation["requestBody"]["content"]["application/json"];
        assert!(body.is_null() || !body["example"].is_null(), "{}", operation["operationId"]);
    }
    assert!(document["webhooks"]["delivery"]["post"]["requestBody"].is_object());
}

#[test]
fn examples_are_answered_as_they_say() {
    let folder = Folder::new();
    let receiver = Receiver::start(|_| answer(204, ""));
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    let document = serde_json::to_value(hookboard_server::http::openapi()).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let mut examples = include_str!("../src/http/examples.json")
        .replace("https://api.github.com/", &format!("http://{}/", receiver.address));
    let count = serde_json::from_str::<Value>(&examples).expect("JSON")["calls"].as_array().map_or(0, Vec::len);
    for index in 0..count {
        // Read anew each time: ids stand in for those that the calls before were answered.
        let all: Value = serde_json::from_str(&examples).expect("JSON");
        let call = &all["calls"][index];
        let operation = call["operation"].as_str().expect("an operation");
        let Some(status) = call["status"].as_u64() else { continue };
        let (path, method) = paths
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().into_iter().flatten().map(move |(name, of)| (path, name, of))
            })
            .find_map(|(path, method, of)| {
                (of["operationId"] == operation).then(|| (path.clone(), method.to_uppercase()))
            })
            .expect("an operation of the document");
        let filled = call["path"]
            .as_object()
            .into_iter()
            .flatten()
            .fold(path, |path, (name, value)| path.replace(&format!("{{{name}}}"), value.as_str().expect("text")));
        let body = call.get("body").map(ToString::to_string);
        let (answered, text) = server.raw(&method, &filled, Some(&server.key), &[], body.as_deref().map(str::as_bytes));
        assert_eq!(u64::from(answered), status, "{operation}: {text}");
        if let Some(example) = all["ids"][operation].as_str() {
            let made: Value = serde_json::from_str(&text).expect("JSON");
            examples = examples.replace(example, made["id"].as_str().expect("an id"));
        }
    }
    until("the alias is told to the receiver", || {
        receiver.all().iter().any(|request| request.body.contains("kestrel/models/fraud:production")).then_some(())
    });
}
