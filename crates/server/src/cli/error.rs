//! Why a command failed, and the exit code that goes with it.

use hookboard_api::problem::Problem;

use super::escape::shown;

/// Why a command did not do what it was asked, or not as hoped.
#[derive(Debug)]
pub enum Error {
    /// It did, and what it found is not as hoped: a difference, or a test that failed. Exit code 1.
    Mismatch(String),
    /// It was asked for what there is not, or in a way that cannot be. Exit code 2.
    Usage(String),
    /// The server refused. Exit code 3.
    Refused(Box<Problem>),
    /// The server was not reached, or did not answer as agreed. Exit code 4.
    Unreachable(String),
}

impl Error {
    /// The exit code.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Mismatch(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(_) => 3,
            Self::Unreachable(_) => 4,
        }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Mismatch(words) | Self::Usage(words) | Self::Unreachable(words) => f.write_str(&shown(words)),
            Self::Refused(problem) => {
                // Of several faults, the detail is one; each stands with its words below.
                let is_one_of_many =
                    problem.errors.len() > 1 && problem.errors.iter().any(|error| error.message == problem.detail);
                let words = if problem.detail.is_empty() || is_one_of_many { &problem.title } else { &problem.detail };
                f.write_str(&shown(words))?;
                problem.errors.iter().filter(|error| !error.pointer.is_empty()).try_for_each(|error| {
                    write!(f, "\n  {}", shown(&error.pointer))?;
                    if error.message == *words { Ok(()) } else { write!(f, ": {}", shown(&error.message)) }
                })
            }
        }
    }
}
