//! Manifests of a cluster: how the container of this repository is run there, and what runs beside it.

use serde::Deserialize;
use serde_json::Value;

use super::variables::{self, Given};
use super::{CATALOG, services, tree};
use crate::catalog::SHARED;
use crate::command;
use crate::facts::{Fact, Kind, Strength};
use crate::path::name;
use crate::repo::Repo;

/// What is known of these files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Where manifests lie.
    folders: Vec<String>,
    /// Where charts do.
    pub charts: Vec<String>,
    /// What runs containers.
    kinds: Vec<String>,
    /// What ends by itself.
    steps: Vec<String>,
    /// Where their pods stand: paths of keys.
    pods: Vec<String>,
    /// Words in paths that say that it is not for production.
    aside: Vec<String>,
}

/// No more files than this are read.
const MOST_FILES: usize = 40;

/// A container of a manifest.
struct Container<'r> {
    path: &'r str,
    text: &'r str,
    /// The name of what runs it.
    owner: String,
    /// The image without its registry and tag.
    image: String,
    value: Value,
    /// Volumes that can be written to: their names.
    volumes: Vec<String>,
    /// It ends by itself, before others start.
    is_step: bool,
}

/// The testimonies of the manifests about the container of this repository, and the services beside it.
pub fn testify(repo: &Repo) -> Vec<Fact> {
    let containers: Vec<Container> = files(repo).into_iter().flat_map(|path| of_file(repo, path)).collect();
    let (mut facts, mut known) = (Vec::new(), Vec::new());
    let ours = ours(repo, &containers);
    let settings: Vec<Fact> = ours.first().map(|container| settings(repo, container)).unwrap_or_default();
    for (at, container) in ours.iter().enumerate() {
        if at == 0 && !container.is_step {
            facts.extend(container.facts());
        } else {
            facts.extend(container.process());
        }
    }
    facts.extend(settings);
    for container in containers.iter().filter(|_| !ours.is_empty()) {
        let service = services::named(&container.image).filter(|_| ours.iter().all(|our| our.image != container.image));
        if let Some(service) = service.filter(|service| !known.contains(service)) {
            known.push(service);
            let kind = Kind::Uses(service.to_owned());
            facts.push(container.fact(kind, "image", &container.image, Strength::Convention));
        }
    }
    facts
}

/// Manifests, not those of tests and of one developer's machine.
fn files(repo: &Repo) -> Vec<&str> {
    let rows = &CATALOG.cluster;
    let is_aside = |path: &str| {
        let mut words = path.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
        words.any(|word| rows.aside.contains(&word))
    };
    let inside = rows.folders.iter().flat_map(|folder| repo.below(folder));
    let is_manifest = |path: &&str| [".yaml", ".yml"].iter().any(|end| path.ends_with(end)) && !is_aside(path);
    let mut found: Vec<&str> = inside.filter(is_manifest).take(MOST_FILES).collect();
    found.dedup();
    found
}

/// The variables of the maps that a container is given whole; of a secret only the names.
fn settings(repo: &Repo, container: &Container) -> Vec<Fact> {
    let named = |kind: &str| {
        tree::below(&container.value, &format!("envFrom.{kind}.name")).into_iter().filter_map(tree::scalar)
    };
    let wanted: Vec<String> = named("configMapRef").chain(named("secretRef")).collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut facts = Vec::new();
    for path in files(repo) {
        let text = repo.text(path).filter(|text| wanted.iter().any(|name| text.contains(name.as_str())));
        for document in text.and_then(|text| tree::read(path, text).ok()).unwrap_or_default() {
            let name = tree::first(&document, &["metadata.name".to_owned()]);
            if !name.is_some_and(|name| wanted.contains(&name)) {
                continue;
            }
            let is_secret = document.get("kind").and_then(Value::as_str) == Some("Secret");
            let tables = ["data", "stringData"].iter().filter_map(|key| document.get(*key));
            let given = tables.flat_map(variables::all).take(variables::MOST);
            let given = given.map(|given| if is_secret { Given { value: None, ..given } } else { given });
            facts.extend(given.filter_map(|given| variables::testify(&given, path, Strength::Stated)));
        }
    }
    facts
}

