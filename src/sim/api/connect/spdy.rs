//! Owns the tunnel of `kubectl port-forward`: SPDY/3.1 frames in the messages of a WebSocket, two streams per connection,
//! one for its bytes and one for what went wrong. Knows as much of SPDY as that takes; must not know what is carried.

use std::collections::HashMap;

use flate2::{Decompress, FlushDecompress};
use futures::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::tungstenite::Message;

use super::forward::Connections;
use super::{Socket, part};

pub(super) const TUNNEL: &str = "SPDY/3.1+portforward.k8s.io";

const SYN_STREAM: u8 = 1;
const RST_STREAM: u8 = 3;
const PING: u8 = 6;
const HEADERS: u8 = 8;
/// Flag of a frame after which its stream is at its end.
const FIN: u8 = 1;

/// Frames longer than this are no port-forwarding.
const LONGEST: usize = 1 << 20;
const LONGEST_HEADERS: usize = 16 * 1_024;

/// The answer to a new stream without its number: no headers, compressed as SPDY wants them. The first begins the
/// compressed stream that all share.
const NO_HEADERS: &[u8] = &[0, 4, 0, 0xfb, 0xff, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
const ZLIB: &[u8] = &[0x78, 0x01];

/// Words that compressed headers may refer to, each written with its length before it; see the draft of SPDY/3.
const WORDS: &str = "options head post put delete trace accept accept-charset accept-encoding accept-language \
    accept-ranges age allow authorization cache-control connection content-base content-encoding content-language \
    content-length content-location content-md5 content-range content-type date etag expect expires from host if-match \
    if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma \
    proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade \
    user-agent vary via warning www-authenticate method get status 200_OK version HTTP/1.1 url public set-cookie \
    keep-alive origin";
/// What follows those words, without lengths.
const PHRASES: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505\
    203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden\
    404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug \
    Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,\
    application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdch\
    charset=utf-8charset=iso-8859-1,utf-,*,enq=0.";

fn dictionary() -> Vec<u8> {
    let word = |word: &str| [&(word.len() as u32).to_be_bytes(), word.replace('_', " ").as_bytes()].concat();
    WORDS.split(' ').flat_map(word).chain(PHRASES.bytes()).collect()
}

/// Carries connections until the client goes or breaks the protocol.
pub(super) async fn carry(mut socket: Socket, connections: Connections) {
    let mut tunnel = Tunnel { connections, headers: Headers::new(), errors: HashMap::new(), replied: false };
    let mut bytes = Vec::new();
    loop {
        let frames = tokio::select! {
            heard = socket.next() => match heard {
                Some(Ok(Message::Binary(more))) => {
                    bytes.extend_from_slice(&more);
                    tunnel.hear(&mut bytes).await
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
            (stream, piece) = tunnel.connections.next() => Some(match piece {
                Some(piece) => data(stream, 0, &piece),
                None => tunnel.end(stream),
            }),
        };
        let Some(frames) = frames else { break };
        if !frames.is_empty() && socket.send(Message::Binary(frames.into())).await.is_err() {
            return;
        }
    }
    part(socket).await;
}

fn frame(head: [u8; 4], flags: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = (u32::from(flags) << 24 | content.len() as u32).to_be_bytes();
    [&head, &length, &*content].concat()
}

fn data(stream: u32, flags: u8, bytes: &[u8]) -> Vec<u8> {
    frame(stream.to_be_bytes(), flags, &[bytes])
}

fn control(kind: u8, content: &[&[u8]]) -> Vec<u8> {
    frame([0x80, 3, 0, kind], 0, content)
}

struct Tunnel {
    connections: Connections,
    headers: Headers,
    /// Error streams: by the request they are for, then by the data stream they belong to.
    errors: HashMap<Key, u32>,
    replied: bool,
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Request(String),
    Data(u32),
}

impl Tunnel {
    /// Takes the whole frames out of what was heard; the frames to answer with, or nothing if it is no SPDY.
    async fn hear(&mut self, bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
        let mut answer = Vec::new();
        while let Some((head, _)) = bytes.split_first_chunk::<8>() {
            let [a, b, c, kind, flags, length @ ..] = *head;
            let length = u32::from_be_bytes([0, length[0], length[1], length[2]]) as usize;
            if length > LONGEST {
                return None;
            }
            if bytes.len() < 8 + length {
                break;
            }
            let whole: Vec<u8> = bytes.drain(..8 + length).collect();
            let content = &whole[8..];
            let stream = u32::from_be_bytes(*content.first_chunk().unwrap_or(&[0; 4])) & 0x7fff_ffff;
            if a & 0x80 == 0 {
                let stream = u32::from_be_bytes([a, b, c, kind]);
                self.connections.feed(stream, content).await;
                if flags & FIN != 0 {
                    self.connections.finish(stream).await;
                }
                continue;
            }
            match kind {
                SYN_STREAM => {
                    let headers = self.headers.read(content.get(10..)?)?;
                    answer.extend(self.begin(stream, &headers)?);
                }
                HEADERS => drop(self.headers.read(content.get(4..)?)?),
                RST_STREAM => self.connections.finish(stream).await,
                PING => answer.extend_from_slice(&whole),
                _ => {}
            }
        }
        Some(answer)
    }

    /// Answers a new stream: one for errors comes first, then one for data; a request number makes them a pair.
    fn begin(&mut self, stream: u32, headers: &[(String, String)]) -> Option<Vec<u8>> {
        let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let zlib = if std::mem::replace(&mut self.replied, true) { &[][..] } else { ZLIB };
        let mut answer = control(2, &[&stream.to_be_bytes(), zlib, NO_HEADERS]);
        let request = Key::Request(header("requestid").unwrap_or_default().to_owned());
        if header("streamtype")? == "error" {
            self.errors.insert(request, stream);
            return Some(answer);
        }
        let port = header("port")?.parse().ok()?;
        let error = self.errors.remove(&request)?;
        if let Err(words) = self.connections.open(stream, port) {
            answer.extend(data(error, FIN, words.as_bytes()));
            answer.extend(data(stream, FIN, b""));
        } else {
            self.errors.insert(Key::Data(stream), error);
        }
        Some(answer)
    }

    /// The frames that end a connection.
    fn end(&mut self, stream: u32) -> Vec<u8> {
        let error = self.errors.remove(&Key::Data(stream)).map(|error| data(error, FIN, b""));
        [data(stream, FIN, b""), error.unwrap_or_default()].concat()
    }
}

/// The compressed headers of all streams of a client.
struct Headers {
    inflate: Decompress,
    begun: bool,
}

impl Headers {
    fn new() -> Self {
        Self { inflate: Decompress::new(false), begun: false }
    }

    /// Reads a block of headers; `None` if it is none.
    fn read(&mut self, mut block: &[u8]) -> Option<Vec<(String, String)>> {
        if !std::mem::replace(&mut self.begun, true) {
            // A decompressor that knows no dictionaries has read it once it was told it as plain content.
            let words = dictionary();
            let length = (words.len() as u16).to_le_bytes();
            let told = [&[0], &length[..], &length.map(|byte| !byte), &words].concat();
            self.inflate(&told, words.len() + 1)?;
            // The head says: compressed so, with that dictionary.
            block = block.get(6..)?;
        }
        let plain = self.inflate(block, LONGEST_HEADERS)?;
        // The number of headers comes first; the block tells where they end.
        let mut rest = plain.get(4..)?;
        let mut text = || {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let (text, after) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
            rest = after;
            Some(String::from_utf8_lossy(text).into_owned())
        };
        let mut headers = Vec::new();
        while let Some(name) = text() {
            headers.push((name, text()?));
        }
        Some(headers)
    }

    fn inflate(&mut self, bytes: &[u8], most: usize) -> Option<Vec<u8>> {
        let mut plain = Vec::with_capacity(most);
        let before = self.inflate.total_in();
        self.inflate.decompress_vec(bytes, &mut plain, FlushDecompress::Sync).ok()?;
        (self.inflate.total_in() - before == bytes.len() as u64).then_some(plain)
    }
}
