//! The event loop: merges keys, updates, signals and the clock; owns the state; hands frames to the render thread.
//!
//! Where the layers meet: it knows all of them and decides nothing itself. Each turn takes of what is queued as much as it
//! has time for, then projects once: on input at once, on data at most every [`FRAME`], when nothing happens once a second
//! for the ages, and never if the picture would be the same.

pub mod backlog;
pub mod clock;
pub mod login;
pub mod outside;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::app::input::Input;
use crate::app::message::{Effect, Message};
use crate::app::state::{App, Launch};
use crate::config::choice::Zone;
use crate::kubeconfig::Sources;
use crate::model::health::Health;
use crate::model::update::Envelope;
use crate::render::theme::{Flavor, Theme};
use crate::render::thread::Renderer;
use crate::terminal::{self, Events, Hints, Options, Output, Signal, Signals, SuspendedBy};
use crate::view::canvas::ViewModel;
use crate::view::glyphs::Glyphs;
use crate::view::{heights, project};
use backlog::Backlog;
use clock::Clock;
use outside::Outside;

/// Data changes are drawn at most this often.
pub const FRAME: Duration = Duration::from_millis(33);
/// Updates that may wait for the loop; beyond it the clusters wait, each for itself.
const UPDATES: usize = 256;
/// A loop that did not turn for so long was stopped; otherwise it turns every second.
const STOPPED: Duration = Duration::from_secs(5);
/// How long the end may take to close connections.
const SHUT_DOWN: Duration = Duration::from_millis(500);

/// What a run of the dashboard needs to know.
pub struct Plan {
    /// Where kubeconfig files are looked for.
    pub sources: Sources,
    /// What to open, and what the last run left.
    pub launch: Launch,
    /// Where to keep the state; `None` to keep none.
    pub state_file: Option<std::path::PathBuf>,
    /// Something to tell at start.
    pub notices: Vec<String>,
    /// Take the mouse.
    pub mouse: bool,
    /// What has to be there before the kubeconfig files are read; an error ends the program.
    pub preparation: Option<Preparation>,
}

/// Work that goes on behind the first frame.
pub type Preparation = BoxFuture<'static, io::Result<()>>;

/// Runs the dashboard until it is left. The terminal is given back in every way of leaving.
pub async fn run(plan: Plan) -> io::Result<()> {
    terminal::check().map_err(io::Error::other)?;
    terminal::install_panic_hook();
    let hints = Hints::from_env();
    // First: its thread gets ready beside all that follows, and draws nothing before it has a picture.
    let theme = Theme::new(Flavor::Dark, hints.depth());
    let renderer = Renderer::start(Output::open()?, terminal::size, theme)?;
    let signals = Signals::install()?;
    let options = Options { mouse: plan.mouse, focus: false };
    terminal::enter(options)?;
    let outcome = match Dashboard::start(plan, options, &hints, signals, renderer) {
        Ok(dashboard) => Box::pin(dashboard.live()).await,
        Err(error) => Err(error),
    };
    terminal::leave();
    outcome
}

struct Dashboard {
    app: App,
    clock: Clock,
    glyphs: Glyphs,
    renderer: Renderer<Arc<ViewModel>>,
    shown: Arc<ViewModel>,
    events: Events,
    signals: Signals,
    updates: mpsc::Receiver<Envelope>,
    messages: mpsc::Receiver<Message>,
    outside: Outside,
    options: Options,
    prepared: Option<JoinHandle<io::Result<()>>>,
    login: Option<login::Login>,
    ending: bool,
}

impl Dashboard {
    fn start(
        plan: Plan,
        options: Options,
        hints: &Hints,
        signals: Signals,
        renderer: Renderer<Arc<ViewModel>>,
    ) -> io::Result<Self> {
        let size = terminal::size()?;
        let config = Arc::clone(&plan.launch.config);
        let restored = plan.launch.restored.clone();
        let mut app = App::new((size.width, size.height), plan.launch, config.settings.clone());
        let (clock, glyphs) = (Clock::start(), Glyphs::for_locale(hints.utf8()));
        // The first frame comes before any file or network is asked, and before whatever is there for these.
        app.now = clock.now(&app.settings.time_zone);
        for notice in plan.notices {
            app.toasts.push(notice, Health::Warning, &app.now);
        }
        let effects = app.conclude();
        let wanted = heights(&app);
        app.prepare(wanted);
        let shown = Arc::new(project(&app, &glyphs));
        renderer.show(Arc::clone(&shown));
        let (sender, updates) = mpsc::channel(UPDATES);
        let (to_loop, messages) = mpsc::channel(UPDATES);
        let mut outside = Outside::new(sender, to_loop, plan.sources, restored, plan.state_file, &config);
        for effect in effects {
            outside.fulfil(effect, &app);
        }
        drop(tokio::task::spawn_blocking(Zone::seek_local));
        let prepared = match plan.preparation {
            None => {
                outside.discover();
                None
            }
            Some(preparation) => Some(tokio::spawn(preparation)),
        };
        let events = Events::open()?;
        let (login, ending) = (None, false);
        Ok(Self {
            app,
            clock,
            glyphs,
            renderer,
            shown,
            events,
            signals,
            updates,
            messages,
            outside,
            options,
            prepared,
            login,
            ending,
        })
    }