fn of_file<'r>(repo: &'r Repo, path: &'r str) -> Vec<Container<'r>> {
    let Some(text) = repo.text(path).filter(|text| text.contains("containers:")) else { return Vec::new() };
    let documents = tree::read(path, text).unwrap_or_default();
    documents.iter().flat_map(|document| of_document(document, path, text)).collect()
}

fn of_document<'r>(document: &Value, path: &'r str, text: &'r str) -> Vec<Container<'r>> {
    let rows = &CATALOG.cluster;
    let kind = document.get("kind").and_then(Value::as_str).unwrap_or_default();
    if !rows.kinds.iter().any(|known| known == kind) {
        return Vec::new();
    }
    let pods = rows.pods.iter().flat_map(|path| tree::below(document, path));
    let Some(pod) = pods.into_iter().find(|pod| pod.get("containers").is_some()) else { return Vec::new() };
    let owner = tree::first(document, &["metadata.name".to_owned()]).unwrap_or_default();
    let volumes = volumes(document, pod);
    let is_job = rows.steps.iter().any(|known| known == kind);
    let container = |value: &Value, is_step: bool| {
        let image = tree::first(value, &["image".to_owned()])?;
        Some(Container {
            path,
            text,
            owner: owner.clone(),
            image: name(&image).split([':', '@']).next().unwrap_or_default().to_owned(),
            value: value.clone(),
            volumes: volumes.clone(),
            is_step,
        })
    };
    let running = tree::below(pod, "containers").into_iter().filter_map(|value| container(value, is_job));
    running.chain(tree::below(pod, "initContainers").into_iter().filter_map(|value| container(value, true))).collect()
}

/// The names of volumes that hold data of the program.
fn volumes(document: &Value, pod: &Value) -> Vec<String> {
    let is_data =
        |volume: &&Value| ["persistentVolumeClaim", "emptyDir", "hostPath"].iter().any(|key| volume.get(key).is_some());
    let own = tree::below(pod, "volumes").into_iter().filter(is_data).filter_map(|volume| volume.get("name"));
    let claims = tree::below(document, "spec.volumeClaimTemplates.metadata.name");
    own.chain(claims).filter_map(tree::scalar).collect()
}

/// The containers of this repository's image, the one that is reached from outside first: the only image that is no known
/// service, else the one that is called like the repository.
fn ours<'c, 'r>(repo: &Repo, containers: &'c [Container<'r>]) -> Vec<&'c Container<'r>> {
    let is_called =
        |container: &&Container| [&container.image, &container.owner].iter().any(|name| *name == repo.name());
    let mut images: Vec<&str> =
        containers.iter().map(|it| it.image.as_str()).filter(|image| services::named(image).is_none()).collect();
    images.sort_unstable();
    images.dedup();
    let image = containers.iter().find(is_called).map(|container| container.image.as_str());
    let image = image.or(if let [only] = images.as_slice() { Some(*only) } else { None });
    let mut ours: Vec<&Container> =
        containers.iter().filter(|container| Some(container.image.as_str()) == image).collect();
    ours.sort_by_key(|container| (container.is_step, container.value.get("ports").is_none()));
    ours
}

