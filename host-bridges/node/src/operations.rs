//! The operations of `node:fs`: read from a call's arguments, done here or on a pool thread, and answered with values.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use innerbox_binding::{Arguments, Failure, Outcome, uint8_array_from, value};
use rustix::io::Errno;

use crate::State;
use crate::access::{FileAccess, normalize};
use crate::budget::Held;
use crate::encoding::{bytes_of, string_of};
use crate::errors::{Subject, Trouble, failure};
use crate::files::{self, Contents, Depth, Existing, Kind, Links, Removal, Stats, Target, Writing};

/// Most UTF-16 units of a path; systems allow fewer.
const PATH_UNITS_MAX: usize = 1 << 16;

/// One thing to be done with files, which needs nothing of V8.
pub(crate) struct Operation {
    access: Arc<FileAccess>,
    subject: Subject,
    action: Action,
}

enum Action {
    Read(PathBuf, Form),
    Write(PathBuf, Vec<u8>, Writing, Option<Held>),
    Stat(PathBuf, Links),
    List(PathBuf, Depth),
    MakeFolder(PathBuf),
    MakeFolders(PathBuf),
    RemoveFile(PathBuf),
    RemoveFolder(PathBuf),
    Remove(PathBuf, Removal),
    Rename(PathBuf, PathBuf),
    Copy(PathBuf, PathBuf, Target),
    Exists(PathBuf),
    Check(PathBuf, bool),
}

/// What a file's contents become.
#[derive(Clone, Copy)]
enum Form {
    Bytes,
    Text,
}

/// What an operation came to.
pub(crate) enum Answer {
    Nothing,
    Bytes(Contents),
    Text(Contents),
    Stats(Stats),
    Names(Vec<(String, Kind)>),
    Path(Option<PathBuf>),
    Flag(bool),
}

/// Why an operation came to nothing.
pub(crate) struct Refusal(Trouble, Subject);

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        failure(refusal.0, &refusal.1)
    }
}

impl Operation {
    /// Does it, waiting for the file system.
    pub(crate) fn perform(self) -> Result<Answer, Refusal> {
        let Self { access, subject, action } = self;
        action.perform(&access).map_err(|trouble| Refusal(trouble, subject))
    }

    /// Counts the bytes that it holds until a pool thread takes it.
    pub(crate) fn hold(mut self) -> Result<Self, Failure> {
        if let Action::Write(_, bytes, _, held) = &mut self.action {
            let budget = self.access.budget();
            *held = budget.hold(bytes.len());
            if held.is_none() {
                return Err(failure(Trouble::Busy(budget.allowed()), &self.subject));
            }
        }
        Ok(self)
    }
}

impl Action {
    fn perform(self, access: &FileAccess) -> Result<Answer, Trouble> {
        let done = |()| Answer::Nothing;
        match self {
            Self::Read(path, Form::Bytes) => files::read(access, &path).map(Answer::Bytes),
            Self::Read(path, Form::Text) => files::read(access, &path).map(Answer::Text),
            Self::Write(path, bytes, how, _held) => files::write(access, &path, &bytes, how).map(done),
            Self::Stat(path, links) => files::stat(access, &path, links).map(Answer::Stats),
            Self::List(path, depth) => files::list(access, &path, depth).map(Answer::Names),
            Self::MakeFolder(path) => files::make_folder(access, &path).map(done),
            Self::MakeFolders(path) => access.make_folders(&path).map(Answer::Path),
            Self::RemoveFile(path) => files::remove_file(access, &path).map(done),
            Self::RemoveFolder(path) => files::remove_folder(access, &path).map(done),
            Self::Remove(path, how) => files::remove(access, &path, how).map(done),
            Self::Rename(from, to) => files::rename(access, &from, &to).map(done),
            Self::Copy(from, to, existing) => files::copy(access, &from, &to, existing).map(done),
            Self::Exists(path) => Ok(Answer::Flag(files::exists(access, &path))),
            Self::Check(path, to_write) => files::check(access, &path, to_write).map(done),
        }
    }
}

impl Answer {
    /// The answer as a value of the current realm.
    pub(crate) fn into_js<'s>(self, scope: &mut v8::PinScope<'s, '_>) -> Outcome<'s> {
        match self {
            Self::Nothing => Ok(value::undefined(scope)),
            Self::Bytes(contents) => Ok(uint8_array_from(scope, contents.bytes)?.into()),
            Self::Text(contents) => Ok(string_of(scope, &contents.bytes)?.into()),
            Self::Stats(stats) => {
                let stats = stats.map(|number| v8::Number::new(scope, number).into());
                Ok(v8::Array::new_with_elements(scope, &stats).into())
            }
            Self::Names(names) => Ok(names_to_js(scope, &names)),
            Self::Path(None) => Ok(value::undefined(scope)),
            Self::Path(Some(path)) => Ok(value::string(scope, &path.to_string_lossy()).into()),
            Self::Flag(flag) => Ok(v8::Boolean::new(scope, flag).into()),
        }
    }
}

/// Names and kinds in turn.
fn names_to_js<'s>(scope: &v8::PinScope<'s, '_>, names: &[(String, Kind)]) -> v8::Local<'s, v8::Value> {
    let mut elements = Vec::with_capacity(names.len() * 2);
    for (name, kind) in names {
        elements.push(value::string(scope, name).into());
        elements.push(v8::Integer::new(scope, i32::from(*kind)).into());
    }
    v8::Array::new_with_elements(scope, &elements).into()
}

