//! What there is to know about one setting, and the macro that makes the table and the struct from the same lines.

use super::settings::Settings;
use super::value::Raw;

/// For what a setting may differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It holds for the whole program.
    Run,
    /// A cluster or a group may have its own.
    Cluster,
    /// It belongs to a part of the program that is still to come: it is read and checked, and changes nothing yet.
    Waiting,
}

/// One setting.
pub struct Setting {
    /// Its dotted name.
    pub name: &'static str,
    /// What it means, in one sentence.
    pub about: &'static str,
    /// For what it may differ.
    pub reach: Reach,
    /// Writes its range, both ends included; `None` if any value of its kind will do.
    pub range: fn() -> Option<String>,
    /// Writes its value as TOML.
    pub show: fn(&Settings) -> String,
    /// Reads, checks and puts a value in place.
    pub set: fn(&mut Settings, &Raw) -> Result<(), String>,
}

impl Setting {
    /// The variable of the environment that gives its value: `FLEET_TUI_HEARTBEAT_INTERVAL`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.replace('.', "_").to_uppercase())
    }
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What the names of our environment variables begin with.
pub const PREFIX: &str = "FLEET_TUI_";

/// Makes `Settings`, its defaults and the table `SETTINGS` from one line per setting.
macro_rules! settings {
    (@range $kind:ty) => { None };
    (@range $kind:ty, $low:expr, $high:expr) => { Some($crate::config::setting::range::<$kind>(&$low, &$high)) };
    ($( $(#[doc = $about:literal])+ $name:literal $field:ident : $kind:ty = $default:expr
        $(, [$low:expr, $high:expr])? , $reach:ident; )+) => {
        /// The values in force; what each means stands in [`SETTINGS`].
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Settings {
            $( $(#[doc = $about])+ #[doc = concat!("\n\nThe setting `", $name, "`.")] pub $field: $kind, )+
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $( $field: $default, )+ }
            }
        }

        /// Every setting, in the order of the documentation.
        pub static SETTINGS: &[Setting] = &[ $( Setting {
            name: $name,
            about: concat!($($about),+),
            reach: Reach::$reach,
            range: || settings!(@range $kind $(, $low, $high)?),
            show: |settings| $crate::config::value::Value::show(&settings.$field),
            set: |settings, raw| {
                let value = <$kind as $crate::config::value::Value>::read(raw)?;
                $( $crate::config::setting::check(&value, &$low, &$high)?; )?
                settings.$field = value;
                Ok(())
            },
        } ),+ ];
    };
}
pub(super) use settings;

/// Writes a range.
pub fn range<T: super::value::Value>(low: &T::Bound, high: &T::Bound) -> String {
    use super::value::Value as _;
    let bare = |text: String| text.trim_matches('"').to_owned();
    format!("{} to {}", bare(low.show()), bare(high.show()))
}

/// Refuses what is out of range, naming the range.
pub fn check<T: super::value::Value>(value: &T, low: &T::Bound, high: &T::Bound) -> Result<(), String> {
    if value.within(low, high) {
        return Ok(());
    }
    Err(format!("{} is out of range: {}", value.show().replace('"', ""), range::<T>(low, high)))
}
