//! Times, durations, sizes and counts in words, by the rules of the design. Plain functions.

/// The name of a thing, behind that of its team where this is another one.
pub fn with_team(entity: Option<&str>, name: &str) -> String {
    entity.map_or_else(|| name.to_owned(), |entity| format!("{entity}/{name}"))
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Reads an RFC 3339 time into milliseconds since 1970.
pub fn parse_time(text: &str) -> Option<i64> {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
    let rest = text.get(19..)?;
    let digits: &str =
        rest.strip_prefix('.').map_or("", |rest| &rest[..rest.bytes().take_while(u8::is_ascii_digit).count()]);
    let fraction: String = digits.chars().chain("000".chars()).take(3).collect();
    let zone = &rest[if digits.is_empty() { 0 } else { digits.len() + 1 }..];
    let offset = match zone {
        "Z" | "z" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.get(1..)?.split_once(':')?;
            sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?)
        }
    };
    let seconds = ((days_from_civil(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second;
    Some(seconds * SECOND + fraction.parse::<i64>().ok()?)
}

/// Days since 1970 of a date of the proleptic Gregorian calendar (Howard Hinnant's algorithm).
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month (from 1) and day of a count of days since 1970.
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + if month <= 2 { 1 } else { 0 }, month, day)
}

/// `2026-11-23T14:33:40Z`, as interfaces take it.
pub fn rfc3339(at: i64) -> String {
    let (year, month, day) = civil_from_days(at.div_euclid(DAY));
    let of_day = at.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / HOUR, of_day / MINUTE % 60, of_day / SECOND % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// What an age is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Second,
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
    /// Weeks.
    Week,
}

impl Unit {
    /// As `Intl` calls it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }
}

/// An age in whole units; none from 4 weeks on. A clock that runs ahead gives none below zero.
pub fn age(milliseconds: i64) -> Option<(i32, Unit)> {
    let passed = milliseconds.max(0);
    let (count, unit) = match passed {
        ..MINUTE => (passed / SECOND, Unit::Second),
        MINUTE..HOUR => (passed / MINUTE, Unit::Minute),
        HOUR..DAY => (passed / HOUR, Unit::Hour),
        _ if passed < 14 * DAY => (passed / DAY, Unit::Day),
        _ if passed <= 28 * DAY => (passed / (7 * DAY), Unit::Week),
        _ => return None,
    };
    Some((i32::try_from(count).ok()?, unit))
}

/// `4 min ago`.
pub fn age_words(count: i32, unit: Unit) -> String {
    let unit = match unit {
        Unit::Second if count < 5 => return "just now".to_owned(),
        Unit::Second => "s",
        Unit::Minute => "min",
        Unit::Hour => "h",
        Unit::Day if count == 1 => "day",
        Unit::Day => "days",
        Unit::Week => "weeks",
    };
    format!("{count}\u{a0}{unit} ago")
}

/// A span in at most two units: `1 min 48 s`, `2 h 5 min`, `3 days 4 h`.
pub fn span(milliseconds: i64) -> String {
    let seconds = milliseconds.max(0) / SECOND;
    let two = |one: i64, unit: &str, other: i64, other_unit: &str| {
        let first = format!("{one}\u{a0}{unit}");
        if other == 0 { first } else { format!("{first} {other}\u{a0}{other_unit}") }
    };
    match seconds {
        ..60 => format!("{seconds}\u{a0}s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => {
            let days = seconds / 86_400;
            two(days, if days == 1 { "day" } else { "days" }, seconds % 86_400 / 3_600, "h")
        }
    }
}

/// A measured duration: `184 ms`, `1.42 s`, `15.00 s`.
pub fn duration(milliseconds: f64) -> String {
    if milliseconds < 1_000.0 {
        let digits = usize::from(milliseconds < 1.0 && milliseconds > 0.0);
        format!("{milliseconds:.digits$}\u{a0}ms")
    } else {
        format!("{:.2}\u{a0}s", milliseconds / 1_000.0)
    }
}

