//! The files that modules may be imported from.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::Dir;

/// The files and directories that may be read, opened when they were allowed.
///
/// A path is looked up below one of them by `cap-std`, which refuses every `..` and every link that would lead out of it.
#[derive(Default)]
pub(super) struct Files {
    roots: Vec<Root>,
}

struct Root {
    /// As it was named, and without symbolic links.
    paths: [PathBuf; 2],
    folder: Dir,
    /// Only this file in the folder.
    only: Option<OsString>,
}

/// Why a file cannot be read.
pub(super) enum Unread {
    /// It lies outside of what may be read.
    Denied,
    /// It is longer than this.
    TooLong(u64),
    Failed(io::Error),
}

impl Files {
    /// Allows the file or directory `path`, which must exist.
    pub(super) fn allow(&mut self, path: &Path) -> io::Result<()> {
        let resolved = path.canonicalize()?;
        let paths = [std::path::absolute(path)?, resolved.clone()];
        if self.roots.iter().any(|root| root.only.is_none() && root.paths == paths) {
            return Ok(());
        }
        let (folder, only) = match (resolved.is_dir(), resolved.parent(), resolved.file_name()) {
            (false, Some(parent), Some(name)) => (parent, Some(OsStr::to_owned(name))),
            _ => (resolved.as_path(), None),
        };
        let folder = Dir::open_ambient_dir(folder, ambient_authority())?;
        self.roots.push(Root { paths, folder, only });
        Ok(())
    }

    /// The contents of `path`, absolute, of at most `most` bytes.
    pub(super) fn read(&self, path: &Path, most: usize) -> Result<Vec<u8>, Unread> {
        let (root, name) = self.find(path).ok_or(Unread::Denied)?;
        let metadata = root.folder.metadata(&name).map_err(Unread::from)?;
        // A pipe or a device could keep the reader waiting for ever.
        if !metadata.is_file() {
            let kind =
                if metadata.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::Unsupported };
            return Err(Unread::Failed(kind.into()));
        }
        if metadata.len() > most as u64 {
            return Err(Unread::TooLong(metadata.len()));
        }
        let mut bytes = Vec::new();
        let file = root.folder.open(&name).map_err(Unread::from)?;
        file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(Unread::from)?;
        if bytes.len() > most {
            return Err(Unread::TooLong(bytes.len() as u64));
        }
        Ok(bytes)
    }

    /// True where `path` is a file that could be read.
    pub(super) fn has(&self, path: &Path) -> bool {
        self.find(path)
            .is_some_and(|(root, name)| root.folder.metadata(name).is_ok_and(|file| file.is_file()))
    }

    fn find(&self, path: &Path) -> Option<(&Root, PathBuf)> {
        self.roots.iter().find_map(|root| {
            let rest = root.paths.iter().find_map(|allowed| path.strip_prefix(allowed).ok())?;
            match &root.only {
                Some(name) if rest.as_os_str().is_empty() => Some((root, name.into())),
                Some(_) => None,
                None if rest.as_os_str().is_empty() => Some((root, ".".into())),
                None => Some((root, rest.to_owned())),
            }
        })
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        // So `cap-std` says that a link leads out of its folder.
        if error.kind() == io::ErrorKind::PermissionDenied { Self::Denied } else { Self::Failed(error) }
    }
}
