//! `update(state, message) -> effects`: the one way the state changes. Must not know what fulfils an effect.

use super::action::{Action, Place};
use super::auth_events::{self, auth_event};
use super::chooser::insert;
use super::clock::Now;
use super::cluster::OpenCluster;
use super::exclusive::{Chosen, one_of_each_name};
use super::input::{Input, Key};
use super::layer::Layer;
use super::message::{Effect, Message};
use super::ordering::Work;
use super::state::{App, Screen};
use super::toast::News;
use super::{kinds, knobs};
use crate::config::choice::DuplicateNames;
use crate::model::catalog::Catalog;
use crate::model::health::Health;
use crate::model::ids::ClusterId;
use crate::model::update::{ClusterCommand, Envelope, Link, Update};

impl App {
    /// Takes in one message at a moment; returns what is to be done outside.
    pub fn update(&mut self, message: Message, now: &Now) -> Vec<Effect> {
        self.now.clone_from(now);
        let mut effects = Vec::new();
        match message {
            Message::Input(input) => self.input(input, &mut effects),
            Message::Pointer(kind, target) => self.pointer(kind, target, &mut effects),
            Message::Update(envelope) => self.envelope(envelope),
            Message::Ordered(done) => self.ordered(done),
            Message::Found(found) => self.found(found),
            Message::Written(written) => self.written(written, &mut effects),
            Message::Tick => self.tick(),
            Message::Prepared => effects.push(Effect::Discover),
            Message::Stats(stats) => self.stats = Some(stats),
            Message::Catalog(catalog) => self.discovered(catalog, &mut effects),
            Message::Notice(text, tone) => self.toasts.push(text, tone, &self.now),
            Message::LoginDone(id) => self.login_done(&id),
        }
        effects
    }

    fn input(&mut self, input: Input, effects: &mut Vec<Effect>) {
        match input {
            Input::Key(key) => self.key(key, effects),
            Input::Paste(text) => self.paste(&text),
            Input::Resize(columns, rows) => self.size = (columns, rows),
            // What the mouse does arrives as `Message::Pointer`, with what it hits.
            Input::Mouse(mouse) => self.mouse_at = (mouse.column, mouse.row),
            Input::FocusGained | Input::FocusLost => {}
        }
    }

    fn key(&mut self, key: Key, effects: &mut Vec<Effect>) {
        let place = self.place();
        if place == Place::Dialog && self.dialog_key(key) {
            return;
        }
        if let Some(action) = self.keymap.resolve(key, place) {
            self.perform(action, effects);
        }
    }

    /// Gives a key to the topmost layer's field; returns whether it took it.
    fn dialog_key(&mut self, key: Key) -> bool {
        // On what was not typed in the key edits the field.
        let forget = self.keymap.resolve(key, Place::Cluster) == Some(Action::ForgetNamespace);
        if self.columns_key(key) || (forget && self.forget_in_list()) {
            return true;
        }
        let Some(layer) = self.layers.last_mut() else { return false };
        // Up, Down and Ctrl+J belong to the list; Space checks in the picker.
        let listed = self.keymap.resolve(key, Place::Dialog).is_some();
        match layer {
            Layer::Picker(picker) if key == Key::char(' ') => {
                picker.toggle(&self.catalog, &self.launch.config, &self.fleet);
                true
            }
            Layer::Namespaces(_) if key == Key::char(' ') => {
                self.toggle_in_list();
                true
            }
            Layer::Filter { input, .. } if !listed => {
                let taken = super::chooser::edit(input, key);
                if taken {
                    self.filter_typed();
                }
                taken
            }
            Layer::Search { input, .. } if !listed => {
                let taken = super::chooser::edit(input, key);
                if taken {
                    self.search_typed();
                }
                taken
            }
            Layer::Help(_) | Layer::Diagnostics(_) if matches!(key.text(), Some('q' | '?')) => {
                self.layers.pop();
                true
            }
            Layer::Help(_) | Layer::Diagnostics(_) => {
                // Everywhere else j, k, g and G move; so they do here.
                let action = self.keymap.resolve(key, Place::Cluster);
                let moves = [Action::Up, Action::Down, Action::PageUp, Action::PageDown, Action::Top, Action::Bottom];
                if let Some(action) = action.filter(|action| moves.contains(action)) {
                    self.dialog_step(action);
                    return true;
                }
                false
            }
            _ if listed => false,
            _ => {
                let took = layer.chooser_mut().is_some_and(|chooser| chooser.edit(key));
                if took {
                    self.typed_in_list();
                }
                took
            }
        }
    }

