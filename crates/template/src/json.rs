//! Where in a JSON text the reader stands: what may come next, how deep, which keys an object has.
//! Sees one step at a time and never looks at bytes; the stack is a word of bits, so depth costs nothing.

use crate::prelude::*;
use crate::tables::Table;
use alloc::borrow::Cow;

use crate::MAX_DEPTH;

/// What may stand next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    Value,
    ValueOrClose,
    Key,
    KeyOrClose,
    Colon,
    CommaOrClose,
    /// Nothing but the end of the text.
    End,
    /// Nothing at all: the token before is not complete.
    Rest,
    /// The check has ended. Steps are only followed so that keys and values keep their colours.
    Ended,
}

impl Expect {
    /// As the second half of a sentence.
    pub(crate) const fn wanted(self, in_object: bool) -> &'static str {
        match self {
            Self::Value => "a value is expected",
            Self::ValueOrClose => "a value or ] is expected",
            Self::Key => "a key in double quotes is expected",
            Self::KeyOrClose => "a key in double quotes or } is expected",
            Self::Colon => "a colon is expected",
            Self::CommaOrClose if in_object => "a comma or } is expected",
            Self::CommaOrClose => "a comma or ] is expected",
            Self::End => "nothing may follow the object",
            Self::Rest | Self::Ended => "the number, word or escape before it is not complete",
        }
    }
}

/// Why a step cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No JSON text goes on like this.
    Here,
    /// One level too many.
    TooDeep,
}

/// What a placeholder outside a string stands as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stands {
    Value,
    Key,
    /// The check has ended before.
    Anywhere,
}

pub(crate) struct Json<'t> {
    pub(crate) expect: Expect,
    /// One bit per level, the lowest for the innermost: set for an object.
    objects: u64,
    depth: usize,
    /// The next string is a key; only kept right once the check has ended.
    key_next: bool,
    keys: Keys<'t>,
}

impl<'t> Json<'t> {
    pub(crate) fn new() -> Self {
        Self { expect: Expect::Value, objects: 0, depth: 0, key_next: false, keys: Keys::new() }
    }

    pub(crate) const fn ended(&self) -> bool {
        matches!(self.expect, Expect::Ended)
    }

    pub(crate) const fn in_object(&self) -> bool {
        self.depth > 0 && self.objects & 1 == 1
    }

    pub(crate) const fn outermost(&self) -> bool {
        self.depth == 0
    }

    /// Ends the check.
    #[cold]
    pub(crate) fn end(&mut self) {
        self.key_next = matches!(self.expect, Expect::Key | Expect::KeyOrClose);
        self.expect = Expect::Ended;
        self.keys.clear();
    }

