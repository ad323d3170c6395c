'use strict';

// `node:url`.

const {
  Number, RegExpPrototypeExec, StringPrototypeReplaceAll, TypeError, decodeURIComponent,
} = primordials;
const { URL, URLSearchParams } = load('web/url');
const { invalidType, withCode } = load('web/errors');

function fileURLToPath(url) {
  if (typeof url === 'string') url = new URL(url);
  if (url === null || typeof url !== 'object' || typeof url.href !== 'string') throw invalidType('path', 'string or URL', url);
  if (url.protocol !== 'file:') {
    throw withCode(new TypeError('The URL must be of scheme file'), 'ERR_INVALID_URL_SCHEME');
  }
  if (url.hostname !== '') {
    throw withCode(new TypeError('File URL host must be "localhost" or empty'), 'ERR_INVALID_FILE_URL_HOST');
  }
  if (RegExpPrototypeExec(/%2f/i, url.pathname) !== null) {
    const message = 'File URL path must not include encoded / characters';
    throw withCode(new TypeError(message), 'ERR_INVALID_FILE_URL_PATH');
  }
  return decodeURIComponent(url.pathname);
}

function pathToFileURL(path) {
  const { resolve } = load('node/path');
  let full = resolve(path);
  if (path.length > 1 && path[path.length - 1] === '/' && full !== '/') full += '/';
  const url = new URL('file:///');
  // What a path may hold and would end or change the path of a URL.
  full = StringPrototypeReplaceAll(full, '%', '%25');
  full = StringPrototypeReplaceAll(full, '\\', '%5C');
  full = StringPrototypeReplaceAll(full, '\n', '%0A');
  full = StringPrototypeReplaceAll(full, '\r', '%0D');
  full = StringPrototypeReplaceAll(full, '\t', '%09');
  full = StringPrototypeReplaceAll(full, '?', '%3F');
  url.pathname = StringPrototypeReplaceAll(full, '#', '%23');
  return url;
}

function urlToHttpOptions(url) {
  const options = {
    __proto__: null,
    protocol: url.protocol,
    hostname: url.hostname,
    hash: url.hash,
    search: url.search,
    pathname: url.pathname,
    path: `${url.pathname}${url.search}`,
    href: url.href,
  };
  if (url.port !== '') options.port = Number(url.port);
  if (url.username !== '' || url.password !== '') {
    options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  }
  return options;
}

return {
  URL,
  URLSearchParams,
  fileURLToPath,
  pathToFileURL,
  urlToHttpOptions,
  domainToASCII: (domain) => (URL.canParse(`ws://${domain}`) ? new URL(`ws://${domain}`).hostname : ''),
};