    fn typed_in_list(&mut self) {
        if let Some(Layer::Palette(chooser)) = self.layers.last_mut() {
            let entry = knobs::typed(&self.settings, chooser.input.value());
            chooser.exchange(knobs::is_typed, entry.into_iter().collect());
        }
        self.search_objects();
        let Some(cluster) = self.fleet.active() else { return };
        match self.layers.last_mut() {
            Some(Layer::Namespaces(picker)) => picker.refresh(cluster),
            Some(Layer::Palette(chooser) | Layer::Kinds(chooser)) => {
                let typed = chooser.input.value().to_owned();
                chooser.exchange(kinds::is_typed, kinds::typed(cluster, &typed));
            }
            _ => {}
        }
    }

    fn paste(&mut self, text: &str) {
        match self.layers.last_mut() {
            Some(Layer::Filter { input, .. }) => {
                insert(input, text);
                self.filter_typed();
            }
            Some(Layer::Search { .. }) => self.search_pasted(text),
            Some(layer) => {
                if let Some(chooser) = layer.chooser_mut() {
                    chooser.paste(text);
                    self.typed_in_list();
                }
            }
            None => {}
        }
    }

    fn envelope(&mut self, envelope: Envelope) {
        let Some(cluster) = self.fleet.get_mut(&envelope.cluster) else { return };
        if cluster.generation != envelope.generation {
            return;
        }
        if let Update::Withheld(Some(why)) = &envelope.update {
            let (name, tone) = (&cluster.short_name, Health::Warning);
            let text = format!("{name}: its changed files do not work, the old login goes on: {why}");
            self.toasts.push(text, tone, &self.now);
        }
        if !matches!(envelope.update, Update::Link(_)) {
            cluster.apply(envelope.update, &self.settings, &self.now);
            return;
        }
        let before = cluster.auth_verdict().cloned();
        cluster.apply(envelope.update, &self.settings, &self.now);
        if let Some(event) = auth_event(before.as_ref(), cluster.auth_verdict(), &cluster.link) {
            auth_events::log(&cluster.id, &cluster.name, &event);
        }
        if let Some((text, tone)) =
            auth_events::of_login(&cluster.name, &cluster.link).filter(|_| cluster.pending.login)
        {
            cluster.pending.login = false;
            self.toasts.push(text, tone, &self.now);
        }
    }

    /// The credential plugin has done its part of a login; what it is worth the server has to say.
    fn login_done(&mut self, id: &ClusterId) {
        let Some(cluster) = self.fleet.get_mut(id) else { return };
        cluster.pending.login = cluster.link != Link::Up;
        let next = if cluster.pending.login { "asking the server" } else { "it serves the next connection" };
        self.toasts.push(format!("login to {} done: {next}", cluster.name), Health::Unknown, &self.now);
    }

    fn tick(&mut self) {
        self.toasts.expire(self.settings.toast, &self.now);
    }

    fn discovered(&mut self, catalog: Catalog, effects: &mut Vec<Effect>) {
        let first = !self.discovered;
        self.discovered = true;
        // The files are read again whenever they change: what was told already is no news.
        for notice in catalog.notices.iter().filter(|notice| !self.catalog.notices.contains(notice)) {
            self.toasts.push(notice.clone(), Health::Warning, &self.now);
        }
        for file in &catalog.files {
            let known =
                self.catalog.files.iter().any(|before| before.path == file.path && before.problem == file.problem);
            if let Some(problem) = file.problem.as_ref().filter(|_| !known) {
                self.toasts.push(format!("{}: {problem}", file.label), Health::Warning, &self.now);
            }
        }
        self.catalog = catalog;
        if first {
            self.start(effects);
        } else {
            self.close_removed(effects);
            self.open_found(effects);
        }
    }

