//! What can be done with the files that were lent. Nothing here knows V8: it runs on the pool's threads too.

use std::io::{self, Read, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;

use cap_fs_ext::{
    DirExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt, OpenOptionsSyncExt, OsMetadataExt,
};
use cap_std::fs::{File, FileType, Metadata, OpenOptions, OpenOptionsExt};
use rustix::io::Errno;

use crate::access::{FileAccess, Place};
use crate::budget::Held;
use crate::errors::Trouble;
use crate::right::Right;

/// Most names that one call lists: they are all held before the script gets the first.
const NAMES_MAX: usize = 1_000_000;

/// By how much a file is read that has become longer, or that does not say how long it is.
const CHUNK: usize = 64 << 10;

/// The contents of a file.
pub(crate) struct Contents {
    pub(crate) bytes: Vec<u8>,
    /// Counts the bytes until the script has them.
    pub(crate) _held: Held,
}

/// How a file is opened to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Writing {
    pub(crate) existing: Existing,
    pub(crate) mode: u32,
}

/// What becomes of the contents that a file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// `w`
    Replaced,
    /// `a`
    Continued,
    /// `wx` and `ax`: there may be none.
    Refused,
    /// `r+`: there must be some.
    Overwritten,
}

/// Reads a whole file.
pub(crate) fn read(access: &FileAccess, path: &Path) -> Result<Contents, Trouble> {
    let place = access.place(Right::Read, path)?;
    let mut options = OpenOptions::new();
    let mut file = open_file(&place, options.read(true))?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(Trouble::at("read")(Errno::ISDIR.into()));
    }
    require_file(&metadata)?;
    let allowed = access.bytes_max();
    let length = usize::try_from(metadata.len()).ok().filter(|length| *length <= allowed);
    let length = length.ok_or(Trouble::TooLarge(metadata.len(), allowed))?;
    let busy = || Trouble::Busy(access.budget().allowed());
    let mut held = access.budget().hold(length).ok_or_else(busy)?;
    let mut bytes = Vec::new();
    fill(&mut file, &mut bytes, length)?;
    // A file may grow while it is read, and some say nothing of their length.
    while let Some(more) = next_byte(&mut file)? {
        let room = CHUNK.min(allowed.saturating_sub(bytes.len()));
        if room == 0 {
            return Err(Trouble::TooLarge(bytes.len() as u64 + 1, allowed));
        }
        if !held.grow(room) {
            return Err(busy());
        }
        bytes.try_reserve_exact(room).map_err(|_| Errno::NOMEM)?;
        bytes.push(more);
        fill(&mut file, &mut bytes, room - 1)?;
    }
    Ok(Contents { bytes, _held: held })
}

fn fill(file: &mut File, bytes: &mut Vec<u8>, length: usize) -> Result<(), Trouble> {
    bytes.try_reserve_exact(length).map_err(|_| Errno::NOMEM)?;
    file.take(length as u64).read_to_end(bytes).map_err(Trouble::at("read"))?;
    Ok(())
}

fn next_byte(file: &mut File) -> Result<Option<u8>, Trouble> {
    let mut byte = [0];
    let read = file.read(&mut byte).map_err(Trouble::at("read"))?;
    Ok((read > 0).then_some(byte[0]))
}

/// Writes a whole file, or adds to it.
pub(crate) fn write(access: &FileAccess, path: &Path, bytes: &[u8], how: Writing) -> Result<(), Trouble> {
    let place = access.place(Right::Write, path)?;
    let mut options = OpenOptions::new();
    options.mode(how.mode);
    match how.existing {
        Existing::Replaced => options.write(true).create(true).truncate(true),
        Existing::Continued => options.append(true).create(true),
        Existing::Refused => options.write(true).create_new(true),
        Existing::Overwritten => options.write(true),
    };
    let mut file = open_file(&place, &mut options)?;
    require_file(&file.metadata()?)?;
    file.write_all(bytes).map_err(Trouble::at("write"))
}

