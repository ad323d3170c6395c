//! `node:fs` within what was lent, and each way out of it.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use innerbox_bridge_node::{FileAccess, Options, Right};

/// A folder of its own for a test: `read` and `write` to be lent, and a `secret.txt` beside them.
fn folder(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&root);
    let make = |path: &str| fs::create_dir_all(root.join(path)).expect("a folder");
    let write = |path: &str, text: &str| fs::write(root.join(path), text).expect("a file");
    let link = |to: &str, path: &str| symlink(to, root.join(path)).expect("a link");
    make("read/sub");
    make("write");
    write("secret.txt", "secret");
    write("read/a.txt", "hällo");
    write("read/sub/b.txt", "b");
    link("a.txt", "read/inside");
    link("../secret.txt", "read/outside");
    link("/etc/passwd", "read/absolute");
    link("..", "read/above");
    link("round", "read/round");
    link("../secret.txt", "write/outside");
    link("..", "write/above");
    root.canonicalize().expect("the folder's path")
}

#[track_caller]
fn check_in(root: &Path, grants: &[(Right, &str)], script: &str, expected: &str) {
    let mut files = FileAccess::none();
    for (right, path) in grants {
        files.allow(*right, root.join(path)).expect("a grant");
    }
    let script = format!("const fs = require('node:fs'); {SHOW} {script}");
    let printed = support::run(&script, Options { files, cwd: root.to_owned(), ..Options::default() });
    let printed = printed.replace(&root.display().to_string(), "ROOT");
    assert_eq!(printed.trim(), expected.trim());
}

/// Prints what a function gives or throws.
const SHOW: &str = "
    const tell = (error) => console.log(error.message);
    const show = (func) => { try { console.log(func()); } catch (error) { tell(error); } };";

const READ: (Right, &str) = (Right::Read, "read");
const WRITE: (Right, &str) = (Right::Write, "write");

#[test]
fn files_are_read_in_every_form() {
    let script = "
        show(() => fs.readFileSync('read/a.txt'));
        show(() => fs.readFileSync('read/a.txt', 'utf8'));
        show(() => fs.readFileSync('read/a.txt', { encoding: 'hex' }));
        show(() => fs.readFileSync('./read/../read/sub/b.txt', 'latin1'));
        show(() => fs.readFileSync(Buffer.from('read/inside'), 'utf-8'));
        show(() => fs.readFileSync({ href: 'file:///', protocol: 'file:', hostname: '', pathname: process.cwd() + '/read/sub/b%2etxt' }, 'utf8'));
        fs.readFile('read/a.txt', (error, data) => console.log('callback', error, data));
        fs.readFile('read/a.txt', 'base64', (error, data) => console.log('callback', error, data));
        fs.readFile('read/none', (error, data) => console.log('callback', error.code, data));
        fs.promises.readFile('read/a.txt', 'utf8').then((text) => console.log('promise', text));
        require('fs/promises').readFile('read/none').catch((error) => console.log('promise', error.message));";
    let expected = "
<Buffer 68 c3 a4 6c 6c 6f>
hällo
68c3a46c6c6f
b
hällo
b
";
    let root = folder("forms");
    let mut files = FileAccess::none();
    files.allow(Right::Read, root.join("read")).expect("a grant");
    let script = format!("const fs = require('node:fs'); {SHOW} {script}");
    let printed = support::run(&script, Options { files, cwd: root, ..Options::default() });
    let (at_once, later) = printed.split_at(expected.trim_start().len().min(printed.len()));
    assert_eq!(at_once, expected.trim_start());
    let mut later: Vec<_> = later.lines().collect();
    later.sort_unstable();
    let expected = [
        "callback ENOENT undefined",
        "callback null <Buffer 68 c3 a4 6c 6c 6f>",
        "callback null aMOkbGxv",
        "promise ENOENT: no such file or directory, open 'read/none'",
        "promise hällo",
    ];
    assert_eq!(later, expected);
}

