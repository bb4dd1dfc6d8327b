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
    /// What `docker buildx bake` reads, of all services.
    Bake,
}

impl Role {
    /// Whether it keeps files out of the build.
    pub fn is_ignore(self) -> bool {
        matches!(self, Role::Ignore | Role::OwnIgnore)
    }
}

/// Whose the build context is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Sharing {
    /// The service's, which is the whole repository.
    #[default]
    Alone,
    /// The service's; others lie beside it in the repository, and one workflow builds them all.
    Beside,
    /// Several services': each has an ignore file of its own, and what stands behind the names of its files.
    Shared(String),
}

/// One thing that becomes one image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Service {
    /// Its folder below the build context, with slashes; empty where it is the whole context.
    pub folder: String,
    /// Whose the build context is.
    pub sharing: Sharing,
    /// Folders of the context that only others are made from.
    pub apart: Vec<String>,
}

impl Service {
    /// Where a document of it lies, from the top of the build context.
    pub fn path(&self, role: Role) -> String {
        let suffix = match &self.sharing {
            Sharing::Shared(suffix) => suffix.as_str(),
            _ => "",
        };
        match role {
            Role::Dockerfile => join(&self.folder, &format!("Dockerfile{suffix}")),
            Role::Ignore => ".dockerignore".to_owned(),
            Role::OwnIgnore => join(&self.folder, &format!("Dockerfile{suffix}.dockerignore")),
            Role::Workflow => ".github/workflows/docker.yml".to_owned(),
            Role::Bake => "docker-bake.hcl".to_owned(),
        }
    }

    /// Whether it is the whole repository.
    pub fn is_alone(&self) -> bool {
        self.sharing == Sharing::Alone
    }

    /// Whether others are built from the same context.
    pub fn is_shared(&self) -> bool {
        matches!(self.sharing, Sharing::Shared(_))
    }
}

/// What a service is known by from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: String,
    /// Its build context, from the top of the repository.
    pub context: String,
    /// What is started, where the context holds several programs.
    pub program: Option<String>,
    /// The language of that, where it is not the context's own.
    pub lang: Option<String>,
    /// Where its files lie.
    pub service: Service,
}

impl Known {
    /// The folder that it lies in, from the top of the repository.
    pub fn folder(&self) -> String {
        join(&self.context, &self.service.folder)
    }

    /// Where its Dockerfile lies, from the top of the repository.
    pub fn dockerfile(&self) -> String {
        join(&self.context, &self.service.path(Role::Dockerfile))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_where_tools_look_for_them() {
        let service = Service { folder: "services/api".to_owned(), ..Service::default() };
        assert_eq!(service.path(Role::Dockerfile), "services/api/Dockerfile");
        assert_eq!(service.path(Role::OwnIgnore), "services/api/Dockerfile.dockerignore");
        assert_eq!(service.path(Role::Ignore), ".dockerignore");
        assert_eq!(Service::default().path(Role::Dockerfile), "Dockerfile");
        let beside = Service { sharing: Sharing::Shared(".api".to_owned()), ..Service::default() };
        assert_eq!(beside.path(Role::OwnIgnore), "Dockerfile.api.dockerignore");
    }
}
