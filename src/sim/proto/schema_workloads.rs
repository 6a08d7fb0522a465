//! Owns the second part of the table of protobuf field numbers: workloads, services, settings and roles. Same form as
//! the first.

/// The table; numbers follow `generated.proto` of k8s.io/api.
pub(super) const SCHEMA: &str = "
LabelSelectorRequirement: key 1 s, operator 2 s, values 3 [s]
Condition: type 1 s, status 2 s, observedGeneration 3 i, lastTransitionTime 4 time, reason 5 s, message 6 s
PodTemplateSpec: metadata 1 ObjectMeta, spec 2 PodSpec
Deployment: metadata 1 ObjectMeta, spec 2 DeploymentSpec, status 3 DeploymentStatus
DeploymentSpec: replicas 1 i?, selector 2 LabelSelector?, template 3 PodTemplateSpec, strategy 4 DeploymentStrategy, minReadySeconds 5 i, revisionHistoryLimit 6 i?, paused 7 b, progressDeadlineSeconds 9 i?
DeploymentStrategy: type 1 s, rollingUpdate 2 RollingUpdate?
RollingUpdate: maxUnavailable 1 intorstring?, maxSurge 2 intorstring?
DeploymentStatus: observedGeneration 1 i, replicas 2 i, updatedReplicas 3 i, availableReplicas 4 i, unavailableReplicas 5 i, conditions 6 [DeploymentCondition], readyReplicas 7 i, collisionCount 8 i?, terminatingReplicas 9 i?
DeploymentCondition: type 1 s, status 2 s, reason 4 s, message 5 s, lastUpdateTime 6 time, lastTransitionTime 7 time
ReplicaSet: metadata 1 ObjectMeta, spec 2 ReplicaSetSpec, status 3 ReplicaSetStatus
ReplicaSetSpec: replicas 1 i?, selector 2 LabelSelector?, template 3 PodTemplateSpec, minReadySeconds 4 i
ReplicaSetStatus: replicas 1 i, fullyLabeledReplicas 2 i, observedGeneration 3 i, readyReplicas 4 i, availableReplicas 5 i
DaemonSet: metadata 1 ObjectMeta, spec 2 DaemonSetSpec, status 3 DaemonSetStatus
DaemonSetSpec: selector 1 LabelSelector?, template 2 PodTemplateSpec, updateStrategy 3 DaemonSetUpdateStrategy, minReadySeconds 4 i, revisionHistoryLimit 6 i?
DaemonSetUpdateStrategy: type 1 s, rollingUpdate 2 RollingUpdate?
DaemonSetStatus: currentNumberScheduled 1 i, numberMisscheduled 2 i, desiredNumberScheduled 3 i, numberReady 4 i, observedGeneration 5 i, updatedNumberScheduled 6 i, numberAvailable 7 i, numberUnavailable 8 i, collisionCount 9 i?
Job: metadata 1 ObjectMeta, spec 2 JobSpec, status 3 JobStatus
JobSpec: parallelism 1 i?, completions 2 i?, activeDeadlineSeconds 3 i?, selector 4 LabelSelector?, manualSelector 5 b?, template 6 PodTemplateSpec, backoffLimit 7 i?, ttlSecondsAfterFinished 8 i?, completionMode 9 s?, suspend 10 b?, podReplacementPolicy 14 s?
JobStatus: conditions 1 [JobCondition], startTime 2 time?, completionTime 3 time?, active 4 i, succeeded 5 i, failed 6 i, completedIndexes 7 s, uncountedTerminatedPods 8 UncountedTerminatedPods?, ready 9 i?, terminating 11 i?
UncountedTerminatedPods: succeeded 1 [s], failed 2 [s]
JobCondition: type 1 s, status 2 s, lastProbeTime 3 time, lastTransitionTime 4 time, reason 5 s, message 6 s
CronJob: metadata 1 ObjectMeta, spec 2 CronJobSpec, status 3 CronJobStatus
CronJobSpec: schedule 1 s, startingDeadlineSeconds 2 i?, concurrencyPolicy 3 s, suspend 4 b?, jobTemplate 5 JobTemplateSpec, successfulJobsHistoryLimit 6 i?, failedJobsHistoryLimit 7 i?, timeZone 8 s?
JobTemplateSpec: metadata 1 ObjectMeta, spec 2 JobSpec
CronJobStatus: active 1 [ObjectReference], lastScheduleTime 4 time?, lastSuccessfulTime 5 time?
ConfigMap: metadata 1 ObjectMeta, data 2 <s>, binaryData 3 <bytes>, immutable 4 b?
Secret: metadata 1 ObjectMeta, data 2 <bytes>, type 3 s, stringData 4 <s>, immutable 5 b?
ServiceAccount: metadata 1 ObjectMeta, secrets 2 [ObjectReference], imagePullSecrets 3 [LocalObjectReference], automountServiceAccountToken 4 b?
Service: metadata 1 ObjectMeta, spec 2 ServiceSpec, status 3 ServiceStatus
ServiceSpec: ports 1 [ServicePort], selector 2 <s>, clusterIP 3 s, type 4 s, externalIPs 5 [s], sessionAffinity 7 s, loadBalancerIP 8 s, externalName 10 s, externalTrafficPolicy 11 s, publishNotReadyAddresses 13 b, ipFamilyPolicy 17 s?, clusterIPs 18 [s], ipFamilies 19 [s], internalTrafficPolicy 22 s?
ServicePort: name 1 s, protocol 2 s, port 3 i, targetPort 4 intorstring, nodePort 5 i, appProtocol 6 s?
ServiceStatus: loadBalancer 1 LoadBalancerStatus, conditions 2 [Condition]
LoadBalancerStatus: ingress 1 [LoadBalancerIngress]
LoadBalancerIngress: ip 1 s, hostname 2 s, ipMode 3 s?
ResourceQuota: metadata 1 ObjectMeta, spec 2 ResourceQuotaSpec, status 3 ResourceQuotaStatus
ResourceQuotaSpec: hard 1 <quantity>, scopes 2 [s]
ResourceQuotaStatus: hard 1 <quantity>, used 2 <quantity>
PodDisruptionBudget: metadata 1 ObjectMeta, spec 2 PodDisruptionBudgetSpec, status 3 PodDisruptionBudgetStatus
PodDisruptionBudgetSpec: minAvailable 1 intorstring?, selector 2 LabelSelector?, maxUnavailable 3 intorstring?, unhealthyPodEvictionPolicy 4 s?
PodDisruptionBudgetStatus: observedGeneration 1 i, disruptedPods 2 <time>, disruptionsAllowed 3 i, currentHealthy 4 i, desiredHealthy 5 i, expectedPods 6 i, conditions 7 [Condition]
PriorityClass: metadata 1 ObjectMeta, value 2 i, globalDefault 3 b, description 4 s, preemptionPolicy 5 s?
PolicyRule: verbs 1 [s], apiGroups 2 [s], resources 3 [s], resourceNames 4 [s], nonResourceURLs 5 [s]
Subject: kind 1 s, apiGroup 2 s, name 3 s, namespace 4 s
RoleRef: apiGroup 1 s, kind 2 s, name 3 s
Role: metadata 1 ObjectMeta, rules 2 [PolicyRule]
RoleBinding: metadata 1 ObjectMeta, subjects 2 [Subject], roleRef 3 RoleRef
ClusterRole: metadata 1 ObjectMeta, rules 2 [PolicyRule], aggregationRule 3 AggregationRule?
AggregationRule: clusterRoleSelectors 1 [LabelSelector]
ClusterRoleBinding: metadata 1 ObjectMeta, subjects 2 [Subject], roleRef 3 RoleRef
Ingress: metadata 1 ObjectMeta, spec 2 IngressSpec, status 3 IngressStatus
IngressSpec: defaultBackend 1 IngressBackend?, tls 2 [IngressTLS], rules 3 [IngressRule], ingressClassName 4 s?
IngressTLS: hosts 1 [s], secretName 2 s
IngressRule: host 1 s, * 2 =IngressRuleValue
IngressRuleValue: http 1 HTTPIngressRuleValue?
HTTPIngressRuleValue: paths 1 [HTTPIngressPath]
HTTPIngressPath: path 1 s, backend 2 IngressBackend, pathType 3 s?
IngressBackend: service 4 IngressServiceBackend?
IngressServiceBackend: name 1 s, port 2 ServiceBackendPort
ServiceBackendPort: name 1 s, number 2 i
SelfSubjectReview: metadata 1 ObjectMeta
SelfSubjectAccessReview: metadata 1 ObjectMeta, spec 2 SelfSubjectAccessReviewSpec
SelfSubjectAccessReviewSpec: resourceAttributes 1 ResourceAttributes?, nonResourceAttributes 2 NonResourceAttributes?
ResourceAttributes: namespace 1 s, verb 2 s, group 3 s, version 4 s, resource 5 s, subresource 6 s, name 7 s
NonResourceAttributes: path 1 s, verb 2 s
SelfSubjectRulesReview: metadata 1 ObjectMeta, spec 2 SelfSubjectRulesReviewSpec
SelfSubjectRulesReviewSpec: namespace 1 s
Eviction: metadata 1 ObjectMeta, deleteOptions 2 DeleteOptions?
DeleteOptions: gracePeriodSeconds 1 i?, preconditions 2 Preconditions?, propagationPolicy 4 s?, dryRun 5 [s]
Preconditions: uid 1 s?, resourceVersion 2 s?
Binding: metadata 1 ObjectMeta, target 2 ObjectReference
Scale: metadata 1 ObjectMeta, spec 2 ScaleSpec
ScaleSpec: replicas 1 i
IngressStatus: loadBalancer 1 LoadBalancerStatus
";
