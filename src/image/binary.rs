//! The last stage of a program that is one binary.

use super::{Copy, Run, Variable};
use crate::catalog::Runtime;
use crate::path::is_below;
use crate::plan::Planner;
use crate::plan::listen::Listen;
use crate::plan::toolchain::Toolchain;

/// Where the stage `build` has `tini`, linked statically, and where it lies in the image.
const TINI: (&str, &str) = ("/usr/bin/tini-static", "/usr/bin/tini");

impl Run {
    /// Starts `/out/NAME` of the stage `build`, from the folder that the files of the repository which it reads are named from.
    pub fn binary(mut self, planner: &Planner, name: &str, folder: &str, listen: Listen, ends_by_itself: bool) -> Self {
        let program = format!("/usr/local/bin/{name}");
        let data = planner.data();
        let is_inside = |path: &String| !folder.is_empty() && is_below(path, folder);
        let home = if data.iter().any(is_inside) { format!("/app/{folder}") } else { "/app".to_owned() };
        self.workdir = Some(if data.is_empty() { "/".to_owned() } else { home });
        self.copies.extend((!ends_by_itself).then(|| Copy::stage("build", TINI.0, TINI.1)));
        self.copies.push(Copy::stage("build", &format!("/out/{name}"), &program));
        self.copies.extend(data.iter().map(|path| Copy::context(path, format!("/app/{path}"))));
        self.environment = listen.variables.into_iter().map(|(name, value)| Variable::new(name, value)).collect();
        let init = [TINI.1.to_owned(), "--".to_owned()].into_iter().filter(|_| !ends_by_itself);
        self.entrypoint = init.chain([program]).collect();
        self.command = listen.arguments;
        self
    }

    /// Brings what the image lacks: packages where it can have them; certificates and `/tmp`, which the stage `build` has in
    /// `/out/root`, where it is empty.
    pub fn bring(mut self, planner: &Planner, runtime: &Runtime, toolchain: &Toolchain) -> Self {
        if runtime.provides.iter().any(|word| word == "package:*") {
            self.apt = toolchain.suited(planner.run_packages(&["ca-certificates", "tzdata"]));
        }
        if runtime.carries.iter().any(|word| word == "tmp") {
            let root = Copy::stage("build", "/out/root/", "/");
            self.copies.push(root.because("scratch has no CA certificates and no /tmp."));
            self.copies.push(Copy::stage("build", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/"));
        }
        self
    }
}
