const log = (...values) => console.log(...values);
const url = new URL('https://user:pa%20ss@sub.Example.com:8080/a/../b/./c%20d?x=1&y=a+b#frag');
log(url.href, url.origin, url.protocol, url.username, url.password, url.host, url.hostname, url.port, url.pathname, url.search, url.hash, `${url}`, JSON.stringify({ url }));
log(url); log([url], { a: { b: { c: url } } });
for (const [input, base] of [['/x?y', 'http://a.b/c/d'], ['../e', 'file:///a/b/c'], ['//h/p', 'https://x'], ['mailto:a@b'], ['HTTP://EXAMPLE.com:80/'], ['http://münchen.de/ä?ö#ü'], ['file:///C:/a'], ['data:text/plain,hi'], ['http://[::1]:3000/'], ['http://1.2.3'], ['javascript:alert(1)'], ['a:b'], ['', 'http://x/y']]) log(new URL(input, base).href);
for (const bad of ['', 'nope', 'http://', 'http://a b/', 'http://[::1', 'http://x:99999']) { try { log(new URL(bad).href); } catch (error) { log(error.name, error.code, error.message, error.input); } }
try { new URL('x', 'bad'); } catch (error) { log(error.code, error.base); }
log(URL.canParse('http://x'), URL.canParse('x'), URL.canParse('x', 'http://y'));
url.protocol = 'http'; url.host = 'new.host:90'; url.hostname = 'h'; url.port = '91'; url.pathname = 'p q'; url.search = 'z=é'; url.hash = 'new hash'; url.username = 'ü'; url.password = ''; log(url.href);
url.port = ''; url.port = 'x'; url.protocol = 'nonsense:x'; url.search = ''; url.hash = ''; log(url.href);
try { url.href = 'bad'; } catch (error) { log(error.code); } url.href = 'https://z/?q=1'; log(url.href);
const { searchParams } = url; searchParams.append('a', 'b c'); searchParams.append('a', '&=?'); searchParams.set('q', '2'); log(url.href, searchParams.get('a'), searchParams.getAll('a'), searchParams.has('none'), searchParams.get('none'), searchParams.size);
url.search = '?n=1&n=2&m=3'; log([...searchParams], [...searchParams.keys()], [...searchParams.values()], searchParams.toString()); searchParams.delete('n', '1'); searchParams.sort(); log(url.search, searchParams);
searchParams.delete('n'); searchParams.delete('m'); log(url.href, searchParams.size);
log(new URLSearchParams('?a=1&b=%zz&c=%C3%A9&d').toString(), new URLSearchParams({ x: '1', y: 'a b' }).toString(), new URLSearchParams([['k', 'v'], ['k', 'w']]).toString(), new URLSearchParams(new Map([['m', 1]])).toString(), new URLSearchParams(new URLSearchParams('s=1')).toString());
log(new URLSearchParams(), new URLSearchParams('a=1&b=2'), String(new URLSearchParams('a=~!*()\'"<> \u{1f600}')));
try { new URLSearchParams([['one']]); } catch (error) { log(error.name, error.code); }
const set = new URLSearchParams('a=1&b=2&a=3&c=4&a=5'); set.set('a', 'x'); set.set('d', 'y'); log(set.toString()); set.forEach((value, key, self) => log(key, value, self === set));
