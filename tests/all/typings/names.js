// What the modules of the components named as arguments really have, as one line of JSON.
import { instantiate } from 'innerbox:component';

const own = (object) => Object.getOwnPropertyNames(object);
// Every function has a name and a length, which are no functions.
const statics = (found) => own(found).filter((name) => name === 'prototype' || typeof found[name] === 'function');

const described = (exports) => {
  const classes = {};
  const objects = {};
  for (const [name, value] of Object.entries(exports)) {
    if (name === 'default') continue;
    if (typeof value === 'object') objects[name] = described(value);
    if (typeof value === 'function' && value.prototype) {
      classes[name] = { statics: statics(value), own: own(value.prototype).filter((name) => name !== 'constructor') };
    }
  }
  return { names: Object.keys(exports), classes, objects };
};

// Gives whatever a component imports: everything is a class that has everything.
const everything = new Proxy(class {}, { get: (target, name) => (name === 'prototype' ? target[name] : everything) });
const load = async (name) => {
  try {
    return await import(name);
  } catch (error) {
    if (error.code !== 'ERR_COMPONENT_IMPORT') throw error;
    const exports = instantiate(name, everything);
    return { ...exports, default: exports };
  }
};

const all = {};
for (const name of process.argv.slice(2)) all[name] = described(await load(name));
console.log(JSON.stringify(all));
