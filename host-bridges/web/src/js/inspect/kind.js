'use strict';

// What only the engine knows of a value: its kind, a proxy's target, a promise's state, an iterator's entries.

return {
  Kind: host.kinds,
  kindOf: host.kindOf,
  constructorName: host.constructorName,
  entriesOf: host.entriesOf,
  ownNamedKeys: host.ownNamedKeys,
  promiseDetails: host.promiseDetails,
  proxyDetails: host.proxyDetails,
};
