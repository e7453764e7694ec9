//! Positions in bytes of UTF-8 and in UTF-16 code units, each from the other.

/// A text, and the last position that was asked for: the next one is mostly near it.
pub(crate) struct Units<'t> {
    text: &'t str,
    byte: usize,
    unit: usize,
}

impl<'t> Units<'t> {
    pub(crate) const fn of(text: &'t str) -> Self {
        Self { text, byte: 0, unit: 0 }
    }

    /// The code units before the byte `at`, which lies on a character's boundary.
    pub(crate) fn unit(&mut self, at: usize) -> usize {
        let (from, to) = (self.byte.min(at), self.byte.max(at));
        let between: usize = self.text.get(from..to).unwrap_or_default().chars().map(char::len_utf16).sum();
        self.unit = if at >= self.byte { self.unit + between } else { self.unit - between };
        self.byte = at;
        self.unit
    }

    /// The bytes before the code unit `at`; those of the whole text, where it has fewer units. Inside a pair it is the
    /// pair's end.
    pub(crate) fn byte(&self, at: usize) -> usize {
        let mut unit = 0;
        let rest = self.text.char_indices().find(|(_, character)| {
            let is_there = unit >= at;
            unit += character.len_utf16();
            is_there
        });
        rest.map_or(self.text.len(), |(byte, _)| byte)
    }
}

#[cfg(test)]
mod tests {
    use super::Units;

    #[test]
    fn positions_are_told_in_either_count_and_any_order() {
        let text = "aé😀z";
        let mut units = Units::of(text);
        for (byte, unit) in [(0, 0), (1, 1), (3, 2), (7, 4), (8, 5), (3, 2), (0, 0), (8, 5)] {
            assert_eq!(units.unit(byte), unit);
            assert_eq!(units.byte(unit), byte);
        }
        assert_eq!(units.byte(3), 7, "inside a pair");
        assert_eq!(units.byte(99), 8);
    }
}
