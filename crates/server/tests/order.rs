//! The order of lists by name.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::json;
use support::{Folder, Server};

const NAMES: [&str; 4] = ["zebra", "Yak", "ape", "Bear"];

#[test]
fn lists_by_name_go_by_letters_whatever_their_case() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let places = "/entities/kestrel/places";
    for name in NAMES {
        for kind in ["registries", "projects"] {
            let (status, made) = server.call("PUT", &format!("{places}/{kind}/{name}"), None);
            assert_eq!(status, 201, "{made}");
            let path = format!("{places}/{kind}/zebra/collections/{name}");
            let (status, made) = server.call("PUT", &path, Some(&json!({"type": "model"})));
            assert_eq!(status, 204, "{made}");
        }
        let secret = json!({"value": "a-long-enough-value"});
        let (status, made) = server.call("PUT", &format!("/entities/kestrel/secrets/{name}"), Some(&secret));
        assert!(status < 300, "{made}");
        let webhook = json!({"name": name, "url": "https://hooks.example/in"});
        let (status, made) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
        assert_eq!(status, 201, "{made}");
        server.join(name, "member");
    }
    for (list, field) in [
        ("places/registries", "/name"),
        ("places/projects", "/name"),
        ("places/registries/zebra/collections", "/name"),
        ("places/projects/zebra/collections", "/name"),
        ("secrets", "/name"),
        ("webhooks", "/settings/name"),
        ("members", "/user"),
    ] {
        let (_, answer) = server.call("GET", &format!("/entities/kestrel/{list}"), None);
        let all = answer["items"].as_array().expect("a list");
        let names = all.iter().filter_map(|one| one.pointer(field)?.as_str());
        let own: Vec<&str> = names.filter(|name| NAMES.contains(name)).collect();
        assert_eq!(own, ["ape", "Bear", "Yak", "zebra"], "{list}");
    }
}
