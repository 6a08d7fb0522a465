//! `config`: where the settings are, what holds, and what is wrong with them.

use crate::stage::{Home, Stage};

#[test]
fn the_file_is_where_the_flag_or_the_variable_says_or_at_home() {
    let home = Home::new();
    let place = home.folder.path().join(".config/fleet-tui/config.toml");
    if cfg!(target_os = "linux") {
        assert_eq!(home.run(&["config", "path"]).out, format!("{}\n", place.display()));
    }
    assert_eq!(home.run(&["config", "path", "--config", "/a"]).out, "/a\n");
    let output = home.command(&["config", "path"]).env("FLEET_TUI_CONFIG", "/b").output().unwrap();
    assert_eq!(output.stdout, b"/b\n");
}

#[test]
fn what_holds_is_shown_with_its_origin() {
    let home = Home::new();
    home.write(
        "c.toml",
        "survey.interval = \"3m\"\n[groups.prod]\nclusters = [\"prod-*\"]\nsurvey.interval = \"2m\"\n",
    );
    let file = home.folder.path().join("c.toml");
    let mut command = home.command(&["--no-mouse", "config", "show", "--set", "executor.workers=3"]);
    command.env("FLEET_TUI_CONFIG", file).env("FLEET_TUI_LIST_PAGE", "50");
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let line = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("survey.interval"), "survey.interval = \"3m\" # file: c.toml line 1");
    assert_eq!(line("list.page"), "list.page = 50 # environment: FLEET_TUI_LIST_PAGE");
    assert_eq!(line("executor.workers"), "executor.workers = 3 # flag: --set executor.workers=3");
    assert_eq!(line("mouse"), "mouse = false # flag: --no-mouse");
    assert_eq!(line("jitter"), "jitter = 10 # default");
    assert!(
        text.ends_with(
            "\n[groups.\"prod\"]\nclusters = [\"prod-*\"]\nsurvey.interval = \"2m\"  # file: c.toml line 4\n"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn a_broken_file_is_2_for_commands_and_an_unknown_setting_only_a_word() {
    let stage = Stage::new().await;
    stage.home.write(".config/fleet-tui/config.toml", "executor.workers = 0\nhartbeat.interval = \"9s\"\n");
    let place = stage.home.folder.path().join(".config/fleet-tui/config.toml");
    let said = format!(
        "fleet-tui: {0}: line 1: executor.workers: 0 is out of range: 1 to 1000\n\
         fleet-tui: {0}: line 2: unknown setting hartbeat.interval; did you mean heartbeat.interval?\n",
        place.display()
    );
    for arguments in [&["config", "check"][..], &["status", "--cluster", "well"]] {
        let ran = stage.run(&[arguments, &["--config", place.to_str().unwrap()]].concat()).await;
        assert_eq!((ran.code, ran.err.as_str()), (Some(2), said.as_str()), "{arguments:?}");
    }
    std::fs::write(&place, "hartbeat.interval = \"9s\"\n").unwrap();
    let ran = stage.run(&["status", "--cluster", "well", "--config", place.to_str().unwrap()]).await;
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("did you mean heartbeat.interval?"), "{}", ran.err);
}

#[tokio::test]
async fn a_group_is_a_choice_of_clusters() {
    let stage = Stage::new().await;
    stage.home.write("c.toml", "[groups.fine]\nclusters = [\"we*\", \"config:il?\"]\n");
    let file = stage.home.folder.path().join("c.toml").display().to_string();
    let ran = stage.run(&["status", "--group", "fine", "-o", "name", "--config", &file]).await;
    assert_eq!((ran.out.as_str(), ran.code), ("config:well\nconfig:ill\n", Some(0)));
}

#[test]
fn the_default_file_checks() {
    let home = Home::new();
    let text = home.run(&["config", "default"]).out;
    home.write("c.toml", &text);
    let file = home.folder.path().join("c.toml").display().to_string();
    let ran = home.run(&["config", "check", "--config", &file]);
    assert_eq!((ran.out, ran.err, ran.code), (format!("{file}: ok\n"), String::new(), Some(0)));
}
