//! Owns the registry of kinds: group, version, names, scope, verbs, subresources and the columns `kubectl get` shows.
//! Must not know objects nor how anything is answered.
//!
//! One line per built-in kind: `Variant "apiVersion plural Kind N|C short,names categories subresources" "columns"`,
//! `-` for nothing. Columns are `Header=source` or `Header:type=source`, parted by `; `: a header ending in `*` shows with
//! `-o wide` only, one beginning with `#` holds an integer that the real server calls a string; a source is a path into the
//! object or a function of the printer. Names, order, types and width are those of kube-apiserver 1.36.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;

/// A column of a table.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// `string`, `integer`, `number`, `boolean` or `date`.
    pub(crate) kind: String,
    /// Holds numbers, whatever the type says.
    pub(crate) number: bool,
    /// Shown with `-o wide` only.
    pub(crate) wide: bool,
    pub(crate) source: String,
}

/// What there is to know of a kind.
#[expect(clippy::struct_field_names, reason = "a kind's `kind` is its name in every manifest")]
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) resource: Resource,
    /// Empty for the core group.
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) singular: String,
    pub(crate) kind: String,
    pub(crate) short_names: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) subresources: Vec<String>,
    pub(crate) namespaced: bool,
    /// Comes from a `CustomResourceDefinition`.
    pub(crate) custom: bool,
    pub(crate) columns: Vec<Column>,
}

/// Verbs of most kinds, in the order of discovery.
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

impl Kind {
    /// `apps/v1`, or `v1` of the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `deployments.apps`, as messages name a kind.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// What may be done with objects of the kind, in the order of discovery.
    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        match self.resource {
            Resource::PodMetrics | Resource::NodeMetrics => &["get", "list"],
            Resource::Namespaces => &["create", "delete", "get", "list", "patch", "update", "watch"],
            _ => VERBS,
        }
    }

    /// Tells whether objects can be written as protobuf; the others are JSON only, as custom ones are everywhere.
    pub(crate) fn has_protobuf(&self) -> bool {
        !self.custom && self.resource != Resource::EventsV1 && super::proto::knows(&self.kind)
    }

    pub(crate) fn has_subresource(&self, name: &str) -> bool {
        self.subresources.iter().any(|known| known == name)
    }

    fn parse(resource: Resource, head: &str, columns: &str) -> Self {
        let mut words = head.split(' ');
        let mut word = || words.next().unwrap_or_default();
        let list = |text: &str| -> Vec<String> {
            text.split(',').filter(|item| !item.is_empty() && *item != "-").map(str::to_owned).collect()
        };
        let (group, version) = match word() {
            version if !version.contains('/') => ("", version),
            text => text.split_once('/').unwrap_or_default(),
        };
        let (plural, kind) = (word(), word());
        Self {
            resource,
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            singular: kind.to_lowercase(),
            kind: kind.to_owned(),
            namespaced: word() == "N",
            short_names: list(word()),
            categories: list(word()),
            subresources: list(word()),
            custom: false,
            columns: columns.split("; ").filter(|text| !text.is_empty()).map(column).collect(),
        }
    }

    /// The kind a `CustomResourceDefinition` defines: its stored version. `None` if the definition is no such thing.
    pub(crate) fn of_definition(resource: Resource, definition: &Value) -> Option<Self> {
        let spec = &definition["spec"];
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = |value: &Value| value.as_array().into_iter().flatten().filter_map(text).collect::<Vec<_>>();
        let version = spec["versions"].as_array()?.iter().find(|version| version["storage"] == true)?;
        let mut columns = vec![column("Name=.metadata.name")];
        for printed in version["additionalPrinterColumns"].as_array().into_iter().flatten() {
            columns.push(Column {
                name: text(&printed["name"])?,
                kind: text(&printed["type"])?,
                number: printed["type"] == "integer",
                wide: printed["priority"].as_i64().unwrap_or(0) > 0,
                source: text(&printed["jsonPath"])?,
            });
        }
        if columns.len() == 1 {
            columns.push(column("Age=age"));
        }
        let subresources = version["subresources"].as_object().map(|known| known.keys().cloned().collect());
        Some(Self {
            resource,
            group: text(&spec["group"])?,
            version: text(&version["name"])?,
            plural: text(&spec["names"]["plural"])?,
            singular: text(&spec["names"]["singular"])?,
            kind: text(&spec["names"]["kind"])?,
            short_names: texts(&spec["names"]["shortNames"]),
            categories: texts(&spec["names"]["categories"]),
            subresources: subresources.unwrap_or_default(),
            namespaced: spec["scope"] == "Namespaced",
            custom: true,
            columns,
        })
    }
}

