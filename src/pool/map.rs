//! One task over many inputs, each in a sandbox of its own.

use std::sync::Arc;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::lost::Lost;
use super::{Pool, Tenant};
use crate::error::Error;
use crate::sandbox::Sandbox;

/// Threads that feed each thread of the pool: while one waits for its answer, another has the next input there.
const FEEDERS_EACH: usize = 2;

impl Pool {
    /// Runs `task` with each input, in a sandbox that has run nothing and is gone afterwards; on all threads of the pool, and
    /// gives the answers in the order of the inputs.
    ///
    /// # Errors
    /// [`Error::Config`] where the system refuses a thread. What went wrong with one input is its own answer.
    ///
    /// # Examples
    /// ```
    /// # use innerbox::{Config, Engine, Pool, PoolOptions, Sandbox};
    /// let engine = Engine::new(Config::default())?;
    /// let pool = Pool::new(&engine, PoolOptions::default(), |engine| Sandbox::builder(engine).build())?;
    /// let source = "export default (n) => n * n";
    /// let squares = pool.map(vec![1, 2, 3], move |sandbox, n| {
    ///     sandbox.call_module_source("square.js", source, &n)?.into_value::<u32>()
    /// })?;
    /// let squares: Vec<u32> = squares.into_iter().map(|square| square.unwrap().unwrap()).collect();
    /// assert_eq!(squares, [1, 4, 9]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn map<I: Send + 'static, R: Send + 'static>(
        &self,
        inputs: Vec<I>,
        task: impl Fn(&mut Sandbox, I) -> R + Send + Sync + 'static,
    ) -> Result<Vec<Result<R, Lost>>, Error> {
        let feeders = rayon::ThreadPoolBuilder::new()
            .num_threads(self.workers.len() * FEEDERS_EACH)
            .thread_name(|number| format!("innerbox-feeder-{number}"))
            .build()
            .map_err(|error| Error::Config(format!("the threads that feed the pool: {error}")))?;
        let task = Arc::new(task);
        let one = |input| {
            let task = Arc::clone(&task);
            // The tenant goes once its only task is done.
            Tenant::schedule(&self.tenant(), move |sandbox| task(sandbox, input)).wait()
        };
        Ok(feeders.install(|| inputs.into_par_iter().map(one).collect()))
    }
}
