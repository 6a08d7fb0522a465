//! The dashboard without a terminal: the same state, effects, clusters, pace of frames and render thread as the real
//! event loop; keys come from a channel and bytes go to a writer of the bench.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use fleet_tui::app::input::{Input, Key};
use fleet_tui::app::message::Message;
use fleet_tui::app::state::{App, Launch};
use fleet_tui::config::settings::Settings;
use fleet_tui::dashboard::FRAME;
use fleet_tui::dashboard::backlog::Backlog;
use fleet_tui::dashboard::clock::Clock;
use fleet_tui::dashboard::outside::Outside;
use fleet_tui::kubeconfig::Sources;
use fleet_tui::model::update::{Envelope, Update};
use fleet_tui::render::theme::{Flavor, Theme};
use fleet_tui::render::thread::Renderer;
use fleet_tui::terminal::ColorDepth;
use fleet_tui::view::canvas::ViewModel;
use fleet_tui::view::glyphs::Glyphs;
use fleet_tui::view::{heights, project};
use ratatui::layout::Size;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::measure::{queued_ms, thread_ms};

const SIZE: (u16, u16) = (200, 60);
const UPDATES: usize = 256;

/// How a key was answered.
#[allow(dead_code, reason = "only one of the benches presses keys")]
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// When the picture was ready; right after this it goes to the render thread.
    pub ready: Instant,
    /// The picture differs from the one before, so that bytes follow.
    pub changed: bool,
    /// How many milliseconds the loop had to wait for a processor since its turn before.
    pub queued: f64,
}

/// A dashboard without a terminal.
pub struct Headless {
    /// The state.
    pub app: App,
    /// Rows of pods that came or went since the start.
    pub changes: usize,
    /// The most milliseconds that one turn of the loop has been on a processor: other than time that has passed, no other
    /// program makes it longer. 0 where the system does not tell.
    pub longest: f64,
    clock: Clock,
    renderer: Renderer<Arc<ViewModel>>,
    shown: Arc<ViewModel>,
    updates: mpsc::Receiver<Envelope>,
    messages: mpsc::Receiver<Message>,
    keys: mpsc::Receiver<Key>,
    backlog: Backlog,
    outside: Outside,
}

impl Headless {
    /// Starts as the dashboard does: the first frame, then the kubeconfig file.
    pub fn start<W: Write + Send + 'static>(
        config: PathBuf,
        contexts: Vec<String>,
        out: W,
    ) -> io::Result<(Self, mpsc::Sender<Key>)> {
        let all = contexts.is_empty();
        let launch = Launch { contexts, all, ..Launch::default() };
        let sources = Sources { explicit: vec![config], env: None, home: None, search: Vec::new() };
        let (sender, updates) = mpsc::channel(UPDATES);
        let (to_loop, messages) = mpsc::channel(UPDATES);
        let (hand, keys) = mpsc::channel(1);
        let theme = Theme::new(Flavor::Dark, ColorDepth::TrueColor);
        let mut headless = Self {
            app: App::new(SIZE, launch, Settings::default()),
            changes: 0,
            longest: 0.0,
            clock: Clock::start(),
            renderer: Renderer::start(out, || Ok(Size::new(SIZE.0, SIZE.1)), theme)?,
            shown: Arc::default(),
            updates,
            messages,
            keys,
            backlog: Backlog::default(),
            outside: Outside::new(
                sender,
                to_loop,
                sources,
                fleet_tui::config::state::SavedState::default(),
                None,
                &Arc::default(),
            ),
        };
        headless.draw();
        headless.outside.discover();
        Ok((headless, hand))
    }

    /// Lives until `watcher` says that it has seen enough; it is asked after each frame, with the answer if the frame
    /// answers a key.
    pub async fn live(&mut self, mut watcher: impl FnMut(&App, Option<Answer>) -> bool) {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drawn = Instant::now();
        let mut stale = false;
        let mut backlog = std::mem::take(&mut self.backlog);
        let (mut worked, mut queued) = (thread_ms(), queued_ms());
        loop {
            let due = drawn + FRAME;
            let (mut at_once, mut answers) = (false, false);
            tokio::select! {
                biased;
                Some(key) = self.keys.recv() => {
                    self.take_in(Message::Input(Input::Key(key)));
                    (at_once, answers) = (true, true);
                }
                Some(message) = self.messages.recv() => {
                    self.take_in(message);
                    at_once = true;
                }
                () = sleep_until(due), if stale => at_once = true,
                _ = second.tick() => {
                    self.take_in(Message::Tick);
                    stale = true;
                }
                () = backlog.fill(&mut self.updates) => {
                    for envelope in backlog.portion() {
                        if let Update::Pods(delta) = &envelope.update {
                            self.changes += delta.rows.len() + delta.gone.len();
                        }
                        self.take_in(Message::Update(envelope));
                    }
                    stale = true;
                }
            }
            if at_once || (stale && Instant::now() >= due) {
                let mut answer = self.draw();
                answer.queued = queued_ms() - queued;
                drawn = Instant::now();
                stale = false;
                self.note_turn(&mut worked);
                if watcher(&self.app, answers.then_some(answer)) {
                    self.backlog = backlog;
                    return;
                }
            } else {
                self.note_turn(&mut worked);
            }
            queued = queued_ms();
        }
    }

    fn note_turn(&mut self, worked: &mut f64) {
        let now = thread_ms();
        self.longest = self.longest.max(now - *worked);
        *worked = now;
    }

    fn take_in(&mut self, message: Message) {
        let now = self.clock.now(&self.app.settings.time_zone);
        for effect in self.app.update(message, &now) {
            self.outside.fulfil(effect, &self.app);
        }
    }

    fn draw(&mut self) -> Answer {
        self.app.now = self.clock.now(&self.app.settings.time_zone);
        for effect in self.app.conclude() {
            self.outside.fulfil(effect, &self.app);
        }
        let heights = heights(&self.app);
        self.app.prepare(heights);
        for work in self.app.take_work() {
            self.outside.order(work);
        }
        let picture = project(&self.app, &Glyphs::UNICODE);
        let changed = picture != *self.shown;
        let ready = Instant::now();
        if changed {
            self.shown = Arc::new(picture);
            self.renderer.show(Arc::clone(&self.shown));
        }
        Answer { ready, changed, queued: 0.0 }
    }
}
