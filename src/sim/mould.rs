//! Owns what all pods of one template have in common: the text of their spec and what their managed fields say, in JSON and
//! in protobuf. It is held once and written out only when a pod is shown: a real pod weighs 8 KB, of which a third is its own.
//! Must not know how pods come to be.

use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use super::moment::{Millis, timestamp};
use super::{managed, names, proto};

/// Stands for what is a pod's own: as long as what comes in its place, so that lengths before it stay true.
const VOLUME: &str = "kube-api-access-?????";
const OWNER: &str = "????????-????-????-????-????????????";
const ADDRESS: &str = "?.?.?.?";
const NODE: &str = "?node?";

/// A text cut where something of a pod's own belongs, always the same thing.
pub(crate) struct Cut(Box<[Box<[u8]>]>);

impl Cut {
    fn of(text: &[u8], mark: &str) -> Self {
        let (mark, mut parts, mut start, mut at) = (mark.as_bytes(), Vec::new(), 0, 0);
        while at < text.len() {
            if text[at..].starts_with(mark) {
                parts.push(Box::from(&text[start..at]));
                at += mark.len();
                start = at;
            } else {
                at += 1;
            }
        }
        parts.push(Box::from(&text[start..]));
        Self(parts.into())
    }

    fn put(&self, out: &mut Vec<u8>, own: &[u8]) {
        for (index, part) in self.0.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(own);
            }
            out.extend_from_slice(part);
        }
    }

    fn length(&self, own: usize) -> usize {
        self.0.iter().map(|part| part.len()).sum::<usize>() + (self.0.len() - 1) * own
    }
}

/// What the pods of a template have in common.
pub(crate) struct Mould {
    /// JSON of the spec without its braces and without the node.
    spec: Cut,
    /// Who made the pods.
    author: &'static str,
    /// The fields that manager set: read from a sample once somebody asks.
    authored: LazyLock<Cut, Box<dyn FnOnce() -> Cut + Send + Sync>>,
    /// How many containers, and containers that initialize.
    pub(crate) containers: (usize, usize),
    /// The message of the spec before and after the name of the node.
    message: OnceLock<(Cut, Cut)>,
}

impl Mould {
    /// The volume name to use in the spec given to [`Mould::new`].
    pub(crate) const VOLUME: &str = VOLUME;
    /// The id of the owner to use in the sample given to [`Mould::new`].
    pub(crate) const OWNER: &str = OWNER;

    /// Of the JSON of a spec as it is stored, without a node, and a sample of what the author of a pod writes.
    pub(crate) fn new(spec: &str, containers: (usize, usize), author: &'static str, sample: String) -> Self {
        let inner = spec.strip_prefix('{').and_then(|spec| spec.strip_suffix('}')).unwrap_or_default();
        // A fleet keeps tens of thousands of these: no more than it holds.
        let sample = sample.into_boxed_str();
        Self {
            spec: Cut::of(inner.as_bytes(), VOLUME),
            containers,
            author,
            authored: LazyLock::new(Box::new(move || Cut::of(managed::everything(&sample).as_bytes(), OWNER))),
            message: OnceLock::new(),
        }
    }

    fn message(&self) -> &(Cut, Cut) {
        self.message.get_or_init(|| {
            let mut spec = b"{\"nodeName\":\"".to_vec();
            spec.extend_from_slice(NODE.as_bytes());
            spec.extend_from_slice(b"\",");
            self.spec.put(&mut spec, VOLUME.as_bytes());
            spec.push(b'}');
            let message = proto::transcode_text("PodSpec", &String::from_utf8(spec).unwrap_or_default());
            let at = message.windows(NODE.len()).position(|window| window == NODE.as_bytes()).unwrap_or(2);
            // Before the name stand its tag and its length.
            let (before, after) = (&message[..at - 2], &message[(at + NODE.len()).min(message.len())..]);
            (Cut::of(before, VOLUME), Cut::of(after, VOLUME))
        })
    }
}

/// Who keeps the status of a pod that has a node.
pub(crate) const KUBELET: &str = "kubelet";

/// Which fields the status of a pod has, packed: pods alike in this have the same managed fields.
pub(crate) type Shape = u8;

/// What the keeper of the status sets in statuses of each shape met so far.
static SHAPES: LazyLock<Mutex<Shapes>> = LazyLock::new(Mutex::default);

type Shapes = Vec<(Shape, Arc<Cut>)>;

/// Fields of a status that are there from the beginning: nobody comes to own them, the kubelet but one.
const QUALITY: &str = ",\"f:qosClass\":{}";
const PHASE: &str = ",\"f:phase\":{}";

/// What the keeper of the status sets in a status of a shape, of which one is given.
pub(crate) fn of_status(shape: Shape, status: &str, address: Option<[u8; 4]>, keeper: &str) -> Arc<Cut> {
    let mut known = SHAPES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, cut)) = known.iter().find(|(other, _)| *other == shape) {
        return Arc::clone(cut);
    }
    let quoted = |text: &str| format!("\"{text}\"");
    let sample = match address {
        Some(address) => status.replace(&quoted(&written(address)), &quoted(ADDRESS)),
        None => status.to_owned(),
    };
    let fields = managed::everything(&format!("{{\"status\":{sample}}}"));
    let mut fields = fields.replace(QUALITY, "");
    if keeper != KUBELET {
        fields = fields.replace(PHASE, "");
    }
    let cut = Arc::new(Cut::of(fields.as_bytes(), ADDRESS));
    known.push((shape, Arc::clone(&cut)));
    cut
}

fn written([a, b, c, d]: [u8; 4]) -> String {
    format!("{a}.{b}.{c}.{d}")
}

