//! Where a module listens by its own doing, and whether it ends by itself.

use std::ops::Range;

use super::environment::{READ, is_variable};
use super::{Module, Site};
use crate::source::Pattern;
use crate::source::mask::{LONG, boundary};

/// A number that the source says itself, or leaves to an environment variable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Number {
    /// The literal, or the default of the variable.
    pub value: Option<u16>,
    /// The environment variable that decides.
    pub variable: Option<String>,
}

/// Where a program listens by its own doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// The call, resolved through the imports (`uvicorn.run`, `app.run`).
    pub callee: String,
    /// Its port.
    pub port: Number,
    /// Its host, where it is a literal.
    pub host: Option<String>,
    /// The line that shows it.
    pub quote: String,
}

static PORT_KEYWORD: Pattern = Pattern::new(r"\b(?:server_port|http_port|port)[ \t]*=[ \t]*");
static DEFAULT_KEYWORD: Pattern = Pattern::new(r"\bdefault[ \t]*=[ \t]*");
static OPTION: Pattern = Pattern::new(r"(?:^|\.)(?:add_argument|add_option|option|define|DEFINE_integer)$");
static HOST_KEYWORD: Pattern = Pattern::new(r"\b(?:server_name|host|address|hostname)[ \t]*=[ \t]*");
static NUMBER: Pattern = Pattern::new(r"^\d[\d_]*$");
static NAME: Pattern = Pattern::new(r"^(?:int\()?[ \t]*([A-Za-z_]\w*)[ \t]*\)?$");
static SIGTERM: Pattern = Pattern::new(
    r"signal(?:_handler)?[ \t]*\([^()\n]*\bSIGTERM\b|(?s)\bfor\s+(\w+)\s+in\s*[\[({][^\])}]*\bSIGTERM\b[\x00-\x7F]{0,200}signal(?:_handler)?\s*\(\s*\w+",
);
static LISTENING: Pattern = Pattern::new(
    r"(?:^|\.)(?:run|run_app|run_simple|run_server|listen|bind|serve|launch|make_server|start_server|create_server|serve_forever|HTTPServer|ThreadingHTTPServer|TCPServer|ThreadingTCPServer|WSGIServer|add_insecure_port|Config)$",
);

