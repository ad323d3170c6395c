//! Which files a sandbox was lent, and how a path is found within them.
//!
//! A grant names a folder or a file. What is held is the folder *above* it, opened when the grant is made, and the names
//! that lead from there to it; so the granted thing may be absent as yet, be made, removed and made again. Those names are
//! walked without following symbolic links; what lies below the granted folder is opened by `cap-std`, which follows links
//! but refuses every path that would leave the folder, whatever is renamed meanwhile.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};

use cap_fs_ext::{DirExt, FollowSymlinks};
use cap_std::ambient_authority;
use cap_std::fs::Dir;

use crate::budget::Budget;
use crate::errors::Trouble;
use crate::right::Right;

/// Most bytes of one file, and of all file contents that unfinished calls hold, where nothing else is said.
const FILE_BYTES_MAX: usize = 512 << 20;

/// The files that a sandbox was lent: none, until something is allowed.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// use innerbox_bridge_node::{FileAccess, Right};
/// let mut files = FileAccess::none();
/// files.allow(Right::Read, std::env::temp_dir())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FileAccess {
    roots: Vec<Root>,
    bytes_max: usize,
    budget: Budget,
}

#[derive(Debug)]
struct Root {
    right: Right,
    /// The granted path as it was written, and as it is without symbolic links.
    paths: [PathBuf; 2],
    anchor: Dir,
    /// From the anchor to what was granted. Empty where there is nothing above it, or that may not be opened.
    names: Vec<OsString>,
}

/// Where a path leads: `name` in `folder`.
pub(crate) struct Place {
    pub(crate) folder: Dir,
    pub(crate) name: PathBuf,
    /// No for what was granted itself: a link put in its place leads elsewhere.
    pub(crate) links: FollowSymlinks,
}

impl Default for FileAccess {
    fn default() -> Self {
        Self::none()
    }
}

impl FileAccess {
    /// No files at all.
    pub fn none() -> Self {
        Self { roots: Vec::new(), bytes_max: FILE_BYTES_MAX, budget: Budget::new(FILE_BYTES_MAX) }
    }

    /// Lends the folder or file at `path`, and all below it. It need not exist: nothing is made before a script does so.
    ///
    /// A relative path starts from the process's current folder.
    ///
    /// # Errors
    /// Where the path cannot be resolved, or the nearest folder that exists cannot be opened.
    pub fn allow(&mut self, right: Right, path: impl AsRef<Path>) -> io::Result<()> {
        let written = normalize(&std::path::absolute(path)?);
        let (existing, missing) = nearest_existing(&written)?;
        let (anchor, mut names) = open_above(&existing, missing.is_empty())?;
        let resolved = missing.iter().fold(existing, |path, name| path.join(name));
        names.extend(missing);
        self.roots.push(Root { right, paths: [written, resolved], anchor, names });
        Ok(())
    }

    /// Most bytes that a file may have to be read or written at once, and that unfinished calls may hold together.
    pub fn set_file_bytes_max(&mut self, bytes: usize) {
        self.bytes_max = bytes;
        self.budget = Budget::new(bytes);
    }

    pub(crate) fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Whether `path`, absolute and without `.` and `..`, was lent.
    pub(crate) fn allows(&self, right: Right, path: &Path) -> bool {
        self.find(right, path).is_some()
    }

    /// Whether something at or below `path` could be read.
    pub(crate) fn reveals(&self, path: &Path) -> bool {
        let below = |root: &Root| {
            root.right == Right::Read && root.paths.iter().any(|granted| granted.starts_with(path))
        };
        self.allows(Right::Read, path) || self.roots.iter().any(below)
    }

    /// Finds `path` within what was lent.
    pub(crate) fn place(&self, right: Right, path: &Path) -> Result<Place, Trouble> {
        let (root, rest) = self.find(right, path).ok_or_else(|| Trouble::denied(right, path))?;
        if !rest.as_os_str().is_empty() {
            let folder = root.enter(&root.names)?;
            return Ok(Place { folder, name: rest.to_owned(), links: FollowSymlinks::Yes });
        }
        match root.names.split_last() {
            Some((name, above)) => {
                Ok(Place { folder: root.enter(above)?, name: name.into(), links: FollowSymlinks::No })
            }
            None => Ok(Place { folder: root.enter(&[])?, name: ".".into(), links: FollowSymlinks::Yes }),
        }
    }

    /// Makes the folder `path` and what is missing above it, up to the folder that the grant holds. Gives the first that
    /// was made.
    pub(crate) fn make_folders(&self, path: &Path) -> Result<Option<PathBuf>, Trouble> {
        let (root, rest) =
            self.find(Right::Write, path).ok_or_else(|| Trouble::denied(Right::Write, path))?;
        let mut made = Vec::new();
        let mut folder = root.anchor.try_clone()?;
        for name in &root.names {
            made.push(make_folder(&folder, name.as_ref())?);
            folder = folder.open_dir_nofollow(name)?;
        }
        let mut way = PathBuf::new();
        for name in rest {
            way.push(name);
            made.push(make_folder(&folder, &way)?);
        }
        if made.last() == Some(&false) && !rest.as_os_str().is_empty() && !folder.metadata(rest)?.is_dir() {
            return Err(io::Error::from(rustix::io::Errno::EXIST).into());
        }
        let first = made.iter().position(|made| *made);
        Ok(first.and_then(|first| path.ancestors().nth(made.len() - 1 - first)).map(Path::to_owned))
    }

    /// The most specific root that holds `path`, and the way from there.
    fn find<'a>(&'a self, right: Right, path: &'a Path) -> Option<(&'a Root, &'a Path)> {
        let ways = self.roots.iter().filter(|root| root.right == right).flat_map(|root| {
            root.paths.iter().filter_map(move |granted| Some((root, path.strip_prefix(granted).ok()?)))
        });
        ways.min_by_key(|(_, rest)| rest.components().count())
    }
}

impl Root {
    /// Opens the folder that `names` lead to. A symbolic link among them is refused.
    fn enter(&self, names: &[OsString]) -> io::Result<Dir> {
        let mut folder = self.anchor.try_clone()?;
        for name in names {
            folder = folder.open_dir_nofollow(name)?;
        }
        Ok(folder)
    }
}

/// `path` without `.` and `..`, by its text alone: a link before a `..` is not looked at.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The part of `path` that exists, without symbolic links, and the names after it that do not.
fn nearest_existing(path: &Path) -> io::Result<(PathBuf, Vec<OsString>)> {
    let mut missing = Vec::new();
    for ancestor in path.ancestors() {
        match ancestor.canonicalize() {
            Ok(existing) => {
                missing.reverse();
                return Ok((existing, missing));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                missing.extend(ancestor.file_name().map(OsStr::to_owned));
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

/// Opens the folder above what was granted, where that exists and is not the top.
fn open_above(existing: &Path, is_whole: bool) -> io::Result<(Dir, Vec<OsString>)> {
    let open = |path: &Path| Dir::open_ambient_dir(path, ambient_authority());
    match (existing.parent(), existing.file_name()) {
        (Some(parent), Some(name)) if is_whole => match open(parent) {
            Ok(anchor) => Ok((anchor, vec![name.to_owned()])),
            // A folder may be lent by one who may not read what lies beside it.
            Err(_) => Ok((open(existing)?, Vec::new())),
        },
        _ => Ok((open(existing)?, Vec::new())),
    }
}

/// Makes one folder; false where something is there already.
fn make_folder(parent: &Dir, name: &Path) -> io::Result<bool> {
    match parent.create_dir(name) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}