#[test]
fn nothing_is_lent_by_default() {
    let script = "
        show(() => fs.readFileSync('/etc/passwd'));
        show(() => fs.readFileSync('read/a.txt'));
        show(() => fs.writeFileSync('write/a', ''));
        show(() => fs.existsSync('read/a.txt'));
        for (const name of ['stat', 'lstat', 'readdir', 'access']) show(() => fs[name + 'Sync']('read'));
        for (const name of ['mkdir', 'rm', 'rmdir', 'unlink']) show(() => fs[name + 'Sync']('write/a'));
        show(() => fs.rmSync('write/a', { force: true, recursive: true }));
        show(() => fs.mkdirSync('write/a/b', { recursive: true }));
        show(() => fs.renameSync('write/a', 'write/b'));
        show(() => fs.copyFileSync('read/a.txt', 'write/b'));
        show(() => fs.appendFileSync('write/a', 'x'));
        try { fs.readFileSync('../x'); } catch ({ name, code, syscall, path }) { console.log(name, code, syscall, path); }
        fs.promises.readFile('read/a.txt').catch(tell);";
    let expected = "
access denied: reading `/etc/passwd` needs --allow-read=/etc/passwd
access denied: reading `ROOT/read/a.txt` needs --allow-read=ROOT/read/a.txt
access denied: writing `ROOT/write/a` needs --allow-write=ROOT/write/a
false
access denied: reading `ROOT/read` needs --allow-read=ROOT/read
access denied: reading `ROOT/read` needs --allow-read=ROOT/read
access denied: reading `ROOT/read` needs --allow-read=ROOT/read
access denied: reading `ROOT/read` needs --allow-read=ROOT/read
access denied: writing `ROOT/write/a` needs --allow-write=ROOT/write/a
access denied: writing `ROOT/write/a` needs --allow-write=ROOT/write/a
access denied: writing `ROOT/write/a` needs --allow-write=ROOT/write/a
access denied: writing `ROOT/write/a` needs --allow-write=ROOT/write/a
access denied: writing `ROOT/write/a` needs --allow-write=ROOT/write/a
access denied: writing `ROOT/write/a/b` needs --allow-write=ROOT/write/a/b
access denied: writing `ROOT/write/a` needs --allow-write=ROOT/write/a
access denied: reading `ROOT/read/a.txt` needs --allow-read=ROOT/read/a.txt
access denied: writing `ROOT/write/a` needs --allow-write=ROOT/write/a
Error ERR_ACCESS_DENIED open ../x
access denied: reading `ROOT/read/a.txt` needs --allow-read=ROOT/read/a.txt
";
    check_in(&folder("nothing"), &[], script, expected);
}

#[test]
fn a_grant_does_not_imply_the_other() {
    let script = "
        show(() => fs.writeFileSync('read/a.txt', 'changed'));
        show(() => fs.unlinkSync('read/a.txt'));
        show(() => fs.readFileSync('write/b'));
        show(() => fs.existsSync('write/b'));
        show(() => fs.copyFileSync('write/b', 'write/c'));
        show(() => fs.copyFileSync('read/a.txt', 'read/c'));
        show(() => fs.readFileSync('read/a.txt', 'utf8'));";
    let expected = "
access denied: writing `ROOT/read/a.txt` needs --allow-write=ROOT/read/a.txt
access denied: writing `ROOT/read/a.txt` needs --allow-write=ROOT/read/a.txt
access denied: reading `ROOT/write/b` needs --allow-read=ROOT/write/b
false
access denied: reading `ROOT/write/b` needs --allow-read=ROOT/write/b
access denied: writing `ROOT/read/c` needs --allow-write=ROOT/read/c
hällo
";
    let root = folder("implied");
    fs::write(root.join("write/b"), "b").expect("a file");
    check_in(&root, &[READ, WRITE], script, expected);
}

