//! The forms of output, and writing a document in each. Must not know any document.

use serde::Serialize;

/// How output is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Columns for people
    #[default]
    Table,
    /// The same with more columns
    Wide,
    /// One JSON object; its shape has a version, and a schema in assets/schema
    Json,
    /// The same as YAML
    Yaml,
    /// Names alone, one per line
    Name,
}

/// The version of every JSON shape.
pub const VERSION: u32 = 1;

/// Writes a document as JSON or YAML.
pub fn document<T: Serialize>(document: &T, format: Format) -> anyhow::Result<String> {
    Ok(if format == Format::Yaml {
        serde_saphyr::to_string(document)?
    } else {
        serde_json::to_string_pretty(document)? + "\n"
    })
}
