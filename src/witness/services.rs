//! Services that a program uses: databases, queues, stores.

use serde::Deserialize;

use super::CATALOG;
use crate::path;

/// A service, and how images, add-ons and charts of it are called.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    name: String,
    words: Vec<String>,
}

/// The service that an image, an add-on or a plan is one of: `docker.io/library/postgres:17`, `heroku-redis:mini`.
pub fn named(text: &str) -> Option<&'static str> {
    let name = path::name(text).split([':', '@']).next().unwrap_or_default().to_ascii_lowercase();
    let is_called = |row: &&Row| {
        let is = |word: &String| {
            name == *word || name.ends_with(&format!("-{word}")) || name.starts_with(&format!("{word}-"))
        };
        row.words.iter().any(is)
    };
    CATALOG.service.iter().find(is_called).map(|row| row.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_by_many_names() {
        for (text, expected) in [
            ("postgres:17-alpine", Some("PostgreSQL")),
            ("docker.io/library/redis@sha256:0", Some("Redis")),
            ("heroku-postgresql:mini", Some("PostgreSQL")),
            ("bitnami/mariadb", Some("MariaDB")),
            ("PG", Some("PostgreSQL")),
            ("redis-cache", Some("Redis")),
            ("pgadmin4", None),
            ("ghcr.io/x/shop", None),
        ] {
            assert_eq!(named(text), expected, "{text}");
        }
    }
}