#[test]
fn no_path_leads_out_of_a_grant() {
    let script = "
        show(() => fs.readFileSync('read/../secret.txt'));
        show(() => fs.readFileSync('read/sub/../../secret.txt'));
        show(() => fs.readFileSync('read/outside'));
        show(() => fs.readFileSync('read/absolute'));
        show(() => fs.readFileSync('read/above/secret.txt'));
        show(() => fs.statSync('read/outside'));
        show(() => fs.existsSync('read/outside'));
        show(() => fs.lstatSync('read/outside').isSymbolicLink());
        show(() => fs.readdirSync('read/above'));
        show(() => fs.readFileSync('read/round'));
        show(() => fs.writeFileSync('write/outside', 'changed'));
        show(() => fs.writeFileSync('write/above/new', 'made'));
        show(() => fs.mkdirSync('write/above/new/er', { recursive: true }));
        show(() => fs.copyFileSync('read/outside', 'write/copy'));
        show(() => fs.copyFileSync('read/a.txt', 'write/outside'));
        show(() => fs.rmSync('write/above', { recursive: true }));
        show(() => fs.rmSync('write/outside'));
        show(() => fs.readFileSync('readme'));
        show(() => fs.readFileSync('read/a.txt\\0/../../secret.txt'));
        show(() => fs.readFileSync(''));
        show(() => fs.readFileSync('read/' + 'x'.repeat(300)));
        show(() => fs.readFileSync('x'.repeat(1e6)));";
    let long = "x".repeat(300);
    let expected = format!(
        "
access denied: reading `ROOT/secret.txt` needs --allow-read=ROOT/secret.txt
access denied: reading `ROOT/secret.txt` needs --allow-read=ROOT/secret.txt
access denied: `read/outside` leads outside of what was granted
access denied: `read/absolute` leads outside of what was granted
access denied: `read/above/secret.txt` leads outside of what was granted
access denied: `read/outside` leads outside of what was granted
false
true
access denied: `read/above` leads outside of what was granted
ELOOP: too many symbolic links encountered, open 'read/round'
access denied: `write/outside` leads outside of what was granted
access denied: `write/above/new` leads outside of what was granted
access denied: `write/above/new/er` leads outside of what was granted
access denied: `read/outside` leads outside of what was granted
access denied: `write/outside` leads outside of what was granted
undefined
undefined
access denied: reading `ROOT/readme` needs --allow-read=ROOT/readme
`path`: expected string without null bytes
ENOENT: no such file or directory, open ''
ENAMETOOLONG: name too long, open 'read/{long}'
ENAMETOOLONG: name too long, open ''
"
    );
    let root = folder("escapes");
    check_in(&root, &[READ, WRITE], script, &expected);
    assert_eq!(fs::read_to_string(root.join("secret.txt")).expect("the secret"), "secret");
    assert!(!root.join("new").exists());
    assert!(root.join("read/a.txt").exists());
}

#[test]
fn a_link_put_in_the_place_of_a_grant_is_not_followed() {
    let root = folder("replaced");
    let mut files = FileAccess::none();
    for path in ["read", "secret.txt"] {
        files.allow(Right::Read, root.join(path)).expect("a grant");
    }
    fs::remove_dir_all(root.join("read")).expect("removed");
    fs::remove_file(root.join("secret.txt")).expect("removed");
    fs::write(root.join("other.txt"), "other").expect("a file");
    symlink("/etc", root.join("read")).expect("a link");
    symlink("other.txt", root.join("secret.txt")).expect("a link");
    let script = format!(
        "const fs = require('fs'); {SHOW}
        show(() => fs.readFileSync('read/passwd'));
        show(() => fs.readdirSync('read'));
        show(() => fs.readFileSync('secret.txt'));
        show(() => fs.statSync('secret.txt'));"
    );
    let printed = support::run(&script, Options { files, cwd: root, ..Options::default() });
    for line in printed.lines() {
        assert!(line.starts_with("ENOTDIR:") || line.starts_with("ELOOP:"), "{line}");
    }
    assert_eq!(printed.lines().count(), 4);
}

