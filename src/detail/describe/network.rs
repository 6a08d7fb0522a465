//! Services, endpoints, ingresses and network policies. Must not know pods.

use super::How::{List, Notes, OrNone, OrUnset, Pairs, Selector, Word};
use super::Part::{self, Do, Field, May};
use super::{HEAD, field, found};
use crate::detail::at::At;
use crate::detail::doc::Ink;
use crate::detail::page::Sources;
use crate::detail::paths;
use crate::detail::section::Reference;
use crate::detail::sheet::{Cell, NONE, Row, Sheet};
use crate::detail::value::{list, selector};

/// A service.
pub const SERVICE: &[Part] = &[
    Do(|sheet, at, sources| super::write(sheet, HEAD, at, sources)),
    Field("Selector", "spec.selector", Selector),
    Field("Type", "spec.type", Word),
    May("IP Family Policy", "spec.ipFamilyPolicy", Word),
    May("IP Families", "spec.ipFamilies", List),
    Field("IP", "spec.clusterIP", Word),
    Field("IPs", "spec.clusterIPs", List),
    May("External IPs", "spec.externalIPs", List),
    May("Desired LoadBalancer IP", "spec.loadBalancerIP", Word),
    May("External Name", "spec.externalName", Word),
    Do(balancer),
    Do(ports),
    Field("Session Affinity", "spec.sessionAffinity", Word),
    May("External Traffic Policy", "spec.externalTrafficPolicy", Word),
    May("Internal Traffic Policy", "spec.internalTrafficPolicy", Word),
    May("HealthCheck NodePort", "spec.healthCheckNodePort", Word),
    May("LoadBalancer Source Ranges", "spec.loadBalancerSourceRanges", List),
];

/// Endpoints.
pub const ENDPOINTS: &[Part] = &[Do(|sheet, at, sources| super::write(sheet, HEAD, at, sources)), Do(subsets)];

/// A slice of a service's endpoints.
pub const SLICE: &[Part] = &[
    Do(|sheet, at, sources| super::write(sheet, HEAD, at, sources)),
    Field("AddressType", "addressType", Word),
    Do(slice),
];

/// A class of ingresses.
pub const INGRESS_CLASS: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Field("Controller", "spec.controller", Word),
    Part::Under(
        "Parameters",
        "spec.parameters",
        &[May("APIGroup", "apiGroup", Word), Field("Kind", "kind", Word), Field("Name", "name", Word)],
    ),
];

/// An ingress.
pub const INGRESS: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Labels", "metadata.labels", Pairs),
    Field("Namespace", "metadata.namespace", Word),
    Do(balancer_address),
    Field("Ingress Class", "spec.ingressClassName", OrNone),
    Do(default_backend),
    Do(tls),
    Do(rules),
    Field("Annotations", "metadata.annotations", Notes),
];

/// A network policy.
pub const POLICY: &[Part] = &[
    Field("Name", "metadata.name", Word),
    Field("Namespace", "metadata.namespace", Word),
    Field("Created on", "metadata.creationTimestamp", super::How::Time),
    Field("Labels", "metadata.labels", Pairs),
    Field("Annotations", "metadata.annotations", Notes),
    Do(policy),
];

fn balancer(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("status.loadBalancer.ingress");
    if !all.is_empty() {
        sheet.field("LoadBalancer Ingress", addresses(all), all);
    }
}

fn balancer_address(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let all = at.path("status.loadBalancer.ingress");
    sheet.field("Address", addresses(all), all);
}

fn addresses(all: At<'_>) -> String {
    let one = |ingress: At<'_>| [ingress.field("ip").text(), ingress.field("hostname").text()].concat();
    all.items().map(one).collect::<Vec<_>>().join(", ")
}

fn ports(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let slices = paths::slices(&sources.reference.namespace, &sources.reference.name);
    for port in at.path("spec.ports").items() {
        let name = port.field("name").now.as_str().unwrap_or("<unset>");
        let protocol = port.field("protocol").now.as_str().unwrap_or("TCP");
        sheet.field("Port", format!("{name}  {}/{protocol}", port.field("port").number()), port);
        let target = match port.field("targetPort").word() {
            unset if unset.is_empty() => port.field("port").word(),
            target => target,
        };
        sheet.field("TargetPort", format!("{target}/{protocol}"), port.field("targetPort"));
        if port.field("nodePort").number() > 0 {
            sheet.field("NodePort", format!("{name}  {}/{protocol}", port.field("nodePort").number()), port);
        }
        match sources.beside.get(&slices) {
            Some(Ok(_)) => {
                let text = first(endpoints(sources, &slices, port.field("name").text()));
                let none = text.is_empty();
                let (text, ink) = if none { (NONE.to_owned(), Ink::Warn) } else { (text, Ink::Text) };
                sheet.toned("Endpoints", text, ink, false);
            }
            Some(Err(why)) => sheet.toned("Endpoints", format!("unknown: {why}"), Ink::Warn, false),
            None => sheet.toned("Endpoints", "...", Ink::Dim, false),
        }
    }
}