impl Module<'_> {
    /// Servers that the module starts itself, with what it says about their ports.
    pub fn listeners(&self) -> &[Listener] {
        self.listeners.get_or_init(|| self.sites().iter().filter_map(|site| self.listener(site)).collect())
    }

    fn listener(&self, site: &Site) -> Option<Listener> {
        let callee = self.resolve(self.code(&site.name));
        if !LISTENING.is_match(&callee) || self.is_definition(site.name.start) {
            return None;
        }
        let arguments = self.arguments(site.inside);
        let host = self.keyword(&HOST_KEYWORD, &arguments).and_then(|value| self.masked.string_at(value.start));
        Some(Listener {
            port: self.port_of(&arguments).or_else(|| self.port_of_option(&arguments))?,
            host: host.map(str::to_owned),
            quote: self.masked.line(site.name.start).to_owned(),
            callee,
        })
    }

    /// The calls of a function that serves, with what they say of their port and address.
    pub fn listeners_by(&self, callee: &str) -> Vec<Listener> {
        let sites = self.sites().iter().filter(|site| self.resolve(self.code(&site.name)) == callee);
        let listener = |site: &Site| {
            let arguments = self.arguments(site.inside);
            let address = self.keyword(&HOST_KEYWORD, &arguments);
            Listener {
                callee: callee.to_owned(),
                port: self
                    .keyword(&PORT_KEYWORD, &arguments)
                    .and_then(|value| self.number(&value, true))
                    .unwrap_or_default(),
                host: address.map(|value| self.masked.string_at(value.start).unwrap_or_default().to_owned()),
                quote: self.masked.line(site.name.start).to_owned(),
            }
        };
        sites.map(listener).collect()
    }

    /// Whether the program handles SIGTERM itself.
    pub fn handles_sigterm(&self) -> bool {
        SIGTERM.is_match(self.masked.code())
    }

    fn is_definition(&self, at: usize) -> bool {
        self.masked.code().get(..at).is_some_and(|head| head.trim_end_matches([' ', '\t']).ends_with("def"))
    }

    fn keyword(&self, pattern: &Pattern, arguments: &Range<usize>) -> Option<Range<usize>> {
        let found = pattern.find(self.code(arguments))?;
        let start = arguments.start + found.end();
        self.split(start..arguments.end.max(start)).into_iter().next()
    }

    /// `port=…`, else the last positional argument (or the last of an address pair) that is a number.
    fn port_of(&self, arguments: &Range<usize>) -> Option<Number> {
        if let Some(value) = self.keyword(&PORT_KEYWORD, arguments) {
            return self.number(&value, true);
        }
        self.split(arguments.clone()).iter().find_map(|part| {
            let code = self.code(part);
            let open = code.find('(').filter(|at| code.get(..*at).is_some_and(|head| head.trim().is_empty()));
            match open {
                Some(at) => {
                    self.split(self.arguments(part.start + at + 1)).last().and_then(|last| self.number(last, true))
                }
                None => self.address(part).or_else(|| self.number(part, true).filter(is_port)),
            }
        })
    }

    /// The default of an option of the command line, where a server is given `args.port`.
    fn port_of_option(&self, arguments: &Range<usize>) -> Option<Number> {
        self.code(arguments).contains(".port").then_some(())?;
        self.option_port.get_or_init(|| self.first_option_port()).clone()
    }

    fn first_option_port(&self) -> Option<Number> {
        let options = self.sites().iter().filter(|site| OPTION.is_match(self.code(&site.name)));
        let port = |site: &Site| {
            let arguments = self.arguments(site.inside);
            let parts = self.split(arguments.clone());
            let is_port = |part: &Range<usize>| {
                self.masked
                    .string_at(part.start + self.leading(part))
                    .is_some_and(|text| text.trim_start_matches('-') == "port")
            };
            parts.iter().any(is_port).then_some(())?;
            let default = self.keyword(&DEFAULT_KEYWORD, &arguments).or_else(|| parts.get(1).cloned())?;
            self.number(&default, true)
        };
        options.filter_map(port).next()
    }

    /// `"[::]:50051"`, `"[::]:" + port`, `f"[::]:{port}"`.
    fn address(&self, part: &Range<usize>) -> Option<Number> {
        let code = self.code(part);
        let start = part.start + code.find(['"', '\'']).filter(|at| code.get(..*at).is_some_and(is_prefix))?;
        let tail = self.masked.string_at(start)?.rsplit_once(':')?.1;
        if let Ok(value) = tail.parse() {
            return Some(Number { value: Some(value), variable: None });
        }
        let inside = tail.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let behind = || {
            let joined = code.rsplit_once(['+', '%']).map(|(_, name)| name.trim());
            let name = joined.or_else(|| Some(code.split_once(".format(")?.1.trim_end_matches(')')))?;
            Some(name.strip_prefix("str(").map_or(name, |name| name.trim_end_matches(')')))
        };
        self.number_of(inside.or_else(behind)?)
    }

    /// What a module's constant says.
    fn number_of(&self, name: &str) -> Option<Number> {
        let start = self.constant(name)?;
        self.number(&(start..start + self.masked.rest_of_line(start).len()), false)
    }

    /// A literal, a variable of the environment with its default, or a module's constant that is one of these.
    fn number(&self, range: &Range<usize>, follow: bool) -> Option<Number> {
        let code = self.code(range).trim();
        if NUMBER.is_match(code) {
            return plain_number(code).map(|value| Number { value: Some(value), variable: None });
        }
        if let Some(read) = READ.find(self.code(range)) {
            return self.environment_number(range.start + read.end());
        }
        let name = NAME.captures(code).and_then(|found| found.get(1)).filter(|_| follow)?;
        self.number_of(name.as_str())
    }

    fn environment_number(&self, at: usize) -> Option<Number> {
        let name = self.masked.string_at(at).filter(|name| is_variable(name))?;
        let arguments = self.arguments(at);
        let end = boundary(self.masked.code(), arguments.end + LONG);
        let tail = self.masked.code().get(arguments.end..end).unwrap_or_default();
        // `os.environ.get("PORT") or 5000`
        let fallback =
            tail.split('\n').next().and_then(|line| line.split_once(" or ")).and_then(|(_, value)| plain_number(value));
        let default = self.split(arguments).into_iter().nth(1).and_then(|part| self.default_number(&part));
        Some(Number { value: default.or(fallback), variable: Some(name.to_owned()) })
    }

    fn default_number(&self, part: &Range<usize>) -> Option<u16> {
        let code = self.code(part);
        let value = code.rfind('=').map_or(part.start, |at| part.start + at + 1);
        self.masked.string_at(value).and_then(plain_number).or_else(|| plain_number(self.code(&(value..part.end))))
    }
}

