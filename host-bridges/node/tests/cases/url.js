const { fileURLToPath, pathToFileURL, urlToHttpOptions, URL: Same } = require('node:url');
console.log(Same === URL, fileURLToPath('file:///a/b%20c.txt'), fileURLToPath(new URL('file:///%C3%A9')), pathToFileURL('/a b/ü#?%.txt').href, pathToFileURL('/a/').href);
for (const bad of ['http://x/', 'file://host/a', 'file:///a%2Fb', 'nope']) try { fileURLToPath(bad); } catch (error) { console.log(error.name, error.code); }
console.log(urlToHttpOptions(new URL('https://u:p@h:8080/a?b#c')).path, urlToHttpOptions(new URL('http://u:p@h:81/')).auth, urlToHttpOptions(new URL('http://u:p@h:81/')).port);
