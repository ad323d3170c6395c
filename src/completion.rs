//! How a run ended.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use crate::error::{Error, ScriptError};
use crate::limit_hit::{Limit, LimitHit};
use crate::value::Value;

/// The record of one run: how it ended and what it used.
///
/// As JSON it is an object with `outcome` (`returned`, `threw`, `limit`, `exited` or `died`), the member that goes with
/// it, and `usage`.
///
/// # Examples
/// ```
/// # use innerbox::{Config, Engine, Sandbox};
/// let engine = Engine::new(Config::default())?;
/// let mut sandbox = Sandbox::builder(&engine).build()?;
/// let completion = sandbox.eval("[1, 2, 3].map(n => n * 2)");
/// let json = serde_json::to_value(&completion)?;
/// assert_eq!(json["outcome"], "returned");
/// assert_eq!(json["value"], serde_json::json!([2, 4, 6]));
/// assert_eq!(completion.into_value::<Vec<u32>>()?, [2, 4, 6]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct Completion<T = Value> {
    /// How the run ended.
    #[serde(flatten)]
    pub outcome: Outcome<T>,
    /// What it used.
    pub usage: Usage,
}

/// How a run ended. It always ends in one of these.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome<T = Value> {
    /// It gave a value.
    Returned {
        /// The value, in the form that was asked for.
        value: T,
    },
    /// It threw, or a promise was rejected that nobody handled.
    Threw {
        /// What was thrown.
        error: Box<ScriptError>,
    },
    /// It reached a limit.
    ///
    /// Where time or the heap were used up, the sandbox is condemned. Other limits are exceptions, or checked before the
    /// run or after it: the sandbox lives on.
    Limit {
        /// Which limit, and by how much.
        limit: LimitHit,
        /// The exception that nobody caught, where the limit was one.
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<Box<ScriptError>>,
    },
    /// It ended itself by `process.exit`, and its sandbox with it; or a module left its code in `process.exitCode`.
    Exited {
        /// The exit code.
        code: i32,
    },
    /// The sandbox cannot run anything any more.
    Died {
        /// Why.
        reason: String,
    },
}

/// What a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Time from start to end.
    #[serde(rename = "wall_ms", serialize_with = "milliseconds")]
    pub wall: Duration,
    /// Processor time of the run's thread. What V8's background threads and pool threads take is not in it.
    #[serde(rename = "cpu_ms", serialize_with = "milliseconds")]
    pub cpu: Duration,
    /// Bytes of V8's heap in use at the end.
    pub heap_bytes: u64,
    /// Bytes of array buffers in use at the end.
    pub array_buffer_bytes: u64,
    /// The most that was used at once, beside what was allowed.
    pub peaks: Peaks,
}

/// The most that a run used at once, limit by limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Peaks {
    /// Milliseconds from the start to the end.
    pub wall_ms: Peak,
    /// Milliseconds of processor time.
    pub cpu_ms: Peak,
    /// Bytes of V8's heap, as of its collections of garbage and of the end.
    pub heap_bytes: Peak,
    /// Bytes of array buffers.
    pub array_buffer_bytes: Peak,
    /// Bytes of source, all runs of the sandbox together.
    pub source_bytes: Peak,
    /// Bytes written to the console, all runs of the sandbox together.
    pub console_bytes: Peak,
    /// Timers.
    pub timers: Peak,
    /// Promises of host calls.
    pub pending_promises: Peak,
    /// Handles of resources.
    pub handles: Peak,
}

/// How much was used of a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Peak {
    /// The most that was used.
    pub used: u64,
    /// What was allowed; nothing where there is no limit.
    pub allowed: Option<u64>,
}

impl Peak {
    pub(crate) fn new(used: u64, allowed: u64) -> Self {
        Self { used, allowed: Some(allowed) }
    }
}

impl Completion {
    /// The run's value as a Rust type.
    ///
    /// # Errors
    /// [`Error::Answer`] where the value is of another type, and otherwise the reason why there is no value.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Sandbox};
    /// #[derive(serde::Deserialize)]
    /// struct Point { x: f64, y: f64 }
    ///
    /// let engine = Engine::new(Config::default())?;
    /// let mut sandbox = Sandbox::builder(&engine).build()?;
    /// let point: Point = sandbox.eval("({ x: 1, y: 2.5 })").into_value()?;
    /// assert_eq!((point.x, point.y), (1.0, 2.5));
    /// # Ok::<(), innerbox::Error>(())
    /// ```
    pub fn into_value<T: DeserializeOwned>(self) -> Result<T, Error> {
        T::deserialize(self.into_returned()?).map_err(|error| Error::Answer(error.to_string()))
    }
}

impl<T> Completion<T> {
    /// What the run gave, as it is.
    ///
    /// # Errors
    /// The reason why there is nothing.
    pub fn into_returned(self) -> Result<T, Error> {
        match self.outcome {
            Outcome::Returned { value } => Ok(value),
            Outcome::Threw { error } => Err(Error::Threw(error)),
            Outcome::Limit { limit, .. } => Err(Error::Limit(limit)),
            Outcome::Exited { code } => Err(Error::Exited(code)),
            Outcome::Died { reason } => Err(Error::Died(reason)),
        }
    }
}

impl<T> Outcome<T> {
    /// The same outcome of a run that gives another value, or undefined.
    pub(crate) fn without_value(self) -> Outcome {
        match self {
            Self::Returned { .. } => Outcome::Returned { value: Value::Undefined },
            Self::Threw { error } => Outcome::Threw { error },
            Self::Limit { limit, error } => Outcome::Limit { limit, error },
            Self::Exited { code } => Outcome::Exited { code },
            Self::Died { reason } => Outcome::Died { reason },
        }
    }

    pub(crate) fn limit(which: Limit, used: u64, allowed: u64) -> Self {
        Self::Limit { limit: LimitHit { which, used, allowed }, error: None }
    }

    pub(crate) fn died(reason: impl Into<String>) -> Self {
        Self::Died { reason: reason.into() }
    }
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_micros() as f64 / 1e3)
}