fn column(text: &str) -> Column {
    let (header, source) = text.split_once('=').unwrap_or((text, ""));
    let (header, kind) = header.split_once(':').unwrap_or((header, "string"));
    let (header, number) = header.strip_prefix('#').map_or((header, kind == "integer"), |header| (header, true));
    let name = header.trim_end_matches('*');
    let (wide, source) = (name != header, source.to_owned());
    Column { name: name.to_owned(), kind: kind.to_owned(), number, wide, source }
}

macro_rules! kinds {
    ($($variant:ident $head:literal $columns:literal)*) => {
        /// A kind the servers serve.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Resource {
            $(#[doc = concat!("`", $head, "`")] $variant,)*
            /// A kind defined by a `CustomResourceDefinition`, by its number in its cluster.
            Custom(u16),
        }

        impl Resource {
            /// Every built-in resource, in the order of a dump.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Position in the store: custom kinds come after the built-in ones.
            pub(crate) fn index(self) -> usize {
                enum Place { $($variant),* }
                match self {
                    $(Self::$variant => Place::$variant as usize,)*
                    Self::Custom(number) => Self::ALL.len() + usize::from(number),
                }
            }
        }

        static BUILT_IN: LazyLock<Vec<Arc<Kind>>> = LazyLock::new(|| {
            vec![$(Arc::new(Kind::parse(Resource::$variant, $head, $columns))),*]
        });
    };
}

