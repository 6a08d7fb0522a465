//! What becomes of a session when the files behind its context say something else, or its credentials run out. Must not know
//! what is served meanwhile.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Ending, Session, Surroundings};
use crate::cluster::connect::{Connector, is_unusable};
use crate::cluster::evidence::{Lookout, Sight};
use crate::model::failure::FailureClass;
use crate::model::update::Update;

/// How long a failed renewal waits before the next try.
const RENEWAL_PAUSE: Duration = Duration::from_secs(15);

/// How long what is new on disk waits for its next try, after a failure on the way.
const RELOAD_PAUSE: Duration = Duration::from_secs(15);

/// A context that cannot be used is looked at again after this time before that counts: certificates are often replaced
/// in two steps, and some programs write a file entry by entry.
const CONFIRM: Duration = Duration::from_secs(1);

/// How long a context goes on whose user or cluster is missing where its file ends: a writer that has stalled in between may
/// still write it. After that, a person has taken it out.
const MISSING_GRACE: Duration = RELOAD_PAUSE;

impl Session {
    /// Tells why what is on disk is not gone by, or that this is over.
    pub(super) async fn tell_withheld(&mut self, around: &Surroundings) {
        if self.told != self.withheld {
            self.told.clone_from(&self.withheld);
            around.outlet.send(Update::Withheld(self.withheld.clone())).await;
        }
    }

    /// Renews the client before its credentials expire. A failure is no verdict: what we have may still be good.
    pub(super) async fn renew(&mut self, connector: &mut Connector, around: &Surroundings) -> Result<(), Ending> {
        connector.forget_credentials();
        match self.establish(connector, around).await {
            Ok((access, _)) => self.adopt(access),
            Err(setback) => {
                self.renewal_failed = true;
                self.renew_at = (!setback.by_hand).then(|| Instant::now() + RENEWAL_PAUSE);
                if is_unusable(&setback.failure) { self.take_over(connector, around).await } else { Ok(()) }
            }
        }
    }

    /// Takes what the files behind the context (kubeconfig, token, certificates) say now, if it is something else.
    pub(super) async fn reload(&mut self, connector: &mut Connector, around: &Surroundings) -> Result<(), Ending> {
        let lookout = connector.lookout();
        match self.meanwhile(lookout.compare()).await {
            // A file in the middle of being written gives no client; its next change is looked at again.
            Sight::Same | Sight::Silent => return Ok(()),
            Sight::Changed { place } if place != self.connection.current().1.place => return Err(Ending::Elsewhere),
            Sight::Changed { .. } => connector.release(),
            Sight::Broken { .. } => {}
        }
        self.take_over(connector, around).await
    }

    /// Goes over to what is on disk now. What does not work is no verdict on what we have, and is tried again: it may
    /// have been the server or the way to it that failed. But a context that a sound file makes unusable is as good as
    /// withdrawn, and ends the session: nobody would expect that its old credentials go on working. One that may not be
    /// written yet is waited for.
    pub(super) async fn take_over(&mut self, connector: &mut Connector, around: &Surroundings) -> Result<(), Ending> {
        let mut established = self.establish(connector, around).await;
        if established.as_ref().is_err_and(|setback| is_unusable(&setback.failure)) {
            self.meanwhile(sleep(CONFIRM)).await;
            established = self.establish(connector, around).await;
        }
        let lookout = connector.lookout();
        match established {
            Ok((access, identity)) => {
                let transport = access.transport.clone();
                self.adopt(access)?;
                transport.cut();
                around.outlet.send(Update::Identity(identity)).await;
                self.wake();
            }
            Err(setback) if is_unusable(&setback.failure) && !self.may_be_half_written(&lookout) => {
                return Err(Ending::Setback(setback));
            }
            Err(setback) => {
                tracing::warn!(why = %setback.failure, "what the files behind the context say now does not work; what was before goes on");
                let missing = lookout.found_missing();
                let rejected = !missing && setback.failure.class() == FailureClass::Auth;
                let pause = if rejected { around.limits.auth_settled } else { RELOAD_PAUSE };
                self.reload_failed = true;
                self.reload_at = (!setback.by_hand || missing).then(|| Instant::now() + pause);
                self.withheld = Some(setback.failure);
            }
        }
        Ok(())
    }

    /// Tells whether a context that cannot be used may be so because its file is being written.
    fn may_be_half_written(&mut self, lookout: &Lookout) -> bool {
        if !lookout.found_missing() {
            self.missing_since = None;
            return lookout.found_silence();
        }
        self.missing_since.get_or_insert_with(Instant::now).elapsed() < MISSING_GRACE
    }
}
