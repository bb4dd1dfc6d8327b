//! Reading and changing single keys of `dockgen.toml`; what else stands there stays, every comment too.

use toml_edit::{Document, DocumentMut, Item, Table, TableLike, Value};

use super::{Holds, KEYS, Key, PATH, SECTIONS, by_name, head, parse};
use crate::error::Error;

/// The parts of a key's name, and whether the last is a member of a table; what follows the name of a table is one part,
/// whatever it holds. Behind `service.NAME.` it is a key of that service.
fn parts(name: &str) -> Result<(&'static Key, Vec<&str>, bool), Error> {
    let section = name.strip_prefix(SECTIONS).and_then(|rest| rest.strip_prefix('.')?.split_once('.'));
    let (key, member) = by_name(section.map_or(name, |(_, key)| key))?;
    let folder = section.map(|(service, _)| [SECTIONS, service]).into_iter().flatten();
    Ok((key, folder.chain(key.name.split('.')).chain(member).collect(), member.is_some()))
}

/// The value of a key as TOML writes it, on one line; `None` where it is not set.
///
/// # Errors
/// Where the text is no TOML or the key is unknown.
pub fn get(text: &str, name: &str) -> Result<Option<String>, Error> {
    let (_, parts, _) = parts(name)?;
    let document = document(text)?;
    let item = parts.iter().try_fold(document.as_item(), |item, part| item.get(part));
    let value = item.and_then(|item| item.clone().into_value().ok());
    let is_empty = |value: &Value| value.as_inline_table().is_some_and(toml_edit::InlineTable::is_empty);
    Ok(value.filter(|value| !is_empty(value)).map(|value| plain(value).to_string()))
}

/// The value without comments and line breaks.
fn plain(mut value: Value) -> Value {
    match &mut value {
        Value::Array(list) => {
            list.fmt();
            list.set_trailing_comma(false);
        }
        Value::InlineTable(table) => table.fmt(),
        _ => {}
    }
    value.decorated("", "")
}

/// The keys that are set, with their values as TOML writes them.
///
/// # Errors
/// Where the text is no TOML.
pub fn list(text: &str) -> Result<Vec<(String, String)>, Error> {
    let document = document(text)?;
    let services = document.get(SECTIONS).and_then(Item::as_table_like).into_iter().flat_map(TableLike::iter);
    let sections = [String::new()].into_iter().chain(services.map(|(name, _)| format!("{SECTIONS}.{name}.")));
    let names = sections.flat_map(|section| KEYS.iter().map(move |key| format!("{section}{}", key.name)));
    let all = names.map(|name| Ok(get(text, &name)?.map(|value| (name, value))));
    all.filter_map(Result::transpose).collect()
}

/// The value of a key, or of all of them where the name is empty, as JSON.
///
/// # Errors
/// Where the text is no TOML or the key is unknown.
pub fn json(text: &str, name: &str) -> Result<serde_json::Value, Error> {
    document(text)?;
    let all: serde_json::Value = toml::from_str(text).unwrap_or_default();
    let parts = if name.is_empty() { Vec::new() } else { parts(name)?.1 };
    Ok(parts.iter().fold(&all, |value, part| &value[*part]).clone())
}

/// The text with a key set; comments, order and everything else stay.
///
/// # Errors
/// Where the key is unknown or cannot hold the value.
pub fn set(text: &str, name: &str, value: &str) -> Result<String, Error> {
    let (key, parts, is_member) = parts(name)?;
    let value = if is_member { Ok(value.into()) } else { typed(key, value) }?;
    let mut document = document(text)?;
    let (last, folders) = parts.split_last().ok_or_else(|| Error::usage("there is no key"))?;
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for part in folders {
        let item = table.entry(part).or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        table = item.as_table_like_mut().ok_or_else(|| Error::usage(format!("`{part}` is no table in {PATH}")))?;
    }
    put(table, last, value);
    let text = with_head_first(&document.to_string());
    parse(&text)?;
    Ok(text)
}