kinds! {
    Namespaces "v1 namespaces Namespace C ns - finalize,status" "Name=.metadata.name; Status=.status.phase; Age=age"
    Nodes "v1 nodes Node C no - proxy,status" "Name; Status; Roles; Age; Version; Internal-IP*; External-IP*; OS-Image*; Kernel-Version*; Container-Runtime*"
    Pods "v1 pods Pod N po all attach,binding,eviction,exec,log,portforward,status" "Name; Ready; Status; Restarts; Age; IP*; Node*; Nominated Node*; Readiness Gates*"
    Events "v1 events Event N ev - -" "Last Seen; Type; Reason; Object; Subobject*; Source*; Message; First Seen*; Count*; Name*"
    EventsV1 "events.k8s.io/v1 events Event N ev - -" "Last Seen; Type; Reason; Object; Subobject*; Source*; Message; First Seen*; Count*; Name*"
    ConfigMaps "v1 configmaps ConfigMap N cm - -" "Name=.metadata.name; #Data=entries; Age=age"
    Secrets "v1 secrets Secret N - - -" "Name=.metadata.name; Type=.type; #Data=entries; Age=age"
    ServiceAccounts "v1 serviceaccounts ServiceAccount N sa - token" "Name=.metadata.name; #Secrets=count .secrets; Age=age"
    Services "v1 services Service N svc all status" "Name=.metadata.name; Type=.spec.type; Cluster-IP=or_none .spec.clusterIP; External-IP=external_ip; Port(s)=service_ports; Age=age; Selector*=pairs .spec.selector"
    Claims "v1 persistentvolumeclaims PersistentVolumeClaim N pvc - status" "Name=.metadata.name; Status=phase; Volume=.spec.volumeName; Capacity=.status.capacity.storage; Access Modes=access_modes; StorageClass=.spec.storageClassName; VolumeAttributesClass=unset .spec.volumeAttributesClassName; Age=age; VolumeMode*=.spec.volumeMode"
    Volumes "v1 persistentvolumes PersistentVolume C pv - status" "Name=.metadata.name; Capacity=.spec.capacity.storage; Access Modes=access_modes; Reclaim Policy=.spec.persistentVolumeReclaimPolicy; Status=phase; Claim=claim; StorageClass=.spec.storageClassName; VolumeAttributesClass=unset .spec.volumeAttributesClassName; Reason=.status.reason; Age=age; VolumeMode*=.spec.volumeMode"
    ResourceQuotas "v1 resourcequotas ResourceQuota N quota - status" "Name=.metadata.name; Request=quota requests; Limit=quota limits; Age=age"
    Endpoints "v1 endpoints Endpoints N ep - -" "Name=.metadata.name; Endpoints=endpoints; Age=age"
    ReplicationControllers "v1 replicationcontrollers ReplicationController N rc all scale,status" "Name=.metadata.name; Desired:integer=.spec.replicas; Current:integer=.status.replicas; Ready:integer=.status.readyReplicas; Age=age; Containers*=containers; Images*=images; Selector*=pairs .spec.selector"
    PodTemplates "v1 podtemplates PodTemplate N - - -" "Name=.metadata.name; Containers=containers; Images=images; Pod Labels=pairs .template.metadata.labels"
    LimitRanges "v1 limitranges LimitRange N limits - -" "Name=.metadata.name; Created At:date=.metadata.creationTimestamp"
    Deployments "apps/v1 deployments Deployment N deploy all scale,status" "Name=.metadata.name; Ready=of .status.readyReplicas .spec.replicas; #Up-to-date=.status.updatedReplicas; #Available=.status.availableReplicas; Age=age; Containers*=containers; Images*=images; Selector*=selector"
    ReplicaSets "apps/v1 replicasets ReplicaSet N rs all scale,status" "Name=.metadata.name; Desired:integer=.spec.replicas; Current:integer=.status.replicas; Ready:integer=.status.readyReplicas; Age=age; Containers*=containers; Images*=images; Selector*=selector"
    StatefulSets "apps/v1 statefulsets StatefulSet N sts all scale,status" "Name=.metadata.name; Ready=of .status.readyReplicas .spec.replicas; Age=age; Containers*=containers; Images*=images"
    DaemonSets "apps/v1 daemonsets DaemonSet N ds all status" "Name=.metadata.name; Desired:integer=.status.desiredNumberScheduled; Current:integer=.status.currentNumberScheduled; Ready:integer=.status.numberReady; Up-to-date:integer=.status.updatedNumberScheduled; Available:integer=.status.numberAvailable; Node Selector=pairs .spec.template.spec.nodeSelector; Age=age; Containers*=containers; Images*=images; Selector*=selector"
    ControllerRevisions "apps/v1 controllerrevisions ControllerRevision N - - -" "Name=.metadata.name; Controller=controller; #Revision=.revision; Age=age"
    Jobs "batch/v1 jobs Job N - all status" "Name=.metadata.name; Status=job_status; Completions=of .status.succeeded .spec.completions; Duration=job_duration; Age=age; Containers*=containers; Images*=images; Selector*=selector"
    CronJobs "batch/v1 cronjobs CronJob N cj all status" "Name=.metadata.name; Schedule=.spec.schedule; Timezone=or_none .spec.timeZone; Suspend:boolean=capital .spec.suspend; Active:integer=count .status.active; Last Schedule=since .status.lastScheduleTime; Age=age; Containers*=containers; Images*=images; Selector*=selector"
    Autoscalers "autoscaling/v2 horizontalpodautoscalers HorizontalPodAutoscaler N hpa all status" "Name=.metadata.name; Reference=reference .spec.scaleTargetRef; Targets=hpa_targets; MinPods=.spec.minReplicas; #MaxPods=.spec.maxReplicas; #Replicas=.status.currentReplicas; Age=age"
    EndpointSlices "discovery.k8s.io/v1 endpointslices EndpointSlice N - - -" "Name=.metadata.name; AddressType=.addressType; Ports=slice_ports; Endpoints=slice_endpoints; Age=age"
    Ingresses "networking.k8s.io/v1 ingresses Ingress N ing - status" "Name=.metadata.name; Class=or_none .spec.ingressClassName; Hosts=hosts; Address=ingress_address; Ports=ingress_ports; Age=age"
    IngressClasses "networking.k8s.io/v1 ingressclasses IngressClass C - - -" "Name=.metadata.name; Controller=.spec.controller; Parameters=or_none .spec.parameters.name; Age=age"
    NetworkPolicies "networking.k8s.io/v1 networkpolicies NetworkPolicy N netpol - -" "Name=.metadata.name; Pod-Selector=pairs .spec.podSelector.matchLabels; Age=age"
    DisruptionBudgets "policy/v1 poddisruptionbudgets PodDisruptionBudget N pdb - status" "Name=.metadata.name; Min Available=or_na .spec.minAvailable; Max Unavailable=or_na .spec.maxUnavailable; Allowed Disruptions:integer=.status.disruptionsAllowed; Age=age"
    Leases "coordination.k8s.io/v1 leases Lease N - - -" "Name=.metadata.name; Holder=.spec.holderIdentity; Age=age"
    StorageClasses "storage.k8s.io/v1 storageclasses StorageClass C sc - -" "Name=storage_class; Provisioner=.provisioner; ReclaimPolicy=.reclaimPolicy; VolumeBindingMode=.volumeBindingMode; AllowVolumeExpansion=true .allowVolumeExpansion; Age=age"
    Attachments "storage.k8s.io/v1 volumeattachments VolumeAttachment C - - status" "Name=.metadata.name; Attacher=.spec.attacher; PV=.spec.source.persistentVolumeName; Node=.spec.nodeName; Attached:boolean=true .status.attached; Age=age"
    CsiDrivers "storage.k8s.io/v1 csidrivers CSIDriver C - - -" "Name=.metadata.name; AttachRequired:boolean=true .spec.attachRequired; PodInfoOnMount:boolean=true .spec.podInfoOnMount; StorageCapacity:boolean=true .spec.storageCapacity; TokenRequests=unset .spec.tokenRequests.0.audience; RequiresRepublish:boolean=true .spec.requiresRepublish; Modes=join .spec.volumeLifecycleModes; Age=age"
    CsiNodes "storage.k8s.io/v1 csinodes CSINode C - - -" "Name=.metadata.name; Drivers:integer=count .spec.drivers; Age=age"
    RuntimeClasses "node.k8s.io/v1 runtimeclasses RuntimeClass C - - -" "Name=.metadata.name; Handler=.handler; Age=age"
    PriorityClasses "scheduling.k8s.io/v1 priorityclasses PriorityClass C pc - -" "Name=.metadata.name; Value:integer=.value; Global-Default:boolean=true .globalDefault; Age=age; PreemptionPolicy=.preemptionPolicy"
    Roles "rbac.authorization.k8s.io/v1 roles Role N - - -" "Name=.metadata.name; Created At:date=.metadata.creationTimestamp"
    RoleBindings "rbac.authorization.k8s.io/v1 rolebindings RoleBinding N - - -" "Name=.metadata.name; Role=reference .roleRef; Age=age; Users*=subjects User; Groups*=subjects Group; ServiceAccounts*=subjects ServiceAccount"
    ClusterRoles "rbac.authorization.k8s.io/v1 clusterroles ClusterRole C - - -" "Name=.metadata.name; Created At:date=.metadata.creationTimestamp"
    ClusterRoleBindings "rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding C - - -" "Name=.metadata.name; Role=reference .roleRef; Age=age; Users*=subjects User; Groups*=subjects Group; ServiceAccounts*=subjects ServiceAccount"
    MutatingWebhooks "admissionregistration.k8s.io/v1 mutatingwebhookconfigurations MutatingWebhookConfiguration C - api-extensions -" "Name=.metadata.name; Webhooks:integer=count .webhooks; Age=age"
    ValidatingWebhooks "admissionregistration.k8s.io/v1 validatingwebhookconfigurations ValidatingWebhookConfiguration C - api-extensions -" "Name=.metadata.name; Webhooks:integer=count .webhooks; Age=age"
    AdmissionPolicies "admissionregistration.k8s.io/v1 validatingadmissionpolicies ValidatingAdmissionPolicy C - api-extensions status" "Name=.metadata.name; Validations:integer=count .spec.validations; ParamKind=parameters .spec.paramKind; Age=age"
    AdmissionPolicyBindings "admissionregistration.k8s.io/v1 validatingadmissionpolicybindings ValidatingAdmissionPolicyBinding C - api-extensions -" "Name=.metadata.name; PolicyName=.spec.policyName; ParamRef=unset .spec.paramRef.name; Age=age"
    SigningRequests "certificates.k8s.io/v1 certificatesigningrequests CertificateSigningRequest C csr - approval,status" "Name=.metadata.name; Age=age; SignerName=.spec.signerName; Requestor=.spec.username; RequestedDuration=lasting .spec.expirationSeconds; Condition=signing"
    FlowSchemas "flowcontrol.apiserver.k8s.io/v1 flowschemas FlowSchema C - - status" "Name=.metadata.name; PriorityLevel=.spec.priorityLevelConfiguration.name; #MatchingPrecedence=.spec.matchingPrecedence; DistinguisherMethod=or_none .spec.distinguisherMethod.type; Age=age; MissingPL=missing_level"
    PriorityLevels "flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations PriorityLevelConfiguration C - - status" "Name=.metadata.name; Type=.spec.type; NominalConcurrencyShares=limit .spec.limited.nominalConcurrencyShares; Queues=limit .spec.limited.limitResponse.queuing.queues; HandSize=limit .spec.limited.limitResponse.queuing.handSize; QueueLengthLimit=limit .spec.limited.limitResponse.queuing.queueLengthLimit; Age=age"
    ApiServices "apiregistration.k8s.io/v1 apiservices APIService C - api-extensions status" "Name=.metadata.name; Service=api_service; Available=api_available; Age=age"
    Definitions "apiextensions.k8s.io/v1 customresourcedefinitions CustomResourceDefinition C crd,crds api-extensions status" "Name=.metadata.name; Created At:date=.metadata.creationTimestamp"
    PodMetrics "metrics.k8s.io/v1beta1 pods PodMetrics N - - -" "Name=.metadata.name; CPU=usage cpu; Memory=usage memory; Window=.window"
    NodeMetrics "metrics.k8s.io/v1beta1 nodes NodeMetrics C - - -" "Name=.metadata.name; CPU=.usage.cpu; Memory=.usage.memory; Window=.window"
}