/// The arguments of one call, read in turn.
struct Call<'a, 's, 'i> {
    scope: &'a mut v8::PinScope<'s, 'i>,
    args: &'a Arguments<'s>,
    state: &'a State,
    syscall: &'static str,
}

impl Call<'_, '_, '_> {
    /// The path that argument `index` names, as the script wrote it and in full.
    fn path(&mut self, index: i32) -> Result<(String, PathBuf), Failure> {
        let text = v8::Local::<v8::String>::try_from(self.args.get(index))
            .map_err(|_| Failure::type_error("`path`: expected string").code("ERR_INVALID_ARG_TYPE"))?;
        if text.length() > PATH_UNITS_MAX {
            let subject = Subject { syscall: self.syscall, path: String::new(), destination: None };
            return Err(failure(Errno::NAMETOOLONG.into(), &subject));
        }
        let path = text.to_rust_string_lossy(self.scope);
        if path.contains('\0') {
            let message = "`path`: expected string without null bytes";
            return Err(Failure::type_error(message).code("ERR_INVALID_ARG_VALUE"));
        }
        if path.is_empty() {
            let subject = Subject { syscall: self.syscall, path, destination: None };
            return Err(failure(Errno::NOENT.into(), &subject));
        }
        let full = normalize(&self.state.cwd.join(Path::new(&path)));
        Ok((path, full))
    }

    fn flag(&self, index: i32) -> bool {
        self.args.get(index).is_true()
    }

    fn number(&self, index: i32) -> u32 {
        self.args.get(index).uint32_value(self.scope).unwrap_or(0)
    }

    fn operation(&self, path: String, destination: Option<String>, action: Action) -> Operation {
        let subject = Subject { syscall: self.syscall, path, destination };
        Operation { access: Arc::clone(&self.state.files), subject, action }
    }

    fn on_path(&mut self, action: impl FnOnce(PathBuf) -> Action) -> Result<Operation, Failure> {
        let (path, full) = self.path(0)?;
        Ok(self.operation(path, None, action(full)))
    }

    fn on_paths(&mut self, action: impl FnOnce(PathBuf, PathBuf) -> Action) -> Result<Operation, Failure> {
        let (from, full_from) = self.path(0)?;
        let (to, full_to) = self.path(1)?;
        Ok(self.operation(from, Some(to), action(full_from, full_to)))
    }
}

macro_rules! parsers {
    ($($(#[$doc:meta])* $name:ident($syscall:literal) = |$call:ident| $body:expr;)*) => {$(
        $(#[$doc])*
        pub(crate) fn $name<'s>(
            scope: &mut v8::PinScope<'s, '_>,
            args: &Arguments<'s>,
            state: &State,
        ) -> Result<Operation, Failure> {
            let $call = &mut Call { scope, args, state, syscall: $syscall };
            $body
        }
    )*};
}

parsers! {
    /// `readFile(path, asText)`
    read_file("open") = |call| {
        let form = if call.flag(1) { Form::Text } else { Form::Bytes };
        call.on_path(|path| Action::Read(path, form))
    };
    /// `writeFile(path, data, existing, mode)`
    write_file("open") = |call| {
        let existing = match call.number(2) {
            1 => Existing::Continued,
            2 => Existing::Refused,
            3 => Existing::Overwritten,
            _ => Existing::Replaced,
        };
        let how = Writing { existing, mode: call.number(3) };
        let (path, full) = call.path(0)?;
        let bytes = bytes_of(call.scope, "data", call.args.get(1), call.state.files.bytes_max())?;
        Ok(call.operation(path, None, Action::Write(full, bytes, how, None)))
    };
    /// `stat(path)`
    stat("stat") = |call| call.on_path(|path| Action::Stat(path, Links::Followed));
    /// `lstat(path)`
    lstat("lstat") = |call| call.on_path(|path| Action::Stat(path, Links::Shown));
    /// `readdir(path, recursive)`
    readdir("scandir") = |call| {
        let depth = if call.flag(1) { Depth::All } else { Depth::One };
        call.on_path(|path| Action::List(path, depth))
    };
    /// `mkdir(path, recursive)`
    mkdir("mkdir") = |call| {
        if call.flag(1) { call.on_path(Action::MakeFolders) } else { call.on_path(Action::MakeFolder) }
    };
    /// `unlink(path)`
    unlink("unlink") = |call| call.on_path(Action::RemoveFile);
    /// `rmdir(path)`
    rmdir("rmdir") = |call| call.on_path(Action::RemoveFolder);
    /// `rm(path, recursive, force)`
    rm("rm") = |call| {
        let how = Removal { recursive: call.flag(1), force: call.flag(2) };
        call.on_path(|path| Action::Remove(path, how))
    };
    /// `rename(from, to)`
    rename("rename") = |call| call.on_paths(Action::Rename);
    /// `copyFile(from, to, exclusive)`
    copy_file("copyfile") = |call| {
        let existing = if call.flag(2) { Target::Refused } else { Target::Replaced };
        call.on_paths(|from, to| Action::Copy(from, to, existing))
    };
    /// `exists(path)`
    exists("access") = |call| call.on_path(Action::Exists);
    /// `access(path, toWrite)`
    access("access") = |call| {
        let to_write = call.flag(1);
        call.on_path(|path| Action::Check(path, to_write))
    };
}