/// What is a pod's own in what its mould writes.
#[derive(Clone)]
pub(crate) struct Stamp {
    pub(crate) mould: Arc<Mould>,
    /// The last letters of the name of its token volume.
    pub(crate) volume: [u8; 5],
    pub(crate) owner: u128,
    /// Set once it has one.
    pub(crate) address: Option<[u8; 4]>,
    /// What the keeper of its status sets: [`of_status`]; nothing as long as nobody has looked at the pod.
    pub(crate) status: Option<Arc<Cut>>,
    /// Who that is.
    pub(crate) keeper: &'static str,
    /// When it was made.
    pub(crate) made: Millis,
    /// When its status was last written.
    pub(crate) kept: Millis,
}

/// One entry of managed fields before it is written.
struct Entry<'a> {
    manager: &'a str,
    at: Millis,
    fields: &'a Cut,
    own: &'a [u8],
    subresource: &'a str,
}

impl Entry<'_> {
    fn json(&self, out: &mut Vec<u8>) {
        let text = managed::entry(self.manager, "v1", &timestamp(self.at), "{}", self.subresource);
        let (before, after) = text.split_once("{}").unwrap_or_default();
        out.extend_from_slice(before.as_bytes());
        self.fields.put(out, self.own);
        out.extend_from_slice(after.as_bytes());
    }

    /// The fields of the message before the set and after it.
    fn frame(&self) -> (Vec<u8>, Vec<u8>) {
        let (mut before, mut after) = (Vec::with_capacity(80), Vec::with_capacity(8));
        for (number, text) in [(1, self.manager), (2, "Update"), (3, "v1")] {
            proto::bytes(&mut before, number, text.as_bytes());
        }
        proto::time(&mut before, 4, self.at.div_euclid(1_000));
        proto::bytes(&mut before, 6, b"FieldsV1");
        proto::bytes(&mut after, 8, self.subresource.as_bytes());
        (before, after)
    }

    fn length(&self) -> usize {
        let (before, after) = self.frame();
        let set = proto::bytes_length(self.fields.length(self.own.len()));
        // The number of managed fields among metadata takes two bytes of tag.
        1 + proto::bytes_length(before.len() + proto::bytes_length(set) + after.len())
    }

    fn message(&self, out: &mut Vec<u8>) {
        let (before, after) = self.frame();
        let raw = self.fields.length(self.own.len());
        let set = proto::bytes_length(raw);
        proto::open(out, 17, before.len() + proto::bytes_length(set) + after.len());
        out.extend_from_slice(&before);
        proto::open(out, 7, set);
        proto::open(out, 1, raw);
        self.fields.put(out, self.own);
        out.extend_from_slice(&after);
    }
}

impl Stamp {
    fn with_entries<R>(&self, use_them: impl FnOnce(&[Entry<'_>]) -> R) -> R {
        let owner = names::uuid(self.owner);
        let address = self.address.map(written).unwrap_or_default();
        let (manager, fields) = (self.mould.author, &*self.mould.authored);
        let author = Entry { manager, at: self.made, fields, own: owner.as_bytes(), subresource: "" };
        let Some(fields) = &self.status else { return use_them(&[author]) };
        let (manager, own) = (self.keeper, address.as_bytes());
        use_them(&[author, Entry { manager, at: self.kept, fields, own, subresource: "status" }])
    }

    fn volume_name(&self) -> [u8; VOLUME.len()] {
        let mut name = [0; VOLUME.len()];
        name.copy_from_slice(VOLUME.as_bytes());
        name[VOLUME.len() - 5..].copy_from_slice(&self.volume);
        name
    }

    /// Writes the managed fields: a JSON list.
    pub(crate) fn managed_fields(&self, out: &mut Vec<u8>) {
        self.with_entries(|entries| {
            for (index, entry) in entries.iter().enumerate() {
                out.push(if index == 0 { b'[' } else { b',' });
                entry.json(out);
            }
            out.push(b']');
        });
    }

    /// Writes the fields of the spec, without its braces and without the node.
    pub(crate) fn spec(&self, out: &mut Vec<u8>) {
        self.mould.spec.put(out, &self.volume_name());
    }

    /// The lengths of the messages of the metadata and the spec; `metadata` is that of the metadata without managed fields.
    fn lengths(&self, metadata: usize, node: &str) -> (usize, usize) {
        let (before, after) = self.mould.message();
        let entries = self.with_entries(|entries| entries.iter().map(Entry::length).sum::<usize>());
        let spec = before.length(VOLUME.len()) + proto::bytes_length(node.len()) + after.length(VOLUME.len());
        (metadata + entries, spec)
    }

    /// How long the message of the pod is.
    pub(crate) fn message_length(&self, metadata: usize, node: &str, status: usize) -> usize {
        let (metadata, spec) = self.lengths(metadata, node);
        [metadata, spec, status].into_iter().map(proto::bytes_length).sum()
    }

    /// Writes the message of the pod from those of its metadata and its status.
    pub(crate) fn message(&self, out: &mut Vec<u8>, metadata: &[u8], node: &str, status: &[u8]) {
        let (metadata_length, spec_length) = self.lengths(metadata.len(), node);
        proto::open(out, 1, metadata_length);
        out.extend_from_slice(metadata);
        self.with_entries(|entries| entries.iter().for_each(|entry| entry.message(out)));
        proto::open(out, 2, spec_length);
        let ((before, after), volume) = (self.mould.message(), self.volume_name());
        before.put(out, &volume);
        proto::bytes(out, 10, node.as_bytes());
        after.put(out, &volume);
        proto::bytes(out, 3, status);
    }
}
