//! What is in a Secret of Helm: base64 in base64, zipped, JSON. Must not know where it is read or shown.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::model::age::Unix;

/// The most that a release may take up once it is unzipped, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// A revision of a release. May hold secrets: it is never logged.
pub struct Release(pub Value);

/// Reads the release in a Secret; `None` if there is none.
#[must_use]
pub fn decode(secret: &Value) -> Option<Release> {
    let outer = STANDARD.decode(secret.pointer("/data/release")?.as_str()?).ok()?;
    let inner = STANDARD.decode(outer.trim_ascii()).ok()?;
    let mut json = Vec::new();
    // Releases of very old versions are not zipped.
    if inner.starts_with(&[0x1f, 0x8b]) {
        let mut unzipped = GzDecoder::new(inner.as_slice()).take(LARGEST + 1);
        unzipped.read_to_end(&mut json).ok()?;
        if json.len() as u64 > LARGEST {
            return None;
        }
    } else {
        json = inner;
    }
    let mut release: Value = serde_json::from_slice(&json).ok()?;
    // The chart's own files are of no use here, and most of it.
    if let Some(chart) = release.get_mut("chart").and_then(Value::as_object_mut) {
        chart.retain(|field, _| matches!(field.as_str(), "metadata" | "values"));
    }
    Some(Release(release))
}

impl Release {
    fn text(&self, path: &str) -> String {
        self.0.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// Its status: `deployed`, `failed`, `pending-upgrade`.
    pub fn status(&self) -> String {
        self.text("/info/status")
    }

    /// Name and version of its chart.
    pub fn chart(&self) -> String {
        let (name, version) = (self.text("/chart/metadata/name"), self.text("/chart/metadata/version"));
        if version.is_empty() { name } else { format!("{name}-{version}") }
    }

    /// The version of what the chart installs.
    pub fn app_version(&self) -> String {
        self.text("/chart/metadata/appVersion")
    }

    /// When it was deployed.
    pub fn updated(&self) -> Option<Unix> {
        let stamp: jiff::Timestamp = self.text("/info/last_deployed").parse().ok()?;
        Some(Unix(stamp.as_second()))
    }

    /// Only what a list or a history tells: no values, no manifest.
    #[must_use]
    pub fn slim(self) -> Self {
        let info = self.0.get("info").cloned().unwrap_or_default();
        let mut info = info;
        if let Some(info) = info.as_object_mut() {
            info.remove("notes");
        }
        let metadata = self.0.pointer("/chart/metadata").cloned().unwrap_or_default();
        Self(json!({"info": info, "chart": {"metadata": metadata}}))
    }

    /// A line of the history.
    #[must_use]
    pub fn summary(&self, number: i64) -> Value {
        json!({
            "revision": number,
            "updated": self.text("/info/last_deployed"),
            "status": self.status(),
            "chart": self.chart(),
            "appVersion": self.app_version(),
            "description": self.text("/info/description"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_secret_of_helm_is_opened_and_the_chart_s_files_are_left_out() {
        let release = json!({"info": {"status": "deployed", "last_deployed": "2026-11-03T08:13:04.123456789Z"},
            "chart": {"metadata": {"name": "web", "version": "1.2.3", "appVersion": "9"}, "templates": [{"data": "eA=="}]}});
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zip.write_all(release.to_string().as_bytes()).unwrap();
        let inner = STANDARD.encode(zip.finish().unwrap());
        let secret = json!({"data": {"release": STANDARD.encode(inner)}});
        let opened = decode(&secret).unwrap();
        assert_eq!((opened.chart(), opened.app_version()), ("web-1.2.3".to_owned(), "9".to_owned()));
        assert_eq!(opened.updated(), Some(Unix(1_793_693_584)));
        assert!(opened.0.pointer("/chart/templates").is_none());
        assert!(decode(&json!({"data": {"release": "!"}})).is_none());
    }
}
