//! Dates and times in the reader's language and time zone, by the browser's `Intl`. The page's words are English;
//! what is written here in another language says so by `lang`.

use std::cell::OnceCell;

use js_sys::{
    Function,
    Intl::{DateTimeFormat, RelativeTimeFormat},
};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::format::{age, age_words, parse_time};

/// How much of a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `Mon, Nov 23, 2026, 2:33:40 PM UTC`.
    Full,
    /// `2:33:40 PM`.
    Clock,
    /// `Nov 21, 9:12 AM`.
    Minute,
    /// `Thu, Nov 26, 5:40 PM`.
    DayAndMinute,
    /// `Oct 26, 2026`.
    Date,
}

impl Style {
    const COUNT: usize = 5;

    /// As `Intl.DateTimeFormat` takes it, in JSON.
    const fn options(self) -> &'static str {
        match self {
            Self::Full => {
                r#"{"weekday":"short","day":"numeric","month":"short","year":"numeric","hour":"numeric","minute":"2-digit","second":"2-digit","timeZoneName":"short"}"#
            }
            Self::Clock => r#"{"timeStyle":"medium"}"#,
            Self::Minute => r#"{"day":"numeric","month":"short","hour":"numeric","minute":"2-digit"}"#,
            Self::DayAndMinute => {
                r#"{"weekday":"short","day":"numeric","month":"short","hour":"numeric","minute":"2-digit"}"#
            }
            Self::Date => r#"{"dateStyle":"medium"}"#,
        }
    }
}

/// How the reader writes dates. One per mount.
#[derive(Clone, Copy)]
pub struct Dates(StoredValue<Inner, LocalStorage>);

struct Inner {
    locales: js_sys::Array,
    // Made when first needed: each takes the browser a while, the first one tens of milliseconds.
    /// The language; none within where it is English, as the page is.
    lang: OnceCell<Option<String>>,
    formats: [Option<Function>; Style::COUNT],
    ago: Option<RelativeTimeFormat>,
}

impl Inner {
    fn lang(&self) -> Option<&str> {
        let lang = self.lang.get_or_init(|| {
            let resolved = DateTimeFormat::new(&self.locales, &js_sys::Object::new()).resolved_options();
            let lang = js_sys::Reflect::get(&resolved, &"locale".into()).ok()?.as_string()?;
            Some(lang).filter(|lang| lang.split('-').next() != Some("en"))
        });
        lang.as_deref()
    }
}

/// The dates of this mount.
pub fn use_dates() -> Dates {
    expect_context()
}

fn options(json: &str) -> js_sys::Object {
    js_sys::JSON::parse(json).map(JsCast::unchecked_into).unwrap_or_default()
}

impl Dates {
    /// In `locale`, a language tag; without one, or where it is none, in the browser's.
    pub fn new(locale: Option<&str>) -> Self {
        let locales = locale.and_then(canonical).unwrap_or_default();
        Self(StoredValue::new_local(Inner {
            locales,
            lang: OnceCell::new(),
            formats: [const { None }; Style::COUNT],
            ago: None,
        }))
    }

    /// What these dates are written in, for `lang`; none for English.
    pub fn lang(self) -> Option<String> {
        self.0.with_value(|inner| inner.lang().map(str::to_owned))
    }

    /// `at`, in milliseconds since 1970.
    pub fn write(self, at: i64, style: Style) -> String {
        let written = self.0.try_update_value(|inner| {
            let Inner { locales, formats, .. } = inner;
            let format = formats[style as usize]
                .get_or_insert_with(|| DateTimeFormat::new(locales, &options(style.options())).format());
            format.call1(&JsValue::UNDEFINED, &milliseconds(at)).ok()
        });
        // What no calendar holds is no date.
        written.flatten().and_then(|words| words.as_string()).unwrap_or_default()
    }

    /// The clock where `at` is on the day of `now`, else the date as well; both in milliseconds since 1970.
    pub fn short(self, at: i64, now: i64) -> String {
        self.write(at, if local_day(at) == local_day(now) { Style::Clock } else { Style::Minute })
    }

    /// `4 min ago`, up to 4 weeks; then the date. Both times are in milliseconds since 1970.
    pub fn ago(self, at: i64, now: i64) -> String {
        let Some((count, unit)) = age(now - at) else { return self.write(at, Style::Date) };
        self.0
            .try_update_value(|inner| {
                inner.lang()?;
                let Inner { locales, ago, .. } = inner;
                let style = r#"{"style":"short","numeric":"always"}"#;
                let ago = ago.get_or_insert_with(|| RelativeTimeFormat::new(locales, &options(style)));
                Some(String::from(ago.format(-f64::from(count), unit.as_str())))
            })
            .flatten()
            .unwrap_or_else(|| age_words(count, unit))
    }
}

/// The list of `locale` alone, as the browser spells it; none where it is no language tag.
fn canonical(locale: &str) -> Option<js_sys::Array> {
    let intl = js_sys::Reflect::get(&js_sys::global(), &"Intl".into()).ok()?;
    let check = js_sys::Reflect::get(&intl, &"getCanonicalLocales".into()).ok()?;
    check.dyn_into::<Function>().ok()?.call1(&intl, &locale.into()).ok()?.dyn_into().ok()
}

fn milliseconds(at: i64) -> JsValue {
    // Times of any year that a calendar holds fit.
    #[allow(clippy::cast_precision_loss)]
    let at = at as f64;
    at.into()
}

/// Days since 1970 where the reader is.
fn local_day(at: i64) -> i64 {
    // Minutes, at most some hundreds.
    #[allow(clippy::cast_possible_truncation)]
    let behind = js_sys::Date::new(&milliseconds(at)).get_timezone_offset() as i64;
    (at - behind * 60_000).div_euclid(86_400_000)
}

/// A time as `style` writes it, the whole of it on hover.
#[component]
pub fn When(
    /// RFC 3339.
    #[prop(into)]
    at: String,
    /// How much of it shows.
    style: Style,
) -> impl IntoView {
    let dates = use_dates();
    let Some(time) = parse_time(&at) else { return view! { <time>{at}</time> }.into_any() };
    view! {
        <time datetime=at lang=dates.lang() title=dates.write(time, Style::Full)>
            {dates.write(time, style)}
        </time>
    }
    .into_any()
}
