//! A file that lines are appended to by a thread of its own: bounded, rotated, private to the user.
//!
//! Whoever logs never waits for the disk: lines queue up, and are counted as lost where the queue is full. Must not know
//! what a line says.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::config::state::create_private;
use crate::model::visible::safe;

/// A file larger than this is set aside, in the place of the one that was set aside before. Unit: bytes.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Lines that may wait for the disk.
const QUEUE: usize = 1024;

/// What the thread is asked to do.
enum Order {
    Write(Vec<u8>),
    /// Answer when all before it is written.
    Flush(SyncSender<()>),
}

/// The queue in front of the file. Clones share it.
#[derive(Clone)]
pub struct Sink(Arc<Queue>);

struct Queue {
    /// Made with the first line, and its thread with it: a program that starts has better to do.
    orders: OnceLock<SyncSender<Order>>,
    /// What that thread will work with.
    file: Mutex<Option<Rotated>>,
    length: usize,
    lost: Arc<AtomicU64>,
}

impl Sink {
    /// Opens the file; its thread starts with the first line.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self::new(Rotated::open(path, LARGEST)?, QUEUE))
    }

    fn new(file: Rotated, length: usize) -> Self {
        let (orders, lost) = (OnceLock::new(), Arc::default());
        Self(Arc::new(Queue { orders, file: Mutex::new(Some(file)), length, lost }))
    }

    fn orders(&self) -> &SyncSender<Order> {
        self.0.orders.get_or_init(|| {
            let (orders, inbox) = sync_channel(self.0.length);
            let file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner).take();
            let lost = Arc::clone(&self.0.lost);
            let thread = thread::Builder::new().name("log".to_owned());
            // Without a thread the inbox is gone with it, and nothing queues up.
            drop(thread.spawn(move || file.map(|file| run(file, &inbox, &lost))));
            orders
        })
    }

    /// Waits until what was logged so far is written, at most for `limit`.
    pub fn flush(&self, limit: Duration) {
        let Some(orders) = self.0.orders.get() else { return };
        let (done, told) = sync_channel(1);
        // Where the queue is full the disk hangs, and there is nothing to wait for.
        if orders.try_send(Order::Flush(done)).is_ok() {
            let _in_time = told.recv_timeout(limit);
        }
    }
}

impl Write for &Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Err(TrySendError::Full(_)) = self.orders().try_send(Order::Write(bytes.to_vec())) {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = &'a Sink;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

/// Writes for as long as anybody can log. A disk that is full costs lines, never more.
fn run(mut file: Rotated, inbox: &Receiver<Order>, lost: &AtomicU64) {
    while let Ok(order) = inbox.recv() {
        let missing = lost.swap(0, Ordering::Relaxed);
        if missing > 0 {
            let _full = file.append(format!("{missing} lines lost: the disk was too slow\n").as_bytes());
        }
        match order {
            Order::Write(line) => drop(file.append(&line)),
            Order::Flush(done) => drop(done.try_send(())),
        }
    }
}

/// A file of bounded size, and the one before it. Nothing goes in that could steer the terminal of whoever reads it.
struct Rotated {
    path: PathBuf,
    file: File,
    size: u64,
    largest: u64,
}

impl Rotated {
    fn open(path: &Path, largest: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            create_private(folder)?;
        }
        let file = appending(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size, largest })
    }

    /// Appends whole lines, as the subscriber writes them.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(bytes);
        let lines = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
            Some(line) => safe(line) + "\n",
            None => safe(line),
        });
        let lines: String = lines.collect();
        if self.size > 0 && self.size + lines.len() as u64 > self.largest {
            self.rotate()?;
        }
        self.file.write_all(lines.as_bytes())?;
        self.size += lines.len() as u64;
        Ok(())
    }

    fn rotate(&mut self) -> io::Result<()> {
        std::fs::rename(&self.path, self.path.with_extension("log.1"))?;
        self.file = appending(&self.path)?;
        // Another copy of the program may have begun it already.
        self.size = self.file.metadata()?.len();
        Ok(())
    }
}

fn appending(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/it.log");
        (folder, path)
    }

    #[test]
    fn escapes_from_outside_are_visible_in_the_log() {
        let (_folder, path) = place();
        let sink = Sink::open(&path).unwrap();
        (&sink).write_all(b"cluster=\x1b[31mred\n").unwrap();
        sink.flush(SOON);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "cluster=\u{241b}[31mred\n");
    }

    #[test]
    fn however_much_is_logged_the_files_stay_bounded_and_the_newest_lines_are_kept() {
        let (_folder, path) = place();
        let sink = Sink::new(Rotated::open(&path, 1_000).unwrap(), QUEUE);
        for number in 0..500 {
            (&sink).write_all(format!("line {number:04}\n").as_bytes()).unwrap();
        }
        sink.flush(SOON);
        let (now, before) = (std::fs::read(&path).unwrap(), std::fs::read(path.with_extension("log.1")).unwrap());
        assert!(now.len() <= 1_000 && before.len() <= 1_000, "{} {}", now.len(), before.len());
        assert!(now.ends_with(b"line 0499\n"));
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let modes =
                [&path, &path.with_extension("log.1")].map(|file| file.metadata().unwrap().permissions().mode());
            assert!(modes.iter().all(|mode| mode & 0o777 == 0o600), "{modes:?}");
        }
    }

    #[test]
    fn a_file_goes_on_where_the_last_run_left_it() {
        let (_folder, path) = place();
        for run in ["first\n", "second\n"] {
            let sink = Sink::open(&path).unwrap();
            (&sink).write_all(run.as_bytes()).unwrap();
            sink.flush(SOON);
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\nsecond\n");
    }

    #[test]
    fn whoever_logs_never_waits_and_what_was_lost_is_counted() {
        let (orders, inbox) = sync_channel(2);
        let lost = Arc::new(AtomicU64::new(0));
        // Nobody writes yet, as on a disk that hangs.
        let (orders, file) = (OnceLock::from(orders), Mutex::default());
        let sink = Sink(Arc::new(Queue { orders, file, length: 2, lost: Arc::clone(&lost) }));
        for number in 0..5 {
            (&sink).write_all(format!("{number}\n").as_bytes()).unwrap();
        }
        let (_folder, path) = place();
        let file = Rotated::open(&path, LARGEST).unwrap();
        drop(sink);
        run(file, &inbox, &lost);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "3 lines lost: the disk was too slow\n0\n1\n");
    }
}
