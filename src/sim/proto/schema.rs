//! Owns the table of protobuf field numbers of the Kubernetes messages served. Must not know the encoding.
//!
//! One line per message: `Name: json_key number type, ...` in number order. Types: `s` string, `i` integer, `b` boolean,
//! `time` seconds and nanoseconds, `quantity`, `intorstring`, `bytes` base64 in JSON, `raw` JSON kept as text, a message name; `[t]` repeated,
//! `<t>` a map from strings; a trailing `?` marks a Go pointer, left out when absent. Everything else is always written,
//! even empty, as the API server's generated code does. `=Name` is a message whose fields are inlined in the JSON.

/// The table; numbers follow `generated.proto` of k8s.io/api and k8s.io/apimachinery.
pub(super) const SCHEMA: &str = "
TypeMeta: apiVersion 1 s, kind 2 s
ListMeta: selfLink 1 s, resourceVersion 2 s, continue 3 s, remainingItemCount 4 i?
Status: metadata 1 ListMeta, status 2 s, message 3 s, reason 4 s, details 5 StatusDetails?, code 6 i
StatusDetails: name 1 s, group 2 s, kind 3 s, causes 4 [StatusCause], retryAfterSeconds 5 i, uid 6 s
StatusCause: reason 1 s, message 2 s, field 3 s
ObjectMeta: name 1 s, generateName 2 s, namespace 3 s, selfLink 4 s, uid 5 s, resourceVersion 6 s, generation 7 i, creationTimestamp 8 time, deletionTimestamp 9 time?, deletionGracePeriodSeconds 10 i?, labels 11 <s>, annotations 12 <s>, ownerReferences 13 [OwnerReference], finalizers 14 [s], managedFields 17 [ManagedFieldsEntry]
OwnerReference: kind 1 s, name 3 s, uid 4 s, apiVersion 5 s, controller 6 b?, blockOwnerDeletion 7 b?
ManagedFieldsEntry: manager 1 s, operation 2 s, apiVersion 3 s, time 4 time?, fieldsType 6 s, fieldsV1 7 FieldsV1?, subresource 8 s
FieldsV1: * 1 raw
Pod: metadata 1 ObjectMeta, spec 2 PodSpec, status 3 PodStatus
PodSpec: volumes 1 [Volume], containers 2 [Container], restartPolicy 3 s, terminationGracePeriodSeconds 4 i?, activeDeadlineSeconds 5 i?, dnsPolicy 6 s, nodeSelector 7 <s>, serviceAccountName 8 s, serviceAccount 9 s, nodeName 10 s, hostNetwork 11 b, hostPID 12 b, hostIPC 13 b, securityContext 14 PodSecurityContext?, imagePullSecrets 15 [LocalObjectReference], hostname 16 s, subdomain 17 s, affinity 18 Affinity?, schedulerName 19 s, initContainers 20 [Container], automountServiceAccountToken 21 b?, tolerations 22 [Toleration], priorityClassName 24 s, priority 25 i?, shareProcessNamespace 27 b?, readinessGates 28 [PodReadinessGate], runtimeClassName 29 s?, enableServiceLinks 30 b?, preemptionPolicy 31 s?, topologySpreadConstraints 33 [TopologySpreadConstraint]
PodReadinessGate: conditionType 1 s
LocalObjectReference: name 1 s
Volume: name 1 s, * 2 =VolumeSource
VolumeSource: hostPath 1 HostPathVolumeSource?, emptyDir 2 EmptyDirVolumeSource?, secret 6 SecretVolumeSource?, persistentVolumeClaim 10 PersistentVolumeClaimVolumeSource?, configMap 19 ConfigMapVolumeSource?, projected 26 ProjectedVolumeSource?
HostPathVolumeSource: path 1 s, type 2 s?
EmptyDirVolumeSource: medium 1 s, sizeLimit 2 quantity?
SecretVolumeSource: secretName 1 s, items 2 [KeyToPath], defaultMode 3 i?, optional 4 b?
PersistentVolumeClaimVolumeSource: claimName 1 s, readOnly 2 b
ConfigMapVolumeSource: * 1 =LocalObjectReference, items 2 [KeyToPath], defaultMode 3 i?, optional 4 b?
KeyToPath: key 1 s, path 2 s, mode 3 i?
ProjectedVolumeSource: sources 1 [VolumeProjection], defaultMode 2 i?
VolumeProjection: secret 1 SecretProjection?, downwardAPI 2 DownwardAPIProjection?, configMap 3 ConfigMapProjection?, serviceAccountToken 4 ServiceAccountTokenProjection?
SecretProjection: * 1 =LocalObjectReference, items 2 [KeyToPath], optional 4 b?
ConfigMapProjection: * 1 =LocalObjectReference, items 2 [KeyToPath], optional 4 b?
DownwardAPIProjection: items 1 [DownwardAPIVolumeFile]
DownwardAPIVolumeFile: path 1 s, fieldRef 2 ObjectFieldSelector?, mode 4 i?
ServiceAccountTokenProjection: audience 1 s, expirationSeconds 2 i?, path 3 s
ObjectFieldSelector: apiVersion 1 s, fieldPath 2 s
Container: name 1 s, image 2 s, command 3 [s], args 4 [s], workingDir 5 s, ports 6 [ContainerPort], env 7 [EnvVar], resources 8 ResourceRequirements, volumeMounts 9 [VolumeMount], livenessProbe 10 Probe?, readinessProbe 11 Probe?, lifecycle 12 Lifecycle?, terminationMessagePath 13 s, imagePullPolicy 14 s, securityContext 15 SecurityContext?, stdin 16 b, stdinOnce 17 b, tty 18 b, envFrom 19 [EnvFromSource], terminationMessagePolicy 20 s, startupProbe 22 Probe?, restartPolicy 24 s?
ContainerPort: name 1 s, hostPort 2 i, containerPort 3 i, protocol 4 s, hostIP 5 s
EnvVar: name 1 s, value 2 s, valueFrom 3 EnvVarSource?
EnvVarSource: fieldRef 1 ObjectFieldSelector?, configMapKeyRef 3 ConfigMapKeySelector?, secretKeyRef 4 SecretKeySelector?
ConfigMapKeySelector: * 1 =LocalObjectReference, key 2 s, optional 3 b?
SecretKeySelector: * 1 =LocalObjectReference, key 2 s, optional 3 b?
EnvFromSource: prefix 1 s, configMapRef 2 ConfigMapEnvSource?, secretRef 3 SecretEnvSource?
ConfigMapEnvSource: * 1 =LocalObjectReference, optional 2 b?
SecretEnvSource: * 1 =LocalObjectReference, optional 2 b?
ResourceRequirements: limits 1 <quantity>, requests 2 <quantity>
VolumeMount: name 1 s, readOnly 2 b, mountPath 3 s, subPath 4 s, mountPropagation 5 s?, subPathExpr 6 s, recursiveReadOnly 7 s?
Probe: * 1 =ProbeHandler, initialDelaySeconds 2 i, timeoutSeconds 3 i, periodSeconds 4 i, successThreshold 5 i, failureThreshold 6 i, terminationGracePeriodSeconds 7 i?
ProbeHandler: exec 1 ExecAction?, httpGet 2 HTTPGetAction?, tcpSocket 3 TCPSocketAction?
ExecAction: command 1 [s]
HTTPGetAction: path 1 s, port 2 intorstring, host 3 s, scheme 4 s
TCPSocketAction: port 1 intorstring, host 2 s
Lifecycle: postStart 1 LifecycleHandler?, preStop 2 LifecycleHandler?
LifecycleHandler: exec 1 ExecAction?, httpGet 2 HTTPGetAction?, tcpSocket 3 TCPSocketAction?
SecurityContext: capabilities 1 Capabilities?, privileged 2 b?, runAsUser 4 i?, runAsNonRoot 5 b?, readOnlyRootFilesystem 6 b?, allowPrivilegeEscalation 7 b?, runAsGroup 8 i?, procMount 9 s?, seccompProfile 11 SeccompProfile?
Capabilities: add 1 [s], drop 2 [s]
PodSecurityContext: runAsUser 2 i?, runAsNonRoot 3 b?, supplementalGroups 4 [i], fsGroup 5 i?, runAsGroup 6 i?, fsGroupChangePolicy 9 s?, seccompProfile 10 SeccompProfile?
SeccompProfile: type 1 s, localhostProfile 2 s?
Affinity: podAffinity 2 PodAffinity?, podAntiAffinity 3 PodAffinity?
PodAffinity: requiredDuringSchedulingIgnoredDuringExecution 1 [PodAffinityTerm], preferredDuringSchedulingIgnoredDuringExecution 2 [WeightedPodAffinityTerm]
WeightedPodAffinityTerm: weight 1 i, podAffinityTerm 2 PodAffinityTerm
PodAffinityTerm: labelSelector 1 LabelSelector?, namespaces 2 [s], topologyKey 3 s, namespaceSelector 4 LabelSelector?
LabelSelector: matchLabels 1 <s>, matchExpressions 2 [LabelSelectorRequirement]
Toleration: key 1 s, operator 2 s, value 3 s, effect 4 s, tolerationSeconds 5 i?
TopologySpreadConstraint: maxSkew 1 i, topologyKey 2 s, whenUnsatisfiable 3 s, labelSelector 4 LabelSelector?, minDomains 5 i?
PodStatus: phase 1 s, conditions 2 [PodCondition], message 3 s, reason 4 s, hostIP 5 s, podIP 6 s, startTime 7 time?, containerStatuses 8 [ContainerStatus], qosClass 9 s, initContainerStatuses 10 [ContainerStatus], nominatedNodeName 11 s, podIPs 12 [PodIP], resize 14 s, hostIPs 16 [PodIP], observedGeneration 17 i
PodIP: ip 1 s
PodCondition: type 1 s, status 2 s, lastProbeTime 3 time, lastTransitionTime 4 time, reason 5 s, message 6 s, observedGeneration 7 i
ContainerStatus: name 1 s, state 2 ContainerState, lastState 3 ContainerState, ready 4 b, restartCount 5 i, image 6 s, imageID 7 s, containerID 8 s, started 9 b?, allocatedResources 10 <quantity>, resources 11 ResourceRequirements?, volumeMounts 12 [VolumeMountStatus]
VolumeMountStatus: name 1 s, mountPath 2 s, readOnly 3 b, recursiveReadOnly 4 s?
ContainerState: waiting 1 ContainerStateWaiting?, running 2 ContainerStateRunning?, terminated 3 ContainerStateTerminated?
ContainerStateWaiting: reason 1 s, message 2 s
ContainerStateRunning: startedAt 1 time
ContainerStateTerminated: exitCode 1 i, signal 2 i, reason 3 s, message 4 s, startedAt 5 time, finishedAt 6 time, containerID 7 s
Node: metadata 1 ObjectMeta, spec 2 NodeSpec, status 3 NodeStatus
NodeSpec: podCIDR 1 s, externalID 2 s, providerID 3 s, unschedulable 4 b, taints 5 [Taint], podCIDRs 7 [s]
Taint: key 1 s, value 2 s, effect 3 s, timeAdded 4 time?
NodeStatus: capacity 1 <quantity>, allocatable 2 <quantity>, phase 3 s, conditions 4 [NodeCondition], addresses 5 [NodeAddress], daemonEndpoints 6 NodeDaemonEndpoints, nodeInfo 7 NodeSystemInfo, images 8 [ContainerImage], volumesInUse 9 [s]
NodeCondition: type 1 s, status 2 s, lastHeartbeatTime 3 time, lastTransitionTime 4 time, reason 5 s, message 6 s
NodeAddress: type 1 s, address 2 s
NodeDaemonEndpoints: kubeletEndpoint 1 DaemonEndpoint
DaemonEndpoint: Port 1 i
NodeSystemInfo: machineID 1 s, systemUUID 2 s, bootID 3 s, kernelVersion 4 s, osImage 5 s, containerRuntimeVersion 6 s, kubeletVersion 7 s, kubeProxyVersion 8 s, operatingSystem 9 s, architecture 10 s
ContainerImage: names 1 [s], sizeBytes 2 i
Namespace: metadata 1 ObjectMeta, spec 2 NamespaceSpec, status 3 NamespaceStatus
NamespaceSpec: finalizers 1 [s]
NamespaceStatus: phase 1 s, conditions 2 [NamespaceCondition]
NamespaceCondition: type 1 s, status 2 s, lastTransitionTime 4 time, reason 5 s, message 6 s
Event: metadata 1 ObjectMeta, involvedObject 2 ObjectReference, reason 3 s, message 4 s, source 5 EventSource, firstTimestamp 6 time, lastTimestamp 7 time, count 8 i, type 9 s, eventTime 10 time, series 11 EventSeries?, action 12 s, related 13 ObjectReference?, reportingComponent 14 s, reportingInstance 15 s
ObjectReference: kind 1 s, namespace 2 s, name 3 s, uid 4 s, apiVersion 5 s, resourceVersion 6 s, fieldPath 7 s
EventSource: component 1 s, host 2 s
EventSeries: count 1 i, lastObservedTime 2 time
";
