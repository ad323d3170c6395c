//! What a request comes to, and who waits for it.

use crate::clone::graph::Serialized;

/// What the other isolate answers.
pub(crate) type Answer = Result<Serialized, Problem>;

/// Why there is no value.
pub(crate) enum Problem {
    /// The other isolate threw this.
    Threw(Serialized),
    /// This is said of it.
    Said { message: String, code: &'static str },
}

impl Problem {
    pub(crate) fn gone() -> Self {
        let message = "the isolate that the reference points into is gone".to_owned();
        Self::Said { message, code: "ERR_REFERENCE_GONE" }
    }

    pub(crate) fn late() -> Self {
        let message = "limit reached: wall time: the other isolate has not answered within the time of a run";
        Self::Said { message: message.to_owned(), code: "ERR_LIMIT" }
    }
}

/// In which form a value is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A structured clone.
    Clone,
    /// A reference to it.
    Reference,
}

/// Who waits for an answer. Dropped without one, it says that the isolate is gone.
pub(crate) struct Reply {
    pub(crate) form: Form,
    tell: Option<Box<dyn FnOnce(Answer) + Send>>,
}

impl Reply {
    pub(crate) fn new(form: Form, tell: impl FnOnce(Answer) + Send + 'static) -> Self {
        Self { form, tell: Some(Box::new(tell)) }
    }

    pub(crate) fn tell(mut self, answer: Answer) {
        if let Some(tell) = self.tell.take() {
            tell(answer);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(tell) = self.tell.take() {
            tell(Err(Problem::gone()));
        }
    }
}
