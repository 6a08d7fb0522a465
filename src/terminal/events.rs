//! The terminal's input as our own [`Input`]: keys, mouse, paste, resize.
//!
//! Owns the reading side of the terminal and its translation. It can be closed, so that another program can read the
//! terminal, and opened again. Must not know what a key is bound to.
//!
//! Reading happens in a thread of its own: once the terminal has hung up, crossterm never returns from a poll and
//! would take the event loop with it.

use std::io;
use std::thread;
use std::time::Duration;

use crossterm::event as ct;
use futures::StreamExt;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time;

use crate::app::input::{Button, Input, Key, KeyCode, Mods, Mouse, MouseKind};

/// Inputs waiting for the event loop; more wait in the terminal's own buffer.
const WAITING: usize = 256;
/// How long closing waits for a reader; one that takes longer is stuck in a terminal that hung up.
const CLOSE_LIMIT: Duration = Duration::from_millis(500);
/// crossterm's own hidden thread ends some time after its stream was dropped; measured under 10 ms.
const READER_ENDS: Duration = Duration::from_millis(20);

/// What comes from the terminal, in order. Dropping it stops reading.
pub struct Events {
    reader: Option<Reader>,
}

struct Reader {
    inputs: mpsc::Receiver<io::Result<Input>>,
    /// Dropped to end the thread.
    keep: oneshot::Sender<()>,
    /// Resolves, as an error, when the thread has let go of the terminal.
    ended: oneshot::Receiver<()>,
}

impl Events {
    /// Starts reading; the first input is the current size. Enter the terminal first; needs a tokio runtime.
    pub fn open() -> io::Result<Self> {
        Ok(Self { reader: Some(Reader::start()?) })
    }

    /// Starts reading again after [`Events::close`].
    pub fn reopen(&mut self) -> io::Result<()> {
        if self.reader.is_none() {
            self.reader = Some(Reader::start()?);
        }
        Ok(())
    }

    /// Stops reading; once this returns the terminal's input is free for another program. Inputs that were read and
    /// not taken are lost.
    pub async fn close(&mut self) {
        let Some(Reader { inputs, keep, ended }) = self.reader.take() else { return };
        drop((inputs, keep));
        let _ = time::timeout(CLOSE_LIMIT, ended).await;
        time::sleep(READER_ENDS).await;
    }

    /// Waits for the next input; while closed, forever. An error means that the terminal is gone. Safe to cancel.
    pub async fn next(&mut self) -> io::Result<Input> {
        match &mut self.reader {
            Some(reader) => reader.inputs.recv().await.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into())),
            None => std::future::pending().await,
        }
    }
}

impl Reader {
    fn start() -> io::Result<Self> {
        let runtime = Handle::current();
        let (sender, inputs) = mpsc::channel(WAITING);
        let (keep, closed) = oneshot::channel();
        let (alive, ended) = oneshot::channel::<()>();
        thread::Builder::new().name("keys".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = closed => {}
                    () = read(sender) => {}
                }
            });
            drop(alive);
        })?;
        Ok(Self { inputs, keep, ended })
    }
}

/// Passes inputs on, first the size, until the terminal fails or nobody listens.
async fn read(inputs: mpsc::Sender<io::Result<Input>>) {
    let mut stream = ct::EventStream::new();
    // Whatever size the terminal took before its changes were listened to.
    if let Ok(size) = super::size()
        && inputs.send(Ok(Input::Resize(size.width, size.height))).await.is_err()
    {
        return;
    }
    while let Some(event) = stream.next().await {
        let input = match event {
            Ok(event) => match translate(event) {
                Some(input) => Ok(input),
                None => continue,
            },
            Err(error) => Err(error),
        };
        let last = input.is_err();
        if inputs.send(input).await.is_err() || last {
            return;
        }
    }
}

/// Translates an event; key releases, mouse moves and keys we have no name for are nothing.
fn translate(event: ct::Event) -> Option<Input> {
    match event {
        ct::Event::Key(key) if key.kind == ct::KeyEventKind::Release => None,
        ct::Event::Key(key) => translate_key(key.code, key.modifiers).map(Input::Key),
        // A report of place 0, which is none: crossterm wraps it round.
        ct::Event::Mouse(mouse) if mouse.column == u16::MAX || mouse.row == u16::MAX => None,
        ct::Event::Mouse(mouse) => {
            let mods = mods(mouse.modifiers);
            let kind = mouse_kind(mouse.kind)?;
            Some(Input::Mouse(Mouse { kind, column: mouse.column, row: mouse.row, mods }))
        }
        ct::Event::Paste(text) => Some(Input::Paste(text)),
        ct::Event::Resize(width, height) => Some(Input::Resize(width, height)),
        ct::Event::FocusGained => Some(Input::FocusGained),
        ct::Event::FocusLost => Some(Input::FocusLost),
    }
}

