//! Owns telling what an object of a known kind has that its type has not: unknown fields and fields given twice. Must not
//! know what is made of it.

use super::{Field, MESSAGES, Shape, Type};
use crate::sim::lean::Lean;

/// Fields of types in the table that it leaves out, since these servers write none of them: known all the same.
const REST: &str = "
PodSpec: ephemeralContainers hostAliases dnsConfig overhead setHostnameAsFQDN os hostUsers schedulingGates resourceClaims resources hostnameOverride
VolumeSource: gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker downwardAPI fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos csi ephemeral image
VolumeProjection: clusterTrustBundle podCertificate
DownwardAPIVolumeFile: resourceFieldRef
Container: volumeDevices resizePolicy restartPolicyRules
EnvVarSource: resourceFieldRef fileKeyRef
ResourceRequirements: claims
ProbeHandler: grpc
HTTPGetAction: httpHeaders
Lifecycle: stopSignal
LifecycleHandler: sleep
SecurityContext: seLinuxOptions windowsOptions appArmorProfile
PodSecurityContext: seLinuxOptions sysctls windowsOptions appArmorProfile supplementalGroupsPolicy seLinuxChangePolicy
Affinity: nodeAffinity
PodAffinityTerm: matchLabelKeys mismatchLabelKeys
TopologySpreadConstraint: nodeAffinityPolicy nodeTaintsPolicy matchLabelKeys
PodStatus: ephemeralContainerStatuses resourceClaimStatuses extendedResourceClaimStatus allocatedResources resources
ContainerStatus: user allocatedResourcesStatus stopSignal
NodeSpec: configSource
NodeStatus: volumesAttached config runtimeHandlers features declaredFeatures
NodeSystemInfo: swap
ReplicaSetStatus: conditions terminatingReplicas
DaemonSetStatus: conditions
JobSpec: podFailurePolicy successPolicy backoffLimitPerIndex maxFailedIndexes managedBy
JobStatus: failedIndexes
ServiceSpec: loadBalancerSourceRanges healthCheckNodePort sessionAffinityConfig loadBalancerClass allocateLoadBalancerNodePorts trafficDistribution
LoadBalancerIngress: ports
ResourceQuotaSpec: scopeSelector
IngressBackend: resource
PersistentVolumeClaimSpec: dataSource dataSourceRef
PersistentVolumeClaimStatus: allocatedResources allocatedResourceStatuses currentVolumeAttributesClassName modifyVolumeStatus
PersistentVolumeSpec: nodeAffinity
PersistentVolumeSource: gcePersistentDisk awsElasticBlockStore glusterfs nfs rbd iscsi cinder cephfs fc flocker flexVolume azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO local storageos
CSIPersistentVolumeSource: controllerPublishSecretRef nodeStageSecretRef nodePublishSecretRef controllerExpandSecretRef nodeExpandSecretRef
StorageClass: allowedTopologies
VolumeAttachmentSource: inlineVolumeSpec
VolumeAttachmentStatus: attachError detachError
CSIDriverSpec: tokenRequests nodeAllocatableUpdatePeriodSeconds serviceAccountTokenInSecrets
Endpoint: hints
IngressClassSpec: parameters
HorizontalPodAutoscalerSpec: behavior
MetricSpec: object pods external containerResource
MetricStatus: object pods external containerResource
";

/// The problems of an object's text, as a real server words them; none of kinds the table does not know.
pub(crate) fn problems(kind: &str, json: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(message) = MESSAGES.by_name.get(kind) {
        collect(*message, &Lean::parse(json), "", &mut found);
    }
    found
}

fn find(message: usize, key: &str) -> Option<&'static Field> {
    MESSAGES.fields[message].iter().find_map(|field| match field.kind {
        Type::Inline(inner) => find(inner, key),
        _ => (field.key == key || field.key == "*").then_some(field),
    })
}

/// Tells whether a type has a field that the table leaves out.
fn is_left_out(message: usize, key: &str) -> bool {
    let own = REST.lines().filter_map(|line| line.split_once(": ")).find(|(name, _)| *name == MESSAGES.names[message]);
    let inner = |field: &Field| matches!(field.kind, Type::Inline(inner) if is_left_out(inner, key));
    own.is_some_and(|(_, keys)| keys.split(' ').any(|known| known == key)) || MESSAGES.fields[message].iter().any(inner)
}

fn collect(message: usize, value: &Lean<'_>, path: &str, found: &mut Vec<String>) {
    let Some(object) = value.object() else { return };
    for (index, (key, value)) in object.fields.iter().enumerate() {
        let place = if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
        if object.fields[..index].iter().any(|(earlier, _)| earlier == key) {
            found.push(format!("duplicate field \"{place}\""));
        }
        let top = path.is_empty() && matches!(&**key, "kind" | "apiVersion");
        // Directives of strategic merge patches are no fields.
        if top || key.starts_with('$') {
            continue;
        }
        match find(message, key) {
            None if is_left_out(message, key) => {}
            None => found.push(format!("unknown field \"{place}\"")),
            Some(Field { kind: Type::Message(inner), shape, .. }) => match shape {
                Shape::Repeated => value.list().iter().enumerate().for_each(|(index, item)| {
                    collect(*inner, item, &format!("{place}[{index}]"), found);
                }),
                _ => collect(*inner, value, &place, found),
            },
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_type_has_not_is_named_with_its_place() {
        let text = r#"{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"x","nmae":"y"},
            "spec":{"replicas":1,"replicas":2,"template":{"spec":{"dnsConfig":{"anything":1},
                "containers":[{"name":"a"},{"name":"b","imagee":"c","securityContext":{"seLinuxOptions":{}}}],
                "volumes":[{"name":"v","nfs":{"server":"s"}},{"name":"w","emptyDirr":{}}]}}}}"#;
        assert_eq!(
            problems("Deployment", text),
            [
                "unknown field \"metadata.nmae\"",
                "duplicate field \"spec.replicas\"",
                "unknown field \"spec.template.spec.containers[1].imagee\"",
                "unknown field \"spec.template.spec.volumes[1].emptyDirr\"",
            ]
        );
        assert!(problems("Widget", "{\"anything\":1}").is_empty());
    }

    #[test]
    fn what_is_left_out_is_of_types_there_are() {
        for (name, _) in REST.lines().filter_map(|line| line.split_once(": ")) {
            assert!(MESSAGES.by_name.contains_key(name), "{name}");
        }
    }
}
