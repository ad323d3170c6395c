//! What may go wrong with files, as Node.js words it.

use std::io;
use std::path::{Path, PathBuf};

use innerbox_binding::Failure;
use rustix::io::Errno;

use crate::right::Right;

/// Why an operation failed, before it is said of which.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Nothing that was lent holds this path.
    Denied(Right, PathBuf),
    /// The system said no, in the operation's own system call or in the one named.
    System(io::Error, Option<&'static str>),
    /// A file is larger than may be held.
    TooLarge(u64, usize),
    /// Unfinished calls hold as much as they may.
    Busy(usize),
    /// A folder has more names than may be listed.
    TooMany(usize),
    /// It is neither a file nor a folder: a pipe or a device, which could block the reader for ever.
    Special,
    /// `rm` of a folder, not asked to be recursive.
    IsFolder,
    /// There is trouble with where something is to go.
    Destination(Box<Trouble>),
}

impl Trouble {
    pub(crate) fn denied(right: Right, path: &Path) -> Self {
        Self::Denied(right, path.to_owned())
    }

    /// The system call that failed, where it is not the one the operation is named for.
    pub(crate) fn at(syscall: &'static str) -> impl Fn(io::Error) -> Self {
        move |error| Self::System(error, Some(syscall))
    }

    pub(crate) fn on_destination(trouble: impl Into<Self>) -> Self {
        Self::Destination(Box::new(trouble.into()))
    }

    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::System(error, _) if error.kind() == io::ErrorKind::NotFound)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::System(error, None)
    }
}

impl From<Errno> for Trouble {
    fn from(errno: Errno) -> Self {
        io::Error::from(errno).into()
    }
}

/// Of which operation and which paths there is trouble.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) syscall: &'static str,
    pub(crate) path: String,
    pub(crate) destination: Option<String>,
}

/// The error that the script gets.
pub(crate) fn failure(trouble: Trouble, subject: &Subject) -> Failure {
    let path = &subject.path;
    match trouble {
        Trouble::Destination(trouble) => {
            of_path(*trouble, subject.destination.as_ref().unwrap_or(path), subject)
        }
        trouble => of_path(trouble, path, subject),
    }
}

/// The error for trouble with `path`, which is one of the subject's two.
fn of_path(trouble: Trouble, path: &str, subject: &Subject) -> Failure {
    match trouble {
        Trouble::Destination(trouble) => of_path(*trouble, path, subject),
        Trouble::Denied(right, full) => {
            let (doing, flag) = match right {
                Right::Read => ("reading", "--allow-read"),
                Right::Write => ("writing", "--allow-write"),
            };
            let full = full.display();
            let message = format!("access denied: {doing} `{full}` needs {flag}={full}");
            place(Failure::denied(message), subject.syscall, subject)
        }
        Trouble::System(error, _) if is_escape(&error) => {
            let message = format!("access denied: `{path}` leads outside of what was granted");
            place(Failure::denied(message), subject.syscall, subject)
        }
        Trouble::System(error, syscall) => system(&error, syscall.unwrap_or(subject.syscall), subject),
        Trouble::TooLarge(bytes, allowed) => {
            limit(format!("limit reached: file bytes: `{path}` has {bytes}, {allowed} allowed"), subject)
        }
        Trouble::Busy(allowed) => {
            let message = format!(
                "limit reached: file bytes held by unfinished calls: no room for `{path}`, {allowed} allowed"
            );
            limit(message, subject)
        }
        Trouble::TooMany(allowed) => {
            limit(format!("limit reached: names in a folder: `{path}` has more than {allowed}"), subject)
        }
        Trouble::Special => {
            let message = format!("access denied: `{path}` is neither a file nor a folder");
            place(Failure::denied(message), subject.syscall, subject)
        }
        Trouble::IsFolder => {
            let message = format!("Path is a directory: rm returned EISDIR (is a directory) {path}");
            let failure = Failure::error(message).code("ERR_FS_EISDIR");
            place(failure.detail("errno", Errno::ISDIR.raw_os_error()), "rm", subject)
        }
    }
}

