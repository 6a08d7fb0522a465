//! One attempt to connect, from the disk to the answer who we are, in one of a bounded number of places.
//!
//! Must not know what a failure leads to, nor when the next attempt is due.

use tokio::sync::watch;
use tokio::time::sleep;

use super::access::Access;
use super::connect::{Connector, Setback};
use super::failure::is_transport;
use super::limits::Limits;
use super::outlet::Outlet;
use super::preflight::preflight;
use crate::model::failure::{Failure, FailureClass};
use crate::model::update::Identity;

/// Builds a client and asks who we are. A run of the plugin is told to `outlet`, if one is given; a change of the network
/// asks anew at once.
///
/// Takes one of the places of `limits.places`, but not for longer than `limits.place_time`: whoever hangs starves nobody.
pub async fn establish(
    connector: &mut Connector,
    limits: &Limits,
    outlet: Option<&Outlet>,
    network: Option<watch::Receiver<u64>>,
) -> Result<(Access, Identity), Setback> {
    // Never closed.
    let place = limits.places.clone().acquire_owned().await.ok();
    let mut establishing = std::pin::pin!(establish_now(connector, limits, outlet, network));
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
    network: Option<watch::Receiver<u64>>,
) -> Result<(Access, Identity), Setback> {
    let access = connector.connect(outlet).await?;
    match who_are_we(&access, limits, network).await {
        Ok(identity) => Ok((access, identity)),
        Err(failure) => {
            if failure.class() == FailureClass::Auth {
                connector.forget_credentials();
            }
            Err(failure.into())
        }
    }
}

async fn who_are_we(
    access: &Access,
    limits: &Limits,
    mut network: Option<watch::Receiver<u64>>,
) -> Result<Identity, Failure> {
    loop {
        let changed = async {
            if let Some(network) = &mut network
                && network.changed().await.is_ok()
            {
                return;
            }
            std::future::pending::<()>().await;
        };
        let cuts = access.transport.cuts();
        tokio::select! {
            answer = preflight(access, limits.connect + limits.preflight) => match answer {
                // Cut off by ourselves, which says nothing of the server.
                Err(failure) if is_transport(failure.kind) && access.transport.cuts() != cuts => {}
                answer => return answer,
            },
            () = changed => {}
        }
    }
}