    pub(crate) fn open(&mut self, object: bool) -> Result<(), Refused> {
        match self.expect {
            Expect::Value | Expect::ValueOrClose => {
                if self.depth == MAX_DEPTH {
                    return Err(Refused::TooDeep);
                }
                self.expect = if object {
                    self.keys.open();
                    Expect::KeyOrClose
                } else {
                    Expect::ValueOrClose
                };
            }
            Expect::Ended => self.key_next = object,
            _ => return Err(Refused::Here),
        }
        self.objects = self.objects << 1 | u64::from(object);
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn close(&mut self, object: bool) -> Result<(), Refused> {
        match self.expect {
            Expect::KeyOrClose if object => self.keys.close(),
            Expect::ValueOrClose if !object => {}
            Expect::CommaOrClose if self.in_object() == object => {
                if object {
                    self.keys.close();
                }
            }
            Expect::Ended => {
                self.key_next = false;
                self.pop();
                return Ok(());
            }
            _ => return Err(Refused::Here),
        }
        self.pop();
        self.value_done();
        Ok(())
    }

    const fn pop(&mut self) {
        self.objects >>= 1;
        self.depth = self.depth.saturating_sub(1);
    }

    pub(crate) fn colon(&mut self) -> Result<(), Refused> {
        match self.expect {
            Expect::Colon => self.expect = Expect::Value,
            Expect::Ended => self.key_next = false,
            _ => return Err(Refused::Here),
        }
        Ok(())
    }

    pub(crate) fn comma(&mut self) -> Result<(), Refused> {
        match self.expect {
            Expect::CommaOrClose => {
                self.expect = if self.in_object() { Expect::Key } else { Expect::Value };
            }
            Expect::Ended => self.key_next = self.in_object(),
            _ => return Err(Refused::Here),
        }
        Ok(())
    }

    /// A number or word starts, or a string that is a value has ended.
    pub(crate) fn value(&mut self) -> Result<(), Refused> {
        match self.expect {
            Expect::Value | Expect::ValueOrClose => self.value_done(),
            Expect::Ended => self.key_next = false,
            _ => return Err(Refused::Here),
        }
        Ok(())
    }

    const fn value_done(&mut self) {
        self.expect = if self.depth == 0 { Expect::End } else { Expect::CommaOrClose };
    }

    /// A string starts: whether it is a key. [`Json::string_done`] must follow at its end.
    pub(crate) const fn string(&self) -> Result<bool, Refused> {
        match self.expect {
            Expect::Value | Expect::ValueOrClose => Ok(false),
            Expect::Key | Expect::KeyOrClose => Ok(true),
            Expect::Ended => Ok(self.key_next),
            _ => Err(Refused::Here),
        }
    }

    pub(crate) const fn string_done(&mut self, key: bool) {
        match self.expect {
            Expect::Ended => self.key_next = false,
            _ if key => self.expect = Expect::Colon,
            _ => self.value_done(),
        }
    }

    pub(crate) fn placeholder(&mut self) -> Result<Stands, Refused> {
        match self.expect {
            Expect::Key | Expect::KeyOrClose => {
                self.expect = Expect::Colon;
                Ok(Stands::Key)
            }
            Expect::Ended => {
                self.key_next = false;
                Ok(Stands::Anywhere)
            }
            _ => self.value().map(|()| Stands::Value),
        }
    }

    /// Notes a key of the innermost object: whether it is new there.
    pub(crate) fn new_key(&mut self, key: Cow<'t, str>) -> bool {
        self.keys.insert(key)
    }
}

struct OpenObject {
    /// Where its keys start in the list.
    start: usize,
    /// The marks of its keys.
    marks: u64,
}

/// The keys of every object that is still open.
struct Keys<'t> {
    /// Innermost last; each object's keys stand together.
    list: Vec<Cow<'t, str>>,
    open: Vec<OpenObject>,
    /// Sets for the open objects with many keys, by how many objects are open around them.
    sets: Vec<(usize, Table<'t>)>,
}

impl<'t> Keys<'t> {
    /// Up to here comparing is cheaper than hashing; beyond, comparing would be quadratic.
    const FEW: usize = 8;

    fn new() -> Self {
        // Room for what most texts need, so that a small one costs no growing.
        Self { list: Vec::with_capacity(4 * Self::FEW), open: Vec::with_capacity(8), sets: Vec::new() }
    }

    fn clear(&mut self) {
        self.list.clear();
        self.open.clear();
        self.sets.clear();
    }

    fn open(&mut self) {
        self.open.push(OpenObject { start: self.list.len(), marks: 0 });
    }

    fn close(&mut self) {
        if !self.sets.is_empty() {
            self.close_set();
        }
        if let Some(object) = self.open.pop() {
            self.list.truncate(object.start);
        }
    }

    #[cold]
    fn close_set(&mut self) {
        self.sets.pop_if(|(level, _)| *level == self.open.len());
    }

    fn insert(&mut self, key: Cow<'t, str>) -> bool {
        let level = self.open.len();
        if let Some((_, set)) = self.sets.last_mut().filter(|(at, _)| *at == level) {
            return set.insert(key, 0).is_none();
        }
        let Some(object) = self.open.last_mut() else {
            return true;
        };
        let mark = mark(&key);
        if object.marks & mark != 0 && self.list[object.start..].contains(&key) {
            return false;
        }
        object.marks |= mark;
        self.list.push(key);
        if self.list.len() - object.start > Self::FEW {
            self.open_set();
        }
        true
    }

    #[cold]
    fn open_set(&mut self) {
        if let Some(object) = self.open.last() {
            self.sets.push((self.open.len(), self.list.drain(object.start..).map(|key| (key, 0)).collect()));
        }
    }
}

/// A bit that equal keys share and others seldom do: most keys are seen to be new without a look at the rest.
fn mark(key: &str) -> u64 {
    let byte = |byte: Option<&u8>| byte.map_or(0, |&byte| usize::from(byte));
    let (first, last) = (byte(key.as_bytes().first()), byte(key.as_bytes().last()));
    1 << ((key.len() * 5 + first + last * 2) % 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_remembered_per_open_object() {
        let mut keys = Keys::new();
        keys.open();
        for round in 0..2 {
            for number in 0..40 {
                assert_eq!(keys.insert(number.to_string().into()), round == 0);
                keys.open();
                for inner in 0..20 {
                    assert!(keys.insert(inner.to_string().into()));
                }
                assert!(!keys.insert("3".into()));
                keys.close();
            }
        }
        keys.close();
        keys.open();
        assert!(keys.insert("0".into()));
    }
}