    /// Says which clusters of the last run are not there. Those whose file is missing or broken are kept for later; a
    /// context absent from a file that parses is gone for good.
    fn tell_absent(&mut self) {
        let files = &self.launch.restored.files;
        let is_broken = |id: &ClusterId| {
            let path = files.get(id.as_str());
            let file = self.catalog.files.iter().find(|file| Some(&file.path) == path);
            file.is_none_or(|file| file.problem.is_some())
        };
        let (kept, gone): (Vec<ClusterId>, Vec<ClusterId>) = self.absent.drain(..).partition(is_broken);
        for (ids, what) in
            [(&gone, "gone from their kubeconfig"), (&kept, "not in a readable kubeconfig, kept for later")]
        {
            if !ids.is_empty() {
                let names: Vec<&str> = ids.iter().map(ClusterId::as_str).collect();
                self.toasts.push(format!("{what}: {}", names.join(", ")), Health::Warning, &self.now);
            }
        }
        self.absent = kept;
    }

    /// Opens what the last run had open and was not found until now, as when a half-written file is mended.
    fn open_found(&mut self, effects: &mut Vec<Effect>) {
        let (found, absent) = self.absent.drain(..).partition(|id| self.catalog.find(id).is_some());
        self.absent = absent;
        let mut wanted: Vec<ClusterId> = self.fleet.iter().map(|cluster| cluster.id.clone()).collect();
        let found: Vec<ClusterId> = found;
        wanted.extend(found);
        self.select(&wanted, effects);
    }

    /// Closes clusters whose context is gone from a file that still parses, and says so.
    fn close_removed(&mut self, effects: &mut Vec<Effect>) {
        let gone = |cluster: &&OpenCluster| self.catalog.find(&cluster.id).is_none();
        let names: Vec<String> = self.fleet.iter().filter(gone).map(|cluster| cluster.short_name.clone()).collect();
        if names.is_empty() {
            return;
        }
        let left: Vec<ClusterId> =
            self.fleet.iter().filter(|cluster| !gone(cluster)).map(|cluster| cluster.id.clone()).collect();
        self.select(&left, effects);
        for name in names {
            let (one, many) = ("is gone from its kubeconfig; closed", "are gone from their kubeconfig; closed");
            let news = News { before: "", one, many, reason: String::new() };
            self.toasts.push_of(&name, news, Health::Unknown, &self.now);
        }
    }

    /// Opens what this run starts with: flags first, else what was open, else the picker.
    fn start(&mut self, effects: &mut Vec<Effect>) {
        let launch = &self.launch;
        let wanted: Vec<ClusterId> = if launch.all {
            // Those that cannot be used too: on the board each says why.
            self.catalog.contexts().map(|(_, context)| context.id.clone()).collect()
        } else if launch.contexts.is_empty() {
            let remembered = launch.restored.open.iter().map(|id| ClusterId::new(id));
            let (found, absent) = remembered.partition(|id| self.catalog.find(id).is_some());
            self.absent = absent;
            found
        } else {
            let asked = |name: &str, id: &ClusterId| {
                launch.contexts.iter().any(|context| context == name || context == id.as_str())
            };
            let asked = self.catalog.contexts().filter(|(_, context)| asked(&context.name, &context.id));
            asked.map(|(_, context)| context.id.clone()).collect()
        };
        self.tell_absent();
        let launch = &self.launch;
        let flagged = launch.all || !launch.contexts.is_empty();
        let restored = launch.restored.active.as_deref().map(ClusterId::new);
        let board = if flagged || launch.restored.open.is_empty() { wanted.len() > 1 } else { launch.restored.board };
        let namespace = launch.namespace.clone();
        if wanted.is_empty() {
            self.perform(Action::OpenPicker, effects);
            return;
        }
        self.select(&wanted, effects);
        let front = if flagged { None } else { restored };
        let front = front.and_then(|id| self.fleet.index_of(&id)).unwrap_or(0);
        self.activate(front, effects);
        self.screen = if board && self.fleet.len() > 1 { Screen::Board } else { Screen::Cluster };
        if let Some(namespace) = namespace {
            for cluster in self.fleet.iter_mut() {
                cluster.view.namespaces = std::iter::once(namespace.as_str().into()).collect();
            }
        }
    }

