//! The README says what the program does: its tables are those of the registries.

const README: &str = include_str!("../README.md");

#[test]
fn the_tables_are_made_from_the_registries() {
    let tables = [("keys", fleet_tui::app::action::markdown()), ("settings", fleet_tui::cli::config::markdown())];
    let mut text = README.to_owned();
    for (name, table) in &tables {
        let (head, rest) = text.split_once(&format!("<!-- {name}: ")).unwrap();
        let (what, rest) = rest.split_once("held by a test -->\n").unwrap();
        let (_, tail) = rest.split_once(&format!("<!-- /{name} -->")).unwrap();
        text = format!("{head}<!-- {name}: {what}held by a test -->\n\n{table}\n<!-- /{name} -->{tail}");
    }
    if std::env::var_os("UPDATE_ASSETS").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"), text).unwrap();
        return;
    }
    assert_eq!(README, text, "the README's tables are out of date; run the tests with UPDATE_ASSETS=1");
}

#[test]
fn every_health_word_is_explained() {
    use fleet_tui::model::health::Health;
    for health in Health::ALL {
        let word = fleet_tui::view::tabs::spoken(health);
        assert!(README.contains(&format!("| {word} |")), "{word} is not in the README");
    }
}