#[test]
fn a_move_reveals_nothing() {
    let script = "
        show(() => fs.renameSync('write/hidden.txt', 'write/shown/hidden.txt'));
        show(() => fs.renameSync('write/folder', 'write/other'));
        show(() => fs.renameSync('write/hidden.txt', 'write/moved.txt'));
        show(() => fs.renameSync('write/shown/x', 'write/shown/y'));
        show(() => fs.readFileSync('write/shown/y', 'utf8'));";
    let expected = "
access denied: reading `ROOT/write/hidden.txt` needs --allow-read=ROOT/write/hidden.txt
access denied: reading `ROOT/write/folder` needs --allow-read=ROOT/write/folder
undefined
undefined
x
";
    let root = folder("moves");
    fs::create_dir_all(root.join("write/shown")).expect("a folder");
    fs::create_dir_all(root.join("write/folder/deep")).expect("a folder");
    fs::write(root.join("write/hidden.txt"), "hidden").expect("a file");
    fs::write(root.join("write/shown/x"), "x").expect("a file");
    let grants = [WRITE, (Right::Read, "write/shown"), (Right::Read, "write/other/deep")];
    check_in(&root, &grants, script, expected);
}

#[test]
fn what_was_lent_to_be_written_need_not_exist() {
    let script = "
        show(() => fs.writeFileSync('new/deep/out.txt', 'too early'));
        show(() => fs.mkdirSync('new/deep'));
        show(() => fs.mkdirSync('new/deep', { recursive: true }));
        show(() => fs.mkdirSync('new/deep', { recursive: true }));
        show(() => fs.writeFileSync('new/deep/out.txt', 'made'));
        show(() => fs.mkdirSync('new/deep/a/b', { recursive: true }));
        show(() => fs.writeFileSync('new/other.txt', ''));
        show(() => fs.rmSync('new/deep', { recursive: true, force: true }));
        show(() => fs.mkdirSync('new/deep'));
        show(() => fs.writeFileSync('new/deep/out.txt', 'again'));
        show(() => fs.writeFileSync('single.txt', 'one file'));
        show(() => fs.writeFileSync('single.txt/x', 'no folder'));";
    let expected = "
ENOENT: no such file or directory, open 'new/deep/out.txt'
ENOENT: no such file or directory, mkdir 'new/deep'
ROOT/new
undefined
undefined
ROOT/new/deep/a
access denied: writing `ROOT/new/other.txt` needs --allow-write=ROOT/new/other.txt
undefined
undefined
undefined
undefined
ENOTDIR: not a directory, open 'single.txt/x'
";
    let root = folder("absent");
    check_in(&root, &[(Right::Write, "new/deep"), (Right::Write, "single.txt")], script, expected);
    assert_eq!(fs::read_to_string(root.join("new/deep/out.txt")).expect("the file"), "again");
    assert_eq!(fs::read_to_string(root.join("single.txt")).expect("the file"), "one file");
}

#[test]
fn one_file_may_be_lent_alone() {
    let script = "
        show(() => fs.readFileSync('read/sub/b.txt', 'utf8'));
        show(() => fs.readFileSync('read/sub'));
        show(() => fs.readdirSync('read/sub'));
        show(() => fs.existsSync('read/sub/b.txt'));
        show(() => fs.statSync('read/sub/b.txt').size);";
    let expected = "
b
access denied: reading `ROOT/read/sub` needs --allow-read=ROOT/read/sub
access denied: reading `ROOT/read/sub` needs --allow-read=ROOT/read/sub
true
1
";
    check_in(&folder("single"), &[(Right::Read, "read/sub/b.txt")], script, expected);
}

