//! Reads JSON into types.
//!
//! serde makes a reader of every type for every source. Ours is the only source of the page, and a
//! thin one: it knows no order of fields without names, and its errors have no words, since nobody
//! would see them. `serde_json::from_str` makes more than twice the code of all types together.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeOwned, DeserializeSeed, Visitor},
    forward_to_deserialize_any,
};
use serde_json::{Value, map};

/// What `text` says, if it is JSON of the form of `T`.
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    read_value(serde_json::from_str(text).ok()?)
}

/// What `value` says, if it has the form of `T`.
pub fn read_value<T: DeserializeOwned>(value: Value) -> Option<T> {
    T::deserialize(Source(value)).ok()
}

/// The form is another one.
#[derive(Debug)]
struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the form is another one")
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct Source(Value);

impl Source {
    fn entries(self) -> Result<Entries, Unfit> {
        match self.0 {
            Value::Object(map) => Ok(Entries { left: map.into_iter(), value: Value::Null }),
            _ => Err(Unfit),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let Value::Number(number) = self.0 else { return Err(Unfit) };
        if let Some(number) = number.as_u64() {
            visitor.visit_u64(number)
        } else if let Some(number) = number.as_i64() {
            visitor.visit_i64(number)
        } else {
            visitor.visit_f64(number.as_f64().ok_or(Unfit)?)
        }
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
            self.number(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Source {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(truth),
            Value::Number(_) => self.number(visitor),
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            Value::Object(_) => visitor.visit_map(self.entries()?),
        }
    }

    numbers! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_f32 deserialize_f64
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Value::Bool(truth) => visitor.visit_bool(truth),
            _ => Err(Unfit),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Value::String(text) => visitor.visit_string(text),
            _ => Err(Unfit),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Value::Array(items) => visitor.visit_seq(Items(items.into_iter())),
            _ => Err(Unfit),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_map(self.entries()?)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(Variant { name, content: Value::Null }),
            Value::Object(map) if map.len() == 1 => {
                let (name, content) = map.into_iter().next().ok_or(Unfit)?;
                visitor.visit_enum(Variant { name, content })
            }
            _ => Err(Unfit),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct }
}

struct Items(std::vec::IntoIter<Value>);

impl<'de> de::SeqAccess<'de> for Items {
    type Error = Unfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Unfit> {
        self.0.next().map(|item| seed.deserialize(Source(item))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries {
    left: map::IntoIter,
    value: Value,
}

impl<'de> de::MapAccess<'de> for Entries {
    type Error = Unfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Unfit> {
        let Some((key, value)) = self.left.next() else { return Ok(None) };
        self.value = value;
        seed.deserialize(Source(Value::String(key))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Unfit> {
        seed.deserialize(Source(self.value.take()))
    }
}

struct Variant {
    name: String,
    content: Value,
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = Unfit;
    type Variant = Source;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Source), Unfit> {
        Ok((seed.deserialize(Source(Value::String(self.name)))?, Source(self.content)))
    }
}

impl<'de> de::VariantAccess<'de> for Source {
    type Error = Unfit;

    fn unit_variant(self) -> Result<(), Unfit> {
        if self.0.is_null() { Ok(()) } else { Err(Unfit) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Unfit> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_map(self.entries()?)
    }
}

#[cfg(test)]
mod tests {
    use hookboard_api::{automation::Action, metric::MetricRule, problem::Problem, scope::Scope};
    use serde_json::{Map, json};

    use super::*;

    fn reads_alike<T: DeserializeOwned + PartialEq + fmt::Debug>(value: Value) {
        let text = value.to_string();
        let expected = serde_json::from_str::<T>(&text).ok();
        assert_eq!(read::<T>(&text), expected, "{text}");
    }

    #[test]
    fn it_reads_what_serde_json_reads() {
        reads_alike::<Scope>(json!({"kind": "registry", "entity": "kestrel", "name": "Models", "collection": null}));
        reads_alike::<Scope>(json!({"kind": "shelf", "entity": "kestrel", "name": "Models"}));
        reads_alike::<Scope>(json!({"kind": "registry", "entity": 7, "name": "Models"}));
        reads_alike::<Scope>(json!({"kind": "registry"}));
        reads_alike::<Action>(json!({"type": "record"}));
        reads_alike::<Action>(json!({"type": "webhook", "webhook": "0192", "template": "{\"ü\": 1}"}));
        reads_alike::<Action>(json!({"type": "pigeon"}));
        reads_alike::<MetricRule>(json!({"kind": "z_score", "metric": "loss", "direction": "up", "threshold": 2.5}));
        reads_alike::<Problem>(json!({"code": "invalid", "status": 422, "title": "Faulty", "detail": "", "more": [1],
            "errors": [{"pointer": "/name", "code": "required", "message": "Give it a name."}]}));
        reads_alike::<Option<Vec<(i64, f64)>>>(json!([[-3, 2.5], [4, 1]]));
        reads_alike::<Option<Vec<u8>>>(json!([256]));
        reads_alike::<Map<String, Value>>(json!({"b": {"a": [null, true, -1, 18_446_744_073_709_551_615_u64, 0.1]}}));
        reads_alike::<()>(json!(null));
        reads_alike::<()>(json!({}));
    }
}