/// Puts a value in the place of another; the comments of that stay, those inside of a list above the key.
fn put(table: &mut dyn TableLike, name: &str, mut value: Value) {
    let Some(Item::Value(old)) = table.get_mut(name) else {
        table.insert(name, Item::Value(value));
        return;
    };
    let inside = comments(old);
    *value.decor_mut() = old.decor().clone();
    *old = value;
    if let Some(mut key) = table.key_mut(name).filter(|_| !inside.is_empty()) {
        let decor = key.leaf_decor_mut();
        let above = decor.prefix().and_then(|above| above.as_str()).unwrap_or_default().to_owned();
        decor.set_prefix(above + &inside);
    }
}

/// The comments inside of a list, a line each.
fn comments(value: &Value) -> String {
    let Value::Array(list) = value else { return String::new() };
    let around = list.iter().flat_map(|item| [item.decor().prefix(), item.decor().suffix()]).flatten();
    let texts = around.chain([list.trailing()]).filter_map(|raw| raw.as_str());
    let lines = texts.flat_map(str::lines).map(str::trim).filter(|line| line.starts_with('#'));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The head stays the beginning, wherever the keys went.
fn with_head_first(text: &str) -> String {
    match text.split_once(&head()) {
        Some((before, after)) => format!("{}{before}{after}", head()),
        None => text.to_owned(),
    }
}

/// The text without a key; its comments stay.
///
/// # Errors
/// Where the key is unknown or the text is no TOML.
pub fn unset(text: &str, name: &str) -> Result<String, Error> {
    let (_, parts, _) = parts(name)?;
    let (Some((last, folders)), changed) = (parts.split_last(), document(text)?) else { return Ok(text.to_owned()) };
    let mut changed = changed;
    let folder = folders.iter().try_fold(changed.as_item_mut(), |item, part| item.get_mut(part));
    match folder {
        Some(Item::Value(Value::InlineTable(folder))) => {
            folder.remove(last);
            Ok(changed.to_string())
        }
        Some(Item::Table(folder)) => match folder.get(last) {
            Some(Item::Value(old)) => Ok(cut(text, &parts, &comments(old)).unwrap_or_else(|| text.to_owned())),
            Some(Item::Table(table)) => {
                let members = table.iter().map(|(member, _)| format!("{name}.{member}"));
                members.collect::<Vec<_>>().iter().try_fold(text.to_owned(), |text, member| unset(&text, member))
            }
            _ => Ok(text.to_owned()),
        },
        _ => Ok(text.to_owned()),
    }
}

/// The text without the lines of a value, but for the comments inside of it and beside it.
fn cut(text: &str, parts: &[&str], inside: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let item = parts.iter().try_fold(document.as_item(), |item, part| item.get(part))?;
    let (last, folders) = parts.split_last()?;
    let folder = folders.iter().try_fold(document.as_item(), |item, part| item.get(part))?;
    let key = folder.as_table()?.key(last)?.span()?;
    let start = text.get(..key.start)?.rfind('\n').map_or(0, |at| at + 1);
    let rest = text.get(item.span()?.end..)?;
    let (beside, below) = rest.split_once('\n').unwrap_or((rest, ""));
    let beside = beside.trim();
    let beside = if beside.is_empty() { String::new() } else { format!("{beside}\n") };
    Some(format!("{}{inside}{beside}{below}", text.get(..start)?))
}

fn document(text: &str) -> Result<DocumentMut, Error> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        Error::usage(format!("`{PATH}` is no TOML: {}", error.message())).hint("mend the file by hand")
    })
}

