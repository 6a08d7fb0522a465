//! Cuts a JSON list into its objects while it is still arriving. Must not know what the objects are.
//!
//! Each element of a top-level array of a given name (`items`; `rows` of tables) is handed out when its last byte is there; everything else is kept as a small
//! skeleton, so that the metadata is found wherever it stands. Every byte is looked at once.

use serde::Deserialize;

use super::pending::trim;
use super::status::Status;
use super::{ITEM_LIMIT, ListMeta, ListPiece, WireError, read_json};
use crate::cluster::project::field::{Text, nullable};

/// The most that everything besides the items may take, in bytes.
const SKELETON_LIMIT: usize = 1024 * 1024;
/// Deeper nesting is not Kubernetes.
const DEPTH_LIMIT: u32 = 512;

/// The framing of a JSON list.
#[derive(Debug, Default)]
pub struct JsonList {
    scan: Scan,
    element: Vec<u8>,
    skeleton: Vec<u8>,
}

impl JsonList {
    /// Hands out the elements of the arrays of these names.
    pub fn of(arrays: &'static [&'static [u8]]) -> Self {
        Self { scan: Scan { arrays, ..Scan::default() }, ..Self::default() }
    }

    /// Takes the next chunk and hands out every piece that is complete.
    pub fn feed(
        &mut self,
        chunk: &[u8],
        mut each: impl FnMut(ListPiece<'_>) -> Result<(), WireError>,
    ) -> Result<(), WireError> {
        let mut rest = chunk;
        while let Some(byte) = rest.first() {
            if self.scan.in_element() {
                let (size, ended) = self.scan.element(rest)?;
                let (bytes, after) = rest.split_at_checked(size).unwrap_or((rest, &[]));
                rest = after;
                self.element.extend_from_slice(bytes);
                if self.element.len() > ITEM_LIMIT {
                    return Err(WireError::TooLarge(ITEM_LIMIT));
                }
                if ended {
                    each(ListPiece::Object(&self.element))?;
                    self.element.clear();
                    trim(&mut self.element);
                }
                continue;
            }
            match self.scan.step(*byte)? {
                Step::Between => {}
                Step::Element => self.element.push(*byte),
                Step::Skeleton => self.skeleton.push(*byte),
                Step::Begin => {
                    self.skeleton.push(*byte);
                    let opened = self.skeleton.len();
                    self.skeleton.extend_from_slice(b"]}");
                    each(ListPiece::Head(&self.skeleton))?;
                    self.skeleton.truncate(opened);
                }
                Step::End => {
                    self.skeleton.push(*byte);
                    each(outline(&self.skeleton)?)?;
                    self.skeleton = Vec::new();
                }
            }
            if self.skeleton.len() > SKELETON_LIMIT {
                return Err(WireError::TooLarge(SKELETON_LIMIT));
            }
            rest = rest.get(1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Tells whether the list was read to its end.
    pub fn is_complete(&self) -> bool {
        self.scan.done
    }
}

/// What a byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Everything outside of `items`.
    Skeleton,
    /// The bracket that opens the array.
    Begin,
    /// The end of the answer.
    End,
    /// Commas and spaces between elements.
    Between,
    /// The first byte of an element.
    Element,
}

/// Whether a byte stands in a string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Quoted {
    #[default]
    Outside,
    Inside,
    AfterBackslash,
}

/// Where in the text we are.
#[derive(Debug, Default)]
struct Scan {
    depth: u32,
    quoted: Quoted,
    /// The names of the arrays whose elements are handed out.
    arrays: &'static [&'static [u8]],
    /// The latest string of the outermost object, as far as needed to know one of them.
    key: Vec<u8>,
    in_items: bool,
    done: bool,
}

impl Scan {
    fn in_element(&self) -> bool {
        self.in_items && self.depth > 2
    }

