//! Why something needs a person: the causes, worst first, and what proves them.
//!
//! The vocabulary alone: which facts make a cause is read at the edge (`cluster::project`), once for all views.

use std::fmt;

use super::age::Unix;

/// How long after its creation an object may be short of what it wants: it may just be starting. Unit: seconds.
pub const START_GRACE: i64 = 120;

/// What ails an object. The order is the order of attention: worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A node does not report.
    NodeNotReady,
    /// A node runs out of memory, disk or processes.
    NodePressure,
    /// A container was killed for want of memory and crashes on.
    OutOfMemory,
    /// A container crashes again and again.
    CrashLoop,
    /// An image cannot be had.
    Image,
    /// A container cannot be configured or started.
    CannotStart,
    /// A webhook keeps objects from being written.
    Webhook,
    /// A rollout makes no progress, or a workload has fewer pods ready than it wants.
    Stalled,
    /// A pod failed, and nobody replaces it.
    Failed,
    /// A job failed.
    JobFailed,
    /// No node takes a pod.
    Unschedulable,
    /// A quota keeps objects from being created.
    Quota,
    /// A claim waits for its volume.
    VolumePending,
    /// A volume cannot be mounted.
    Mount,
    /// A pod runs but is not ready.
    NotReady,
    /// A probe fails.
    Probe,
    /// A deletion waits for finalizers.
    Finalizer,
    /// A pod has not ended long after its grace.
    Terminating,
}

impl Cause {
    /// Every cause, worst first.
    pub const ALL: [Cause; 18] = [
        Self::NodeNotReady,
        Self::NodePressure,
        Self::OutOfMemory,
        Self::CrashLoop,
        Self::Image,
        Self::CannotStart,
        Self::Webhook,
        Self::Stalled,
        Self::Failed,
        Self::JobFailed,
        Self::Unschedulable,
        Self::Quota,
        Self::VolumePending,
        Self::Mount,
        Self::NotReady,
        Self::Probe,
        Self::Finalizer,
        Self::Terminating,
    ];

    /// The words after a count of objects: `3 pods crash-looping`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NodeNotReady => "NotReady",
            Self::NodePressure => "under pressure",
            Self::OutOfMemory => "out of memory",
            Self::CrashLoop => "crash-looping",
            Self::Image => "without their image",
            Self::CannotStart => "unable to start",
            Self::Webhook => "held up by a webhook",
            Self::Stalled => "not progressing",
            Self::Failed | Self::JobFailed => "failed",
            Self::Unschedulable => "unschedulable",
            Self::Quota => "over quota",
            Self::VolumePending => "without a volume",
            Self::Mount => "unable to mount",
            Self::NotReady => "not ready",
            Self::Probe => "failing probes",
            Self::Finalizer => "held by finalizers",
            Self::Terminating => "stuck terminating",
        }
    }

    /// The cause as a heading, and as the state file knows it: `crash loop`.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NodeNotReady => "node not ready",
            Self::NodePressure => "node pressure",
            Self::OutOfMemory => "out of memory",
            Self::CrashLoop => "crash loop",
            Self::Image => "image pull",
            Self::CannotStart => "cannot start",
            Self::Webhook => "failing webhook",
            Self::Stalled => "not progressing",
            Self::Failed => "failed",
            Self::JobFailed => "job failed",
            Self::Unschedulable => "unschedulable",
            Self::Quota => "quota exceeded",
            Self::VolumePending => "volume pending",
            Self::Mount => "mount failed",
            Self::NotReady => "not ready",
            Self::Probe => "probe failed",
            Self::Finalizer => "stuck finalizer",
            Self::Terminating => "stuck terminating",
        }
    }

    /// Whether it stops the thing from working, rather than merely deserving a look.
    #[must_use]
    pub fn is_grave(self) -> bool {
        self <= Self::JobFailed
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

/// One piece of evidence: what somebody said, and when.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// One line, in the words of who said it.
    pub text: Box<str>,
    /// When it happened, if that is known.
    pub at: Option<Unix>,
}

impl Evidence {
    /// Evidence of a known or unknown time.
    pub fn new(text: impl Into<Box<str>>, at: Option<Unix>) -> Self {
        Self { text: text.into(), at }
    }
}

/// The controller of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    /// Its kind, in lower case: `replicaset`.
    pub kind: Box<str>,
    /// Its name.
    pub name: Box<str>,
}

/// Names an object as Attention does: `replicaset checkout/cart-7d9`, `node edge-a`.
#[must_use]
pub fn subject(kind: &str, namespace: &str, name: &str) -> String {
    if namespace.is_empty() { format!("{kind} {name}") } else { format!("{kind} {namespace}/{name}") }
}

/// Why something needs a person, and from when on it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwell {
    /// Unwell from this moment on; it may lie in the future (grace periods of the health rules).
    pub from: Unix,
    /// When what ails it began: earlier than `from` by the grace it was given.
    pub since: Unix,
    /// What ails it.
    pub cause: Cause,
    /// The reason as one lower-case fragment, for example `container api: back-off restarting failed container`.
    pub reason: Box<str>,
    /// What proves it, the weightiest first.
    pub evidence: Box<[Evidence]>,
    /// Who controls it: objects of one controller that suffer alike are one entry of Attention.
    pub owner: Option<Owner>,
    /// The user does not want to hear of it: it counts as well.
    pub ignored: bool,
}

impl Unwell {
    /// Unwell without more to say than the reason.
    pub fn new(from: Unix, cause: Cause, reason: impl Into<Box<str>>) -> Self {
        Self { from, since: from, cause, reason: reason.into(), evidence: Box::default(), owner: None, ignored: false }
    }

    /// Names what this is about: the controller of what is unwell where there is one, for pods come and go.
    #[must_use]
    pub fn subject(&self, kind: &str, namespace: &str, name: &str) -> String {
        match &self.owner {
            Some(owner) => subject(&owner.kind, namespace, &owner.name),
            None => subject(kind, namespace, name),
        }
    }

    /// The memory it takes up, what it holds included. Unit: bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let said: usize = self.evidence.iter().map(|evidence| evidence.text.len()).sum();
        let owner = self.owner.as_ref().map_or(0, |owner| owner.kind.len() + owner.name.len());
        size_of::<Self>() + self.reason.len() + size_of_val(&*self.evidence) + said + owner
    }

    /// Whether a person is needed at `now`.
    #[must_use]
    pub fn is_at(&self, now: Unix) -> bool {
        !self.ignored && self.from <= now
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_list_of_causes_is_whole_in_order_and_no_two_have_one_title() {
        assert!(Cause::ALL.is_sorted());
        let titles: HashSet<&str> = Cause::ALL.iter().map(|cause| cause.title()).collect();
        assert_eq!(titles.len(), Cause::ALL.len());
    }
}