fn translate_key(code: ct::KeyCode, modifiers: ct::KeyModifiers) -> Option<Key> {
    let foreign = ct::KeyModifiers::SUPER | ct::KeyModifiers::HYPER;
    if modifiers.intersects(foreign) {
        return None;
    }
    let mut mods = mods(modifiers);
    let code = match code {
        // crossterm reads the control codes 0x1c to 0x1f as Ctrl with a digit; keyboards have them on these.
        ct::KeyCode::Char(digit @ '4'..='7') if mods.ctrl => {
            KeyCode::Char(['\\', ']', '^', '_'][digit as usize - '4' as usize])
        }
        ct::KeyCode::Char(typed) => KeyCode::Char(typed),
        ct::KeyCode::BackTab => {
            mods.shift = true;
            KeyCode::Tab
        }
        ct::KeyCode::Null => {
            mods.ctrl = true;
            KeyCode::Char(' ')
        }
        ct::KeyCode::Enter => KeyCode::Enter,
        ct::KeyCode::Esc => KeyCode::Esc,
        ct::KeyCode::Tab => KeyCode::Tab,
        ct::KeyCode::Backspace => KeyCode::Backspace,
        ct::KeyCode::Delete => KeyCode::Delete,
        ct::KeyCode::Insert => KeyCode::Insert,
        ct::KeyCode::Left => KeyCode::Left,
        ct::KeyCode::Right => KeyCode::Right,
        ct::KeyCode::Up => KeyCode::Up,
        ct::KeyCode::Down => KeyCode::Down,
        ct::KeyCode::Home => KeyCode::Home,
        ct::KeyCode::End => KeyCode::End,
        ct::KeyCode::PageUp => KeyCode::PageUp,
        ct::KeyCode::PageDown => KeyCode::PageDown,
        ct::KeyCode::F(number) => KeyCode::F(number),
        _ => return None,
    };
    Some(Key::new(code, mods))
}

fn mods(modifiers: ct::KeyModifiers) -> Mods {
    Mods {
        ctrl: modifiers.contains(ct::KeyModifiers::CONTROL),
        alt: modifiers.intersects(ct::KeyModifiers::ALT | ct::KeyModifiers::META),
        shift: modifiers.contains(ct::KeyModifiers::SHIFT),
    }
}

fn mouse_kind(kind: ct::MouseEventKind) -> Option<MouseKind> {
    Some(match kind {
        ct::MouseEventKind::Down(which) => MouseKind::Down(button(which)),
        ct::MouseEventKind::Up(which) => MouseKind::Up(button(which)),
        ct::MouseEventKind::Drag(which) => MouseKind::Drag(button(which)),
        ct::MouseEventKind::ScrollUp => MouseKind::ScrollUp,
        ct::MouseEventKind::ScrollDown => MouseKind::ScrollDown,
        ct::MouseEventKind::ScrollLeft => MouseKind::ScrollLeft,
        ct::MouseEventKind::ScrollRight => MouseKind::ScrollRight,
        ct::MouseEventKind::Moved => return None,
    })
}

fn button(which: ct::MouseButton) -> Button {
    match which {
        ct::MouseButton::Left => Button::Left,
        ct::MouseButton::Middle => Button::Middle,
        ct::MouseButton::Right => Button::Right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: ct::KeyCode, modifiers: ct::KeyModifiers) -> String {
        match translate(ct::Event::Key(ct::KeyEvent::new(code, modifiers))) {
            Some(Input::Key(key)) => key.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn keys_arrive_under_the_names_people_use() {
        use ct::{KeyCode as Code, KeyModifiers as Held};
        assert_eq!(key(Code::Char('w'), Held::CONTROL), "Ctrl+W");
        assert_eq!(key(Code::Char('G'), Held::SHIFT), "G");
        assert_eq!(key(Code::BackTab, Held::SHIFT), "Shift+Tab");
        assert_eq!(key(Code::BackTab, Held::NONE), "Shift+Tab");
        assert_eq!(key(Code::Char(' '), Held::CONTROL), "Ctrl+Space");
        assert_eq!(key(Code::Null, Held::NONE), "Ctrl+Space");
        assert_eq!(key(Code::Char('4'), Held::CONTROL), "Ctrl+\\");
        assert_eq!(key(Code::Char('='), Held::ALT), "Alt+=");
        assert_eq!(key(Code::PageDown, Held::CONTROL), "Ctrl+PgDn");
    }

    #[test]
    fn releases_moves_and_foreign_keys_are_nothing() {
        use ct::{KeyCode as Code, KeyModifiers as Held};
        let release = ct::KeyEvent::new_with_kind(Code::Char('q'), Held::NONE, ct::KeyEventKind::Release);
        assert_eq!(translate(ct::Event::Key(release)), None);
        assert_eq!(translate(ct::Event::Key(ct::KeyEvent::new(Code::CapsLock, Held::NONE))), None);
        assert_eq!(translate(ct::Event::Key(ct::KeyEvent::new(Code::Char('q'), Held::SUPER))), None);
        let moved = ct::MouseEvent { kind: ct::MouseEventKind::Moved, column: 1, row: 1, modifiers: Held::NONE };
        assert_eq!(translate(ct::Event::Mouse(moved)), None);
    }

    #[test]
    fn a_click_carries_its_cell_and_a_paste_its_text() {
        let kind = ct::MouseEventKind::Down(ct::MouseButton::Left);
        let click = ct::MouseEvent { kind, column: 7, row: 3, modifiers: ct::KeyModifiers::CONTROL };
        let expected = Mouse { kind: MouseKind::Down(Button::Left), column: 7, row: 3, mods: Mods::CTRL };
        assert_eq!(translate(ct::Event::Mouse(click)), Some(Input::Mouse(expected)));
        assert_eq!(translate(ct::Event::Paste("a\nb".to_owned())), Some(Input::Paste("a\nb".to_owned())));
    }
}
