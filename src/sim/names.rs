//! Owns the words a world is made of: names, images, versions, ids that look like the real ones, all from one seed.
//! Must not know what they are used for.

use fastrand::Rng;

use super::scenario::Provider;

/// Services of application namespaces.
pub(super) const SERVICES: &[&str] = &[
    "cart",
    "catalog",
    "pricing",
    "gateway",
    "ledger",
    "notifier",
    "mailer",
    "inventory",
    "shipping",
    "sessions",
    "profile",
    "audit",
    "webhooks",
    "reports",
    "chat",
    "presence",
    "media-proxy",
    "thumbnailer",
    "feature-flags",
    "geo",
    "quotes",
    "loyalty",
    "returns",
    "promos",
    "fraud-check",
    "tax",
    "scheduler-api",
    "exporter",
    "etl-loader",
    "accounts",
    "identity",
    "tokens",
    "frontend",
    "backoffice",
    "orders-api",
    "storefront",
    "search-api",
    "translations",
    "uploads",
    "payouts",
];

/// Stateful services.
pub(super) const STATEFUL: &[&str] =
    &["postgres", "redis", "kafka", "rabbitmq", "opensearch", "nats", "minio", "payments"];

/// Cron jobs.
pub(super) const JOBS: &[&str] = &["db-backup", "cleanup", "report-daily", "crm-sync", "reindex", "invoice-run"];

/// Application namespaces.
pub(super) const NAMESPACES: &[&str] = &[
    "shop",
    "payments",
    "search",
    "catalog",
    "billing",
    "identity",
    "notifications",
    "logistics",
    "media",
    "analytics",
    "support",
    "pricing",
    "loyalty",
    "fraud",
    "content",
    "mobile-api",
    "partners",
    "warehouse",
    "reporting",
    "growth",
    "messaging",
    "experiments",
    "data-platform",
    "ml-serving",
    "checkout",
    "accounts",
    "internal-tools",
    "gateway",
];

/// Teams for labels.
pub(super) const TEAMS: &[&str] = &["payments", "growth", "risk", "platform", "search", "logistics"];

/// Characters of generated names: without vowels, so that no word appears.
const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// A random suffix as `generateName` makes them.
pub(super) fn suffix(rng: &mut Rng, length: usize) -> String {
    (0..length).map(|_| char::from(SAFE[rng.usize(..SAFE.len())])).collect()
}

/// One of the given words.
pub(super) fn pick<'a>(rng: &mut Rng, words: &[&'a str]) -> &'a str {
    words[rng.usize(..words.len())]
}

/// A version of an application image.
pub(super) fn tag(rng: &mut Rng) -> String {
    format!("{}.{}.{}", rng.u8(1..5), rng.u8(0..40), rng.u8(0..12))
}

/// Writes a number as a random (version 4) UUID.
pub(super) fn uuid(number: u128) -> String {
    let number = number & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let mut out = String::with_capacity(36);
    push_hex(&mut out, (number >> 64) as u64);
    push_hex(&mut out, number as u64);
    for at in [20, 16, 12, 8] {
        out.insert(at, '-');
    }
    out
}

/// Sixteen hexadecimal digits; a world has a million of them.
fn push_hex(out: &mut String, number: u64) {
    let digit = |shift: u32| char::from(b"0123456789abcdef"[(number >> shift & 0xf) as usize]);
    out.extend((0..16).rev().map(|place| digit(place * 4)));
}

/// Sixty-four hexadecimal digits that follow from `seed`, for container ids and digests.
pub(super) fn digest(seed: u64) -> String {
    let mut rng = Rng::with_seed(seed);
    let mut out = String::with_capacity(64);
    (0..4).for_each(|_| push_hex(&mut out, rng.u64(..)));
    out
}