/// A value as the key wants it: lists and tables are written as in TOML.
fn typed(key: &Key, value: &str) -> Result<Value, Error> {
    let wrong = |what: &str| Error::usage(format!("{} wants {what}, not `{value}`", key.name));
    let parsed = || value.parse::<Value>().ok();
    match key.holds {
        Holds::Text => Ok(value.into()),
        Holds::Port => Ok(value.parse::<i64>().map_or_else(|_| value.into(), Value::from)),
        Holds::Number => value.parse::<i64>().map(Value::from).map_err(|_| wrong("a number")),
        Holds::Flag => value.parse::<bool>().map(Value::from).map_err(|_| wrong("true or false")),
        Holds::List => match parsed().filter(Value::is_array) {
            Some(list) => Ok(list),
            None => Ok(Value::Array(value.split(',').map(str::trim).collect())),
        },
        Holds::Ports => match parsed().filter(Value::is_array) {
            Some(list) => Ok(list),
            None => {
                let numbers = value.split(',').map(|number| number.trim().parse::<i64>());
                let numbers = numbers.collect::<Result<toml_edit::Array, _>>();
                numbers.map(Value::Array).map_err(|_| wrong("ports, such as `25,8080`"))
            }
        },
        Holds::Table => parsed().filter(Value::is_inline_table).ok_or_else(|| {
            wrong("a table such as `{ NAME = \"value\" }`")
                .hint(format!("one member: `dockgen config set {}.NAME VALUE`", key.name))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_order_stay() {
        let text = "# mine\nuid = 2000 # because\nlang = \"go\"\n";
        assert_eq!(set(text, "uid", "3000").unwrap(), "# mine\nuid = 3000 # because\nlang = \"go\"\n");
        assert_eq!(unset(text, "lang").unwrap(), "# mine\nuid = 2000 # because\n");
        assert_eq!(unset(text, "uid").unwrap(), "# mine\n# because\nlang = \"go\"\n");
        let list = "[run]\n# tools\npackages = [\n  # for the feed\n  \"curl\",\n  \"git\", # why\n]\n# end\n";
        let kept = "[run]\n# tools\n# for the feed\n# why\n";
        assert_eq!(set(list, "run.packages", "jq").unwrap(), format!("{kept}packages = [\"jq\"]\n# end\n"));
        assert_eq!(unset(list, "run.packages").unwrap(), format!("{kept}# end\n"));
    }

    #[test]
    fn members_of_tables_are_reached_however_the_table_is_written() {
        for text in ["", "[run]\nenv = { A = \"1\" }\n", "[run.env]\nA = \"1\" # one\n", "run.env.A = \"1\"\n"] {
            let changed = set(text, "run.env.MODE", "x y").unwrap();
            assert_eq!(parse(&changed).unwrap().extras.env["MODE"], "x y", "{changed}");
            assert_eq!(get(&changed, "run.env.MODE").unwrap().as_deref(), Some("\"x y\""), "{changed}");
            let back = unset(&changed, "run.env.MODE").unwrap();
            assert_eq!(parse(&back).unwrap(), parse(text).unwrap(), "{back}");
            assert!(
                !get(&unset(&changed, "run.env").unwrap(), "run.env").is_ok_and(|value| value.is_some()),
                "{changed}"
            );
        }
        let labels = set("", "run.labels.com.example.team", "shop").unwrap();
        assert_eq!(parse(&labels).unwrap().extras.labels["com.example.team"], "shop", "{labels}");
        assert!(set("", "run.packages.x", "y").is_err());
        assert_eq!(set("", "run.env.A", "1").unwrap(), "[run.env]\nA = \"1\"\n");
    }

    #[test]
    fn what_is_set_is_listed_without_comments() {
        let text = "uid = 2000 # because\n[run]\npackages = [\n  \"a\", # x\n]\n[run.env]\nA = \"1\"\n";
        let want = [("uid", "2000"), ("run.packages", "[\"a\"]"), ("run.env", "{ A = \"1\" }")];
        assert_eq!(list(text).unwrap(), want.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn services_have_keys_of_their_own() {
        let text = set("uid = 5\n", "service.api.run.env.A", "1").unwrap();
        let text = set(&text, "service.api.port", "9000").unwrap();
        let standing = super::super::parse_all(&text).unwrap();
        assert_eq!((standing.all.uid, standing.services["api"].uid), (Some(5), None));
        assert_eq!(standing.services["api"].extras.env["A"], "1");
        let names: Vec<String> = list(&text).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["uid", "service.api.port", "service.api.run.env"]);
        let text = unset(&text, "service.api.port").unwrap();
        assert_eq!(super::super::parse_all(&text).unwrap().services["api"].port, None);
        assert!(super::super::parse_all("[service.a.service.b]\nuid = 5\n").is_err());
        assert!(super::super::parse_all("[service.a]\nuid = 0\n").unwrap_err().what.contains("line 2"));
    }
}