    /// Makes exactly these clusters open: the one gate through which all opening and closing goes.
    pub fn select(&mut self, wanted: &[ClusterId], effects: &mut Vec<Effect>) {
        let wanted = &self.without_doubles(wanted);
        let open: Vec<ClusterId> = self.fleet.iter().map(|cluster| cluster.id.clone()).collect();
        if open.len() == wanted.len() && open.iter().all(|id| wanted.contains(id)) {
            return;
        }
        let generation = self.fleet.generation.next();
        self.fleet.generation = generation;
        for id in open.iter().filter(|id| !wanted.contains(id)) {
            if let Some(mut cluster) = self.fleet.remove(id) {
                self.park_view(&cluster);
                self.work.push(Work::Forget(vec![Box::new(std::mem::take(&mut cluster.tables))]));
            }
        }
        for id in wanted.iter().filter(|id| !open.contains(id)) {
            let Some((_, context)) = self.catalog.find(id) else { continue };
            let (name, short) = (context.name.clone(), context.short_name.clone());
            let config = &self.launch.config;
            let own = config.differs_by_cluster().then(|| Box::new(config.of_cluster(id.as_str(), &name)));
            let mut cluster = OpenCluster::new(id.clone(), name, short, generation, &self.now);
            cluster.own = own;
            self.restore_view(&mut cluster);
            self.fleet.push(cluster);
        }
        let clusters = self.fleet.iter().map(|cluster| cluster.id.clone()).collect();
        effects.push(Effect::Select { generation, clusters });
        self.tell_active(effects);
        if self.fleet.len() < 2 {
            self.screen = Screen::Cluster;
        }
    }

    /// Leaves one cluster of each context name in a selection where the settings want that, and says what gives way.
    fn without_doubles(&mut self, wanted: &[ClusterId]) -> Vec<ClusterId> {
        if self.settings.duplicate_context_names == DuplicateNames::Allow {
            return wanted.to_vec();
        }
        let is_open = |id: &ClusterId| self.fleet.get(id).is_some();
        let name_of = |id: &ClusterId| {
            let open = self.fleet.get(id).map(|cluster| cluster.name.clone());
            open.or_else(|| self.catalog.find(id).map(|(_, context)| context.name.clone()))
        };
        let Chosen { wanted, gave_way } = one_of_each_name(wanted, is_open, name_of);
        let told: Vec<(ClusterId, bool)> = gave_way.into_iter().map(|id| (id.clone(), is_open(&id))).collect();
        for (id, was_open) in told {
            let what = if was_open { "closed" } else { "not opened" };
            let text =
                format!("{id} is {what}: another cluster of its name is open (clusters.duplicate_context_names)");
            self.toasts.push(text, Health::Unknown, &self.now);
        }
        wanted
    }

    /// Tells every cluster whether it is in front: that decides the pace of its heartbeat.
    fn tell_active(&self, effects: &mut Vec<Effect>) {
        for (index, cluster) in self.fleet.iter().enumerate() {
            let active = index == self.fleet.active_index();
            effects.push(Effect::Command(cluster.id.clone(), ClusterCommand::Active(active)));
        }
    }

    /// Brings a tab to the front. Nothing is fetched and nothing of the others is touched.
    pub fn activate(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let before = self.fleet.active().map(|cluster| cluster.id.clone());
        if !self.fleet.activate(index) {
            return;
        }
        let after = self.fleet.active().map(|cluster| cluster.id.clone());
        let commands = [(before, false), (after, true)];
        let commands = commands.into_iter().filter_map(|(id, active)| Some((id?, active)));
        effects.extend(commands.map(|(id, active)| Effect::Command(id, ClusterCommand::Active(active))));
    }
}
