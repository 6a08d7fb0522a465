//! One cluster's auth manager: remembers what its credential plugin handed out, across reconnects and rebuilds.
//!
//! Must not know the kubeconfig or the server's opinion; it is told to forget when the server rejects something.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::plugin::{Credential, Plugin};
use super::plugins::{Plugins, Ran};
use super::remains::Remains;

/// A credential is renewed this long before it expires.
const MARGIN: SignedDuration = SignedDuration::from_secs(60);

/// No two renewals come closer than this, whatever expiry a plugin claims.
const LEAST: Duration = Duration::from_secs(30);

/// The plugin credential of one cluster. Lives as long as the cluster is open.
#[derive(Default)]
pub struct Credentials {
    kept: Option<(Plugin, Credential)>,
    /// What the plugin's runs left in the background; it ends with us.
    remains: Vec<Remains>,
}

impl Credentials {
    /// Returns the remembered credential if it is of this plugin and not about to expire.
    #[must_use]
    pub fn remembered(&self, plugin: &Plugin, now: Timestamp) -> Option<Credential> {
        let (of, credential) = self.kept.as_ref()?;
        (of == plugin && is_usable(credential, now)).then(|| credential.clone())
    }

    /// Runs the plugin for at most `limit` and remembers what it hands out.
    pub async fn obtain(&mut self, plugin: &Plugin, plugins: &Plugins, limit: Duration) -> Ran {
        self.kept = None;
        let ran = plugins.run(plugin, limit).await;
        if let Ok(credential) = &ran.outcome {
            self.kept = Some((plugin.clone(), credential.clone()));
        }
        self.remains.extend(ran.remains.clone());
        self.sweep();
        ran
    }

    /// Forgets what has ended by itself of what the plugin left in the background.
    pub fn sweep(&mut self) {
        self.remains.retain(Remains::are_alive);
    }

    /// Forgets the credential, here and where a login left it: the server does not accept it, or a renewal is due.
    pub fn forget(&mut self, plugins: &Plugins) {
        if let Some((plugin, credential)) = self.kept.take() {
            plugins.discard(&plugin, &credential);
        }
    }
}

/// Tells whether a credential is still good for a while.
#[must_use]
pub fn is_usable(credential: &Credential, now: Timestamp) -> bool {
    credential.expires.is_none_or(|expires| expires.duration_since(now) > MARGIN)
}

/// Returns when to renew a credential that expires at `expires`, given the wall clock and the monotonic one.
#[must_use]
pub fn renew_at(expires: Timestamp, wall: Timestamp, now: Instant) -> Instant {
    let left = expires.duration_since(wall).saturating_sub(MARGIN);
    // Far-off expiries are cut to a day: an instant cannot be arbitrarily far away, and an early renewal does no harm.
    let left = Duration::try_from(left).unwrap_or_default().clamp(LEAST, Duration::from_secs(24 * 3600));
    now + left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_credential_is_renewed_a_minute_before_it_expires() {
        let now = Instant::now();
        assert_eq!(renew_at(at(1_000), at(100), now) - now, Duration::from_secs(840));
    }

    #[test]
    fn an_expiry_in_the_past_or_far_away_does_not_spin_or_overflow() {
        let now = Instant::now();
        assert_eq!(renew_at(at(50), at(100), now) - now, LEAST);
        assert_eq!(renew_at(Timestamp::MAX, at(100), now) - now, Duration::from_secs(24 * 3600));
    }

    #[test]
    fn a_credential_about_to_expire_is_not_used_again() {
        let credential = |expires| Credential { token: Some("t".into()), certificate: None, expires };
        assert!(is_usable(&credential(None), at(0)));
        assert!(is_usable(&credential(Some(at(100))), at(0)));
        assert!(!is_usable(&credential(Some(at(100))), at(41)));
    }
}