/// The first few, and how many more there are.
fn first(mut behind: Vec<String>) -> String {
    let more = behind.len().saturating_sub(3);
    behind.truncate(3);
    let text = behind.join(",");
    if more > 0 { format!("{text} + {more} more...") } else { text }
}

/// The addresses behind a port that are ready.
fn endpoints(sources: &Sources<'_>, path: &str, port: &str) -> Vec<String> {
    let mut all = Vec::new();
    for slice in found(sources, path).map(At::still) {
        let number = slice.field("ports").items().find(|own| own.field("name").text() == port);
        let Some(number) = number.map(|own| own.field("port").number()) else { continue };
        for endpoint in slice.field("endpoints").items() {
            if endpoint.path("conditions.ready").now.as_bool() == Some(false) {
                continue;
            }
            all.extend(endpoint.field("addresses").items().map(|address| format!("{}:{number}", address.text())));
        }
    }
    all
}

fn slice(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let or_unset = |at: At<'_>| if at.word().is_empty() { "<unset>".to_owned() } else { at.word() };
    let ports = at.field("ports");
    if ports.is_empty() {
        sheet.field("Ports", "<unset>", ports);
    } else {
        let row = |port: At<'_>| {
            let cells = [or_unset(port.field("name")), or_unset(port.field("port")), port.field("protocol").word()];
            Row { cells: cells.into_iter().map(Cell::text).collect(), changed: port.changed(), link: None }
        };
        sheet.heading("Ports");
        sheet.inside(|sheet| sheet.table(&["Name", "Port", "Protocol"], true, ports.items().map(row).collect()));
    }
    let endpoints = at.field("endpoints");
    if endpoints.is_empty() {
        return sheet.toned("Endpoints", NONE, Ink::Warn, endpoints.changed());
    }
    sheet.heading("Endpoints");
    for endpoint in endpoints.items() {
        sheet.inside(|sheet| {
            sheet.field("- Addresses", list(endpoint.field("addresses"), ", "), endpoint.field("addresses"));
            sheet.inside(|sheet| {
                sheet.heading("Conditions");
                let ready = endpoint.path("conditions.ready");
                let ink = if ready.now.as_bool() == Some(false) { Ink::Warn } else { Ink::Text };
                sheet.inside(|sheet| sheet.toned("Ready", or_unset(ready), ink, ready.changed()));
                field(sheet, "Hostname", endpoint.field("hostname"), OrUnset);
                let target = endpoint.field("targetRef");
                if !target.is_empty() {
                    let (kind, name) = (target.field("kind").text(), target.field("name").text());
                    let namespace = sources.reference.namespace.to_string();
                    let to = Reference { namespace, ..Reference::named("v1", kind, name) };
                    sheet.link("TargetRef", format!("{kind}/{name}"), to, target);
                }
                field(sheet, "NodeName", endpoint.field("nodeName"), OrUnset);
                field(sheet, "Zone", endpoint.field("zone"), OrUnset);
            });
        });
    }
}

fn subsets(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    sheet.heading("Subsets");
    for subset in at.field("subsets").items() {
        sheet.inside(|sheet| {
            for (title, name) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
                let all = subset.field(name);
                let ips: Vec<&str> = all.items().map(|address| address.field("ip").text()).collect();
                sheet.field(title, if ips.is_empty() { NONE.to_owned() } else { ips.join(",") }, all);
            }
            let row = |port: At<'_>| {
                let name = port.field("name").now.as_str().unwrap_or("<unset>");
                let cells = [name.to_owned(), port.field("port").word(), port.field("protocol").word()];
                Row { cells: cells.into_iter().map(Cell::text).collect(), ..Row::default() }
            };
            sheet.heading("Ports");
            sheet.inside(|sheet| {
                let rows = subset.field("ports").items().map(row).collect();
                sheet.table(&["Name", "Port", "Protocol"], true, rows);
            });
        });
    }
}

fn default_backend(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let backend = at.path("spec.defaultBackend");
    let text = if backend.is_empty() { "<default>".to_owned() } else { self::backend(backend, sources) };
    sheet.field("Default backend", text, backend);
}

fn backend(backend: At<'_>, sources: &Sources<'_>) -> String {
    let service = backend.field("service");
    if service.is_empty() {
        let other = backend.field("resource");
        return format!("{}/{}", other.field("kind").text(), other.field("name").text());
    }
    let (name, port) = (service.field("name").text(), service.field("port"));
    let called = if port.field("name").is_empty() { port.field("number").word() } else { port.field("name").word() };
    let behind = behind(name, port, sources).map(|behind| format!(" ({behind})")).unwrap_or_default();
    format!("{name}:{called}{behind}")
}

