//! `fleet-tui sim`: the embedded fleet standing alone, for kubectl, other tools and scripts. Must not know what is served.

use std::path::Path;

use super::Trouble;
use super::interrupt::Interrupt;
use super::out::print;
use crate::sim::{Fleet, Options, Scenario};

/// Serve a fleet of simulated clusters until interrupted, and print a kubeconfig for it.
///
/// The kubeconfig has a context per cluster, and in its extensions the address and token of an admin endpoint that
/// switches faults: PUT or DELETE /clusters/NAME/faults/KIND.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to serve: a built-in name or the path of a TOML file
    #[arg(long, value_name = "NAME|PATH", default_value = "default")]
    scenario: String,
    /// Grow the worlds from this seed: the same seed gives the same fleet
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// How much faster than real time the worlds live; faults keep to real time
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, value_parser = factor)]
    speed: f64,
    /// Port of the first cluster, the others and the admin endpoint follow [default: any free ports]
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Log every request on standard error: cluster, method, path, status, duration
    #[arg(long)]
    log: bool,
    /// List the built-in scenarios
    #[arg(long)]
    list: bool,
}

/// How a fleet that stands alone came to its end.
pub enum End {
    /// There was nothing (more) to do, or it was told to end.
    Done,
    /// Ctrl+C.
    Interrupted,
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (0.001..=100_000.0).contains(&factor) => Ok(factor),
        _ => Err("a number from 0.001 to 100000 is needed".to_owned()),
    }
}

/// Finds a scenario in the binary or in a file.
pub fn scenario(name: &str) -> Result<Scenario, Trouble> {
    if let Some(scenario) = Scenario::builtin(name) {
        return Ok(scenario);
    }
    if !Path::new(name).exists() {
        let names = Scenario::names().collect::<Vec<_>>().join(", ");
        return Err(Trouble::Usage(format!("scenario {name}: neither a file nor built in; built in are: {names}")));
    }
    Scenario::load(Path::new(name)).map_err(|error| Trouble::Usage(format!("scenario {name}: {error}")))
}

/// Does what `fleet-tui sim` was asked to.
pub fn run(args: &Args) -> Result<End, Trouble> {
    if args.list {
        let lines = Scenario::names().filter_map(|name| Some((name, Scenario::builtin(name)?)));
        let lines = lines.map(|(name, scenario)| format!("{name:<12}  {}\n", scenario.description));
        print(&lines.collect::<String>())?;
        return Ok(End::Done);
    }
    let scenario = scenario(&args.scenario)?;
    if args.log {
        super::log::requests_to_stderr();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let end = runtime.block_on(serve(&scenario, args));
    runtime.shutdown_background();
    end
}

async fn serve(scenario: &Scenario, args: &Args) -> Result<End, Trouble> {
    let options = Options { seed: args.seed, speed: args.speed, port: args.port, admin: true, ..Options::default() };
    let fleet = Fleet::start(scenario, options).await?;
    // Before the kubeconfig is out: who reads it may end us at once.
    let (interrupt, terminated) = (Interrupt::listen()?, terminated()?);
    print(&fleet.kubeconfig(&std::env::current_exe()?))?;
    tokio::select! {
        () = interrupt.pressed() => Ok(End::Interrupted),
        () = terminated => Ok(End::Done),
    }
}

/// Resolves when the system asks for an end.
#[cfg(unix)]
fn terminated() -> std::io::Result<impl Future<Output = ()>> {
    let mut asked = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    Ok(async move {
        asked.recv().await;
    })
}

#[cfg(not(unix))]
fn terminated() -> std::io::Result<impl Future<Output = ()>> {
    Ok(std::future::pending())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_scenario_names_those_there_are() {
        let Err(Trouble::Usage(text)) = scenario("nope") else { panic!("it was found") };
        assert!(text.contains("nope") && text.contains("default"), "{text}");
    }

    #[test]
    fn a_speed_is_a_positive_number() {
        assert!(factor("50").is_ok_and(|factor| (factor - 50.0).abs() < 1e-9));
        assert!(factor("0").is_err() && factor("-1").is_err() && factor("nan").is_err() && factor("fast").is_err());
    }
}
