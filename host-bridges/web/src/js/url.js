'use strict';

// `URL` and `URLSearchParams`, as the WHATWG has them.

const {
  ArrayPrototypePush, ArrayPrototypeSort, defineHidden, FunctionPrototypeCall, ObjectKeys, StringPrototypeSlice,
  StringPrototypeStartsWith, StringPrototypeToWellFormed, SymbolFor, SymbolIterator, SymbolToStringTag, TypeError,
} = primordials;
const { invalidType, withCode } = load('web/errors');
const { parse, change, parseQuery, serializeQuery } = host;

const inspectCustom = SymbolFor('nodejs.util.inspect.custom');

// The order of what `parse` and `change` give.
const PARTS = ['href', 'origin', 'protocol', 'username', 'password', 'host', 'hostname', 'port', 'pathname', 'search',
  'hash'];
const [HREF, ORIGIN, PROTOCOL, USERNAME, PASSWORD, HOST, HOSTNAME, PORT, PATHNAME, SEARCH, HASH] =
  PARTS.map((_, index) => index);

let bind;
let reset;

class URLSearchParams {
  // Names and values in turn.
  #pairs = [];
  #url = null;

  constructor(init = '') {
    if (typeof init === 'object' && init !== null || typeof init === 'function') this.#pairs = pairsOf(init);
    else this.#pairs = parseQuery(withoutMark(`${init}`));
  }