/// Opens the file at `place`. It does not wait for the other end of a pipe.
fn open_file(place: &Place, options: &mut OpenOptions) -> io::Result<File> {
    place.folder.open_with(&place.name, options.follow(place.links).nonblock(true))
}

fn require_file(metadata: &Metadata) -> Result<(), Trouble> {
    if metadata.is_file() { Ok(()) } else { Err(Trouble::Special) }
}

/// Whether a symbolic link is looked at, or what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Links {
    Followed,
    Shown,
}

/// What `stat` tells, in the order of the fields of Node.js's `Stats`: dev, mode, nlink, uid, gid, rdev, blksize, ino,
/// size, blocks, and the times of access, change, status change and birth in whole milliseconds.
pub(crate) type Stats = [f64; 14];

/// Tells what a file is.
pub(crate) fn stat(access: &FileAccess, path: &Path, links: Links) -> Result<Stats, Trouble> {
    Ok(stats_of(&metadata(&access.place(Right::Read, path)?, links)?))
}

fn metadata(place: &Place, links: Links) -> Result<Metadata, Trouble> {
    if links == Links::Followed && place.links == FollowSymlinks::Yes {
        return Ok(place.folder.metadata(&place.name)?);
    }
    let metadata = place.folder.symlink_metadata(&place.name)?;
    if links == Links::Followed && metadata.is_symlink() {
        return Err(Errno::LOOP.into());
    }
    Ok(metadata)
}

/// A script's clock is no finer than a millisecond, by whatever it writes and looks at.
fn stats_of(metadata: &Metadata) -> Stats {
    let milliseconds = |time: io::Result<cap_std::time::SystemTime>| {
        let since = time.ok().and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
        since.unwrap_or_default().as_millis() as f64
    };
    let changed = metadata.ctime() * 1000 + metadata.ctime_nsec() / 1_000_000;
    [
        MetadataExt::dev(metadata) as f64,
        f64::from(metadata.mode()),
        MetadataExt::nlink(metadata) as f64,
        f64::from(metadata.uid()),
        f64::from(metadata.gid()),
        metadata.rdev() as f64,
        metadata.blksize() as f64,
        MetadataExt::ino(metadata) as f64,
        metadata.len() as f64,
        metadata.blocks() as f64,
        milliseconds(metadata.accessed()),
        milliseconds(metadata.modified()),
        changed as f64,
        milliseconds(metadata.created().or_else(|_| metadata.modified())),
    ]
}

/// What a name in a folder stands for, by libuv's number.
pub(crate) type Kind = u8;

fn kind_of(file_type: FileType) -> Kind {
    if file_type.is_file() {
        1
    } else if file_type.is_dir() {
        2
    } else if file_type.is_symlink() {
        3
    } else {
        0
    }
}

/// Whether the folders in a folder are listed too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    One,
    All,
}

