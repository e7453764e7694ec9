//! Every limit of the product, in one place; errors quote them from here.

/// Longest automation name, in characters.
pub const MAX_AUTOMATION_NAME: usize = 255;
/// Longest webhook or secret name, in characters.
pub const MAX_NAME: usize = 64;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 2_000;
/// Longest regular expression, in bytes.
pub const MAX_PATTERN_BYTES: usize = 1024;
/// Memory a compiled regular expression may take, in bytes.
pub const MAX_PATTERN_COMPILED_BYTES: usize = 1 << 20;
/// How much of a webhook's answer is read and kept, in bytes.
pub const MAX_RESPONSE_BYTES: usize = 64 * 1024;
/// Largest metadata object of a version, in bytes.
pub const MAX_METADATA_BYTES: usize = 64 * 1024;
/// How deep metadata may nest.
pub const MAX_METADATA_DEPTH: usize = 32;
/// Largest single event, in bytes.
pub const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// Events in one call.
pub const MAX_EVENTS_PER_CALL: usize = 500;
/// Metric points in one call.
pub const MAX_POINTS_PER_CALL: usize = 10_000;
/// Automations of one entity.
pub const MAX_AUTOMATIONS: i64 = 10_000;
/// How deep a condition may nest.
pub const MAX_CONDITION_DEPTH: usize = 16;
/// Comparisons in one condition.
pub const MAX_CONDITION_TESTS: usize = 100;
/// Metric rules in one automation.
pub const MAX_METRIC_RULES: usize = 10;
/// Most values a metric window may span.
pub const MAX_METRIC_WINDOW: u32 = 1000;
/// Longest secret value, in bytes.
pub const MAX_SECRET_BYTES: usize = 16 * 1024;
/// Extra headers of one webhook.
pub const MAX_HEADERS: usize = 20;
/// Shortest and longest exchange timeout of a webhook, in seconds.
pub const TIMEOUT_RANGE_S: (u32, u32) = (1, 60);
/// Exchange timeout where none is set, in seconds.
pub const DEFAULT_TIMEOUT_S: u32 = 15;
/// Page size of lists where none is asked for.
pub const DEFAULT_PAGE: u32 = 50;
/// Largest page of a list.
pub const MAX_PAGE: u32 = 200;
/// Cooldown of run events where none is set, in seconds: once per run in 24 hours.
pub const RUN_COOLDOWN_S: u32 = 24 * 3600;
/// How far back a condition can be tried, in days.
pub const MAX_BACKTEST_DAYS: u32 = 30;
/// Longest cooldown, in seconds: 30 days.
pub const MAX_COOLDOWN_S: u32 = 30 * 24 * 3600;
/// Waits before each attempt of a delivery, in seconds, the first being none.
///
/// From the delivery schedule: at once, then 5 s, 1 min, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h,
/// 20 h, 24 h. Up to a tenth is added at random.
pub const RETRY_WAITS_S: [u32; 11] = [0, 5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// Failures in a row that pause a webhook.
pub const PAUSE_AFTER_FAILURES: u32 = 20;
/// How long after its pause a failing webhook is asked for the first time whether it answers again, in
/// milliseconds: 5 minutes. The wait doubles each time.
pub const PROBE_FIRST_MS: i64 = 5 * 60 * 1000;
/// The longest wait between two of these, in milliseconds: 6 hours.
pub const PROBE_LONGEST_MS: i64 = 6 * 3600 * 1000;
/// Fewest and most deliveries a minute that a webhook can be held to.
pub const RATE_RANGE: (u32, u32) = (1, 6000);
/// Deliveries in flight to one webhook at once.
pub const MAX_IN_FLIGHT_PER_WEBHOOK: u32 = 8;
/// Largest file of automations that is taken in, in bytes: ten thousand of them, each with a payload of some KiB.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;
/// Largest request that carries a template, in bytes: 256 KiB of template, every byte escaped.
pub const MAX_TEMPLATE_BODY_BYTES: usize = 256 * 1024 * 6 + 64 * 1024;
/// Longest name of a registry, project, collection, run, alias, tag or author, in characters.
pub const MAX_PLACE_NAME: usize = 128;
/// Longest dedupe key, in characters.
pub const MAX_DEDUPE_KEY: usize = 256;
/// Largest index of a version: the largest whole number that every JSON reader keeps, 2^53 - 1.
pub const MAX_VERSION_INDEX: u64 = (1 << 53) - 1;
/// Largest step of a metric point, 2^63 - 1: steps are kept as signed 64-bit numbers.
pub const MAX_STEP: u64 = i64::MAX as u64;
/// Longest name of an extra header, in bytes.
pub const MAX_HEADER_NAME_BYTES: usize = 128;
/// Longest value of an extra header, in bytes. Receivers take 8 KiB of headers at least, all together.
pub const MAX_HEADER_VALUE_BYTES: usize = 4 * 1024;
/// Deliveries sent again in one call.
pub const MAX_REDELIVERIES: usize = 10_000;
/// Time between two deliveries to one webhook that are sent again in one call, in milliseconds: an
/// endpoint that has just come back is not flooded.
pub const REDELIVERY_GAP_MS: i64 = 20;