fn plain_number(text: &str) -> Option<u16> {
    let digits: String = text.trim().trim_end_matches([')', ' ']).chars().filter(|c| *c != '_').collect();
    digits.parse().ok().filter(|port| *port > 0)
}

/// Whether an argument without a keyword is a port: a number is, a variable that only the environment fills by its name.
fn is_port(number: &Number) -> bool {
    number.value.is_some() || number.variable.as_ref().is_some_and(|name| name.to_ascii_uppercase().contains("PORT"))
}

/// Nothing, or what may stand before a string's quote.
fn is_prefix(text: &str) -> bool {
    text.trim().chars().all(|c| "fFrRuU".contains(c)) && text.trim().len() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_from_every_form() {
        for (text, value, variable) in [
            ("import uvicorn\nuvicorn.run(app, host='0.0.0.0', port=8001)", Some(8001), None),
            ("app.run(debug=True, port=os.getenv('PORT', default=5000))", Some(5000), Some("PORT")),
            ("app.run('0.0.0.0', int(os.environ.get(\"PORT\", \"8080\")))", Some(8080), Some("PORT")),
            (
                "PORT = int(os.environ.get('APP_PORT', 3000))\nif x:\n    serve(app, port=PORT)",
                Some(3000),
                Some("APP_PORT"),
            ),
            ("port = int(os.environ['PORT'])\napp.run(port=port)", None, Some("PORT")),
            ("app.run(port=int(os.environ.get('PORT') or 4000))", Some(4000), Some("PORT")),
            ("from http.server import HTTPServer\nHTTPServer(('', 9000), Handler).serve_forever()", Some(9000), None),
            ("server.add_insecure_port('[::]:50051')", Some(50051), None),
            ("server.add_insecure_port(f'[::]:{port}')\nport = os.getenv('PORT', '8081')", Some(8081), Some("PORT")),
            ("port = os.environ.get('PORT', \"8080\")\ns.add_insecure_port('[::]:'+port)", Some(8080), Some("PORT")),
            ("PORT = 50052\ns.add_insecure_port('[::]:' + str(PORT))", Some(50052), None),
            ("app.run('0.0.0.0', os.environ['PORT'])", None, Some("PORT")),
            (
                "p.add_argument(\n    '-p', '--port', type=int, default=5001)\nargs = p.parse_args()\nserve(app, port=args.port)",
                Some(5001),
                None,
            ),
            ("define('port', default=8888, help='x', type=int)\napp.listen(options.port)", Some(8888), None),
            ("app.listen(8888)", Some(8888), None),
            ("web.run_app(app, port=8_090)", Some(8090), None),
            ("demo.launch(server_name='0.0.0.0', server_port=7860)", Some(7860), None),
        ] {
            let module = Module::new(text);
            let port = &module.listeners().first().unwrap_or_else(|| panic!("{text}")).port;
            assert_eq!((port.value, port.variable.as_deref()), (value, variable), "{text}");
        }
        assert!(
            Module::new("def run(port=3):\n    pass\nsubprocess.run(['ls'])\n# app.run(port=1)\n")
                .listeners()
                .is_empty()
        );
        assert!(Module::new("bot.run(os.getenv('TOKEN'))").listeners().is_empty());
        let module = Module::new("uvicorn.run('main:app', host=\"127.0.0.1\", port=8000)");
        assert_eq!(module.listeners()[0].host.as_deref(), Some("127.0.0.1"));
    }

    #[test]
    fn a_signal_handler_is_seen() {
        assert!(Module::new("signal.signal(signal.SIGTERM, stop)").handles_sigterm());
        assert!(Module::new("loop.add_signal_handler(signal.SIGTERM, stop)").handles_sigterm());
        assert!(Module::new("for s in (signal.SIGINT, signal.SIGTERM):\n    signal.signal(s, stop)").handles_sigterm());
        assert!(!Module::new("os.kill(pid, signal.SIGTERM)\nsignal.signal(signal.SIGINT, stop)").handles_sigterm());
        assert!(
            !Module::new("# signal.signal(signal.SIGTERM, stop)\nsignal.signal(signal.SIGINT, stop)").handles_sigterm()
        );
    }
}
