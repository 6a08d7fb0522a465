//! One attempt to connect, from the disk to the answer who we are, in one of a bounded number of places.
//!
//! Must not know what a failure leads to, nor when the next attempt is due.

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::access::Access;
use super::connect::{Connector, Setback};
use super::failure::is_transport;
use super::limits::Limits;
use super::outlet::Outlet;
use super::preflight::preflight;
use crate::model::failure::{Failure, FailureClass};
use crate::model::update::Identity;

/// What makes a question that is on its way be asked anew: each change of one of these.
#[derive(Default)]
pub struct Anew {
    /// The network is another.
    pub network: Option<watch::Receiver<u64>>,
    /// A person asks for it. A question that has just been asked gets a moment, so that a slow server gets to answer a person
    /// without patience.
    pub retry: Option<watch::Receiver<u64>>,
}

/// Builds a client and asks who we are. A run of the plugin is told to `outlet`, if one is given.
///
/// Takes one of the places of `limits.places`, but not for longer than `limits.place_time`: whoever hangs starves nobody.
pub async fn establish(
    connector: &mut Connector,
    limits: &Limits,
    outlet: Option<&Outlet>,
    anew: Anew,
) -> Result<(Access, Identity), Setback> {
    // Never closed.
    let place = limits.places.clone().acquire_owned().await.ok();
    let mut establishing = std::pin::pin!(establish_now(connector, limits, outlet, anew));
    tokio::select! {
        established = &mut establishing => return established,
        () = sleep(limits.place_time) => drop(place),
    }
    establishing.await
}

async fn establish_now(
    connector: &mut Connector,
    limits: &Limits,
    outlet: Option<&Outlet>,
    anew: Anew,
) -> Result<(Access, Identity), Setback> {
    let access = connector.connect(outlet).await?;
    match who_are_we(&access, limits, anew).await {
        Ok(identity) => Ok((access, identity)),
        Err(failure) => {
            if failure.class() == FailureClass::Auth {
                connector.forget_credentials();
            }
            Err(failure.into())
        }
    }
}

async fn who_are_we(access: &Access, limits: &Limits, mut anew: Anew) -> Result<Identity, Failure> {
    loop {
        let patience = Instant::now() + limits.read.silent;
        let asked = async {
            change(&mut anew.retry).await;
            sleep_until(patience).await;
        };
        let cuts = access.transport.cuts();
        tokio::select! {
            answer = preflight(access, limits.connect + limits.preflight) => match answer {
                // Cut off by ourselves, which says nothing of the server.
                Err(failure) if is_transport(failure.kind) && access.transport.cuts() != cuts => {}
                answer => return answer,
            },
            () = change(&mut anew.network) => {}
            () = asked => {}
        }
    }
}

/// Waits for the next change; for ever if there will be none.
async fn change(count: &mut Option<watch::Receiver<u64>>) {
    if let Some(count) = count
        && count.changed().await.is_ok()
    {
        return;
    }
    std::future::pending::<()>().await;
}