impl Resource {
    /// Where objects are kept: `events.k8s.io` shows the events of the core group.
    pub(crate) fn stored(self) -> Self {
        if self == Self::EventsV1 { Self::Events } else { self }
    }

    /// Computed when asked for, never stored.
    pub(crate) fn is_computed(self) -> bool {
        matches!(self, Self::PodMetrics | Self::NodeMetrics)
    }
}

/// The kinds of one cluster: the built-in ones and those its definitions added.
pub(crate) struct Registry {
    kinds: Vec<Arc<Kind>>,
    /// Kinds whose definition is gone are not served any more.
    gone: Vec<bool>,
    by_path: HashMap<(String, String), usize>,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let kinds = BUILT_IN.clone();
        let by_path = kinds.iter().enumerate().map(|(index, kind)| (path(kind), index)).collect();
        Self { gone: vec![false; kinds.len()], kinds, by_path }
    }

    pub(crate) fn kind(&self, resource: Resource) -> &Arc<Kind> {
        &self.kinds[resource.index()]
    }

    /// The kind at a path of the API, for example `apps/v1` and `deployments`.
    pub(crate) fn find(&self, api_version: &str, plural: &str) -> Option<Arc<Kind>> {
        let index = *self.by_path.get(&(api_version.to_owned(), plural.to_owned()))?;
        (!self.gone[index]).then(|| Arc::clone(&self.kinds[index]))
    }

    /// Whether a kind is still served.
    pub(crate) fn serves(&self, resource: Resource) -> bool {
        !self.gone[resource.index()]
    }

    /// Kinds in the order of the registry.
    pub(crate) fn served(&self) -> impl Iterator<Item = &Arc<Kind>> {
        self.kinds.iter().zip(&self.gone).filter(|(_, gone)| !**gone).map(|(kind, _)| kind)
    }

    /// Adds or replaces the kind of a definition; `None` if the definition defines nothing.
    pub(crate) fn define(&mut self, definition: &Value) -> Option<Resource> {
        let custom = (self.kinds.len() - BUILT_IN.len()) as u16;
        let mut kind = Kind::of_definition(Resource::Custom(custom), definition)?;
        if let Some(index) = self.by_path.get(&path(&kind)).copied() {
            kind.resource = self.kinds[index].resource;
            let resource = kind.resource;
            (self.kinds[index], self.gone[index]) = (Arc::new(kind), false);
            return Some(resource);
        }
        self.by_path.insert(path(&kind), self.kinds.len());
        let resource = kind.resource;
        self.kinds.push(Arc::new(kind));
        self.gone.push(false);
        Some(resource)
    }

    /// Stops serving the kind of a definition.
    pub(crate) fn undefine(&mut self, resource: Resource) {
        self.gone[resource.index()] = true;
    }
}

