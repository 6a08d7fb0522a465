//! Owns what tests, benches and the admin endpoint can do with one cluster of a running fleet. Must not know HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::DuplexStream;

use crate::sim::cluster::Cluster;
use crate::sim::fault::Fault;
use crate::sim::kinds::Resource;
use crate::sim::scenario::FaultSpec;
use crate::sim::server;
use crate::sim::tls::Pair;

/// One cluster of a running fleet. Cheap to clone; of no effect once the fleet is gone.
#[derive(Clone)]
pub struct ClusterHandle {
    pub(super) cluster: Arc<Cluster>,
    pub(super) address: SocketAddr,
    /// The user's certificate, where the scenario gives it one.
    pub(super) user: Option<Arc<Pair>>,
}

impl ClusterHandle {
    /// The context's name.
    pub fn name(&self) -> &str {
        &self.cluster.spec.name
    }

    /// Where it listens, or would.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bearer token that is let in now.
    pub fn token(&self) -> String {
        self.cluster.token()
    }

    /// The certificate of its authority in PEM; `None` when it serves plain HTTP.
    pub fn authority(&self) -> Option<String> {
        self.cluster.tls.as_ref().map(crate::sim::tls::Tls::authority)
    }

    /// Certificate and key of its user in PEM, if it has one.
    pub fn user_certificate(&self) -> Option<(&str, &str)> {
        self.user.as_ref().map(|pair| (&*pair.certificate, &*pair.key))
    }

    /// Switches a fault on, beside those of the timetable and in place of one of its kind that was switched on before.
    pub fn set_fault(&self, fault: Fault) {
        self.plan_fault(FaultSpec::from(fault));
    }

    /// Adds a fault with its own timetable, which begins now.
    pub fn plan_fault(&self, spec: FaultSpec) {
        self.cluster.faults.set(spec);
        self.cluster.strike();
    }

    /// Switches off every fault that was switched on.
    pub fn clear_faults(&self) {
        self.cluster.faults.clear(|_| true);
    }

    /// Switches off the fault of a kind (`stall`, `refuse` ...) that was switched on.
    pub fn clear_fault(&self, kind: &str) {
        self.cluster.faults.clear(|fault| fault.kind() == kind);
    }

    /// The faults that hold now, of the timetable and switched on.
    pub fn faults(&self) -> Vec<Fault> {
        self.cluster.faults.current().active().to_vec()
    }

    /// The faults that were switched on and are not over, with their timetables.
    pub fn planned_faults(&self) -> Vec<FaultSpec> {
        self.cluster.faults.by_hand()
    }

    /// Every object as `plural key json` lines, as of the last step.
    pub fn dump(&self) -> String {
        self.cluster.world().store().dump()
    }

    /// Number of objects of a resource, in one namespace or all.
    pub fn count(&self, resource: Resource, namespace: Option<&str>) -> usize {
        self.cluster.world().store().list(resource, namespace, None).len()
    }

    /// The newest resource version.
    pub fn resource_version(&self) -> u64 {
        self.cluster.world().store().resource_version()
    }

    /// The last requests (at most 10,000), oldest first, as `GET /api/v1/pods?limit=1`.
    pub fn requests(&self) -> Vec<String> {
        self.cluster.requests()
    }

    /// Deletes a pod as `kubectl delete` does; `false` if there is none.
    pub fn delete_pod(&self, namespace: &str, name: &str) -> bool {
        self.cluster.change(|world| world.delete_pod(namespace, name))
    }

    /// Adds a running pod without owner.
    pub fn add_pod(&self, namespace: &str, name: &str) {
        self.cluster.change(|world| world.add_pod(namespace, name));
    }

    /// Makes a namespace have exactly so many pods, at once.
    pub fn set_pod_count(&self, namespace: &str, count: usize) {
        self.cluster.change(|world| world.set_pod_count(namespace, count));
    }

    /// Makes a node ready or not; `false` if there is none.
    pub fn set_node_ready(&self, name: &str, ready: bool) -> bool {
        self.cluster.change(|world| world.set_node_ready(name, ready))
    }

    /// A connection without a socket, for tests with paused time; over TLS, as on the cluster's address, unless it has
    /// none. Faults break it as they break sockets: a reset is an end, and a refused one opens to end at once.
    pub fn connect_in_memory(&self) -> DuplexStream {
        let (client, service) = tokio::io::duplex(256 * 1_024);
        tokio::spawn(server::connection(Arc::clone(&self.cluster), service));
        client
    }
}
