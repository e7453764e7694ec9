//! The JSON Schema of a file of automations, for editors: the part of the interface's own document that it is made of.

use serde_json::{Map, Value, json};

use super::openapi;

/// Where the document's types stand in it, and in the schema.
const COMPONENTS: &str = "#/components/schemas/";
const DEFS: &str = "#/$defs/";
const ROOT: &str = "AutomationFile";

/// JSON Schema 2020-12, which is what types of `OpenAPI` 3.1 are written in.
///
/// # Errors
///
/// If the document cannot be written as JSON, or does not hold the type.
pub fn schema() -> Result<Value, String> {
    let document = serde_json::to_value(openapi()).map_err(|error| error.to_string())?;
    let all = &document["components"]["schemas"];
    let mut defs = Map::new();
    let mut wanted = vec![ROOT.to_owned()];
    while let Some(name) = wanted.pop() {
        if !defs.contains_key(&name) {
            let mut own = all[&name].clone();
            gather(&mut own, &mut wanted);
            defs.insert(name, own);
        }
    }
    let mut schema = defs.remove(ROOT).filter(Value::is_object).ok_or("the document has no type of a file")?;
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("Automations of Hookboard");
    schema["$defs"] = Value::Object(defs);
    Ok(schema)
}

/// Leads references to the schema's own definitions, and names these.
fn gather(value: &mut Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(name) = reference.strip_prefix(COMPONENTS).map(str::to_owned)
            {
                *reference = format!("{DEFS}{name}");
                found.push(name);
            }
            members.values_mut().for_each(|member| gather(member, found));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| gather(item, found)),
        _ => {}
    }
}
