//! Owns a client made of bytes for the tests: requests, answers, chunks, lines and frames. Must not know the servers.

use super::*;

/// An answer read to its end.
pub(super) struct Answer {
    /// Status line and headers in lower case, each ending in CRLF.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// What came after the last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Silence,
    Closed,
    Reset,
}

/// One connection.
pub(super) struct Client<S> {
    stream: S,
    raw: Vec<u8>,
    /// Bytes of a chunked body, decoded but not taken yet.
    body: Vec<u8>,
    head_read: bool,
    ended: bool,
    /// The answer is one of chunks.
    streaming: bool,
}

/// Asks once over a new socket, as the cluster's user.
pub(super) async fn ask(cluster: &ClusterHandle, path: &str, accept: &str) -> Answer {
    Client::open(cluster.address()).await.call(cluster, "GET", path, accept).await
}

/// Sends a body once over a new socket, as the cluster's user.
pub(super) async fn tell(cluster: &ClusterHandle, method: &str, path: &str, kind: &str, body: &str) -> Answer {
    let mut client = Client::open(cluster.address()).await;
    let length = body.len();
    let token = cluster.token();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    client.stream.write_all(request.as_bytes()).await.unwrap();
    client.answer().await
}

impl Client<TcpStream> {
    pub(super) async fn open(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(super) fn over(stream: S) -> Self {
        Self { stream, raw: Vec::new(), body: Vec::new(), head_read: false, ended: false, streaming: false }
    }

    pub(super) async fn send(&mut self, cluster: &ClusterHandle, method: &str, path: &str, accept: &str) {
        self.send_as(&format!("Authorization: Bearer {}\r\n", cluster.token()), method, path, accept).await;
    }

    pub(super) async fn send_as(&mut self, credentials: &str, method: &str, path: &str, accept: &str) {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: sim\r\n{credentials}Accept: {accept}\r\nContent-Length: 0\r\n\r\n"
        );
        self.stream.write_all(request.as_bytes()).await.unwrap();
        (self.head_read, self.ended) = (false, false);
    }

    pub(super) async fn call(&mut self, cluster: &ClusterHandle, method: &str, path: &str, accept: &str) -> Answer {
        self.call_as(&format!("Authorization: Bearer {}\r\n", cluster.token()), method, path, accept).await
    }

    pub(super) async fn call_as(&mut self, credentials: &str, method: &str, path: &str, accept: &str) -> Answer {
        self.send_as(credentials, method, path, accept).await;
        self.answer().await
    }

    /// Sends a request as it is.
    pub(super) async fn send_raw(&mut self, request: &[u8]) {
        self.stream.write_all(request).await.unwrap();
        (self.head_read, self.ended) = (false, false);
    }

    pub(super) async fn call_raw(&mut self, request: impl AsRef<[u8]>) -> Answer {
        self.send_raw(request.as_ref()).await;
        self.answer().await
    }

    async fn answer(&mut self) -> Answer {
        let head = self.head().await;
        let length = head
            .split("content-length: ")
            .nth(1)
            .map(|rest| rest.split('\r').next().unwrap().parse::<usize>().unwrap());
        let body = if let Some(length) = length {
            while self.raw.len() < length {
                assert!(self.read().await, "the body is cut");
            }
            self.raw.drain(..length).collect()
        } else {
            while !self.ended {
                assert!(self.read_chunk().await, "the body is cut");
            }
            std::mem::take(&mut self.body)
        };
        Answer { head, body }
    }