/// A number that follows from a text and nothing else (FNV-1a): the same on every machine, unlike the standard hasher.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What is the same on all nodes of a provider.
pub(super) struct Flavour {
    pub(super) os_image: &'static str,
    pub(super) kernel: &'static str,
    pub(super) runtime: &'static str,
    pub(super) instance_types: &'static [&'static str],
    /// `(namespace, name, image, daemon)` of the system's workloads; without daemon they are Deployments of two pods at most.
    pub(super) system: &'static [(&'static str, &'static str, &'static str, bool)],
}

/// Platform workloads that any cluster with applications has.
pub(super) const PLATFORM: &[(&str, &str, &str, bool)] = &[
    ("monitoring", "node-exporter", "quay.io/prometheus/node-exporter:v1.10.2", true),
    ("monitoring", "kube-state-metrics", "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.17.0", false),
    ("logging", "fluent-bit", "cr.fluentbit.io/fluent/fluent-bit:4.1.1", true),
    ("ingress-nginx", "ingress-nginx-controller", "registry.k8s.io/ingress-nginx/controller:v1.14.0", false),
    ("cert-manager", "cert-manager", "quay.io/jetstack/cert-manager-controller:v1.19.1", false),
    ("argocd", "argocd-server", "quay.io/argoproj/argocd:v3.2.0", false),
];

/// Returns the flavour of a provider.
pub(super) fn flavour(provider: Provider) -> &'static Flavour {
    match provider {
        Provider::Eks => &Flavour {
            os_image: "Amazon Linux 2023.9.20251110",
            kernel: "6.12.53-69.119.amzn2023.x86_64",
            runtime: "containerd://2.1.4",
            instance_types: &["m6i.2xlarge", "m7i.2xlarge", "c7i.4xlarge", "r7i.2xlarge"],
            system: &[
                (
                    "kube-system",
                    "aws-node",
                    "602401143452.dkr.ecr.eu-west-1.amazonaws.com/amazon-k8s-cni:v1.20.4",
                    true,
                ),
                (
                    "kube-system",
                    "kube-proxy",
                    "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/kube-proxy:v1.35.0",
                    true,
                ),
                ("kube-system", "ebs-csi-node", "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.52.1", true),
                ("kube-system", "coredns", "602401143452.dkr.ecr.eu-west-1.amazonaws.com/eks/coredns:v1.12.4", false),
                (
                    "kube-system",
                    "ebs-csi-controller",
                    "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.52.1",
                    false,
                ),
                ("kube-system", "metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.8.0", false),
                ("kube-system", "karpenter", "public.ecr.aws/karpenter/controller:1.8.1", false),
            ],
        },
        Provider::Gke => &Flavour {
            os_image: "Container-Optimized OS from Google",
            kernel: "6.6.105+",
            runtime: "containerd://2.0.6",
            instance_types: &["e2-standard-8", "n2-standard-8"],
            system: &[
                ("kube-system", "fluentbit-gke", "gke.gcr.io/fluent-bit:v1.8.1200-gke.14", true),
                ("kube-system", "gke-metrics-agent", "gke.gcr.io/gke-metrics-agent:1.15.6-gke.0", true),
                ("kube-system", "pdcsi-node", "gke.gcr.io/gcp-compute-persistent-disk-csi-driver:v1.22.5-gke.0", true),
                ("kube-system", "kube-dns", "gke.gcr.io/k8s-dns-kube-dns:1.26.4-gke.0", false),
                ("kube-system", "metrics-server-v1.35.0", "gke.gcr.io/metrics-server:v0.8.0-gke.4", false),
                ("kube-system", "konnectivity-agent", "gke.gcr.io/proxy-agent:v0.33.0-gke.2", false),
            ],
        },
        Provider::Aks => &Flavour {
            os_image: "Ubuntu 22.04.5 LTS",
            kernel: "5.15.0-1098-azure",
            runtime: "containerd://1.7.28-1",
            instance_types: &["Standard_D8s_v5", "Standard_D4s_v5"],
            system: &[
                ("kube-system", "kube-proxy", "mcr.microsoft.com/oss/kubernetes/kube-proxy:v1.36.0", true),
                ("kube-system", "azure-cns", "mcr.microsoft.com/containernetworking/azure-cns:v1.6.34", true),
                (
                    "kube-system",
                    "csi-azuredisk-node",
                    "mcr.microsoft.com/oss/kubernetes-csi/azuredisk-csi:v1.33.5",
                    true,
                ),
                ("kube-system", "coredns", "mcr.microsoft.com/oss/kubernetes/coredns:v1.12.1", false),
                (
                    "kube-system",
                    "konnectivity-agent",
                    "mcr.microsoft.com/oss/kubernetes/apiserver-network-proxy/agent:v0.31.4",
                    false,
                ),
                ("kube-system", "metrics-server", "mcr.microsoft.com/oss/kubernetes/metrics-server:v0.8.0", false),
            ],
        },
        Provider::K3s => &Flavour {
            os_image: "openSUSE MicroOS",
            kernel: "6.17.6-1-default",
            runtime: "containerd://2.1.4-k3s1",
            instance_types: &["k3s"],
            system: &[
                ("kube-system", "svclb-traefik", "rancher/klipper-lb:v0.4.13", true),
                ("kube-system", "coredns", "rancher/mirrored-coredns-coredns:1.12.3", false),
                ("kube-system", "local-path-provisioner", "rancher/local-path-provisioner:v0.0.32", false),
                ("kube-system", "metrics-server", "rancher/mirrored-metrics-server:v0.8.0", false),
                ("kube-system", "traefik", "rancher/mirrored-library-traefik:3.5.1", false),
            ],
        },
        Provider::Kubeadm => &Flavour {
            os_image: "Debian GNU/Linux 13 (trixie)",
            kernel: "6.12.57+deb13-amd64",
            runtime: "containerd://1.7.24",
            instance_types: &["bare-metal"],
            system: &[
                ("kube-system", "kube-proxy", "registry.k8s.io/kube-proxy:v1.34.4", true),
                ("kube-system", "cilium", "quay.io/cilium/cilium:v1.18.4", true),
                ("kube-system", "cilium-operator", "quay.io/cilium/operator-generic:v1.18.4", false),
                ("kube-system", "coredns", "registry.k8s.io/coredns/coredns:v1.12.1", false),
                ("kube-system", "metrics-server", "registry.k8s.io/metrics-server/metrics-server:v0.8.0", false),
            ],
        },
    }
}

