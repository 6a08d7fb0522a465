//! Owns what a process of a container reads from and writes to: pipes, or a terminal that echoes and edits lines as a
//! kernel's does. Must not know the process, nor what carries the bytes.

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

/// How long a program waits to be told the size of its terminal.
const PATIENCE: std::time::Duration = std::time::Duration::from_millis(500);

const INTERRUPT: u8 = 3;
const END: u8 = 4;
const ERASE: [u8; 2] = [8, 127];
const KILL: u8 = 21;

/// Where output goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Standard,
    Error,
}

/// Columns and rows of a terminal; `None` until they are told.
pub(crate) type Size = Option<(u16, u16)>;

/// The ends that the other side holds.
pub(crate) struct Ends {
    /// Dropped where nothing more is typed.
    pub(crate) input: Option<mpsc::Sender<Bytes>>,
    pub(crate) output: mpsc::Receiver<(Output, Bytes)>,
    pub(crate) size: watch::Sender<Size>,
}

/// Standard input, output and error of a process.
pub(crate) struct Console {
    input: mpsc::Receiver<Bytes>,
    output: mpsc::Sender<(Output, Bytes)>,
    size: watch::Receiver<Size>,
    pub(crate) is_terminal: bool,
    /// Bytes that came and were not read yet.
    ahead: Vec<u8>,
}

/// What reading a line came to.
pub(crate) enum Read {
    /// Without its end of line.
    Line(String),
    /// `Ctrl+C` on a terminal.
    Interrupted,
    End,
}

impl Console {
    pub(crate) fn new(is_terminal: bool) -> (Self, Ends) {
        let (input, from_client) = mpsc::channel(64);
        let (to_client, output) = mpsc::channel(64);
        let (size, told) = watch::channel(None);
        let console = Self { input: from_client, output: to_client, size: told, is_terminal, ahead: Vec::new() };
        (console, Ends { input: Some(input), output, size })
    }

    /// Writes bytes as they are to standard output; who no longer listens misses them.
    pub(crate) async fn copy(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            let _gone = self.output.send((Output::Standard, bytes)).await;
        }
    }

    /// Writes text. A terminal has one output and begins lines at the left.
    pub(crate) async fn write(&mut self, output: Output, text: &str) {
        if self.is_terminal || output == Output::Standard {
            let text = if self.is_terminal { text.replace('\n', "\r\n") } else { text.to_owned() };
            self.copy(text.into()).await;
        } else {
            let _gone = self.output.send((output, text.to_owned().into())).await;
        }
    }

    pub(crate) async fn print(&mut self, text: &str) {
        self.write(Output::Standard, text).await;
    }

    /// Bytes as they come: what is left, then what arrives; `None` at the end.
    pub(crate) async fn read(&mut self) -> Option<Bytes> {
        if self.ahead.is_empty() { self.input.recv().await } else { Some(std::mem::take(&mut self.ahead).into()) }
    }

    /// Reads a line; a terminal shows what is typed and lets it be corrected.
    pub(crate) async fn line(&mut self) -> Read {
        let mut line = Vec::new();
        loop {
            let Some(bytes) = self.read().await else {
                return if line.is_empty() {
                    Read::End
                } else {
                    Read::Line(String::from_utf8_lossy(&line).into_owned())
                };
            };
            let mut echo = Vec::new();
            let mut read = None;
            let mut used = 0;
            for byte in bytes.iter().copied() {
                used += 1;
                match byte {
                    b'\n' => read = Some(Read::Line(String::from_utf8_lossy(&line).into_owned())),
                    _ if !self.is_terminal => line.push(byte),
                    b'\r' => read = Some(Read::Line(String::from_utf8_lossy(&line).into_owned())),
                    INTERRUPT => read = Some(Read::Interrupted),
                    END if line.is_empty() => read = Some(Read::End),
                    END => {}
                    KILL => {
                        echo.extend(b"\x08 \x08".repeat(String::from_utf8_lossy(&line).chars().count()));
                        line.clear();
                    }
                    _ if ERASE.contains(&byte) => {
                        if !line.is_empty() {
                            echo.extend(b"\x08 \x08");
                        }
                        while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
                    }
                    control if control.is_ascii_control() => {}
                    _ => {
                        line.push(byte);
                        echo.push(byte);
                    }
                }
                if read.is_some() {
                    break;
                }
            }
            if self.is_terminal {
                match read {
                    Some(Read::Line(_)) => echo.extend(b"\r\n"),
                    Some(Read::Interrupted) => echo.extend(b"^C\r\n"),
                    _ => {}
                }
                self.copy(echo.into()).await;
            }
            if let Some(read) = read {
                self.ahead = bytes[used..].to_vec();
                return read;
            }
        }
    }

    /// Waits for `Ctrl+C`, for ever where there is no terminal; keeps what else is typed.
    pub(crate) async fn interrupted(&mut self) {
        while self.is_terminal {
            let Some(bytes) = self.input.recv().await else { break };
            self.ahead.extend_from_slice(&bytes);
            if let Some(at) = self.ahead.iter().rposition(|byte| *byte == INTERRUPT) {
                self.ahead.drain(..=at);
                return self.print("^C\n").await;
            }
        }
        std::future::pending::<()>().await;
    }

    /// Columns and rows of the terminal, as told last; nothing for pipes, or if nobody tells.
    pub(crate) async fn size(&mut self) -> Size {
        if self.is_terminal {
            let _untold = tokio::time::timeout(PATIENCE, self.size.wait_for(Option::is_some)).await;
        }
        *self.size.borrow()
    }
}
