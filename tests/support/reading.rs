//! A Dockerfile as BuildKit reads it: instructions as lists of `key=value`, everything unquoted, every variable that would
//! be filled in shown as `{NAME}`. As far as dockgen writes Dockerfiles, and no further; `.ci/parse-dockerfiles` says the
//! same with BuildKit's own parser, and the gate compares.

/// An instruction: its name, then its parts.
pub type Instruction = Vec<String>;

/// Reads a Dockerfile.
pub fn read(text: &str) -> Result<Vec<Instruction>, String> {
    let mut lines = text.lines();
    let mut found = Vec::new();
    while let Some(mut line) = lines.next() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let mut joined = String::new();
        while let Some(start) = line.strip_suffix('\\') {
            joined.push_str(start);
            line = lines.by_ref().find(|line| !line.trim_start().starts_with('#')).ok_or("the last line continues")?;
        }
        joined.push_str(line);
        let (name, rest) = joined.split_once(' ').ok_or_else(|| format!("no instruction: {joined}"))?;
        let (flags, rest) = flags(rest)?;
        let content = heredoc(name, rest).map(|end| {
            let inside = lines.by_ref().take_while(|line| *line != end);
            inside.map(|line| format!("{line}\n")).collect::<String>()
        });
        found.push(instruction(name, &flags, rest.trim(), content)?);
    }
    Ok(found)
}

fn heredoc<'a>(name: &str, rest: &'a str) -> Option<&'a str> {
    let word = rest.split(' ').find(|word| word.starts_with("<<"))?;
    (name == "COPY").then(|| word.trim_start_matches("<<").trim_matches('\''))
}

/// The flags at the front, unquoted, and the rest.
fn flags(rest: &str) -> Result<(Vec<String>, &str), String> {
    let mut flags = Vec::new();
    let mut left = rest.trim_start();
    while left.starts_with("--") {
        let mut flag = String::new();
        let mut chars = left.char_indices();
        let end = loop {
            match chars.next() {
                None => break left.len(),
                Some((at, ' ')) => break at,
                Some((_, '\\')) => flag.extend(chars.next().map(|(_, c)| c)),
                Some((_, c)) if !c.is_ascii() || c == '"' || c == '\'' => return Err(format!("in a flag: {left}")),
                Some((_, c)) => flag.push(c),
            }
        };
        flags.push(flag);
        left = left[end..].trim_start();
    }
    Ok((flags, left))
}

fn instruction(name: &str, flags: &[String], rest: &str, content: Option<String>) -> Result<Instruction, String> {
    let mut parts = vec![name.to_owned()];
    let flag = |name: &str| -> Vec<String> {
        let start = format!("--{name}=");
        flags.iter().filter_map(|flag| flag.strip_prefix(&start)).map(str::to_owned).collect()
    };
    let one = |name: &str| flag(name).first().cloned().unwrap_or_default();
    let known = ["--platform=", "--mount=", "--from=", "--exclude=", "--chown=", "--link"];
    if let Some(flag) = flags.iter().find(|flag| !known.iter().any(|known| flag.starts_with(known))) {
        return Err(format!("an unknown flag: {flag}"));
    }
    match name {
        "FROM" => {
            let words: Vec<&str> = rest.split(' ').collect();
            let stage = match words.as_slice() {
                [_] => "",
                [_, "AS", stage] => stage,
                _ => return Err(format!("FROM {rest}")),
            };
            parts.extend([
                format!("base={}", word(words[0])?),
                format!("name={stage}"),
                format!("platform={}", one("platform")),
            ]);
        }
        "RUN" => {
            for mount in flag("mount") {
                parts.push(format!("mount={}", self::mount(&mount)?));
            }
            parts.push(format!("shell={rest}"));
        }
        "COPY" => {
            parts.extend([
                format!("from={}", one("from")),
                format!("link={}", flags.iter().any(|flag| flag == "--link")),
            ]);
            parts.extend(flag("exclude").iter().map(|pattern| format!("exclude={pattern}")));
            let words: Vec<String> = match rest.starts_with('[').then(|| serde_json::from_str(rest)) {
                Some(Ok(words)) => words,
                _ => rest.split(' ').map(str::to_owned).collect(),
            };
            let (target, sources) = words.split_last().ok_or("COPY without a target")?;
            for source in sources.iter().filter(|source| !source.starts_with("<<")) {
                parts.push(format!("source={}", literal(&word(source)?)?));
            }
            parts.extend(content.map(|content| format!("content={content}")));
            parts.push(format!("target={}", word(target)?));
        }
        "ENV" | "LABEL" | "ARG" => {
            for pair in words(rest) {
                let (name, value) = pair.split_once('=').unwrap_or((&pair, ""));
                parts.push(format!("{}={}", word(name)?, word(value)?));
            }
        }
        "WORKDIR" => parts.push(format!("path={}", word(rest)?)),
        "USER" => parts.push(format!("user={}", word(rest)?)),
        // BuildKit sorts them.
        "EXPOSE" => {
            let mut ports: Vec<&str> = rest.split(' ').collect();
            ports.sort_unstable();
            parts.extend(ports.iter().map(|port| format!("port={port}")));
        }
        "CMD" | "ENTRYPOINT" => parts.extend(exec(rest)?.iter().map(|word| format!("exec={word}"))),
        "HEALTHCHECK" => {
            parts.push("test=CMD".to_owned());
            parts.extend(exec(rest.trim_start_matches("CMD "))?.iter().map(|word| format!("test={word}")));
        }
        _ => return Err(format!("an unknown instruction: {name}")),
    }
    Ok(parts)
}

