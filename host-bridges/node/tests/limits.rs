//! What a script makes the host hold is counted before it is held.

mod support;

use innerbox_bridge_node::{FileAccess, Options, Right};

#[test]
fn buffers_that_the_host_fills_are_charged_before_they_are_made() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("large"), vec![b'x'; 2 << 20]).expect("a file");
    let mut files = FileAccess::none();
    files.allow(Right::Read, &folder).expect("a grant");
    let script = "
        // Half a gigabyte of text, which takes next to no memory as long as nobody looks at it.
        const text = 'ab'.repeat(2 ** 28 - 12);
        const { readFileSync, promises } = require('fs');
        const tries = {
          utf8: () => Buffer.from(text), utf16: () => Buffer.from(text, 'utf16le'), latin1: () => Buffer.from(text, 'latin1'),
          base64: () => Buffer.from(text, 'base64'), hex: () => Buffer.from(text, 'hex'), btoa: () => btoa(text), atob: () => atob(text),
          encoder: () => new TextEncoder().encode(text), file: () => readFileSync('large'),
        };
        for (const name in tries) try { console.log(name, tries[name]().length); } catch (error) { console.log(name, error.name, error.code); }
        promises.readFile('large').catch((error) => console.log('promise', error.name, error.code));
        // What was let go of makes room again.
        for (let i = 0; i < 20; i++) Buffer.from(text.slice(0, 600_000));
        console.log('done');";
    let expected = "
utf8 RangeError ERR_LIMIT
utf16 RangeError ERR_LIMIT
latin1 RangeError ERR_LIMIT
base64 RangeError ERR_LIMIT
hex RangeError ERR_LIMIT
btoa RangeError ERR_LIMIT
atob RangeError ERR_LIMIT
encoder RangeError ERR_LIMIT
file RangeError ERR_LIMIT
done
promise RangeError ERR_LIMIT
";
    let options = Options { files, cwd: folder, ..Options::default() };
    assert_eq!(support::run_with_quota(script, options, 1 << 20).trim(), expected.trim());
}
