//! Owns the third part of the table of protobuf field numbers: stateful sets, storage, network, leases, autoscaling. Same
//! form as the first.

/// The table; numbers follow `generated.proto` of k8s.io/api.
pub(super) const SCHEMA: &str = "
StatefulSet: metadata 1 ObjectMeta, spec 2 StatefulSetSpec, status 3 StatefulSetStatus
StatefulSetSpec: replicas 1 i?, selector 2 LabelSelector?, template 3 PodTemplateSpec, volumeClaimTemplates 4 [PersistentVolumeClaim], serviceName 5 s, podManagementPolicy 6 s, updateStrategy 7 StatefulSetUpdateStrategy, revisionHistoryLimit 8 i?, minReadySeconds 9 i, persistentVolumeClaimRetentionPolicy 10 ClaimRetentionPolicy?, ordinals 11 StatefulSetOrdinals?
StatefulSetUpdateStrategy: type 1 s, rollingUpdate 2 RollingUpdateStatefulSetStrategy?
RollingUpdateStatefulSetStrategy: partition 1 i?, maxUnavailable 2 intorstring?
ClaimRetentionPolicy: whenDeleted 1 s, whenScaled 2 s
StatefulSetOrdinals: start 1 i
StatefulSetStatus: observedGeneration 1 i, replicas 2 i, readyReplicas 3 i, currentReplicas 4 i, updatedReplicas 5 i, currentRevision 6 s, updateRevision 7 s, collisionCount 9 i?, conditions 10 [StatefulSetCondition], availableReplicas 11 i
StatefulSetCondition: type 1 s, status 2 s, lastTransitionTime 3 time, reason 4 s, message 5 s
ControllerRevision: metadata 1 ObjectMeta, data 2 RawExtension, revision 3 i
RawExtension: * 1 raw
ReplicationController: metadata 1 ObjectMeta, spec 2 ReplicationControllerSpec, status 3 ReplicaSetStatus
ReplicationControllerSpec: replicas 1 i?, selector 2 <s>, template 3 PodTemplateSpec?, minReadySeconds 4 i
PodTemplate: metadata 1 ObjectMeta, template 2 PodTemplateSpec
PersistentVolumeClaim: metadata 1 ObjectMeta, spec 2 PersistentVolumeClaimSpec, status 3 PersistentVolumeClaimStatus
PersistentVolumeClaimSpec: accessModes 1 [s], resources 2 VolumeResourceRequirements, volumeName 3 s, selector 4 LabelSelector?, storageClassName 5 s?, volumeMode 6 s?, volumeAttributesClassName 9 s?
VolumeResourceRequirements: limits 1 <quantity>, requests 2 <quantity>
PersistentVolumeClaimStatus: phase 1 s, accessModes 2 [s], capacity 3 <quantity>, conditions 4 [PodCondition]
PersistentVolume: metadata 1 ObjectMeta, spec 2 PersistentVolumeSpec, status 3 PersistentVolumeStatus
PersistentVolumeSpec: capacity 1 <quantity>, * 2 =PersistentVolumeSource, accessModes 3 [s], claimRef 4 ObjectReference?, persistentVolumeReclaimPolicy 5 s, storageClassName 6 s, mountOptions 7 [s], volumeMode 8 s?, volumeAttributesClassName 10 s?
PersistentVolumeSource: hostPath 3 HostPathVolumeSource?, csi 22 CSIPersistentVolumeSource?
CSIPersistentVolumeSource: driver 1 s, volumeHandle 2 s, readOnly 3 b, fsType 4 s, volumeAttributes 5 <s>
PersistentVolumeStatus: phase 1 s, message 2 s, reason 3 s, lastPhaseTransitionTime 4 time?
StorageClass: metadata 1 ObjectMeta, provisioner 2 s, parameters 3 <s>, reclaimPolicy 4 s?, mountOptions 5 [s], allowVolumeExpansion 6 b?, volumeBindingMode 7 s?
VolumeAttachment: metadata 1 ObjectMeta, spec 2 VolumeAttachmentSpec, status 3 VolumeAttachmentStatus
VolumeAttachmentSpec: attacher 1 s, source 2 VolumeAttachmentSource, nodeName 3 s
VolumeAttachmentSource: persistentVolumeName 1 s?
VolumeAttachmentStatus: attached 1 b, attachmentMetadata 2 <s>
CSIDriver: metadata 1 ObjectMeta, spec 2 CSIDriverSpec
CSIDriverSpec: attachRequired 1 b?, podInfoOnMount 2 b?, volumeLifecycleModes 3 [s], storageCapacity 4 b?, fsGroupPolicy 5 s?, requiresRepublish 7 b?, seLinuxMount 8 b?
CSINode: metadata 1 ObjectMeta, spec 2 CSINodeSpec
CSINodeSpec: drivers 1 [CSINodeDriver]
CSINodeDriver: name 1 s, nodeID 2 s, topologyKeys 3 [s], allocatable 4 VolumeNodeResources?
VolumeNodeResources: count 1 i?
LimitRange: metadata 1 ObjectMeta, spec 2 LimitRangeSpec
LimitRangeSpec: limits 1 [LimitRangeItem]
LimitRangeItem: type 1 s, max 2 <quantity>, min 3 <quantity>, default 4 <quantity>, defaultRequest 5 <quantity>, maxLimitRequestRatio 6 <quantity>
Lease: metadata 1 ObjectMeta, spec 2 LeaseSpec
LeaseSpec: holderIdentity 1 s?, leaseDurationSeconds 2 i?, acquireTime 3 time?, renewTime 4 time?, leaseTransitions 5 i?, strategy 6 s?, preferredHolder 7 s?
Endpoints: metadata 1 ObjectMeta, subsets 2 [EndpointSubset]
EndpointSubset: addresses 1 [EndpointAddress], notReadyAddresses 2 [EndpointAddress], ports 3 [EndpointPort]
EndpointAddress: ip 1 s, targetRef 2 ObjectReference?, hostname 3 s, nodeName 4 s?
EndpointPort: name 1 s, port 2 i, protocol 3 s, appProtocol 4 s?
EndpointSlice: metadata 1 ObjectMeta, endpoints 2 [Endpoint], ports 3 [EndpointSlicePort], addressType 4 s
Endpoint: addresses 1 [s], conditions 2 EndpointConditions, hostname 3 s?, targetRef 4 ObjectReference?, deprecatedTopology 5 <s>, nodeName 6 s?, zone 7 s?
EndpointConditions: ready 1 b?, serving 2 b?, terminating 3 b?
EndpointSlicePort: name 1 s?, protocol 2 s?, port 3 i?, appProtocol 4 s?
NetworkPolicy: metadata 1 ObjectMeta, spec 2 NetworkPolicySpec
NetworkPolicySpec: podSelector 1 LabelSelector, ingress 2 [NetworkPolicyIngressRule], egress 3 [NetworkPolicyEgressRule], policyTypes 4 [s]
NetworkPolicyIngressRule: ports 1 [NetworkPolicyPort], from 2 [NetworkPolicyPeer]
NetworkPolicyEgressRule: ports 1 [NetworkPolicyPort], to 2 [NetworkPolicyPeer]
NetworkPolicyPort: protocol 1 s?, port 2 intorstring?, endPort 3 i?
NetworkPolicyPeer: podSelector 1 LabelSelector?, namespaceSelector 2 LabelSelector?, ipBlock 3 IPBlock?
IPBlock: cidr 1 s, except 2 [s]
IngressClass: metadata 1 ObjectMeta, spec 2 IngressClassSpec
IngressClassSpec: controller 1 s
RuntimeClass: metadata 1 ObjectMeta, handler 2 s, overhead 3 Overhead?, scheduling 4 Scheduling?
Overhead: podFixed 1 <quantity>
Scheduling: nodeSelector 1 <s>, tolerations 2 [Toleration]
HorizontalPodAutoscaler: metadata 1 ObjectMeta, spec 2 HorizontalPodAutoscalerSpec, status 3 HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec: scaleTargetRef 1 CrossVersionObjectReference, minReplicas 2 i?, maxReplicas 3 i, metrics 4 [MetricSpec]
CrossVersionObjectReference: kind 1 s, name 2 s, apiVersion 3 s
MetricSpec: type 1 s, resource 4 ResourceMetricSource?
ResourceMetricSource: name 1 s, target 2 MetricTarget
MetricTarget: type 1 s, value 2 quantity?, averageValue 3 quantity?, averageUtilization 4 i?
HorizontalPodAutoscalerStatus: observedGeneration 1 i?, lastScaleTime 2 time?, currentReplicas 3 i, desiredReplicas 4 i, currentMetrics 5 [MetricStatus], conditions 6 [StatefulSetCondition]
MetricStatus: type 1 s, resource 4 ResourceMetricStatus?
ResourceMetricStatus: name 1 s, current 2 MetricValueStatus
MetricValueStatus: value 1 quantity?, averageValue 2 quantity?, averageUtilization 3 i?
";
