//! Secrets nowhere: values planted in every place, receivers that echo them in every way, and then no trace
//! of one in the files, the log, the answers or the stream.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use support::{Folder, Received, Receiver, Server, answer, until};

/// Values of secrets, each with letters of its own in the middle, by which it is looked for, between what has
/// to be escaped somewhere. What goes into a header has no character beyond ASCII.
const SECRETS: [(&str, &str, &str); 6] = [
    ("TOKEN", "to/+\"k <&>'TokenBefore61\"", "to/+\"k <&>'TokenPlanted72\""),
    ("SIGN", "whsec_SignBefore83==é\"", "whsec_SignPlanted94==é\""),
    ("PAYLOAD", "pé\"\\ay <&>PayloadBefore15\n\t'", "pé\"\\ay <&>PayloadPlanted26\n\t'"),
    ("HEADER", "HeaderBefore37", "HeaderPlanted48"),
    ("SOURCE", "SourceBefore59é", "SourcePlanted60é"),
    ("UNUSED", "UnusedBefore71", "UnusedPlanted82"),
];

/// The part of a value that stays the same however it is escaped.
fn core(value: &str) -> &str {
    let letters = value.split(|c: char| !c.is_ascii_alphanumeric());
    letters.max_by_key(|part| part.len()).expect("letters")
}

/// What is looked for of a text: itself and its beginning, as letters, in base64 and in hexadecimal.
fn needles(core: &str) -> Vec<String> {
    let hex = core.bytes().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    let mut all = vec![core[..core.len().min(12)].to_owned(), hex.to_uppercase(), hex, core.to_lowercase()];
    for before in 0..3 {
        let encoded = BASE64_STANDARD_NO_PAD.encode(format!("{}{core}", "x".repeat(before)));
        all.push(encoded[(8 * before).div_ceil(6)..(8 * (before + core.len())) / 6].to_owned());
    }
    all
}

