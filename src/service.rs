//! Services: what becomes one image each, and where the files of one lie.

use crate::path::join;

/// What a document is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The Dockerfile.
    Dockerfile,
    /// The ignore file that counts for each build of the context.
    Ignore,
    /// The ignore file that counts for the Dockerfile alone, and there in place of the other: BuildKit and Podman know it.
    OwnIgnore,
    /// The workflow.
    Workflow,
}

impl Role {
    /// Whether it keeps files out of the build.
    pub fn is_ignore(self) -> bool {
        matches!(self, Role::Ignore | Role::OwnIgnore)
    }
}

/// One thing that becomes one image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its folder below the build context, with slashes; empty where it is the whole context.
    pub folder: String,
}

impl Service {
    /// Where a document of it lies, from the top of the build context.
    pub fn path(&self, role: Role) -> String {
        match role {
            Role::Dockerfile => join(&self.folder, "Dockerfile"),
            Role::Ignore => ".dockerignore".to_owned(),
            Role::OwnIgnore => join(&self.folder, "Dockerfile.dockerignore"),
            Role::Workflow => ".github/workflows/docker.yml".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_where_tools_look_for_them() {
        let service = Service { folder: "services/api".to_owned() };
        assert_eq!(service.path(Role::Dockerfile), "services/api/Dockerfile");
        assert_eq!(service.path(Role::OwnIgnore), "services/api/Dockerfile.dockerignore");
        assert_eq!(service.path(Role::Ignore), ".dockerignore");
        assert_eq!(Service::default().path(Role::Dockerfile), "Dockerfile");
    }
}