/// The names in a folder, sorted, each with the folders that lead to it.
pub(crate) fn list(access: &FileAccess, path: &Path, depth: Depth) -> Result<Vec<(String, Kind)>, Trouble> {
    let place = access.place(Right::Read, path)?;
    let folder = match place.links {
        FollowSymlinks::Yes => place.folder.open_dir(&place.name)?,
        FollowSymlinks::No => place.folder.open_dir_nofollow(&place.name)?,
    };
    let mut names = Vec::new();
    let mut unread = vec![(folder, String::new())];
    while let Some((folder, way)) = unread.pop() {
        for entry in folder.entries()? {
            let entry = entry?;
            let file_type = entry.file_type()?;
            let name = format!("{way}{}", entry.file_name().to_string_lossy());
            if depth == Depth::All && file_type.is_dir() {
                unread.push((folder.open_dir_nofollow(entry.file_name())?, format!("{name}/")));
            }
            names.push((name, kind_of(file_type)));
            if names.len() > NAMES_MAX {
                return Err(Trouble::TooMany(NAMES_MAX));
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Makes one folder.
pub(crate) fn make_folder(access: &FileAccess, path: &Path) -> Result<(), Trouble> {
    let place = access.place(Right::Write, path)?;
    Ok(place.folder.create_dir(&place.name)?)
}

/// Removes a file or a symbolic link.
pub(crate) fn remove_file(access: &FileAccess, path: &Path) -> Result<(), Trouble> {
    let place = access.place(Right::Write, path)?;
    Ok(place.folder.remove_file(&place.name)?)
}

/// Removes an empty folder.
pub(crate) fn remove_folder(access: &FileAccess, path: &Path) -> Result<(), Trouble> {
    let place = access.place(Right::Write, path)?;
    Ok(place.folder.remove_dir(&place.name)?)
}

/// How much `rm` removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Removal {
    /// Folders too, with all that they hold.
    pub(crate) recursive: bool,
    /// What is not there is no error.
    pub(crate) force: bool,
}

/// `rm`: removes a file, or a folder with all it holds.
pub(crate) fn remove(access: &FileAccess, path: &Path, how: Removal) -> Result<(), Trouble> {
    match remove_any(access, path, how) {
        Err(trouble) if how.force && trouble.is_not_found() => Ok(()),
        other => other,
    }
}

fn remove_any(access: &FileAccess, path: &Path, how: Removal) -> Result<(), Trouble> {
    let place = access.place(Right::Write, path)?;
    if !place.folder.symlink_metadata(&place.name)?.is_dir() {
        return Ok(place.folder.remove_file(&place.name)?);
    }
    if !how.recursive {
        return Err(Trouble::IsFolder);
    }
    Ok(place.folder.remove_dir_all(&place.name)?)
}

/// Moves a file or folder.
///
/// It must be readable where what it becomes is: a move reveals nothing that could not be read before.
pub(crate) fn rename(access: &FileAccess, from: &Path, to: &Path) -> Result<(), Trouble> {
    let source = access.place(Right::Write, from)?;
    let target = access.place(Right::Write, to)?;
    if access.reveals(to) && !access.allows(Right::Read, from) {
        return Err(Trouble::denied(Right::Read, from));
    }
    Ok(source.folder.rename(&source.name, &target.folder, &target.name)?)
}

/// What becomes of the file that a copy would replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Replaced,
    Refused,
}

/// Copies a file, with its permissions.
pub(crate) fn copy(access: &FileAccess, from: &Path, to: &Path, existing: Target) -> Result<(), Trouble> {
    let source = access.place(Right::Read, from)?;
    let mut source = open_file(&source, OpenOptions::new().read(true))?;
    let metadata = source.metadata()?;
    if metadata.is_dir() {
        return Err(Errno::ISDIR.into());
    }
    require_file(&metadata)?;
    let target = access.place(Right::Write, to)?;
    let mut options = OpenOptions::new();
    options.write(true).mode(metadata.mode());
    match existing {
        Target::Replaced => options.create(true),
        Target::Refused => options.create_new(true),
    };
    let mut target = open_file(&target, &mut options).map_err(Trouble::on_destination)?;
    let replaced = target.metadata()?;
    require_file(&replaced).map_err(Trouble::on_destination)?;
    let same = |of: fn(&Metadata) -> u64| of(&metadata) == of(&replaced);
    if same(MetadataExt::dev) && same(MetadataExt::ino) {
        return Ok(());
    }
    target.set_len(0)?;
    io::copy(&mut source, &mut target)?;
    Ok(())
}

/// Whether something is there and may be read; nothing is said of why not.
pub(crate) fn exists(access: &FileAccess, path: &Path) -> bool {
    access.place(Right::Read, path).is_ok_and(|place| metadata(&place, Links::Followed).is_ok())
}

/// Whether `path` is there, and was lent to be written where that is asked.
pub(crate) fn check(access: &FileAccess, path: &Path, to_write: bool) -> Result<(), Trouble> {
    metadata(&access.place(Right::Read, path)?, Links::Followed)?;
    if to_write && !access.allows(Right::Write, path) {
        return Err(Trouble::denied(Right::Write, path));
    }
    Ok(())
}
