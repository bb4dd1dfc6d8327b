//! Turns the catalogs into JSON, which a run reads in a tenth of the time that TOML takes: a list of their names and texts, which
//! `src/catalog.rs` takes in.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a build script reads, writes, and speaks to Cargo"
)]

use std::path::Path;
use std::{env, fs};

use toml::{Table, Value};

fn main() {
    let (mut folders, mut rows) = (vec![Path::new("templates").to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|ending| ending == "toml") {
                let table = fs::read_to_string(&entry).unwrap().parse::<Table>();
                let table = table.unwrap_or_else(|error| panic!("{}: {error}", entry.display()));
                let name = entry.strip_prefix("templates").unwrap();
                let name = name.to_str().unwrap().replace('\\', "/");
                rows.push(format!("({name:?}, {:?})", json(&Value::Table(table))));
            }
        }
    }
    rows.sort();
    let place = Path::new(&env::var("OUT_DIR").unwrap()).join("catalogs.rs");
    fs::write(place, format!("[{}]", rows.join(",\n"))).unwrap();
    println!("cargo::rerun-if-changed=templates");
    println!("cargo::rerun-if-changed=build.rs");
}

fn json(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(",");
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", list(items.iter().map(json).collect())),
        Value::Table(pairs) => {
            let pair = |(key, value): (&String, &Value)| format!("{}:{}", quoted(key), json(value));
            format!("{{{}}}", list(pairs.iter().map(pair).collect()))
        }
        plain => plain.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}
