//! What can be bound to a query.

use std::borrow::Cow;

/// The type of a value, which a null has as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers.
    Int,
    /// Other numbers.
    Real,
    /// Yes or no.
    Bool,
    /// Text.
    Text,
    /// Bytes.
    Bytes,
}

/// A value that is bound.
#[derive(Debug, Clone)]
pub enum Value<'q> {
    /// Nothing, of a type.
    Null(Kind),
    /// A whole number.
    Int(i64),
    /// Another number.
    Real(f64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(Cow<'q, str>),
    /// Bytes.
    Bytes(Cow<'q, [u8]>),
}

impl Value<'_> {
    /// The same, which borrows nothing.
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null(kind) => Value::Null(kind),
            Self::Int(number) => Value::Int(number),
            Self::Real(number) => Value::Real(number),
            Self::Bool(is) => Value::Bool(is),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Bytes(bytes) => Value::Bytes(Cow::Owned(bytes.into_owned())),
        }
    }
}

/// What a value can be made of.
pub trait Bind<'q> {
    /// The type of its null.
    const KIND: Kind;

    /// The value.
    fn value(self) -> Value<'q>;
}

macro_rules! bind {
    ($($from:ty, $kind:ident, $self:ident => $value:expr;)*) => {
        $(impl<'q> Bind<'q> for $from {
            const KIND: Kind = Kind::$kind;

            fn value($self) -> Value<'q> {
                Value::$kind($value)
            }
        })*
    };
}

bind! {
    i64, Int, self => self;
    u32, Int, self => i64::from(self);
    u16, Int, self => i64::from(self);
    f64, Real, self => self;
    bool, Bool, self => self;
    String, Text, self => Cow::Owned(self);
    &'q String, Text, self => Cow::Borrowed(self);
    &'q str, Text, self => Cow::Borrowed(self);
    Vec<u8>, Bytes, self => Cow::Owned(self);
    &'q [u8], Bytes, self => Cow::Borrowed(self);
}

impl<'q> Bind<'q> for Value<'q> {
    const KIND: Kind = Kind::Text;

    fn value(self) -> Value<'q> {
        self
    }
}

impl<'q, T: Bind<'q>> Bind<'q> for Option<T> {
    const KIND: Kind = T::KIND;

    fn value(self) -> Value<'q> {
        self.map_or(Value::Null(T::KIND), Bind::value)
    }
}

impl<'q, T> Bind<'q> for &'q Option<T>
where
    &'q T: Bind<'q>,
{
    const KIND: Kind = <&'q T>::KIND;

    fn value(self) -> Value<'q> {
        self.as_ref().value()
    }
}
