//! A pseudo terminal in which a program runs and whose bytes are counted and thrown away. Must not know the program.

#![allow(dead_code, reason = "each bench takes what it needs")]

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::time::Instant;

/// How long a frame may take before the program counts as dead.
const PATIENCE: Duration = Duration::from_secs(20);

/// A program in its terminal; it is killed when this is dropped.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keys: Box<dyn Write + Send>,
    bytes: Arc<AtomicU64>,
    chunks: mpsc::Receiver<(Instant, Vec<u8>)>,
    started: Instant,
}

impl Terminal {
    /// Starts a program in a terminal of that many columns and rows, with a state folder of its own.
    pub fn start(program: &Path, args: &[&str], size: (u16, u16), home: &Path) -> io::Result<Self> {
        let size = PtySize { cols: size.0, rows: size.1, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).map_err(io::Error::other)?;
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(home);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for name in ["XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"] {
            command.env(name, home);
        }
        command.env_remove("KUBECONFIG");
        let mut reader = pair.master.try_clone_reader().map_err(io::Error::other)?;
        let keys = pair.master.take_writer().map_err(io::Error::other)?;
        let bytes = Arc::new(AtomicU64::new(0));
        let (sender, chunks) = mpsc::channel();
        let count = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1_024];
            while let Ok(read) = reader.read(&mut buffer) {
                if read == 0 {
                    return;
                }
                let at = Instant::now();
                count.fetch_add(read as u64, Ordering::Relaxed);
                drop(sender.send((at, buffer[..read].to_vec())));
            }
        });
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).map_err(io::Error::other)?;
        Ok(Self { child, master: pair.master, keys, bytes, chunks, started })
    }

    /// Waits until a text has arrived; returns the time from the start of the program to that.
    pub fn shows(&self, text: &str) -> io::Result<Duration> {
        let mut seen: Vec<u8> = Vec::new();
        loop {
            let (at, chunk) = self.chunks.recv_timeout(PATIENCE).map_err(io::Error::other)?;
            seen.extend_from_slice(&chunk);
            if seen.windows(text.len()).any(|window| window == text.as_bytes()) {
                return Ok(at - self.started);
            }
        }
    }

    /// Types some keys.
    pub fn type_keys(&mut self, keys: &str) -> io::Result<()> {
        self.keys.write_all(keys.as_bytes())?;
        self.keys.flush()
    }

    /// Forgets what has come so far; only the count stays.
    pub fn forget(&self) {
        while self.chunks.try_recv().is_ok() {}
    }

    /// Bytes written to the terminal since the start.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap_or(0)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