/// How a receiver echoes what it was sent.
type Echo = (&'static str, fn(&Received) -> Vec<u8>);

fn plain(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The request as the receiver has it: all headers and the body.
fn whole(request: &Received) -> String {
    let mut text = String::new();
    for (name, value) in &request.headers {
        let _ = writeln!(text, "{name}: {value}");
    }
    text + &request.body
}

/// The values of secrets that a request carries, unescaped.
fn carried(request: &Received) -> Vec<String> {
    let body: Value = serde_json::from_str(&request.body).expect("JSON");
    let token = request.header("authorization").trim_start_matches("Bearer ").to_owned();
    vec![token, request.header("x-key").to_owned(), body["p"].as_str().expect("a payload").to_owned()]
}

fn url_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

const ECHOES: &[Echo] = &[
    ("in the body", |request| plain(&whole(request))),
    ("in a failure", |request| {
        let body = whole(request);
        format!("HTTP/1.1 500 No\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }),
    ("in the status text", |request| {
        format!("HTTP/1.1 401 {}\r\ncontent-length: 0\r\n\r\n", carried(request)[0]).into_bytes()
    }),
    ("in headers", |request| {
        let values = carried(request);
        let (token, key) = (&values[0], &values[1]);
        format!(
            "HTTP/1.1 302 Found\r\nlocation: http://x/?t={}\r\nset-cookie: t={token}\r\nwww-authenticate: Bearer token=\"{key}\"\r\nx-{}: 1\r\ncontent-length: 0\r\n\r\n",
            url_encoded(token),
            key
        )
        .into_bytes()
    }),
    ("escaped", |request| {
        let mut body = String::new();
        for value in carried(request) {
            let json = Value::from(value.as_str()).to_string();
            let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
            let _ = writeln!(body, "{json}\n{}\n{html}\n{}", Value::from(json.as_str()), url_encoded(&value));
        }
        plain(&body)
    }),
    ("encoded", |request| {
        let mut body = BASE64_STANDARD.encode(whole(request));
        for value in carried(request) {
            let hex = value.bytes().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            let basic = format!("api:{value}");
            let all = [
                BASE64_STANDARD.encode(&value),
                BASE64_URL_SAFE_NO_PAD.encode(&value),
                BASE64_STANDARD.encode(basic),
                hex,
            ];
            let _ = writeln!(body, "\n{}", all.join("\n"));
        }
        plain(&body)
    }),
    ("in pieces", |request| {
        let mut answer = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
        for piece in whole(request).as_bytes().chunks(3) {
            answer.extend(format!("{:x}\r\n", piece.len()).bytes());
            answer.extend(piece);
            answer.extend(b"\r\n");
        }
        answer.extend(b"0\r\n\r\n");
        answer
    }),
    ("where the answer is cut", |request| {
        let token = &carried(request)[0];
        let at = token.find(core(token)).expect("its letters") + 10;
        plain(&format!("{}{token}{}", "x".repeat(64 * 1024 - at), "y".repeat(100)))
    }),
    ("where the answer breaks off", |request| {
        let token = &carried(request)[0];
        let at = token.find(core(token)).expect("its letters") + 10;
        format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{}", &token[..at]).into_bytes()
    }),
    ("in what is no HTTP", |request| format!("{}\r\n\r\n", carried(request)[0]).into_bytes()),
    ("in a broken header", |request| {
        let token = &carried(request)[0];
        format!("HTTP/1.1 200 OK\r\n{token}\0: {token}\r\n\r\n").into_bytes()
    }),
    ("in a broken length", |request| {
        let token = &carried(request)[0];
        format!("HTTP/1.1 200 OK\r\ncontent-length: {token}\r\n\r\n").into_bytes()
    }),
    ("in a trailer", |request| {
        let token = &carried(request)[0];
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;{token}\r\nx\r\n0\r\nx: {token}\r\n\r\n")
            .into_bytes()
    }),
];

fn receiver(echo: fn(&Received) -> Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("address");
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            std::thread::spawn(move || {
                let Some(request) = support::read(&stream) else { return };
                let _ = (&stream).write_all(&echo(&request));
            });
        }
    });
    address
}

/// All that a reader is told, from now on.
fn listen(server: &Server) -> Arc<Mutex<String>> {
    let mut stream = TcpStream::connect(server.address).expect("connected");
    let head = format!(
        "GET /api/v1/entities/kestrel/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        server.key
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let told: Arc<Mutex<String>> = Arc::default();
    let log = Arc::clone(&told);
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).expect("a status line");
    assert!(line.contains("200"), "{line}");
    std::thread::spawn(move || {
        for line in reader.lines().map_while(Result::ok) {
            log.lock().expect("log").push_str(&line);
        }
    });
    told
}

/// Every answer to a reading call of the document: of lists, each item's as well.
fn read_all(server: &Server) -> String {
    let document = serde_json::to_value(hookboard_server::http::openapi()).expect("JSON");
    let mut shown = String::new();
    let mut asked = BTreeSet::new();
    let mut ask = |path: String| -> Value {
        let (status, text) = server.raw("GET", &path, Some(&server.key), &[], None);
        assert_eq!(status, 200, "{path} {text}");
        asked.insert(path);
        shown.push_str(&text);
        serde_json::from_str(&text).unwrap_or_default()
    };
    let mut described = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        if methods.get("get").is_none() || path.ends_with("/stream") {
            continue;
        }
        described += 1;
        let known = [
            ("{entity}", "kestrel"),
            ("{places}", "registries"),
            ("/places/registries/{name}", "/places/registries/models"),
            ("{name}", "project"),
            ("{collection}", "fraud"),
            ("{run}", "r1"),
        ];
        let filled = known.iter().fold(path.clone(), |path, (from, to)| path.replace(from, to));
        let Some((list, rest)) = filled.split_once("/{id}") else {
            let query = if filled.ends_with("/metrics") { "?metric=loss" } else { "" };
            ask(format!("{filled}{query}"));
            continue;
        };
        let items = ask(format!("{list}?limit=200"))["items"].clone();
        let ids: Vec<&str> = items.as_array().expect("a list").iter().filter_map(|item| item["id"].as_str()).collect();
        assert!(!ids.is_empty(), "{path} has nothing to read");
        for id in ids {
            ask(format!("{list}/{id}{rest}"));
        }
    }
    assert!(described > 20 && asked.len() > 60, "{described} {}", asked.len());
    for path in ["/healthz", "/readyz", "/api/v1/openapi.json", "/"] {
        shown.push_str(&server.raw("GET", path, None, &[], None).1);
    }
    shown
}

#[test]
fn no_planted_value_is_in_any_file_log_answer_or_stream() {
    let folder = Folder::with_file();
    let log_folder = Folder::with_file();
    let log = log_folder.0.join("log");
    let collector = Receiver::start(|_| answer(200, "{}"));
    let server = Server::start_so(&folder, "kestrel", "mira", |command| {
        command
            .args(["--allow-target", "127.0.0.1", "--log-json", "--metrics-listen", "127.0.0.1:0"])
            .args(["--otlp-endpoint", &format!("http://{}", collector.address)])
            .env("HOOKBOARD_LOG", "trace")
            .stderr(Stdio::from(File::create(&log).expect("log")));
    });
    let told = listen(&server);
    let call = |method: &str, path: &str, body: &Value| {
        let (status, answer) = server.call(method, &format!("/entities/kestrel{path}"), Some(body));
        assert!((200..300).contains(&status), "{method} {path} {status} {answer}");
        answer
    };
    // Each secret is replaced once, so that there is a value before it that still signs.
    for (name, before, after) in SECRETS {
        call("PUT", &format!("/secrets/{name}"), &json!({"value": before}));
        call("PUT", &format!("/secrets/{name}"), &json!({"value": after}));
    }
    call("PUT", "/places/registries/models", &Value::Null);
    call("PUT", "/places/projects/project", &Value::Null);
    call(
        "POST",
        "/projects/project/runs/r1/metrics",
        &json!({"metric": "loss", "points": [{"step": 1, "value": 0.5}]}),
    );
    let key = call("POST", "/keys", &json!({"name": "planted"}))["key"].as_str().expect("key").to_owned();
    call("PUT", "/members/hana", &json!({"role": "viewer"}));
    let code = call("POST", "/members/hana/link", &Value::Null)["code"].as_str().expect("code").to_owned();
    let source = call("POST", "/sources", &json!({"name": "mlflow", "registry": "models", "secret": "SOURCE"}));

    let mut shown = String::new();
    for (name, echo) in ECHOES {
        let webhook = json!({
            "name": name, "url": format!("http://{}/", receiver(*echo)), "timeout_s": 5,
            "access_token": "TOKEN", "signing_secret": "SIGN", "secrets": ["PAYLOAD", "TOKEN"],
            "headers": [{"name": "X-Key", "secret": "HEADER"}]
        });
        let webhook = call("POST", "/webhooks", &webhook);
        let template = "{\"p\": \"$PAYLOAD\", \"t\": \"Bearer $TOKEN\", \"c\": \"${artifact_collection_name}\"}";
        let automation = json!({
            "name": name, "scope": {"kind": "registry", "entity": "kestrel", "name": "models"}, "trigger": {"event": "LINK_ARTIFACT"},
            "action": {"type": "webhook", "webhook_id": webhook["id"], "template": template}
        });
        let automation = call("POST", "/automations", &automation);
        let id = webhook["id"].as_str().expect("id");
        shown += &call("POST", &format!("/webhooks/{id}/test"), &json!({"template": template})).to_string();
        let id = automation["id"].as_str().expect("id");
        shown += &call("POST", &format!("/automations/{id}/test"), &json!({})).to_string();
    }
    let event = json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": 1}
    });
    assert_eq!(server.call("POST", "/events", Some(&event)).0, 202);
    // What MLflow sends, signed, and what somebody else sends.
    let body = json!({"entity": "registered_model", "action": "created", "data": {"name": "fraud"}}).to_string();
    let path = format!("/api/v1/sources/mlflow/{}", source["id"].as_str().expect("id"));
    for (number, (secret, wanted)) in
        [(SECRETS[4].2, 202), (SECRETS[4].1, 202), ("another", 401)].into_iter().enumerate()
    {
        let (id, at) = (format!("m{number}"), jiff::Timestamp::now().as_second().to_string());
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("key");
        mac.update(format!("{id}.{at}.{body}").as_bytes());
        let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        let headers =
            [("x-mlflow-signature", signature.as_str()), ("x-mlflow-delivery-id", &id), ("x-mlflow-timestamp", &at)];
        let (status, answer) = server.raw("POST", &path, None, &headers, Some(body.as_bytes()));
        assert_eq!(status, wanted, "{answer}");
    }
    // Calls that fail, with values in them.
    for (method, path, body) in [
        ("PUT", "/secrets/TOKEN", json!({"value": SECRETS[0].2, "nope": SECRETS[0].2})),
        ("PUT", "/secrets/TOKEN", json!({"value": [SECRETS[0].2]})),
        ("PUT", "/secrets/1-bad", json!({"value": SECRETS[0].2})),
        ("PUT", "/secrets/TOKEN", json!({"value": format!("{}{}", SECRETS[0].2, "x".repeat(17 * 1024))})),
        ("DELETE", "/secrets/TOKEN", Value::Null),
    ] {
        let (status, answer) = server.call(method, &format!("/entities/kestrel{path}"), Some(&body));
        assert!((400..500).contains(&status), "{method} {path} {status} {answer}");
        shown += &answer.to_string();
    }
    let (status, answer) = server.call_as("", "POST", "/sign-in", Some(&json!({"code": format!("{code}x")})));
    assert_eq!(status, 401);
    shown += &answer.to_string();
    let (_, answer) = server.call_as(&format!("{key}x"), "GET", "/me", None);
    shown += &answer.to_string();

    until("each echo was heard", || {
        let (_, list) = server.call("GET", "/entities/kestrel/deliveries?limit=200", None);
        let rows = list["items"].as_array()?;
        (rows.len() == ECHOES.len() && rows.iter().all(|row| !row["outcome"].is_null())).then_some(())
    });
    shown += &read_all(&server);
    assert!(shown.matches("••••••••").count() > 100, "the echoes came back masked");
    shown += &told.lock().expect("log");

    let metrics = server.said("Metrics are at http://");
    let mut metrics = TcpStream::connect(metrics.split('/').next().expect("an address")).expect("connected");
    metrics.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("sent");
    metrics.read_to_string(&mut shown).expect("metrics");
    assert!(shown.contains("hookboard_attempts_total"));

    let start_code = server.code.clone();
    let mut planted: Vec<(String, Vec<String>)> = Vec::new();
    for (name, before, after) in SECRETS {
        planted.extend([before, after].map(|value| (name.to_owned(), needles(core(value)))));
    }
    // The first characters of a key are shown in its list, to tell it by.
    for (name, value) in [("a key", &key), ("the first key", &server.key)] {
        planted.push((name.to_owned(), vec![value[value.len() - 24..].to_owned()]));
    }
    for (name, value) in [("a code", &code), ("the first code", &start_code)] {
        planted.push((name.to_owned(), needles(value)));
    }
    let sealing = std::fs::read_to_string(folder.0.join("hookboard.key")).expect("a key file");
    planted.push(("the sealing key".to_owned(), vec![sealing.trim().to_owned()]));

    // While it runs there is a write-ahead log beside the file; after the end all is in the file.
    let mut places = vec![("the answers".to_owned(), shown.into_bytes())];
    let mut files = |when: &str| {
        for file in std::fs::read_dir(&folder.0).expect("folder").map_while(Result::ok) {
            let name = file.file_name().to_string_lossy().into_owned();
            if name != "hookboard.key" {
                places.push((format!("{name} {when}"), std::fs::read(file.path()).expect("file")));
            }
        }
    };
    files("while it runs");
    assert!(server.stop());
    files("at the end");
    let spans: String = collector.all().into_iter().map(|batch| batch.body).collect();
    assert!(spans.matches("\"attempt\"").count() >= ECHOES.len(), "{spans}");
    places.push(("the traces".to_owned(), spans.into_bytes()));
    assert!(places.iter().any(|(name, bytes)| name.contains("-wal") && !bytes.is_empty()), "a write-ahead log");
    let log = std::fs::read(&log).expect("log");
    assert!(log.len() > 100_000 && log.windows(7).any(|window| window == b"\"TRACE\""), "{} bytes of log", log.len());
    places.push(("the log".to_owned(), log));
    for (place, bytes) in &places {
        let text = String::from_utf8_lossy(bytes);
        for (name, needles) in &planted {
            for needle in needles {
                let found = text.find(needle.as_str()).map(|at| text[..at].chars().rev().take(200).collect::<Vec<_>>());
                let around = found.map(|before| before.into_iter().rev().collect::<String>());
                assert_eq!(around, None, "{place} holds {name} as {needle}");
            }
        }
    }
}
