//! SQLite's SQL as Postgres reads it.

use std::fmt::Write as _;

/// Words that read otherwise. `LIKE` looks at letter case in Postgres, a cross join takes no condition, `json_array`
/// is a keyword since 16 and leaves nulls out, and which index is read is the planner's to say.
const WORDS: [(&str, &str); 3] = [(" LIKE ", " ILIKE "), ("CROSS JOIN ", "JOIN "), ("json_array(", "json_row(")];
const INDEXED_BY: &str = "INDEXED BY ";

/// The same statement for Postgres.
pub(super) fn postgres(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 16);
    let mut rest = sql;
    let mut bound = 0_u32;
    while let Some(next) = rest.chars().next() {
        if next == '\'' {
            let end = rest[1..].find('\'').map_or(rest.len(), |at| at + 2);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if next == '?' {
            rest = &rest[1..];
            let digits = rest.len() - rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
            if digits == 0 {
                bound += 1;
                let _ = write!(out, "${bound}");
            } else {
                out.push('$');
                out.push_str(&rest[..digits]);
                rest = &rest[digits..];
            }
        } else if let Some(behind) = rest.strip_prefix(INDEXED_BY) {
            rest = behind.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric() || letter == '_');
        } else if let Some((from, to)) = WORDS.iter().find(|(from, _)| rest.starts_with(from)) {
            out.push_str(to);
            rest = &rest[from.len()..];
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bound_is_numbered_in_order_or_as_it_says() {
        assert_eq!(postgres("a = ? AND b = ?"), "a = $1 AND b = $2");
        assert_eq!(postgres("a = ?2 OR b = ?12"), "a = $2 OR b = $12");
    }

    #[test]
    fn texts_stay_as_they_are() {
        assert_eq!(postgres("a = 'why? LIKE ' || ? || 'é''?'"), "a = 'why? LIKE ' || $1 || 'é''?'");
    }

    #[test]
    fn indices_and_words_are_those_of_postgres() {
        assert_eq!(postgres("FROM a INDEXED BY a_of_b WHERE c LIKE ?"), "FROM a  WHERE c ILIKE $1");
        assert_eq!(postgres("a CROSS JOIN b ON a.x = b.x"), "a JOIN b ON a.x = b.x");
    }
}
