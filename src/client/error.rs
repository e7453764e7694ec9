//! Everything that can go wrong with a call, and the one place that puts it into words.

use hookboard_api::problem::{FieldError, Problem, ProblemCode, UsedBy};

/// A failed call.
#[derive(Debug, Clone, PartialEq)]
pub enum ApiError {
    /// There was no answer.
    Network,
    /// There is no key, or the server does not take it.
    SignedOut,
    /// The host of the panel gives no key, or none that the server takes.
    NoKey,
    /// The host of the panel was asked for a key and does not answer.
    LateKey,
    /// The server said what is wrong.
    Problem(Box<Problem>),
    /// An answer of another form than agreed: something else than the server spoke.
    Unexpected {
        /// HTTP status.
        status: u16,
    },
}

impl ApiError {
    /// What happened, then what to do.
    pub fn words(&self) -> String {
        match self {
            Self::Network => "The server did not answer. Check the connection and try again.".to_owned(),
            Self::SignedOut => "You are signed out. Open a sign-in link or paste a key.".to_owned(),
            Self::NoKey => {
                "The page around this panel gives no key that the server takes. Sign in there, then try again."
                    .to_owned()
            }
            Self::LateKey => {
                "The page around this panel was asked for a key and did not answer. Try again, or reload that page."
                    .to_owned()
            }
            Self::Problem(problem) if problem.detail.is_empty() => format!("{}.", problem.title),
            Self::Problem(problem) => problem.detail.clone(),
            Self::Unexpected { status } => {
                format!("The server answered {status} in a form this page cannot read. Reload the page.")
            }
        }
    }

    /// The HTTP status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Network | Self::LateKey => None,
            Self::SignedOut | Self::NoKey => Some(401),
            Self::Problem(problem) => Some(problem.status),
            Self::Unexpected { status } => Some(*status),
        }
    }

    /// Whether there is no such thing, or it is not the reader's to see.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.code == ProblemCode::NotFound)
    }

    /// Whether the thing changed since it was read.
    pub fn is_outdated(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.code == ProblemCode::VersionConflict)
    }

    /// The faulty fields, by JSON pointer.
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Problem(problem) => &problem.errors,
            _ => &[],
        }
    }

    /// What is wrong with the field at `pointer`.
    pub fn field(&self, pointer: &str) -> Option<String> {
        self.fields().iter().find(|error| error.pointer == pointer).map(|error| error.message.clone())
    }

    /// What still uses the thing, where deletion was refused for that.
    pub fn used_by(&self) -> &[UsedBy] {
        match self {
            Self::Problem(problem) => &problem.used_by,
            _ => &[],
        }
    }

    /// Reads the answer of a call that failed with `status`.
    pub(super) fn read(status: u16, body: &str) -> Self {
        if status == 401 {
            return Self::SignedOut;
        }
        super::read(body).map_or(Self::Unexpected { status }, |problem| Self::Problem(Box::new(problem)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_keeps_its_words_and_fields() {
        let body = r#"{"code":"invalid","status":422,"title":"Fields are faulty","detail":"Mend the name.",
            "errors":[{"pointer":"/name","code":"required","message":"Give it a name."}]}"#;
        let error = ApiError::read(422, body);
        assert_eq!(error.words(), "Mend the name.");
        assert_eq!(error.field("/name").as_deref(), Some("Give it a name."));
        assert_eq!(error.field("/url"), None);
    }

    #[test]
    fn an_answer_of_a_proxy_is_not_taken_for_ours() {
        assert_eq!(ApiError::read(502, "<html>Bad gateway"), ApiError::Unexpected { status: 502 });
    }

    #[test]
    fn a_refused_key_signs_out() {
        assert_eq!(ApiError::read(401, "{}"), ApiError::SignedOut);
    }
}
