//! Owns what the API's types say of how fields merge: what counts as one value, what identifies the items of a list, what
//! is there even when it is empty. Must not know who owns fields.

/// Objects that are one value to whoever sets them.
const ATOMS: &[&str] = &[
    "claimRef",
    "configMapKeyRef",
    "fieldRef",
    "involvedObject",
    "labelSelector",
    "nodeSelector",
    "podSelector",
    "regarding",
    "resourceFieldRef",
    "roleRef",
    "scaleTargetRef",
    "secretKeyRef",
    "selector",
    "targetRef",
];

/// Objects and lists that are there even when they are empty: nobody comes to own them by filling them.
const ALWAYS_THERE: &[&str] = &[
    "acceptedNames",
    "containers",
    "daemonEndpoints",
    "jobTemplate",
    "kubeletEndpoint",
    "metadata",
    "names",
    "nodeInfo",
    "source",
    "spec",
    "status",
    "strategy",
    "template",
    "updateStrategy",
];

/// Lists of plain values that merge as sets.
const SETS: &[&str] = &["finalizers", "podCIDRs"];

/// What identifies the items of lists, where it is not what a strategic merge goes by.
const LIST_KEYS: &[(&str, &[&str])] = &[
    ("ports", &["containerPort", "protocol"]),
    ("ports", &["port", "protocol"]),
    ("podIPs", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
];

/// Lists a strategic merge merges, but whoever sets them owns as one.
const WHOLE_LISTS: &[&str] = &["taints"];

pub(super) fn is_atom(field: &str) -> bool {
    ATOMS.contains(&field)
}

pub(super) fn is_always_there(field: &str) -> bool {
    ALWAYS_THERE.contains(&field)
}

pub(super) fn is_set(field: &str) -> bool {
    SETS.contains(&field)
}

/// What identifies the items of a list whose first item has the keys that `has` knows; `None` if the list is one value.
pub(super) fn list_keys(field: &str, has: impl Fn(&str) -> bool) -> Option<&'static [&'static str]> {
    if WHOLE_LISTS.contains(&field) {
        return None;
    }
    let own = LIST_KEYS.iter().find(|(name, keys)| *name == field && has(keys[0]));
    own.or_else(|| MERGE_KEYS.iter().find(|(name, keys)| *name == field && has(keys[0]))).map(|(_, keys)| *keys)
}

/// Field names of lists that merge in a strategic merge, and what identifies their items. Ports are tried in the order
/// given: those of containers before those of services.
const MERGE_KEYS: &[(&str, &[&str])] = &[
    ("containers", &["name"]),
    ("initContainers", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("env", &["name"]),
    ("ports", &["containerPort"]),
    ("ports", &["port"]),
    ("volumes", &["name"]),
    ("volumeMounts", &["mountPath"]),
    ("volumeDevices", &["devicePath"]),
    ("imagePullSecrets", &["name"]),
    ("hostAliases", &["ip"]),
    ("topologySpreadConstraints", &["topologyKey"]),
    ("conditions", &["type"]),
    ("taints", &["key"]),
    ("ownerReferences", &["uid"]),
    ("addresses", &["type"]),
    ("secrets", &["name"]),
];

/// What identifies the items of a list to a strategic merge; `None` if the list is replaced as a whole.
pub(crate) fn merge_key(field: &str, has: impl Fn(&str) -> bool) -> Option<&'static str> {
    MERGE_KEYS.iter().find(|(name, keys)| *name == field && has(keys[0])).map(|(_, keys)| keys[0])
}