#[test]
fn files_are_written_moved_copied_and_removed() {
    let script = "
        const at = (name) => 'read/' + name;
        fs.writeFileSync(at('new'), 'text'); fs.appendFileSync(at('new'), Buffer.from(' and bytes'));
        fs.appendFileSync(at('new'), new DataView(new Uint8Array([33]).buffer)); fs.writeFileSync(at('hex'), '6869', 'hex');
        show(() => fs.readFileSync(at('new'), 'utf8') + fs.readFileSync(at('hex'), 'utf8'));
        show(() => fs.writeFileSync(at('new'), 'x', { flag: 'wx' }));
        show(() => fs.writeFileSync(at('new'), 'x', { flag: 'r' }));
        show(() => fs.writeFileSync(at('new'), 5));
        fs.copyFileSync(at('new'), at('copy')); fs.copyFileSync(at('copy'), at('copy'));
        show(() => fs.copyFileSync(at('new'), at('copy'), fs.constants.COPYFILE_EXCL));
        fs.renameSync(at('copy'), at('moved'));
        show(() => fs.readdirSync('read'));
        show(() => fs.readFileSync(at('moved'), 'latin1'));
        fs.unlinkSync(at('moved'));
        show(() => fs.unlinkSync(at('moved')));
        show(() => fs.rmSync(at('moved')));
        show(() => fs.rmSync(at('moved'), { force: true }));
        show(() => fs.rmSync(at('sub')));
        show(() => fs.rmdirSync(at('sub')));
        show(() => fs.mkdirSync(at('sub')));
        show(() => fs.mkdirSync(at('new'), { recursive: true }));
        show(() => fs.mkdirSync(at('new/x'), { recursive: true }));
        show(() => fs.renameSync(at('none'), at('some')));
        fs.rmSync(at('sub'), { recursive: true });
        show(() => fs.existsSync(at('sub')));
        show(() => fs.readFileSync('read'));
        show(() => fs.readdirSync(at('new')));
        try { fs.statSync(at('none')); } catch ({ name, message, errno, code, syscall, path }) { console.log(name, message, errno, code, syscall, path); }
        try { fs.renameSync(at('none'), at('b')); } catch ({ dest, path }) { console.log(path, dest); }
        show(() => fs.statSync(at('none'), { throwIfNoEntry: false }));
        show(() => fs.accessSync(at('new'), fs.constants.W_OK | fs.constants.R_OK));
        show(() => fs.accessSync(at('none')));";
    let expected = "
text and bytes!hi
EEXIST: file already exists, open 'read/new'
`flag`: expected a flag for writing, got r
`data`: expected string or typed array, got number
EEXIST: file already exists, copyfile 'read/new' -> 'read/copy'
[
  'a.txt',    'above',
  'absolute', 'hex',
  'inside',   'moved',
  'new',      'outside',
  'round',    'sub'
]
text and bytes!
ENOENT: no such file or directory, unlink 'read/moved'
ENOENT: no such file or directory, rm 'read/moved'
undefined
Path is a directory: rm returned EISDIR (is a directory) read/sub
ENOTEMPTY: directory not empty, rmdir 'read/sub'
EEXIST: file already exists, mkdir 'read/sub'
EEXIST: file already exists, mkdir 'read/new'
ENOTDIR: not a directory, mkdir 'read/new/x'
ENOENT: no such file or directory, rename 'read/none' -> 'read/some'
false
EISDIR: illegal operation on a directory, read 'read'
ENOTDIR: not a directory, scandir 'read/new'
Error ENOENT: no such file or directory, stat 'read/none' -2 ENOENT stat read/none
read/none read/b
undefined
undefined
ENOENT: no such file or directory, access 'read/none'
";
    check_in(&folder("changes"), &[READ, (Right::Write, "read")], script, expected);
}

