'use strict';

// `DOMException`: the web's error with a name.

const {
  defineHidden, ErrorCaptureStackTrace, ErrorPrototype, ObjectDefineProperty, ObjectSetPrototypeOf, SymbolToStringTag,
} = primordials;

// Names with the codes they had before names.
const CODES = {
  __proto__: null,
  IndexSizeError: ['INDEX_SIZE_ERR', 1],
  HierarchyRequestError: ['HIERARCHY_REQUEST_ERR', 3],
  WrongDocumentError: ['WRONG_DOCUMENT_ERR', 4],
  InvalidCharacterError: ['INVALID_CHARACTER_ERR', 5],
  NoModificationAllowedError: ['NO_MODIFICATION_ALLOWED_ERR', 7],
  NotFoundError: ['NOT_FOUND_ERR', 8],
  NotSupportedError: ['NOT_SUPPORTED_ERR', 9],
  InUseAttributeError: ['INUSE_ATTRIBUTE_ERR', 10],
  InvalidStateError: ['INVALID_STATE_ERR', 11],
  SyntaxError: ['SYNTAX_ERR', 12],
  InvalidModificationError: ['INVALID_MODIFICATION_ERR', 13],
  NamespaceError: ['NAMESPACE_ERR', 14],
  InvalidAccessError: ['INVALID_ACCESS_ERR', 15],
  TypeMismatchError: ['TYPE_MISMATCH_ERR', 17],
  SecurityError: ['SECURITY_ERR', 18],
  NetworkError: ['NETWORK_ERR', 19],
  AbortError: ['ABORT_ERR', 20],
  URLMismatchError: ['URL_MISMATCH_ERR', 21],
  QuotaExceededError: ['QUOTA_EXCEEDED_ERR', 22],
  TimeoutError: ['TIMEOUT_ERR', 23],
  InvalidNodeTypeError: ['INVALID_NODE_TYPE_ERR', 24],
  DataCloneError: ['DATA_CLONE_ERR', 25],
};

class DOMException {
  #name;
  #message;

  constructor(message = '', options = 'Error') {
    const isOptions = typeof options === 'object' && options !== null;
    this.#message = `${message}`;
    this.#name = `${isOptions ? options.name ?? 'Error' : options}`;
    if (isOptions && 'cause' in options) {
      ObjectDefineProperty(this, 'cause', {
        __proto__: null, value: options.cause, writable: true, enumerable: false, configurable: true,
      });
    }
    ErrorCaptureStackTrace(this);
  }

  get name() {
    return this.#name;
  }

  get message() {
    return this.#message;
  }

  get code() {
    return CODES[this.#name]?.[1] ?? 0;
  }
}

ObjectSetPrototypeOf(DOMException.prototype, ErrorPrototype);
defineHidden(DOMException.prototype, { [SymbolToStringTag]: 'DOMException' });
for (const name in CODES) {
  const constant = { __proto__: null, value: CODES[name][1], enumerable: true };
  ObjectDefineProperty(DOMException, CODES[name][0], constant);
  ObjectDefineProperty(DOMException.prototype, CODES[name][0], constant);
}

return { DOMException };