fn path(kind: &Kind) -> (String, String) {
    (kind.api_version(), kind.plural.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_path_and_has_a_name_column() {
        let registry = Registry::new();
        assert_eq!(registry.served().count(), Resource::ALL.len());
        for kind in registry.served() {
            assert_eq!(registry.find(&kind.api_version(), &kind.plural).unwrap().resource, kind.resource);
            assert!(kind.columns.iter().any(|column| column.name == "Name"), "{}", kind.kind);
            assert_eq!(registry.kind(kind.resource).kind, kind.kind);
        }
        assert_eq!(registry.kind(Resource::Deployments).qualified(), "deployments.apps");
    }

    #[test]
    fn a_definition_adds_a_kind_with_its_columns_and_takes_it_away() {
        let mut registry = Registry::new();
        let definition = serde_json::json!({"spec": {"group": "infra.example.io", "scope": "Cluster",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wd"]},
            "versions": [{"name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}]}]}});
        let resource = registry.define(&definition).unwrap();
        let kind = registry.find("infra.example.io/v1", "widgets").unwrap();
        assert_eq!((kind.columns.len(), kind.columns[1].kind.as_str(), kind.namespaced), (2, "integer", false));
        assert!(kind.has_subresource("status"));
        registry.undefine(resource);
        assert!(registry.find("infra.example.io/v1", "widgets").is_none());
        assert_eq!(registry.define(&definition), Some(resource));
    }
}