fn limit(message: String, subject: &Subject) -> Failure {
    place(Failure::range_error(message).code("ERR_LIMIT"), subject.syscall, subject)
}

fn place(failure: Failure, syscall: &'static str, subject: &Subject) -> Failure {
    let failure = failure.detail("syscall", syscall).detail("path", subject.path.as_str());
    match &subject.destination {
        Some(destination) => failure.detail("dest", destination.as_str()),
        None => failure,
    }
}

fn system(error: &io::Error, syscall: &'static str, subject: &Subject) -> Failure {
    let path = &subject.path;
    let errno = error.raw_os_error().or_else(|| number_of(error.kind()));
    let known = ERRORS.iter().find(|(known, ..)| Some(known.raw_os_error()) == errno);
    let (code, text) = known.map_or(("UNKNOWN", "unknown error"), |(_, code, text)| (*code, *text));
    let ways = match &subject.destination {
        Some(destination) => format!("'{path}' -> '{destination}'"),
        None => format!("'{path}'"),
    };
    let failure = Failure::error(format!("{code}: {text}, {syscall} {ways}")).code(code);
    place(failure.detail("errno", -errno.unwrap_or(4094)), syscall, subject)
}

/// `cap-std` has no number for a path that would leave its folder.
fn is_escape(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

/// The number of an error that `cap-std` made itself.
fn number_of(kind: io::ErrorKind) -> Option<i32> {
    let errno = match kind {
        io::ErrorKind::NotFound => Errno::NOENT,
        io::ErrorKind::AlreadyExists => Errno::EXIST,
        io::ErrorKind::InvalidInput => Errno::INVAL,
        io::ErrorKind::NotADirectory => Errno::NOTDIR,
        io::ErrorKind::IsADirectory => Errno::ISDIR,
        io::ErrorKind::DirectoryNotEmpty => Errno::NOTEMPTY,
        _ => return None,
    };
    Some(errno.raw_os_error())
}

/// The words of libuv.
const ERRORS: &[(Errno, &str, &str)] = &[
    (Errno::PERM, "EPERM", "operation not permitted"),
    (Errno::NOENT, "ENOENT", "no such file or directory"),
    (Errno::IO, "EIO", "i/o error"),
    (Errno::NXIO, "ENXIO", "no such device or address"),
    (Errno::BADF, "EBADF", "bad file descriptor"),
    (Errno::AGAIN, "EAGAIN", "resource temporarily unavailable"),
    (Errno::NOMEM, "ENOMEM", "not enough memory"),
    (Errno::ACCESS, "EACCES", "permission denied"),
    (Errno::BUSY, "EBUSY", "resource busy or locked"),
    (Errno::EXIST, "EEXIST", "file already exists"),
    (Errno::XDEV, "EXDEV", "cross-device link not permitted"),
    (Errno::NODEV, "ENODEV", "no such device"),
    (Errno::NOTDIR, "ENOTDIR", "not a directory"),
    (Errno::ISDIR, "EISDIR", "illegal operation on a directory"),
    (Errno::INVAL, "EINVAL", "invalid argument"),
    (Errno::NFILE, "ENFILE", "file table overflow"),
    (Errno::MFILE, "EMFILE", "too many open files"),
    (Errno::TXTBSY, "ETXTBSY", "text file is busy"),
    (Errno::FBIG, "EFBIG", "file too large"),
    (Errno::NOSPC, "ENOSPC", "no space left on device"),
    (Errno::ROFS, "EROFS", "read-only file system"),
    (Errno::MLINK, "EMLINK", "too many links"),
    (Errno::NAMETOOLONG, "ENAMETOOLONG", "name too long"),
    (Errno::NOTEMPTY, "ENOTEMPTY", "directory not empty"),
    (Errno::LOOP, "ELOOP", "too many symbolic links encountered"),
    (Errno::NOTSUP, "ENOTSUP", "operation not supported on socket"),
    (Errno::DQUOT, "EDQUOT", "disk quota exceeded"),
];