/// What is behind a port of a service; `None` while that is not known.
fn behind(service: &str, port: At<'_>, sources: &Sources<'_>) -> Option<String> {
    let namespace = &*sources.reference.namespace;
    let slices = paths::slices(namespace, service);
    let own = match sources.beside.get(&format!("{}/{service}", paths::of_namespace(namespace, "services")))? {
        Ok(own) => At::still(&own.0),
        Err(why) => return Some(format!("unknown: {why}")),
    };
    if let Err(why) = sources.beside.get(&slices)? {
        return Some(format!("unknown: {why}"));
    }
    let (number, name) = (port.field("number").number(), port.field("name").text());
    let meant = |own: &At<'_>| {
        (number != 0 && own.field("port").number() == number) || (!name.is_empty() && own.field("name").text() == name)
    };
    let found = own.path("spec.ports").items().find(meant);
    Some(first(endpoints(sources, &slices, found.map_or("", |own| own.field("name").text()))))
}

fn tls(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let all = at.path("spec.tls");
    if all.is_empty() {
        return;
    }
    sheet.heading("TLS");
    sheet.inside(|sheet| {
        for entry in all.items() {
            let (name, hosts) = (entry.field("secretName").text(), list(entry.field("hosts"), ","));
            let to = Reference {
                namespace: sources.reference.namespace.to_string(),
                ..Reference::named("v1", "Secret", name)
            };
            sheet.leads(&format!("{name} terminates {hosts}"), to);
        }
    });
}

fn rules(sheet: &mut Sheet, at: At<'_>, sources: &Sources<'_>) {
    let mut rows = Vec::new();
    for rule in at.path("spec.rules").items() {
        let host = rule.field("host").now.as_str().unwrap_or("*");
        rows.push(Row { cells: vec![Cell::text(host)], changed: rule.field("host").changed(), link: None });
        for path in rule.path("http.paths").items() {
            let service = path.path("backend.service.name").text();
            let to = Reference {
                namespace: sources.reference.namespace.to_string(),
                ..Reference::named("v1", "Service", service)
            };
            rows.push(Row {
                cells: vec![
                    Cell::text(""),
                    Cell::text(path.field("path").text()),
                    Cell::text(backend(path.field("backend"), sources)),
                ],
                changed: path.changed(),
                link: (!service.is_empty()).then_some(to),
            });
        }
    }
    sheet.heading("Rules");
    sheet.inside(|sheet| sheet.table(&["Host", "Path", "Backends"], true, rows));
}

fn policy(sheet: &mut Sheet, at: At<'_>, _: &Sources<'_>) {
    let spec = at.field("spec");
    sheet.heading("Spec");
    sheet.inside(|sheet| {
        let pods = selector(spec.field("podSelector"));
        let all = "<none> (Allowing the specific traffic to all pods in this namespace)";
        sheet.field("PodSelector", if pods.is_empty() { all.to_owned() } else { pods }, spec.field("podSelector"));
        let types = list(spec.field("policyTypes"), ", ");
        for (title, name, isolated, peers) in
            [("ingress", "ingress", "Ingress", "from"), ("egress", "egress", "Egress", "to")]
        {
            if !types.contains(isolated) {
                sheet.plain(&format!("Not affecting {title} traffic"), Ink::Dim, false);
                continue;
            }
            sheet.heading(&format!("Allowing {title} traffic"));
            sheet.inside(|sheet| traffic(sheet, spec.field(name), title, peers));
        }
        sheet.field("Policy Types", types, spec.field("policyTypes"));
    });
}

fn traffic(sheet: &mut Sheet, rules: At<'_>, title: &str, peers: &str) {
    if rules.is_empty() {
        let text = format!("<none> (Selected pods are isolated for {title} connectivity)");
        return sheet.plain(&text, Ink::Dim, rules.changed());
    }
    for (place, rule) in rules.items().enumerate() {
        if place > 0 {
            sheet.plain("----------", Ink::Dim, false);
        }
        if rule.field("ports").is_empty() {
            sheet.field("To Port", "<any> (traffic allowed to all ports)", rule.field("ports"));
        }
        for port in rule.field("ports").items() {
            let protocol = port.field("protocol").now.as_str().unwrap_or("TCP");
            let range = if port.field("endPort").is_empty() {
                String::new()
            } else {
                format!("-{}", port.field("endPort").word())
            };
            let number = if port.field("port").is_empty() { "<any>".to_owned() } else { port.field("port").word() };
            sheet.field("To Port", format!("{number}{range}/{protocol}"), port);
        }
        let direction = if peers == "from" { "From" } else { "To" };
        if rule.field(peers).is_empty() {
            sheet.field(direction, "<any> (traffic not restricted)", rule.field(peers));
        }
        for peer in rule.field(peers).items() {
            sheet.heading(direction);
            sheet.inside(|sheet| {
                for (title, name) in [("NamespaceSelector", "namespaceSelector"), ("PodSelector", "podSelector")] {
                    if !peer.field(name).now.is_null() {
                        field(sheet, title, peer.field(name), Selector);
                    }
                }
                let block = peer.field("ipBlock");
                if !block.is_empty() {
                    field(sheet, "CIDR", block.field("cidr"), OrUnset);
                    field(sheet, "Except", block.field("except"), List);
                }
            });
        }
    }
}