fn exec(rest: &str) -> Result<Vec<String>, String> {
    serde_json::from_str(rest).map_err(|error| format!("{rest}: {error}"))
}

fn mount(text: &str) -> Result<String, String> {
    let mut found = Vec::new();
    let fields: Vec<(&str, &str)> = text.split(',').filter_map(|field| field.split_once('=')).collect();
    for key in ["type", "from", "source", "target", "id", "sharing", "env"] {
        let value = fields.iter().rfind(|(name, _)| *name == key).map_or("", |(_, value)| value);
        found.push(format!("{key}={}", word(value)?));
    }
    match text.split(',').count() == fields.len() && !text.contains('"') {
        true => Ok(found.join("|")),
        false => Err(format!("a mount: {text}")),
    }
}

/// The words of a line, still quoted.
fn words(rest: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut chars) = (None, rest.chars());
    while let Some(c) = chars.next() {
        let last = words.last_mut().expect("there is one");
        match (c, quote) {
            ('\\', None | Some('"')) => last.extend([c].into_iter().chain(chars.next())),
            (c, None) if c.is_whitespace() => words.push(String::new()),
            ('"' | '\'', None) => {
                quote = Some(c);
                last.push(c);
            }
            (c, _) => {
                quote = quote.filter(|quote| *quote != c);
                last.push(c);
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A word with its quotes and backslashes taken away, and its variables shown.
fn word(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\'', Some('\'')) | ('"', Some('"')) => quote = None,
            (c, Some('\'')) => out.push(c),
            ('"', None) | ('\'', None) => quote = Some(c),
            ('\\', None) => out.extend(chars.next()),
            ('\\', Some(_)) => match chars.next_if(|next| matches!(next, '"' | '$' | '\\')) {
                Some(next) => out.push(next),
                None => out.push(c),
            },
            ('$', _) => {
                let braces = chars.next_if_eq(&'{').is_some();
                let name: String = std::iter::from_fn(|| chars.next_if(|c| c.is_alphanumeric() || *c == '_')).collect();
                match (braces && chars.next_if_eq(&'}').is_none(), name.is_empty()) {
                    (true, _) => return Err(format!("a variable in {text}")),
                    (false, true) => out.push('$'),
                    (false, false) => out.push_str(&format!("{{{name}}}")),
                }
            }
            (c, _) => out.push(c),
        }
    }
    if quote.is_some() { Err(format!("an open quote in {text}")) } else { Ok(out) }
}

/// The one path that a source stands for.
fn literal(source: &str) -> Result<String, String> {
    let path = [("[[]", "["), ("[*]", "*"), ("[?]", "?"), (r"[\\]", "\\")];
    let mut left = source;
    let mut out = String::new();
    while let Some(c) = left.chars().next() {
        if let Some((quoted, plain)) = path.iter().find(|(quoted, _)| left.starts_with(quoted)) {
            out.push_str(plain);
            left = &left[quoted.len()..];
        } else if matches!(c, '*' | '?' | '[' | '\\') {
            return Err(format!("a pattern: {source}"));
        } else {
            out.push(c);
            left = &left[c.len_utf8()..];
        }
    }
    Ok(out)
}
