//! One source of a service: what stands in it, and the servers that it starts.

use std::cell::OnceCell;

use super::rows::{CATALOG, ListenerRow};
use crate::path;
use crate::source::python::{Listener, Module, Number};

/// A source file and its masked text.
#[derive(Debug)]
pub struct Source<'a> {
    /// Relative to the repository.
    pub path: &'a str,
    /// What stands in it.
    pub module: Module<'a>,
    listeners: OnceCell<Vec<Listener>>,
    /// The folder that its own imports are found from.
    pub root: OnceCell<String>,
    /// The root from which its settings are found, else the same.
    pub server_root: OnceCell<String>,
}

impl<'a> Source<'a> {
    /// A source and its text.
    pub fn new(path: &'a str, text: &'a str) -> Self {
        let (listeners, root, server_root) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Source { path, module: Module::new(text), listeners, root, server_root }
    }

    /// The folder; empty at the top.
    pub fn folder(&self) -> &'a str {
        path::parent(self.path)
    }

    /// The file's name.
    pub fn name(&self) -> &'a str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The file's name without its ending.
    pub fn stem(&self) -> &'a str {
        self.name().strip_suffix(".py").unwrap_or(self.name())
    }

    /// How many folders it lies in.
    pub fn depth(&self) -> usize {
        self.path.matches('/').count()
    }

    /// The servers that it starts; one that names no port, or one that only the run knows, has its usual one.
    pub fn listeners(&self) -> &[Listener] {
        self.listeners.get_or_init(|| listeners_of(&self.module))
    }

    /// Whether what it starts ends on SIGTERM by itself.
    pub fn ends_itself(&self) -> bool {
        self.module.handles_sigterm() || self.listeners().iter().any(ends_itself)
    }
}

/// Whether a server ends on SIGTERM by itself.
pub fn ends_itself(listener: &Listener) -> bool {
    CATALOG.listener.iter().any(|row| row.signals && row.callee == listener.callee)
}

fn listeners_of(module: &Module) -> Vec<Listener> {
    let debugs = |listener: &&Listener| {
        let top = listener.callee.split('.').next().unwrap_or_default();
        CATALOG.calls.debuggers.iter().any(|debugger| debugger == top)
    };
    let found: Vec<Listener> = module.listeners().iter().filter(|listener| !debugs(listener)).cloned().collect();
    if !found.is_empty() {
        return found;
    }
    let usual = |row: &'static ListenerRow| {
        let is_meant = row.beside.is_empty() || module.strings().any(|text| row.beside.iter().any(|word| word == text));
        let found = if is_meant { module.listeners_by(&row.callee) } else { Vec::new() };
        found.into_iter().filter_map(|mut listener| {
            if listener.port == Number::default() {
                listener.port.value = Some(row.port?);
            }
            listener.host = listener.host.or(row.loopback.then(|| LOOPBACK.to_owned()));
            Some(listener)
        })
    };
    CATALOG.listener.iter().flat_map(usual).collect()
}

/// The address that only its own machine reaches.
const LOOPBACK: &str = "127.0.0.1";
