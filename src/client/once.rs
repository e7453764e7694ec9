//! Calls whose answers were lost: made again as they were, with the same `Idempotency-Key`, they make nothing more.

/// So many are remembered; the oldest goes first.
const MOST: usize = 8;

struct Call {
    path: String,
    body: String,
    key: String,
}

/// The calls of a mount whose answers were lost.
#[derive(Default)]
pub(super) struct Lost(Vec<Call>);

impl Lost {
    /// The key that such a call was made with, once.
    pub(super) fn take(&mut self, path: &str, body: &str) -> Option<String> {
        let at = self.0.iter().position(|call| call.path == path && call.body == body)?;
        Some(self.0.remove(at).key)
    }

    /// Remembers a call by its key.
    pub(super) fn keep(&mut self, path: String, body: String, key: String) {
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(Call { path, body, key });
    }

    /// Forgets them all.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// 128 random bits: the server tells a user's calls of a day by them, and nothing more.
pub(super) fn random_key() -> String {
    // As whole numbers: writing others takes 10 kB of the first load.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^32")]
    let number = || (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    format!("{}-{}-{}-{}", number(), number(), number(), number())
}

#[cfg(test)]
mod tests {
    use super::Lost;

    #[test]
    fn each_lost_call_keeps_its_own_key_once() {
        let mut lost = Lost::default();
        lost.keep("/a".into(), "1".into(), "first".into());
        lost.keep("/a".into(), "2".into(), "second".into());
        assert_eq!(lost.take("/b", "1"), None);
        assert_eq!(lost.take("/a", "1").as_deref(), Some("first"));
        assert_eq!(lost.take("/a", "1"), None);
        assert_eq!(lost.take("/a", "2").as_deref(), Some("second"));
    }

    #[test]
    fn what_is_forgotten_is_made_anew() {
        let mut lost = Lost::default();
        lost.keep("/a".into(), "1".into(), "first".into());
        lost.forget();
        assert_eq!(lost.take("/a", "1"), None);
    }

    #[test]
    fn the_oldest_goes_where_there_are_many() {
        let mut lost = Lost::default();
        for index in 0..=super::MOST {
            lost.keep("/a".into(), index.to_string(), index.to_string());
        }
        assert_eq!(lost.take("/a", "0"), None);
        assert_eq!(lost.take("/a", "1").as_deref(), Some("1"));
    }
}
