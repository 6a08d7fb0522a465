//! When a connection that nobody uses is ended, as by a kube-apiserver. Must not know what is answered.

use std::sync::Arc;
use std::time::Duration;

use http::Response;
use http_body_util::BodyExt as _;
use tokio::sync::watch;

use super::body::Body;
use super::fault::control::{Faults, until};
use super::fault::mouth::Link;

/// How long a connection is kept that nobody uses.
const IDLE: Duration = Duration::from_secs(90);

/// How many answers of a connection are on their way.
#[derive(Debug, Default)]
pub(crate) struct Uses(watch::Sender<usize>);

/// One of them, from the question to the end of the answer.
pub(crate) struct Use(Arc<Uses>);

impl Uses {
    /// One more, until it is dropped.
    pub(crate) fn one(self: &Arc<Self>) -> Use {
        self.0.send_modify(|uses| *uses += 1);
        Use(Arc::clone(self))
    }

    /// Waits until the connection was not used for long enough. While something is broken on purpose, it never is: what a
    /// fault does to a connection is all that is to be seen of it.
    pub(crate) async fn idle(&self, mut faults: watch::Receiver<Faults>, link: Arc<Link>) {
        let mut uses = self.0.subscribe();
        loop {
            drop(uses.wait_for(|uses| *uses == 0).await);
            until(&mut faults, |faults| faults.active().is_empty()).await;
            faults.mark_unchanged();
            let changed = tokio::select! {
                changed = uses.changed() => changed,
                changed = faults.changed() => changed,
                () = tokio::time::sleep(IDLE) => {
                    if link.is_silenced() {
                        return std::future::pending().await;
                    }
                    return;
                }
            };
            if changed.is_err() {
                // The cluster is gone, and its sockets with it.
                return std::future::pending().await;
            }
        }
    }
}

impl Use {
    /// Goes on until the body has been sent.
    pub(crate) fn until_sent(self, response: Response<Body>) -> Response<Body> {
        response.map(|body| {
            let held = move |error| {
                let _until_now = &self;
                error
            };
            body.map_err(held).boxed_unsync()
        })
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        self.0.0.send_modify(|uses| *uses -= 1);
    }
}