/// The name of node `index`, as its provider would write it.
pub(super) fn node(
    rng: &mut Rng,
    provider: Provider,
    region: &str,
    cluster: &str,
    index: usize,
    address: [u8; 4],
) -> String {
    let [a, b, c, d] = address;
    match provider {
        Provider::Eks if region == "us-east-1" => format!("ip-{a}-{b}-{c}-{d}.ec2.internal"),
        Provider::Eks => format!("ip-{a}-{b}-{c}-{d}.{region}.compute.internal"),
        Provider::Gke => {
            format!("gke-{cluster}-pool-{}-{:08x}-{}", 1 + index % 2, hash(cluster) as u32, suffix(rng, 4))
        }
        Provider::Aks => format!("aks-system-{}-vmss{index:06}", 10_000_000 + hash(cluster) % 80_000_000),
        Provider::K3s => format!("{cluster}-{}", char::from(b'a' + (index % 26) as u8)),
        Provider::Kubeadm if index == 0 => format!("{cluster}-cp-1"),
        Provider::Kubeadm => format!("{cluster}-worker-{index}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_of_version_4() {
        let uuid = uuid(u128::MAX);
        assert_eq!((uuid.len(), &uuid[14..15], &uuid[19..20]), (36, "4", "b"));
    }

    #[test]
    fn names_hold_no_vowel() {
        assert!(!suffix(&mut Rng::with_seed(3), 500).contains(['a', 'e', 'i', 'o', 'u']));
    }
}