    /// Status line and headers.
    pub(super) async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.raw.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.raw.drain(..end + 4).collect();
                self.head_read = true;
                let head = String::from_utf8(head).unwrap();
                return if head.contains("200 OK") {
                    head[..16].to_owned() + &head[16..].to_lowercase()
                } else {
                    head.to_lowercase()
                };
            }
            assert!(self.read().await, "the connection ended before an answer");
        }
    }

    /// The next JSON line of a watch.
    pub(super) async fn next_line(&mut self) -> Value {
        loop {
            if let Some(end) = self.body.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.body.drain(..=end).collect();
                return serde_json::from_slice(&line).unwrap();
            }
            self.more().await;
        }
    }

    /// The next protobuf frame of a watch, without its length.
    pub(super) async fn next_frame(&mut self) -> Vec<u8> {
        loop {
            if let Some(prefix) = self.body.first_chunk::<4>() {
                let length = u32::from_be_bytes(*prefix) as usize;
                if self.body.len() >= 4 + length {
                    return self.body.drain(..4 + length).skip(4).collect();
                }
            }
            self.more().await;
        }
    }

    /// Adds a chunk of the body to what was seen of it.
    pub(super) async fn more_of(&mut self, mut seen: Vec<u8>) -> Vec<u8> {
        self.more().await;
        seen.append(&mut self.body);
        seen
    }

    async fn more(&mut self) {
        if !self.head_read {
            self.head().await;
        }
        assert!(!self.ended && self.read_chunk().await, "the stream ended");
    }

    /// Reads to the end; tells whether it was a proper one: a last chunk, or a connection closed between answers.
    pub(super) async fn ends(&mut self) -> bool {
        while !self.ended {
            if !self.read_chunk().await {
                return !self.streaming;
            }
        }
        true
    }

    /// Takes the bytes as they are until the connection ends or nothing comes for a minute: of paused time, that is.
    pub(super) async fn bytes(&mut self) -> (Vec<u8>, Ending) {
        let mut bytes = std::mem::take(&mut self.raw);
        let mut buffer = vec![0; 16 * 1_024];
        loop {
            match tokio::time::timeout(Duration::from_secs(60), self.stream.read(&mut buffer)).await {
                Err(_) => return (bytes, Ending::Silence),
                Ok(Ok(0)) => return (bytes, Ending::Closed),
                Ok(Ok(read)) => bytes.extend_from_slice(&buffer[..read]),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => return (bytes, Ending::Reset),
                Ok(Err(_)) => return (bytes, Ending::Closed),
            }
        }
    }

    /// Tells whether nothing comes for a minute of paused time.
    pub(super) async fn is_silent(&mut self) -> bool {
        matches!(self.bytes().await, (bytes, Ending::Silence) if bytes.is_empty())
    }

    /// Decodes one chunk; `false` when the connection ends first.
    async fn read_chunk(&mut self) -> bool {
        loop {
            if let Some(end) = self.raw.windows(2).position(|pair| pair == b"\r\n") {
                let length = usize::from_str_radix(std::str::from_utf8(&self.raw[..end]).unwrap(), 16).unwrap();
                if self.raw.len() >= end + 2 + length + 2 {
                    self.body.extend_from_slice(&self.raw[end + 2..end + 2 + length]);
                    self.raw.drain(..end + 2 + length + 2);
                    (self.ended, self.streaming) = (length == 0, true);
                    return true;
                }
            }
            if !self.read().await {
                return false;
            }
        }
    }

    async fn read(&mut self) -> bool {
        let mut buffer = vec![0; 16 * 1_024];
        match self.stream.read(&mut buffer).await {
            Ok(0) | Err(_) => false,
            Ok(read) => {
                self.raw.extend_from_slice(&buffer[..read]);
                true
            }
        }
    }
}

/// The names of the items of a protobuf list, in order.
pub(super) fn protobuf_names(body: &[u8]) -> Vec<String> {
    let field = |message: &[u8], wanted: u64| -> Vec<Vec<u8>> {
        fields(message).into_iter().filter(|(number, _)| *number == wanted).map(|(_, bytes)| bytes).collect()
    };
    let list = field(body.strip_prefix(b"k8s\0").unwrap(), 2).remove(0);
    let name = |item: Vec<u8>| String::from_utf8(field(&field(&item, 1)[0], 1).remove(0)).unwrap();
    field(&list, 2).into_iter().map(name).collect()
}

fn fields(mut message: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let varint = |message: &mut &[u8]| {
        let (mut value, mut shift) = (0_u64, 0);
        while let Some((byte, rest)) = message.split_first() {
            *message = rest;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                break;
            }
        }
        value
    };
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let value = varint(&mut message);
        if key & 7 == 2 {
            let (bytes, rest) = message.split_at(value as usize);
            found.push((key >> 3, bytes.to_vec()));
            message = rest;
        }
    }
    found
}