  static {
    bind = (params, url) => { params.#url = url; };
    reset = (params, search) => { params.#pairs = parseQuery(withoutMark(search)); };
  }

  #changed() {
    if (this.#url !== null) this.#url.search = this.toString();
  }

  get size() {
    return this.#pairs.length / 2;
  }

  append(name, value) {
    ArrayPrototypePush(this.#pairs, text(name), text(value));
    this.#changed();
  }

  delete(name, value) {
    this.#keep((key, item) => key !== text(name) || (value !== undefined && item !== text(value)));
    this.#changed();
  }

  #keep(wanted) {
    const kept = [];
    for (let i = 0; i < this.#pairs.length; i += 2) {
      if (wanted(this.#pairs[i], this.#pairs[i + 1])) ArrayPrototypePush(kept, this.#pairs[i], this.#pairs[i + 1]);
    }
    this.#pairs = kept;
  }

  get(name) {
    const index = this.#find(text(name));
    return index === -1 ? null : this.#pairs[index + 1];
  }

  getAll(name) {
    const values = [];
    for (let i = 0; i < this.#pairs.length; i += 2) {
      if (this.#pairs[i] === text(name)) ArrayPrototypePush(values, this.#pairs[i + 1]);
    }
    return values;
  }

  has(name, value) {
    return this.#find(text(name), value === undefined ? undefined : text(value)) !== -1;
  }

  #find(name, value) {
    for (let i = 0; i < this.#pairs.length; i += 2) {
      if (this.#pairs[i] === name && (value === undefined || this.#pairs[i + 1] === value)) return i;
    }
    return -1;
  }

  set(name, value) {
    const index = this.#find(text(name));
    if (index === -1) return void this.append(name, value);
    this.#pairs[index + 1] = text(value);
    let position = -2;
    this.#keep((key) => {
      position += 2;
      return position <= index || key !== text(name);
    });
    return void this.#changed();
  }

  sort() {
    const entries = [];
    for (let i = 0; i < this.#pairs.length; i += 2) ArrayPrototypePush(entries, [this.#pairs[i], this.#pairs[i + 1]]);
    ArrayPrototypeSort(entries, (a, b) => (a[0] < b[0] ? -1 : +(a[0] > b[0])));
    this.#pairs = [];
    for (let i = 0; i < entries.length; i++) ArrayPrototypePush(this.#pairs, entries[i][0], entries[i][1]);
    this.#changed();
  }

  forEach(callback, receiver) {
    if (typeof callback !== 'function') throw invalidType('callback', 'function', callback);
    for (let i = 0; i < this.#pairs.length; i += 2) {
      FunctionPrototypeCall(callback, receiver, this.#pairs[i + 1], this.#pairs[i], this);
    }
  }

  * entries() {
    for (let i = 0; i < this.#pairs.length; i += 2) yield [this.#pairs[i], this.#pairs[i + 1]];
  }

  * keys() {
    for (let i = 0; i < this.#pairs.length; i += 2) yield this.#pairs[i];
  }

  * values() {
    for (let i = 0; i < this.#pairs.length; i += 2) yield this.#pairs[i + 1];
  }

  toString() {
    return serializeQuery(this.#pairs);
  }

  [inspectCustom](depth, options, inspect) {
    const shown = [];
    for (let i = 0; i < this.#pairs.length; i += 2) {
      ArrayPrototypePush(shown, `${inspect(this.#pairs[i], options)} => ${inspect(this.#pairs[i + 1], options)}`);
    }
    return shown.length === 0 ? 'URLSearchParams {}' : `URLSearchParams { ${shown.join(', ')} }`;
  }
}

function text(value) {
  return StringPrototypeToWellFormed(`${value}`);
}

function withoutMark(query) {
  return StringPrototypeStartsWith(query, '?') ? StringPrototypeSlice(query, 1) : query;
}

function pairsOf(init) {
  const pairs = [];
  if (init[SymbolIterator] === undefined || init[SymbolIterator] === null) {
    const keys = ObjectKeys(init);
    for (let i = 0; i < keys.length; i++) ArrayPrototypePush(pairs, text(keys[i]), text(init[keys[i]]));
    return pairs;
  }
  for (const entry of init) {
    const pair = typeof entry === 'object' && entry !== null ? [...entry] : [];
    if (pair.length !== 2) {
      throw withCode(new TypeError('Each query pair must be an iterable [name, value] tuple'), 'ERR_INVALID_TUPLE');
    }
    ArrayPrototypePush(pairs, text(pair[0]), text(pair[1]));
  }
  return pairs;
}

function invalid(input, base) {
  const error = withCode(new TypeError('Invalid URL'), 'ERR_INVALID_URL');
  error.input = input;
  if (base !== undefined) error.base = base;
  return error;
}

class URL {
  #parts;
  #params;

  constructor(input, base) {
    if (arguments.length === 0) throw withCode(new TypeError('`url`: missing'), 'ERR_MISSING_ARGS');
    input = text(input);
    if (base !== undefined) base = text(base);
    this.#parts = parse(input, base);
    if (this.#parts === undefined) throw invalid(input, base);
  }

  static canParse(input, base) {
    return parse(text(input), base === undefined ? undefined : text(base)) !== undefined;
  }

  static parse(input, base) {
    return URL.canParse(input, base) ? new URL(input, base) : null;
  }

  #change(part, value) {
    const parts = change(this.#parts[HREF], part, text(value));
    if (parts === undefined) throw invalid(text(value));
    this.#parts = parts;
  }

  get href() {
    return this.#parts[HREF];
  }

  set href(value) {
    this.#change(HREF, value);
    if (this.#params !== undefined) reset(this.#params, this.#parts[SEARCH]);
  }

  get origin() {
    return this.#parts[ORIGIN];
  }

  get protocol() {
    return this.#parts[PROTOCOL];
  }

  set protocol(value) {
    this.#change(PROTOCOL, value);
  }

  get username() {
    return this.#parts[USERNAME];
  }

  set username(value) {
    this.#change(USERNAME, value);
  }

  get password() {
    return this.#parts[PASSWORD];
  }

  set password(value) {
    this.#change(PASSWORD, value);
  }

  get host() {
    return this.#parts[HOST];
  }

  set host(value) {
    this.#change(HOST, value);
  }

  get hostname() {
    return this.#parts[HOSTNAME];
  }

  set hostname(value) {
    this.#change(HOSTNAME, value);
  }

  get port() {
    return this.#parts[PORT];
  }

  set port(value) {
    this.#change(PORT, value);
  }

  get pathname() {
    return this.#parts[PATHNAME];
  }

  set pathname(value) {
    this.#change(PATHNAME, value);
  }

  get search() {
    return this.#parts[SEARCH];
  }

  set search(value) {
    this.#change(SEARCH, value);
    if (this.#params !== undefined) reset(this.#params, this.#parts[SEARCH]);
  }

  get searchParams() {
    if (this.#params === undefined) {
      this.#params = new URLSearchParams(this.#parts[SEARCH]);
      bind(this.#params, this);
    }
    return this.#params;
  }

  get hash() {
    return this.#parts[HASH];
  }

  set hash(value) {
    this.#change(HASH, value);
  }

  toString() {
    return this.#parts[HREF];
  }

  toJSON() {
    return this.#parts[HREF];
  }

  [inspectCustom](depth, options, inspect) {
    if (typeof depth === 'number' && depth < 0) return this;
    const shown = {};
    for (let i = 0; i < PARTS.length; i++) {
      if (i === HASH) shown.searchParams = this.searchParams;
      shown[PARTS[i]] = this.#parts[i];
    }
    return `URL ${inspect(shown, options)}`;
  }
}

defineHidden(URLSearchParams.prototype, {
  [SymbolIterator]: URLSearchParams.prototype.entries,
  [SymbolToStringTag]: 'URLSearchParams',
});
defineHidden(URL.prototype, { [SymbolToStringTag]: 'URL' });

return { URL, URLSearchParams };