#[test]
fn folders_and_files_are_described() {
    let script = "
        const stats = fs.statSync('read/a.txt');
        console.log(stats.isFile(), stats.isDirectory(), stats.size, stats.mtime instanceof Date, stats.mtimeMs % 1, stats instanceof fs.Stats);
        console.log(Math.abs(stats.mtimeMs - Date.now()) < 1e5, (stats.mode & 0o400) !== 0, fs.statSync('read').isDirectory(), fs.statSync('read/inside').isFile());
        console.log(fs.readdirSync('read', { withFileTypes: true }).map((entry) => `${entry.name}:${+entry.isFile()}${+entry.isDirectory()}${+entry.isSymbolicLink()}`).join());
        console.log(fs.readdirSync('read', { recursive: true }).join());
        console.log(fs.readdirSync('read', { recursive: true, withFileTypes: true }).filter((entry) => entry.name === 'b.txt').map((entry) => entry.parentPath));
        console.log(fs.readdirSync('read/sub', 'buffer'));
        (async () => {
          const { promises } = fs;
          console.log((await promises.stat('read/a.txt')).size, await promises.readdir('read/sub'));
          console.log(await promises.access('read').then(() => 'there'), await promises.access('read/none').catch((error) => error.code));
          fs.exists('read', (answer) => console.log(answer));
        })();";
    let expected = "
true false 6 true 0 true
true true true true
a.txt:100,above:001,absolute:001,inside:001,outside:001,round:001,sub:010
a.txt,above,absolute,inside,outside,round,sub,sub/b.txt
[ 'read/sub' ]
[ <Buffer 62 2e 74 78 74> ]
6 [ 'b.txt' ]
there ENOENT
true
";
    check_in(&folder("described"), &[READ], script, expected);
}

#[test]
fn files_larger_than_the_limit_are_refused_before_they_are_read() {
    let root = folder("large");
    fs::write(root.join("read/at"), [b'x'; 100]).expect("a file");
    fs::write(root.join("read/past"), [b'x'; 101]).expect("a file");
    let sparse = fs::File::create(root.join("read/sparse")).expect("a file");
    sparse.set_len(1 << 42).expect("a length");
    let script = "
        show(() => fs.readFileSync('read/at').length);
        show(() => fs.readFileSync('read/past'));
        show(() => fs.readFileSync('read/sparse'));
        show(() => fs.writeFileSync('write/at', 'x'.repeat(100)));
        show(() => fs.writeFileSync('write/past', 'x'.repeat(101)));
        show(() => fs.writeFileSync('write/past', new Uint8Array(101)));
        const write = () => fs.promises.writeFile('write/pooled', 'x'.repeat(60)).then(() => 'written', (error) => error.code);
        (async () => {
          console.log((await Promise.all([write(), write()])).sort().join());
          console.log(await write());
        })();";
    let expected = "
100
limit reached: file bytes: `read/past` has 101, 100 allowed
limit reached: file bytes: `read/sparse` has 4398046511104, 100 allowed
undefined
limit reached: file bytes: `data` has 101, 100 allowed
limit reached: file bytes: `data` has 101, 100 allowed
";
    let mut files = FileAccess::none();
    files.set_file_bytes_max(100);
    files.allow(Right::Read, root.join("read")).expect("a grant");
    files.allow(Right::Write, root.join("write")).expect("a grant");
    let script = format!("const fs = require('node:fs'); {SHOW} {script}");
    let printed = support::run(&script, Options { files, cwd: root, ..Options::default() });
    // Two writes of 60 bytes do not fit at once, unless the first is done before the second is asked for.
    let pooled = ["ERR_LIMIT,written\nwritten\n", "written,written\nwritten\n"];
    let (at_once, later) = printed.split_at(expected.trim_start().len().min(printed.len()));
    assert_eq!(at_once, expected.trim_start());
    assert!(pooled.contains(&later), "{later}");
}

#[test]
fn pipes_and_devices_do_not_block() {
    let root = folder("special");
    let status = std::process::Command::new("mkfifo").arg(root.join("read/pipe")).status().expect("mkfifo");
    assert!(status.success());
    let script = "
        show(() => fs.readFileSync('read/pipe'));
        show(() => fs.writeFileSync('read/pipe', 'x'));
        show(() => fs.copyFileSync('read/pipe', 'read/copy'));
        show(() => fs.readFileSync('/dev/zero'));
        show(() => fs.readFileSync('/proc/self/status', 'utf8').startsWith('Name:'));";
    let expected = "
access denied: `read/pipe` is neither a file nor a folder
ENXIO: no such device or address, open 'read/pipe'
access denied: `read/pipe` is neither a file nor a folder
access denied: `/dev/zero` is neither a file nor a folder
true
";
    let grants = [READ, (Right::Write, "read"), (Right::Read, "/dev"), (Right::Read, "/proc")];
    check_in(&root, &grants, script, expected);
}