    async fn live(mut self) -> io::Result<()> {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut drawn = Instant::now();
        let mut stale = false;
        let mut backlog = Backlog::default();
        let outcome = loop {
            let due = drawn + FRAME;
            let mut at_once = false;
            tokio::select! {
                biased;
                signal = self.signals.next() => {
                    if let Err(error) = self.heed(signal).await {
                        break Err(error);
                    }
                }
                outcome = login::finished(&mut self.login) => self.logged_in(outcome).await,
                error = self.renderer.failure() => break Err(error),
                done = prepared(&mut self.prepared) => {
                    if let Err(error) = done {
                        break Err(error);
                    }
                    self.take_in(Message::Prepared).await;
                }
                input = self.events.next() => {
                    match input {
                        Ok(input) if self.login.is_some() => self.while_lent(&input),
                        Ok(input) => self.input(input).await,
                        Err(error) => break Err(error),
                    }
                    at_once = true;
                }
                Some(message) = self.messages.recv() => {
                    self.take_in(message).await;
                    at_once = true;
                }
                () = sleep_until(due), if stale => at_once = true,
                _ = second.tick() => {
                    self.take_in(Message::Tick).await;
                    if self.app.wants_stats() {
                        self.take_in(Message::Stats(self.outside.stats())).await;
                    }
                    stale = true;
                }
                () = backlog.fill(&mut self.updates) => {
                    for envelope in backlog.portion() {
                        self.outside.observe(&envelope);
                        self.take_in(Message::Update(envelope)).await;
                    }
                    stale = true;
                }
            }
            if self.ending {
                break Ok(());
            }
            if at_once || (stale && Instant::now() >= due) {
                if drawn.elapsed() >= STOPPED {
                    self.app.resume(&self.clock.now(&self.app.settings.time_zone));
                }
                self.draw();
                drawn = Instant::now();
                stale = false;
                self.remember();
            }
        };
        self.end(outcome).await
    }

    /// Does what a signal asks for; an error ends the program.
    async fn heed(&mut self, signal: Signal) -> io::Result<()> {
        // The plugin has the terminal: Ctrl+C is for it, and stopping is the shell's business with it.
        let lent = self.login.is_some();
        match signal {
            Signal::Interrupt if lent => self.give_up_login(),
            Signal::Suspend | Signal::Continued if lent => {}
            Signal::Quit | Signal::Interrupt => self.ending = true,
            Signal::HangUp => return Err(io::Error::other("the terminal is gone")),
            Signal::Panicked => return Err(io::Error::other("a task panicked")),
            Signal::Suspend => self.suspend(SuspendedBy::Signal).await?,
            Signal::Continued => self.resume()?,
        }
        Ok(())
    }

    async fn input(&mut self, input: Input) {
        let message = match input {
            Input::Mouse(mouse) => {
                self.take_in(Message::Input(input)).await;
                Message::Pointer(mouse.kind, self.shown.hit(mouse.column, mouse.row).cloned())
            }
            other => Message::Input(other),
        };
        self.take_in(message).await;
    }

    async fn take_in(&mut self, message: Message) {
        let now = self.clock.now(&self.app.settings.time_zone);
        for effect in self.app.update(message, &now) {
            match effect {
                Effect::Quit => self.ending = true,
                Effect::Login(id) => self.log_in(&id).await,
                Effect::Copy(text) => self.renderer.copy(text),
                Effect::Suspend => {
                    if let Err(error) = self.suspend(SuspendedBy::Key).await {
                        self.app.toasts.push(format!("cannot suspend: {error}"), Health::Warning, &now);
                    }
                }
                effect => self.outside.fulfil(effect, &self.app),
            }
        }
    }

    /// Concludes, prepares, projects; hands the picture over only if it differs from the last one.
    fn draw(&mut self) {
        self.app.now = self.clock.now(&self.app.settings.time_zone);
        for effect in self.app.conclude() {
            self.outside.fulfil(effect, &self.app);
        }
        let heights = heights(&self.app);
        self.app.prepare(heights);
        for work in self.app.take_work() {
            self.outside.order(work);
        }
        let picture = project(&self.app, &self.glyphs);
        if picture != *self.shown {
            self.shown = Arc::new(picture);
            self.renderer.show(Arc::clone(&self.shown));
        }
    }

    fn remember(&mut self) {
        if let Some(state) = self.app.to_save() {
            self.outside.save(state);
        }
    }

    async fn suspend(&mut self, by: SuspendedBy) -> io::Result<()> {
        self.renderer.suspend().await;
        self.events.close().await;
        let outcome = terminal::suspend(self.options, by).await;
        self.events.reopen()?;
        self.renderer.resume().await;
        self.measure();
        outcome
    }

    fn resume(&mut self) -> io::Result<()> {
        terminal::enter(self.options)?;
        self.renderer.repaint();
        self.measure();
        Ok(())
    }

    /// The terminal may have another size after it was someone else's.
    fn measure(&mut self) {
        if let Ok(size) = terminal::size() {
            self.app.size = (size.width, size.height);
        }
    }

    async fn end(mut self, outcome: io::Result<()>) -> io::Result<()> {
        if let Some(login) = self.login.take() {
            login.end().await;
        }
        self.remember();
        self.renderer.quit().await;
        terminal::leave();
        drop(self.updates);
        self.outside.shut_down(SHUT_DOWN).await;
        outcome
    }
}

/// Waits for the preparation, once; for ever if there is none.
async fn prepared(task: &mut Option<JoinHandle<io::Result<()>>>) -> io::Result<()> {
    let Some(running) = task else { return std::future::pending().await };
    let done = running.await;
    *task = None;
    done.unwrap_or_else(|error| Err(io::Error::other(error)))
}
