//! The terminal's line (echo, line editing, signals from keys) while another program has it.
//!
//! Whoever asks for a password switches the echo off, and leaves it so when killed. What is found then must not be taken
//! for how the terminal was before us. Must not know who has the terminal.

/// The line as it was lent; put back when dropped.
pub struct LentLine {
    #[cfg(unix)]
    modes: Option<rustix::termios::Termios>,
}

impl LentLine {
    /// Notes how the line is. To be called once the terminal is given back and before anybody else has it.
    #[must_use]
    pub fn lend() -> Self {
        Self {
            #[cfg(unix)]
            modes: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }
}

#[cfg(unix)]
impl Drop for LentLine {
    fn drop(&mut self) {
        if let Some(modes) = &self.modes {
            // A failure means that the terminal is gone.
            let _gone = rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, modes);
        }
    }
}
