//! What a person does next: the commands that build and run the image, and what they need beside it.

use crate::facts::Evidence;
use crate::plan::{Decision, topic};

/// The lines; `folder` is where the image is built, as a shell reads it.
pub fn lines(name: &str, folder: &str, decisions: &[Decision]) -> Vec<String> {
    let of = |topic: &'static str| decisions.iter().filter(move |decision| decision.topic == topic);
    let mut lines = vec![format!("docker build -t {name} {folder}")];
    lines.extend(of(topic::RELEASE).map(|step| format!("before each release, from the same image: {}", step.value)));
    let mut run = "docker run --rm ".to_owned();
    let port = of(topic::PORT).map(|decision| decision.value.as_str()).find(|port| *port != "none");
    if let Some(port) = port {
        run.push_str(&format!("-p {port}:{port} "));
    }
    for given in of(topic::GIVEN) {
        run.push_str(&format!("-e {} ", assigned(given)));
    }
    for folder in of(topic::DATA).map(|decision| &decision.value) {
        run.push_str(&format!("-v {name}{}:{folder} ", folder.replace('/', "-")));
    }
    lines.push(format!("{run}{name}"));
    if let (Some(port), Some(health)) = (port, of(topic::HEALTH).next()) {
        lines.push(format!("curl -f http://localhost:{port}{}", health.value));
    }
    let services: Vec<&str> = of(topic::SERVICE).map(|decision| decision.value.as_str()).collect();
    if let Some(first) = of(topic::SERVICE).next() {
        lines.push(format!(
            "it uses {} (`{}`): have it run where the program reaches it",
            services.join(", "),
            first.evidence.file
        ));
    }
    for settings in of(topic::SETTINGS) {
        let Evidence { file, .. } = &settings.evidence;
        lines.push(format!("it reads more variables (`{file}`): {}", settings.value));
    }
    lines
}

/// A variable and its example as a shell reads it; what a person has to think of is `...`.
fn assigned(given: &Decision) -> String {
    let (name, example) = given.value.split_once('=').unwrap_or((&given.value, ""));
    match shlex::try_quote(example) {
        Ok(quoted) if !example.is_empty() => format!("{name}={quoted}"),
        _ => format!("{name}=..."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Strength;

    #[test]
    fn what_is_run_is_given_what_it_needs() {
        let decision = |(topic, value): &(&'static str, &str)| {
            Decision::new(topic, *value, "x", Evidence::new("fly.toml", "", Strength::Stated))
        };
        let shown = |decisions: &[(&'static str, &str)]| {
            lines("shop", "api", &decisions.iter().map(decision).collect::<Vec<_>>()).join("\n")
        };
        assert_eq!(
            shown(&[(topic::PORT, "none"), (topic::HEALTH, "/up")]),
            "docker build -t shop api\ndocker run --rm shop"
        );
        let all = [
            (topic::PORT, "8080"),
            (topic::RELEASE, "bin/migrate"),
            (topic::GIVEN, "KEY="),
            (topic::GIVEN, "NAME=a b'; rm -rf /"),
            (topic::DATA, "/app/data"),
            (topic::HEALTH, "/up"),
            (topic::SERVICE, "PostgreSQL"),
            (topic::SERVICE, "Redis"),
            (topic::SETTINGS, "MODE"),
        ];
        assert_eq!(
            shown(&all),
            "docker build -t shop api\n\
             before each release, from the same image: bin/migrate\n\
             docker run --rm -p 8080:8080 -e KEY=... -e NAME=\"a b'; rm -rf /\" -v shop-app-data:/app/data shop\n\
             curl -f http://localhost:8080/up\n\
             it uses PostgreSQL, Redis (`fly.toml`): have it run where the program reaches it\n\
             it reads more variables (`fly.toml`): MODE"
        );
    }
}