    /// Goes through an element, as far as the bytes reach; returns how far that was and whether it is the element's end.
    fn element(&mut self, bytes: &[u8]) -> Result<(usize, bool), WireError> {
        for (index, byte) in bytes.iter().enumerate() {
            match (self.quoted, byte) {
                (Quoted::AfterBackslash, _) | (Quoted::Outside, b'"') => self.quoted = Quoted::Inside,
                (Quoted::Inside, b'"') => self.quoted = Quoted::Outside,
                (Quoted::Inside, b'\\') => self.quoted = Quoted::AfterBackslash,
                (Quoted::Outside, b'{' | b'[') => self.deeper()?,
                (Quoted::Outside, b'}' | b']') => {
                    self.depth -= 1;
                    if self.depth == 2 {
                        return Ok((index + 1, true));
                    }
                }
                (Quoted::Inside | Quoted::Outside, _) => {}
            }
        }
        Ok((bytes.len(), false))
    }

    fn deeper(&mut self) -> Result<(), WireError> {
        self.depth += 1;
        if self.depth > DEPTH_LIMIT { Err(WireError::Malformed("json: nesting without end")) } else { Ok(()) }
    }

    /// Returns what a byte that changes nothing belongs to.
    fn place(&self) -> Step {
        match (self.in_items, self.depth) {
            (true, 2) => Step::Between,
            (true, _) => Step::Element,
            (false, _) => Step::Skeleton,
        }
    }

    fn step(&mut self, byte: u8) -> Result<Step, WireError> {
        if self.quoted != Quoted::Outside {
            self.string(byte);
            return Ok(self.place());
        }
        let space = byte.is_ascii_whitespace();
        if (self.done || self.depth == 0) && !space && (self.done || byte != b'{') {
            return Err(WireError::Malformed("json: an answer that is not one object"));
        }
        if self.in_items && self.depth == 2 && !space && !matches!(byte, b'{' | b',' | b']') {
            return Err(WireError::Malformed("json: a list element that is not an object"));
        }
        match byte {
            b'"' => {
                self.quoted = Quoted::Inside;
                self.key.clear();
                Ok(self.place())
            }
            b'{' | b'[' => {
                self.deeper()?;
                if byte == b'[' && self.depth == 2 && self.arrays.contains(&self.key.as_slice()) {
                    self.in_items = true;
                    return Ok(Step::Begin);
                }
                Ok(self.place())
            }
            b'}' | b']' => {
                self.depth = self.depth.checked_sub(1).ok_or(WireError::Malformed("json: one bracket too many"))?;
                Ok(match (self.depth, self.in_items) {
                    (1, true) => {
                        self.in_items = false;
                        Step::Skeleton
                    }
                    (0, _) => {
                        self.done = true;
                        Step::End
                    }
                    _ => self.place(),
                })
            }
            _ if self.done => Ok(Step::Between),
            _ => Ok(self.place()),
        }
    }

    fn string(&mut self, byte: u8) {
        match byte {
            _ if self.quoted == Quoted::AfterBackslash => self.quoted = Quoted::Inside,
            b'\\' => self.quoted = Quoted::AfterBackslash,
            b'"' => self.quoted = Quoted::Outside,
            _ if self.depth == 1 && self.key.len() < 8 => self.key.push(byte),
            _ => {}
        }
    }
}

/// Everything of a list besides its items, or a status.
#[derive(Debug, Deserialize)]
struct Skeleton<'a> {
    #[serde(borrow, default)]
    kind: Text<'a>,
    #[serde(borrow, default, deserialize_with = "nullable")]
    metadata: SkeletonMeta<'a>,
}

#[derive(Debug, Default, Deserialize)]
struct SkeletonMeta<'a> {
    #[serde(borrow, default, rename = "resourceVersion")]
    resource_version: Text<'a>,
    #[serde(borrow, default, rename = "continue")]
    continue_token: Text<'a>,
}

fn outline(skeleton: &[u8]) -> Result<ListPiece<'static>, WireError> {
    let list: Skeleton<'_> = read_json(skeleton)?;
    if &*list.kind == "Status" {
        return Ok(ListPiece::Status(read_json::<Status>(skeleton)?));
    }
    Ok(ListPiece::Meta(ListMeta {
        resource_version: list.metadata.resource_version.to_string(),
        continue_token: list.metadata.continue_token.to_string(),
    }))
}
