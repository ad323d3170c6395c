'use strict';

// What `import` finds in a module: its properties by name, and itself as `default`.

const { ObjectKeys, WeakMap, WeakMapPrototypeGet, WeakMapPrototypeSet } = primordials;

const namespaces = new WeakMap();

function namespaceOf(module) {
  let namespace = WeakMapPrototypeGet(namespaces, module);
  if (namespace === undefined) {
    namespace = { __proto__: null };
    const keys = ObjectKeys(module);
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] !== 'default') namespace[keys[i]] = module[keys[i]];
    }
    namespace.default = module;
    WeakMapPrototypeSet(namespaces, module, namespace);
  }
  return namespace;
}

return { namespaceOf };