/// A size: `103 B`, `1.5 KiB`, `2 MiB`.
pub fn size(bytes: usize) -> String {
    // Sizes shown are at most some MiB, far within what an f64 holds exactly.
    #[allow(clippy::cast_precision_loss)]
    let count = bytes as f64;
    let (count, unit) = match bytes {
        ..1_024 => return format!("{bytes}\u{a0}B"),
        1_024..1_048_576 => (count / 1_024.0, "KiB"),
        _ => (count / 1_048_576.0, "MiB"),
    };
    let text = format!("{count:.1}");
    format!("{}\u{a0}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// In lower case. The browser has the tables of all letters, so the wasm need not carry them.
pub fn lower(text: &str) -> String {
    js_sys::JsString::from(text).to_lower_case().into()
}

/// In upper case, by the browser too.
pub fn upper(text: &str) -> String {
    js_sys::JsString::from(text).to_upper_case().into()
}

/// A count with commas between thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 automation`, `14 collections`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_521_820_000; // 2026-11-24T12:03:40Z

    #[test]
    fn times_read_with_any_zone_and_fraction() {
        assert_eq!(parse_time("2026-11-24T12:03:40Z"), Some(NOON));
        assert_eq!(rfc3339(NOON), "2026-11-24T12:03:40Z");
        assert_eq!(parse_time("2026-11-24T13:33:40.25+01:30"), Some(NOON + 250));
        assert_eq!(parse_time("2026-11-24T09:03:40.123456789-03:00"), Some(NOON + 123));
        assert_eq!(parse_time("1969-12-31T23:59:59Z"), Some(-1_000));
        assert_eq!(parse_time("2000-02-29T00:00:00Z"), Some(951_782_400_000));
        for broken in ["", "2026", "2026-11-24 12:03", "2026-11-24T12:03:40", "2026-11-24T12:03:40+x"] {
            assert_eq!(parse_time(broken), None, "{broken}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_reads_back() {
        for days in -80_000..80_000 {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
    }

    #[test]
    fn relative_times_grow_coarser_and_end() {
        let cases = [
            (2 * SECOND, "just now"),
            (59 * SECOND, "59\u{a0}s ago"),
            (4 * MINUTE + 50 * SECOND, "4\u{a0}min ago"),
            (23 * HOUR, "23\u{a0}h ago"),
            (DAY, "1\u{a0}day ago"),
            (13 * DAY, "13\u{a0}days ago"),
            (28 * DAY, "4\u{a0}weeks ago"),
        ];
        for (passed, words) in cases {
            assert_eq!(age(passed).map(|(count, unit)| age_words(count, unit)).as_deref(), Some(words));
        }
        assert_eq!(age(29 * DAY), None);
        assert_eq!(age(-MINUTE), Some((0, Unit::Second)), "a clock that runs ahead");
    }

    #[test]
    fn spans_have_at_most_two_units() {
        assert_eq!(span(108 * SECOND), "1\u{a0}min 48\u{a0}s");
        assert_eq!(span(2 * HOUR), "2\u{a0}h");
        assert_eq!(span(76 * HOUR), "3\u{a0}days 4\u{a0}h");
        assert_eq!(span(-5), "0\u{a0}s");
    }

    #[test]
    fn numbers_are_written_as_in_the_design() {
        assert_eq!(duration(184.4), "184\u{a0}ms");
        assert_eq!(duration(0.42), "0.4\u{a0}ms");
        assert_eq!(duration(1_420.0), "1.42\u{a0}s");
        assert_eq!(duration(15_000.0), "15.00\u{a0}s");
        assert_eq!(size(103), "103\u{a0}B");
        assert_eq!(size(1_536), "1.5\u{a0}KiB");
        assert_eq!(size(2 << 20), "2\u{a0}MiB");
        assert_eq!(count(1_284), "1,284");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(counted(1, "automation", "automations"), "1 automation");
    }
}
