//! The README says what the program does: its key table is the registry's.

const README: &str = include_str!("../README.md");

#[test]
fn the_key_table_is_made_from_the_registry() {
    let table = fleet_tui::app::action::markdown();
    if std::env::var_os("UPDATE_ASSETS").is_some() {
        let (head, rest) = README.split_once("held by a test -->\n").unwrap();
        let (_, tail) = rest.split_once("<!-- /keys -->").unwrap();
        let text = format!("{head}held by a test -->\n\n{table}\n<!-- /keys -->{tail}");
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"), text).unwrap();
        return;
    }
    assert!(README.contains(&table), "the README's key table is out of date; run the tests with UPDATE_ASSETS=1");
}

#[test]
fn every_health_word_is_explained() {
    use fleet_tui::model::health::Health;
    for health in Health::ALL {
        let word = fleet_tui::view::tabs::spoken(health);
        assert!(README.contains(&format!("| {word} |")), "{word} is not in the README");
    }
}