impl Container<'_> {
    fn fact(&self, kind: Kind, key: &str, value: &str, strength: Strength) -> Fact {
        Fact::new(kind, self.path, &tree::quote(self.text, key, value), strength)
    }

    fn facts(&self) -> Vec<Fact> {
        let mut facts = self.ports();
        facts.extend(self.health());
        facts.extend(self.writes());
        facts.extend(self.started());
        let given = tree::below(&self.value, "env").into_iter().flat_map(variables::all).take(variables::MOST);
        facts.extend(given.filter_map(|given| variables::testify(&given, self.path, Strength::Stated)));
        facts
    }

    fn ports(&self) -> Vec<Fact> {
        let is_tcp =
            |port: &&Value| port.get("protocol").and_then(Value::as_str).is_none_or(|protocol| protocol == "TCP");
        let ports = tree::below(&self.value, "ports").into_iter().filter(is_tcp);
        let ports = ports.filter_map(|port| tree::scalar(port.get("containerPort")?)?.parse::<u16>().ok());
        let fact = |(at, port): (usize, u16)| {
            self.fact(Kind::Port(port), "containerPort", &port.to_string(), super::strength(port, at == 0))
        };
        ports.filter(|port| *port > 0).enumerate().map(fact).collect()
    }

    fn health(&self) -> Vec<Fact> {
        let probes = ["livenessProbe", "readinessProbe", "startupProbe"].iter();
        let paths = probes.flat_map(|probe| tree::below(&self.value, &format!("{probe}.httpGet.path")));
        let paths = paths.filter_map(|path| super::health_path(&tree::scalar(path)?));
        paths.map(|path| self.fact(Kind::HealthPath(path.clone()), "path", &path, Strength::Stated)).take(1).collect()
    }

    fn writes(&self) -> Vec<Fact> {
        let folder = tree::first(&self.value, &["workingDir".to_owned()]).unwrap_or_default();
        let fact = |mount: &Value| {
            let is_data = tree::scalar(mount.get("name")?).is_some_and(|name| self.volumes.contains(&name));
            let is_read = mount.get("readOnly").and_then(Value::as_bool) == Some(true);
            let path = tree::scalar(mount.get("mountPath")?).filter(|_| is_data && !is_read)?;
            let placed = super::placed(&path, &folder)?;
            Some(self.fact(Kind::Writes(placed), "mountPath", &path, Strength::Stated))
        };
        tree::below(&self.value, "volumeMounts").into_iter().filter_map(fact).collect()
    }

    /// The words of a list of words.
    fn words(&self, key: &str) -> Vec<String> {
        let words = tree::below(&self.value, key).into_iter().filter_map(tree::scalar);
        words.collect()
    }

    /// What it is started with, or the words behind what its image starts.
    fn started(&self) -> Option<Fact> {
        let (line, words) = (self.words("command"), self.words("args"));
        let is_literal = line.iter().chain(&words).all(|word| !word.contains("$("));
        let quote = |words: &[String]| words.first().cloned().unwrap_or_default();
        match (line.is_empty(), words.is_empty()) {
            (true, true) => None,
            _ if !is_literal => None,
            (true, false) => {
                let quote = quote(&words);
                Some(self.fact(Kind::Arguments(words), "args", &quote, Strength::Convention))
            }
            (false, _) => {
                let argv = command::of_words(&[line.clone(), words].concat()).argv;
                (!argv.is_empty()).then(|| self.fact(Kind::Start(argv), "command", &quote(&line), Strength::Stated))
            }
        }
    }

    /// The same image with words of its own.
    fn process(&self) -> Option<Fact> {
        let words = [self.words("command"), self.words("args")].concat();
        let words = command::of_words(&words).argv;
        let line = shlex::try_join(words.iter().map(String::as_str)).ok().filter(|line| !line.is_empty())?;
        let first = words.first().cloned().unwrap_or_default();
        let name = SHARED.process.steps.first().filter(|_| self.is_step).unwrap_or(&self.owner);
        let kind = Kind::Process(name.clone(), line);
        Some(self.fact(kind, "command", &first, Strength::Guess))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let repo = Repo::from_list("shop", files.iter().copied());
        testify(&repo).iter().map(|fact| format!("{} [{}]", fact.kind, fact.evidence.quote)).collect()
    }

    fn deployment(name: &str, image: &str, rest: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  template:\n    spec:\n      volumes:\n      - name: data\n        \
                 persistentVolumeClaim: {{claimName: x}}\n      - name: conf\n        configMap: {{name: x}}\n      containers:\n      - name: main\n        image: {image}\n{rest}"
        )
    }

    #[test]
    fn the_container_of_the_repository_speaks() {
        let rest = "        args: [\"serve\", \"--verbose\"]\n        ports:\n        - containerPort: 8080\n        - {containerPort: 53, protocol: UDP}\n        \
                    - containerPort: 9090\n        env:\n        - name: MODE\n          value: live\n        - name: API_TOKEN\n          valueFrom: {secretKeyRef: {name: x, key: y}}\n        \
                    livenessProbe:\n          httpGet: {path: /healthz, port: 8080}\n        volumeMounts:\n        - {name: data, mountPath: /data}\n        - {name: conf, mountPath: /conf}\n";
        let ours = deployment("web", "ghcr.io/acme/store:1.2", rest);
        let worker = deployment("worker", "ghcr.io/acme/store:1.2", "        command: [store, work]\n");
        let all = format!(
            "{ours}---\n{}---\n{worker}---\nkind: Service\nspec: {{ports: [{{port: 80}}]}}\n",
            deployment("db", "postgres:17", "")
        );
        assert_eq!(
            said(&[("deploy/all.yaml", &all)]),
            [
                "port 8080 [containerPort: 8080]",
                "port 9090 [containerPort: 9090]",
                "health path /healthz [httpGet: {path: /healthz, port: 8080}]",
                "writes /data [{name: data, mountPath: /data}]",
                "given the words serve --verbose [args: [\"serve\", \"--verbose\"]]",
                "is given MODE, such as live [MODE]",
                "is given API_TOKEN [API_TOKEN]",
                "process worker: store work [command: [store, work]]",
                "uses PostgreSQL [image: postgres:17]",
            ]
        );
    }

    #[test]
    fn another_image_is_another_program() {
        let port = |port: u16| format!("        ports: [{{containerPort: {port}}}]\n");
        let (a, b) = (deployment("a", "x/a", &port(1)), deployment("b", "x/b", &port(2)));
        let shop = deployment("shop", "x/c", &port(3));
        assert!(said(&[("k8s/a.yaml", &a), ("k8s/b.yaml", &b)]).is_empty());
        assert_eq!(said(&[("k8s/a.yaml", &a), ("k8s/shop.yaml", &shop)]), ["port 3 [ports: [{containerPort: 3}]]"]);
        assert_eq!(said(&[("k8s/a.yaml", &a)]).len(), 1);
        assert!(said(&[("k8s/dev/a.yaml", &a), ("other/a.yaml", &a)]).is_empty());
        assert!(said(&[("k8s/a.yaml", "kind: Deployment\nspec: {template: {spec: {containers: [")]).is_empty());
        assert!(said(&[("k8s/a.yaml", "kind: ConfigMap\nspec:\n  containers:\n  - image: x\n")]).is_empty());
    }

    #[test]
    fn what_comes_before_is_a_step_and_maps_are_variables() {
        let rest = "        envFrom:\n        - configMapRef: {name: conf}\n        - secretRef: {name: keys}\n        ports: [{containerPort: 8080}]\n      \
                    initContainers:\n      - name: migrate\n        image: x/shop:1\n        command: [shop, migrate]\n";
        let maps = "kind: ConfigMap\nmetadata: {name: conf}\ndata: {MODE: live}\n---\nkind: Secret\nmetadata: {name: keys}\nstringData: {LOGIN: me}\n\
                    ---\nkind: ConfigMap\nmetadata: {name: other}\ndata: {OTHER: x}\n";
        let job = "kind: Job\nmetadata: {name: seed}\nspec: {template: {spec: {containers: [{image: x/shop, command: [shop, seed]}]}}}\n";
        assert_eq!(
            said(&[
                ("k8s/a.yaml", &deployment("shop", "x/shop:1", rest)),
                ("k8s/job.yaml", job),
                ("k8s/maps.yaml", maps)
            ]),
            [
                "port 8080 [ports: [{containerPort: 8080}]]",
                "process release: shop migrate [command: [shop, migrate]]",
                "process release: shop seed [spec: {template: {spec: {containers: [{image: x/shop, command: [shop, seed]}]}}}]",
                "is given MODE, such as live [MODE]",
                "is given LOGIN [LOGIN]",
            ]
        );
    }

    #[test]
    fn a_command_is_a_start() {
        let started = |rest: &str| said(&[("k8s/a.yaml", &deployment("a", "x/a", rest))]).join(", ");
        assert_eq!(
            started("        command: [/bin/sh, -c, exec store serve]\n"),
            "started with store serve [command: [/bin/sh, -c, exec store serve]]"
        );
        assert_eq!(
            started("        command: [store]\n        args: [serve]\n"),
            "started with store serve [command: [store]]"
        );
        assert_eq!(started("        args: [\"$(MODE)\"]\n"), "");
    }
}
