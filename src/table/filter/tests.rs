//! Every way to write a filter, against rows whose answer is known.

use std::sync::Arc;

use proptest::prelude::*;

use super::parse::Wrong;
use super::*;
use crate::model::ids::Uid;
use crate::model::pod::{PodPhase, PodRow};

const NOW: Unix = Unix(1_000_000);

fn pod(name: &str, status: &str, restarts: u32, age: i64) -> PodRow {
    PodRow {
        uid: Uid::parse(name),
        namespace: Arc::from("shop"),
        name: name.into(),
        node: Arc::from("edge-7"),
        status: Arc::from(status),
        phase: PodPhase::Running,
        ready: u16::from(status == "Running"),
        containers: 1,
        restarts,
        last_restart: NOW.plus(-60).into(),
        created: NOW.plus(-age),
        ip: Some([10, 0, 0, 9].into()),
        requests: crate::model::amount::Amounts::NONE,
        limits: crate::model::amount::Amounts::NONE,
        usage: crate::model::amount::Amounts::NONE,
        unwell: None,
        rare: None,
    }
}

fn rows() -> Vec<PodRow> {
    vec![
        pod("cart-1", "Running", 0, 90),
        pod("cart-2", "CrashLoopBackOff", 14, 7_200),
        pod("cart-10", "Completed", 5, 7_201),
        pod("api gateway", "Running", 2, 86_400),
    ]
}

fn shown(text: &str) -> Vec<Box<str>> {
    let filter = Filter::parse(text, PodRow::COLUMNS).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
    let mut scratch = Scratch::default();
    rows().into_iter().filter(|row| filter.admits(row, NOW, &mut scratch)).map(|row| row.name).collect()
}

#[test]
fn every_form_of_a_term_admits_what_it_says() {
    let all: &[&str] = &["cart-1", "cart-2", "cart-10", "api gateway"];
    let cases: &[(&str, &[&str])] = &[
        ("", all),
        ("cart", &["cart-1", "cart-2", "cart-10"]),
        ("CART running", &["cart-1"]),
        ("!cart", &["api gateway"]),
        ("!running !'crt", &[]),
        ("\"api gate\"", &["api gateway"]),
        ("/cart-\\d$/", &["cart-1", "cart-2"]),
        ("/cart-\\d$/ !~1$", &["cart-2"]),
        ("~^CART-1", &["cart-1", "cart-10"]),
        ("!/^cart/", &["api gateway"]),
        ("'agw", &["api gateway"]),
        ("status=crashloopbackoff", &["cart-2"]),
        ("status!=Running", &["cart-2", "cart-10"]),
        ("!status=Running", &["cart-2", "cart-10"]),
        ("status~^c node~edge", &["cart-2", "cart-10"]),
        ("status!~^c", &["cart-1", "api gateway"]),
        ("restarts>=5", &["cart-2", "cart-10"]),
        ("restarts>5 restarts<100", &["cart-2"]),
        ("restarts=2", &["api gateway"]),
        ("age<2h", &["cart-1"]),
        ("age<=2h", &["cart-1", "cart-2"]),
        ("age=2h", &["cart-2"]),
        ("age>=1d", &["api gateway"]),
        ("ready<1", &["cart-2", "cart-10"]),
        ("ready=0/1", &["cart-2", "cart-10"]),
        ("ready=0/2", &[]),
        ("ready!=0/2", all),
        ("name=\"api gateway\"", &["api gateway"]),
        ("name>cart-2", &["cart-10"]),
        ("ip=10.0.0.9", all),
        ("ip<10.0.0.9", &[]),
        ("nominated-node=<none>", all),
        ("nominated-node!=<none>", &[]),
        ("Nominated_Node!=x", all),
        ("!", all),
        ("running !", &["cart-1", "api gateway"]),
        ("-", all),
        ("-lonely", &[]),
        ("-l app=web", all),
        ("cart -f status.phase=Running -l a in (b, c),!d running", &["cart-1"]),
        ("/", all),
        ("'", all),
    ];
    for (text, names) in cases {
        assert_eq!(shown(text), names.iter().map(|name| (*name).into()).collect::<Vec<Box<str>>>(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let cases = [
        ("cart statsu=x", 5, "no column statsu; is it status?"),
        ("é nominated=x", 2, "no column nominated; is it nominated-node?"),
        ("zzz=1", 0, "no column zzz"),
        ("restarts>=", 0, "a value is missing after restarts>="),
        ("restarts>>5", 0, "restarts> is followed by another sign; there are = != < <= > >= ~ !~"),
        ("cart node=~x", 5, "node= is followed by another sign; there are = != < <= > >= ~ !~"),
        ("restarts>five", 0, "five is no number; write 5, 500m, 1.5Gi, 45% or 1/3"),
        ("ready<half", 0, "half is no number; write 5, 500m, 1.5Gi, 45% or 1/3"),
        ("age<soon", 0, "soon is no time; write 90s, 5m, 2h or 3d4h"),
        ("a ~(", 2, "no expression: unclosed group"),
        ("/a{1000}{1000}{1000}/", 0, "the expression is too large"),
        ("cart !-l app=web", 5, "a selector cannot be inverted; write != or notin in it"),
        ("cart -l app in (web", 5, "the values are not closed: app in (web)"),
        ("-l =web", 0, "a label's name is missing in the selector"),
        ("-f status.phase", 0, "a field selector compares: status.phase=..."),
    ];
    for (text, at, why) in cases {
        let wrong = Filter::parse(text, PodRow::COLUMNS).map(|_| ()).unwrap_err();
        assert_eq!(wrong, Wrong { at, why: why.to_owned() }, "{text}");
    }
}

#[test]
fn an_age_turns_at_the_second_it_crosses_the_bound() {
    let filter = Filter::parse("age<2h", PodRow::COLUMNS).unwrap();
    let young = pod("a", "Running", 0, 7_199);
    let at = filter.turns(&young, NOW).unwrap();
    let mut scratch = Scratch::default();
    assert!(filter.admits(&young, NOW, &mut scratch) && !filter.admits(&young, at, &mut scratch));
    assert_eq!(filter.turns(&pod("b", "Running", 0, 7_300), NOW), None);
}

#[test]
fn matches_are_found_in_the_cells_they_were_found_for() {
    let filter = Filter::parse("art /-\\d+/ 'ct status=running !zzz", PodRow::COLUMNS).unwrap();
    let mut scratch = Scratch::default();
    let mut matched = |column: usize, text: &'static str| -> Vec<&str> {
        let ranges = filter.matched(column, &PodRow::COLUMNS[column], text, &mut scratch);
        ranges.into_iter().filter_map(|range| text.get(range)).collect()
    };
    assert_eq!(matched(1, "cart_x-10"), ["cart", "-10"]);
    assert_eq!(matched(3, "Running"), ["Running"]);
    assert_eq!(matched(2, "art"), [""; 0], "numbers are not searched");
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader_and_matches_stay_within_the_cell(
        text in "[a-z\"'/~!<>=,\\\\() .*éß-]{0,24}", cell in "[a-zé\u{301}İ ]{0,12}",
    ) {
        match Filter::parse(&text, PodRow::COLUMNS) {
            Err(wrong) => prop_assert!(wrong.at < text.chars().count()),
            Ok(filter) => {
                let mut scratch = Scratch::default();
                for range in filter.matched(1, &PodRow::COLUMNS[1], &cell, &mut scratch) {
                    prop_assert!(cell.get(range).is_some());
                }
            }
        }
    }
}
